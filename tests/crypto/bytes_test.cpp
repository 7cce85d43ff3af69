// Readers and writers of fixed layouts, hexadecimal, ids and random bytes.
#include "crypto/core/bytes.hpp"

#include <gtest/gtest.h>

#include <set>

#include "crypto/core/ids.hpp"
#include "crypto/core/random.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {
namespace {

static_assert(!std::is_convertible_v<DeviceId, CircleId>);
static_assert(!std::is_constructible_v<DeviceId, CircleId>);

TEST(Bytes, writer_is_little_endian) {
  ByteWriter w;
  w.u8(0x01).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0e0f).i64(-2);
  w.str("ab").sized(Bytes{9}).zeros(2);
  EXPECT_EQ(hex(w.get()),
            "01"
            "0302"
            "07060504"
            "0f0e0d0c0b0a0908"
            "feffffffffffffff"
            "6162"
            "0100000009"
            "0000");
  EXPECT_EQ(w.size(), 32u);
}

TEST(Bytes, reader_reads_what_the_writer_wrote) {
  ByteWriter w;
  w.u8(200).u16(60000).u32(4000000000).u64(1ull << 63).i64(-5).str("abc").sized(Bytes(3, 7));
  ByteReader r(w.get());
  EXPECT_EQ(r.u8(), 200);
  EXPECT_EQ(r.u16(), 60000);
  EXPECT_EQ(r.u32(), 4000000000u);
  EXPECT_EQ(r.u64(), 1ull << 63);
  EXPECT_EQ(r.i64(), -5);
  EXPECT_EQ(r.array<3>(), (ByteArray<3>{'a', 'b', 'c'}));
  EXPECT_FALSE(r.done());
  EXPECT_TRUE(r.ok());
  EXPECT_TRUE(equal(r.sized(3), Bytes(3, 7)));
  EXPECT_TRUE(r.done());
  EXPECT_EQ(r.position(), w.size());
}

// The input lies at the very end of its own block, so a sanitizer sees any byte read beyond it.
TEST(Bytes, T24_reader_never_reads_past_the_end) {
  SeededRandom random(1);
  for (std::size_t size = 0; size < 24; ++size) {
    for (int round = 0; round < 40; ++round) {
      const auto block = std::make_unique<std::uint8_t[]>(size);
      const ByteView input(block.get(), size);
      random.fill({block.get(), size});
      ByteReader r(input);
      std::size_t taken = 0;
      bool failed = false;
      for (int step = 0; step < 12; ++step) {
        const auto dice = random.array<2>();
        const std::size_t before = r.position();
        const auto counted = [&](std::size_t n, bool zero) {
          failed = failed || size - taken < n;
          if (failed) {
            EXPECT_TRUE(zero);
          } else {
            taken += n;
          }
        };
        switch (dice[0] % 7) {
          case 0:
            counted(1, r.u8() == 0 || r.position() != before);
            break;
          case 1:
            counted(2, r.u16() == 0 || r.position() != before);
            break;
          case 2:
            counted(4, r.u32() == 0 || r.position() != before);
            break;
          case 3:
            counted(8, r.u64() == 0 || r.position() != before);
            break;
          case 4:
            counted(5, r.array<5>() == ByteArray<5>{} || r.position() != before);
            break;
          case 5:
            counted(dice[1] % 10u, r.view(dice[1] % 10u).empty() || r.position() != before);
            break;
          default:
            counted(SIZE_MAX, r.view(SIZE_MAX).empty());
            break;
        }
        ASSERT_EQ(r.ok(), !failed);
        ASSERT_EQ(r.position(), taken);
        ASSERT_EQ(r.left(), size - taken);
      }
    }
  }
}

TEST(Bytes, T24_a_failed_reader_stays_failed) {
  const Bytes input(4, 0xff);
  ByteReader r(input);
  EXPECT_EQ(r.u64(), 0u);
  EXPECT_FALSE(r.ok());
  EXPECT_EQ(r.u8(), 0);  // though four bytes are left
  EXPECT_TRUE(r.view(1).empty());
  EXPECT_FALSE(r.done());
}

TEST(Bytes, T24_sized_refuses_more_than_allowed_or_there) {
  const Bytes lying = unhex("ffffffff0102");
  ByteReader huge(lying);
  EXPECT_TRUE(huge.sized(SIZE_MAX).empty());
  EXPECT_FALSE(huge.ok());
  const Bytes three = unhex("03000000010203");
  ByteReader limited(three);
  EXPECT_TRUE(limited.sized(2).empty());
  EXPECT_FALSE(limited.ok());
  ByteReader exact(three);
  EXPECT_EQ(exact.sized(3).size(), 3u);
  EXPECT_TRUE(exact.done());
}

TEST(Bytes, hex_and_back) {
  const Bytes all = [] {
    Bytes out;
    for (int i = 0; i < 256; ++i) out.push_back(static_cast<std::uint8_t>(i));
    return out;
  }();
  EXPECT_EQ(unhex(hex(all)), all);
  EXPECT_EQ(unhex("aBcD"), (Bytes{0xab, 0xcd}));
  for (const char* const bad : {"a", "abc", "0g", "g0", " 00", "0x00", "00 0"})
    EXPECT_TRUE(unhex(bad).empty()) << bad;
}

TEST(Bytes, equality_is_of_length_and_content) {
  EXPECT_TRUE(equal({}, {}));
  EXPECT_TRUE(equal(Bytes{1, 2}, Bytes{1, 2}));
  EXPECT_FALSE(equal(Bytes{1, 2}, Bytes{1, 3}));
  EXPECT_FALSE(equal(Bytes{1, 2}, Bytes{1}));
}

TEST(Ids, take_sixteen_bytes) {
  EXPECT_FALSE(DeviceId::from(Bytes(15)).has_value());
  EXPECT_FALSE(DeviceId::from(Bytes(17)).has_value());
  const auto id = DeviceId::from(Bytes(16, 0xab));
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->hex(), "abababababababababababababababab");
  EXPECT_FALSE(id->zero());
  EXPECT_TRUE(DeviceId{}.zero());
}

TEST(Random, system_source_fills_and_does_not_repeat) {
  ASSERT_TRUE(crypto::init());
  std::set<ByteArray<16>> seen;
  for (int i = 0; i < 1000; ++i)
    EXPECT_TRUE(seen.insert(crypto::system_random().array<16>()).second);
  // Every byte of a buffer is written, in the end with every value of its lowest bit.
  ByteArray<100> ones{};
  ByteArray<100> zeros{};
  for (int i = 0; i < 200; ++i) {
    const auto bytes = crypto::system_random().array<100>();
    for (std::size_t k = 0; k < 100; ++k) (bytes[k] & 1 ? ones : zeros)[k] = 1;
  }
  for (std::size_t k = 0; k < 100; ++k) EXPECT_TRUE(ones[k] == 1 && zeros[k] == 1);
}

TEST(Random, seeded_source_repeats_itself_only) {
  SeededRandom a(1), again(1), other(2);
  const auto first = a.array<32>();
  EXPECT_EQ(first, again.array<32>());
  EXPECT_NE(first, other.array<32>());
  EXPECT_NE(first, a.array<32>());
}

}  // namespace
}  // namespace livlina::testing
