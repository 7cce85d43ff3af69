// One receiving chain by itself: where it ends, how long it is kept, what a pickle may say of it.
#include "crypto/e2ee/receiving_chain.hpp"

#include <gtest/gtest.h>

#include "crypto/e2ee/limits.hpp"

namespace livlina::testing {
namespace {

using namespace livlina::crypto;

constexpr Instant then = 1'750'000'000'000;

ReceivingChain fresh() {
  return {HeaderKey(Secret<32>(Bytes(32, 1))), ChainKey(Secret<32>(Bytes(32, 2)))};
}

TEST(ReceivingChain, T12_does_not_end_before_what_was_received) {
  ReceivingChain chain = fresh();
  ASSERT_TRUE(chain.take(4, 100, then).ok());
  EXPECT_EQ(chain.close(4, 100, then).error(), Error::cannot_open);
  EXPECT_TRUE(chain.take(5, 100, then).ok()) << "a refused end ends nothing";
  EXPECT_TRUE(chain.close(6, 100, then).ok());
  EXPECT_EQ(chain.take(6, 100, then).error(), Error::cannot_open);
}

TEST(ReceivingChain, M4_is_over_35_days_after_its_end_and_not_before) {
  ReceivingChain chain = fresh();
  EXPECT_FALSE(chain.over(then + 1000 * day)) << "it goes on";
  ASSERT_TRUE(chain.close(0, 100, then).ok());
  EXPECT_FALSE(chain.over(then));
  EXPECT_FALSE(chain.over(then + key_life));
  EXPECT_TRUE(chain.over(then + key_life + 1));
}

// The chain as a pickle says it, with two skipped keys of these numbers.
Bytes with_skipped(std::uint32_t next, std::uint32_t first, std::uint32_t second) {
  ByteWriter w(256);
  w.bytes(Bytes(32, 1)).u32(next).u8(0).i64(then).u16(2);
  for (const std::uint32_t n : {first, second}) w.u32(n).i64(then).bytes(Bytes(32, 3));
  return w.take();
}

Result<ReceivingChain> read(const Bytes& bytes) {
  ByteReader r(bytes);
  return ReceivingChain::read(r);
}

TEST(ReceivingChain, T4_skipped_numbers_rise_and_lie_before_the_next) {
  EXPECT_TRUE(read(with_skipped(9, 3, 8)).ok());
  EXPECT_EQ(read(with_skipped(9, 3, 3)).error(), Error::bad_format);
  EXPECT_EQ(read(with_skipped(9, 8, 3)).error(), Error::bad_format);
  EXPECT_EQ(read(with_skipped(9, 3, 9)).error(), Error::bad_format);
}

}  // namespace
}  // namespace livlina::testing
