// T18, T22: what an attacker may measure does not depend on where something is wrong. By counted
// instructions, which no load of the machine changes.
#include <gtest/gtest.h>

#include <set>

#include "crypto/e2ee/seal.hpp"
#include "tests/crypto/instruction_count.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {
namespace {

using namespace crypto;

// Also a bit, so that no compiler leaves the work out.
volatile bool seen = false;

class Timing : public ::testing::Test {
 protected:
  void SetUp() override {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    GTEST_SKIP() << "another program than the one that is shipped";
#endif
#endif
    if (!instructions_of([] {})) GTEST_SKIP() << "no process may be traced here";
  }
  std::uint64_t of(const std::function<void()>& code) {
    const auto count = instructions_of(code);
    EXPECT_TRUE(count.has_value());
    return count.value_or(0);
  }
  Bytes some(std::size_t n) {
    Bytes out(n);
    random.fill(out);
    return out;
  }
  SeededRandom random{18};
};

// That the counting can tell one from the other at all.
TEST_F(Timing, a_comparison_that_stops_at_the_first_difference_is_seen) {
  const Bytes a = some(64), early = [&] {
    Bytes b = a;
    b.front() ^= 1;
    return b;
  }();
  Bytes late = a;
  late.back() ^= 1;
  const auto naive = [&](const Bytes& b) {
    return of([&] {
      std::size_t i = 0;
      while (i < a.size() && a[i] == b[i]) ++i;
      seen = i == a.size();
    });
  };
  EXPECT_LT(naive(early) + 100, naive(late));
}

TEST_F(Timing, T22_secrets_are_compared_in_as_many_instructions_wherever_they_differ) {
  const Bytes a = some(64);
  std::set<std::uint64_t> counts = {of([&] { seen = secret_equal(a, a); })};
  for (const std::size_t at : {0U, 1U, 31U, 32U, 63U}) {
    Bytes b = a;
    b[at] ^= 0x80;
    counts.insert(of([&] { seen = secret_equal(a, b); }));
  }
  EXPECT_EQ(counts.size(), 1U);
}

TEST_F(Timing, T18_what_does_not_open_takes_as_many_instructions_whatever_is_wrong) {
  const Secret<32> key = random.secret<32>(), other = random.secret<32>();
  const Bytes ad = some(40), other_ad = some(40);
  const Bytes sealed = seal(key, SealPurpose::body, ad, some(200), random);
  std::set<std::uint64_t> counts;
  for (const std::size_t at : {0U, 24U, 56U, 271U}) {
    ASSERT_LT(at, sealed.size());
    Bytes broken = sealed;
    broken[at] ^= 1;
    ASSERT_FALSE(open(key, SealPurpose::body, ad, broken).ok());
    counts.insert(of([&] { seen = open(key, SealPurpose::body, ad, broken).ok(); }));
  }
  counts.insert(of([&] { seen = open(other, SealPurpose::body, ad, sealed).ok(); }));
  counts.insert(of([&] { seen = open(key, SealPurpose::body, other_ad, sealed).ok(); }));
  EXPECT_EQ(counts.size(), 1U) << *counts.begin() << " to " << *counts.rbegin();
}

}  // namespace
}  // namespace livlina::testing
