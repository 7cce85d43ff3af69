// The memory of a secret is wiped before it is given back: seen at the moment it is freed.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#include "crypto/core/secret.hpp"

// The thread sanitizer brings operators of its own, which cannot be replaced in a static link.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LIVLINA_OWN_OPERATORS 0
#endif
#endif
#ifndef LIVLINA_OWN_OPERATORS
#define LIVLINA_OWN_OPERATORS 1
#endif

#if LIVLINA_OWN_OPERATORS
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

using crypto::SecretBytes;

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
#endif
