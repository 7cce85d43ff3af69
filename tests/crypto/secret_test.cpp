// Secrets do not copy, compare or print by accident, and leave nothing behind.
#include "crypto/core/secret.hpp"

#include <gtest/gtest.h>

#include <new>
#include <ostream>

#include "crypto/core/sign.hpp"
#include "crypto/e2ee/invite.hpp"

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

}  // namespace
}  // namespace livlina::testing
