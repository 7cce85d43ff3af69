// Secrets do not copy, compare or print by accident, and leave nothing behind.
#include "crypto/core/secret.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <ostream>

#include "crypto/core/sign.hpp"
#include "crypto/e2ee/invite.hpp"

namespace {

// One block of memory whose content is looked at when it is given back.
struct Watch {
  const void* block = nullptr;
  std::size_t size = 0;
  bool freed = false;
  bool zero = false;
};
thread_local Watch watch;

}  // namespace

// The test's own operators, so that memory can be seen at the moment it is freed.
void* operator new(std::size_t n) {
  if (void* p = std::malloc(n == 0 ? 1 : n)) return p;
  std::abort();
}
void operator delete(void* p) noexcept {
  if (p != nullptr && p == watch.block) {
    const auto* bytes = static_cast<const unsigned char*>(p);
    watch.freed = true;
    watch.zero = true;
    for (std::size_t i = 0; i < watch.size; ++i) watch.zero = watch.zero && bytes[i] == 0;
    watch.block = nullptr;
  }
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept { operator delete(p); }

namespace livlina::testing {
namespace {

using crypto::Secret;
using crypto::SecretBytes;

template <class T>
concept Comparable = requires(const T& a, const T& b) { a == b; };
template <class T>
concept Ordered = requires(const T& a, const T& b) { a < b; };
template <class T>
concept Printable = requires(std::ostream& out, const T& a) { out << a; };

template <class T>
constexpr bool kept_secret =
    !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> &&
    std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
    !Comparable<T> && !Ordered<T> && !Printable<T> && !std::is_convertible_v<T, ByteView> &&
    !std::is_convertible_v<T, Bytes> && !std::is_convertible_v<T, bool>;

// T32: these are checked by the compiler, for the test's sake they stand in one.
static_assert(kept_secret<Secret<32>>);
static_assert(kept_secret<Secret<16>>);
static_assert(kept_secret<SecretBytes>);
static_assert(!std::is_copy_constructible_v<crypto::SignKeyPair>);
static_assert(!std::is_copy_constructible_v<crypto::InviteKeys>);
static_assert(!std::is_copy_constructible_v<crypto::InviteCode>);
static_assert(!Printable<crypto::SignKeyPair> && !Comparable<crypto::SignKeyPair>);
static_assert(!Printable<crypto::InviteCode> && !Comparable<crypto::InviteCode>);
static_assert(!std::is_convertible_v<ByteView, Secret<32>>);  // making one is spelled out
static_assert(!std::is_convertible_v<Secret<16>, Secret<32>>);
static_assert(!std::is_constructible_v<Secret<32>, Secret<16>>);

TEST(Secret, T32_moved_from_is_zero) {
  Secret<32> a(Bytes(32, 7));
  Secret<32> b = std::move(a);
  EXPECT_EQ(hex(a.expose()), hex(Bytes(32, 0)));
  EXPECT_EQ(hex(b.expose()), hex(Bytes(32, 7)));
  Secret<32> c(Bytes(32, 9));
  c = std::move(b);
  EXPECT_EQ(hex(b.expose()), hex(Bytes(32, 0)));
  EXPECT_EQ(hex(c.expose()), hex(Bytes(32, 7)));
  Secret<32>& self = c;
  c = std::move(self);
  EXPECT_EQ(hex(c.expose()), hex(Bytes(32, 7)));

  SecretBytes d(ByteView(Bytes(100, 7)));
  const SecretBytes e = std::move(d);
  EXPECT_EQ(d.size(), 0u);
  EXPECT_EQ(e.size(), 100u);
}

TEST(Secret, T32_copies_are_spelled_out) {
  const Secret<32> a(Bytes(32, 7));
  const Secret<32> b = a.copy();
  EXPECT_TRUE(crypto::secret_equal(a.expose(), b.expose()));
  const SecretBytes c(ByteView(Bytes(5, 1)));
  EXPECT_TRUE(crypto::secret_equal(c.copy().expose(), c.expose()));
}

TEST(Secret, other_lengths_are_not_taken) {
  EXPECT_EQ(hex(Secret<32>(Bytes(31, 7)).expose()), hex(Bytes(32, 0)));
  EXPECT_EQ(hex(Secret<32>(Bytes(33, 7)).expose()), hex(Bytes(32, 0)));
}

TEST(Secret, wiped_when_destroyed) {
  alignas(Secret<32>) std::array<unsigned char, sizeof(Secret<32>)> memory{};
  auto* secret = new (memory.data()) Secret<32>(Bytes(32, 7));
  EXPECT_EQ(memory[31], 7);
  secret->~Secret();
  // Through a volatile pointer, so that the compiler must look.
  const volatile unsigned char* bytes = memory.data();
  for (std::size_t i = 0; i < 32; ++i) EXPECT_EQ(bytes[i], 0);
}

// Runs `use` on a secret of 500 bytes and tells whether its memory was zero when freed.
template <class Use>
bool zero_when_freed(Use use) {
  SecretBytes secret(ByteView(Bytes(500, 7)));
  watch = {secret.data(), 500, false, false};
  use(secret);
  EXPECT_TRUE(watch.freed);
  return watch.freed && watch.zero;
}

TEST(Secret, freed_memory_was_wiped) {
  EXPECT_TRUE(zero_when_freed([](SecretBytes& s) { const SecretBytes gone = std::move(s); }));
  EXPECT_TRUE(zero_when_freed([](SecretBytes& s) { s = SecretBytes(ByteView(Bytes(9, 1))); }));
  EXPECT_TRUE(zero_when_freed([](SecretBytes& s) {
    s.truncate(10);
    const SecretBytes gone = std::move(s);
  }));
  // The watch does see what is not wiped.
  auto plain = std::make_unique<std::array<unsigned char, 500>>();
  plain->fill(7);
  watch = {plain.get(), 500, false, false};
  plain.reset();
  EXPECT_TRUE(watch.freed);
  EXPECT_FALSE(watch.zero);
}

TEST(Secret, truncating_only_shortens) {
  SecretBytes secret(ByteView(Bytes(100, 7)));
  secret.truncate(200);
  EXPECT_EQ(secret.size(), 100u);
  secret.truncate(40);
  EXPECT_EQ(hex(secret.expose()), hex(Bytes(40, 7)));
  secret.truncate(0);
  EXPECT_EQ(secret.size(), 0u);
}

TEST(Secret, T22_comparison_takes_lengths_and_all_bytes) {
  const Bytes a(32, 1);
  EXPECT_TRUE(crypto::secret_equal(a, a));
  EXPECT_TRUE(crypto::secret_equal({}, {}));
  EXPECT_FALSE(crypto::secret_equal(a, ByteView(a).first(31)));
  for (std::size_t i = 0; i < 32; ++i) {
    Bytes b = a;
    b[i] ^= 0x10;
    EXPECT_FALSE(crypto::secret_equal(a, b));
  }
}

TEST(Secret, wiping_a_buffer_empties_it) {
  Bytes buffer(64, 7);
  const std::uint8_t* memory = buffer.data();
  watch = {memory, 64, false, false};
  crypto::wipe(buffer);
  EXPECT_TRUE(buffer.empty());
  buffer.shrink_to_fit();
  EXPECT_TRUE(watch.freed);
  EXPECT_TRUE(watch.zero);
}

}  // namespace
}  // namespace livlina::testing
