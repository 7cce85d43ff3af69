// How fast connections of an address and log-ins of a device may follow each other.
#include "server/net/arrival_rate.hpp"

#include <gtest/gtest.h>

#include "server/net/recent_logins.hpp"

namespace livlina::server {
namespace {

AddressKey v6(std::uint8_t net48, std::uint8_t net56, std::uint8_t low) {
  return address_key_v6({0x20, 0x01, 0x0d, 0xb8, 0, net48, net56, low});
}

TEST(ArrivalRate, T26_one_address_comes_at_its_rate_and_others_as_they_like) {
  ArrivalRate rate(10, 5);
  const AddressKey a = address_key_v4({10, 0, 0, 1});
  Duration now = 1'000'000;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(rate.admit(a, now)) << i;
  EXPECT_FALSE(rate.admit(a, now));
  EXPECT_TRUE(rate.admit(address_key_v4({10, 0, 0, 2}), now));
  EXPECT_FALSE(rate.admit(a, now + 99));
  EXPECT_TRUE(rate.admit(a, now + 100)) << "trying costs nothing";
  EXPECT_FALSE(rate.admit(a, now + 100));
}

TEST(ArrivalRate, T26_a_customer_with_many_subnets_has_no_rate_for_each) {
  ArrivalRate rate(1, 5);
  int in_one_56 = 0;
  for (int i = 0; i < 256; ++i)
    if (rate.admit(v6(1, 1, static_cast<std::uint8_t>(i)), 0)) ++in_one_56;
  EXPECT_EQ(in_one_56, 10);
  int in_one_48 = in_one_56;
  for (int i = 0; i < 2000; ++i)
    if (rate.admit(v6(1, static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)), 0))
      ++in_one_48;
  EXPECT_EQ(in_one_48, 80);
  EXPECT_TRUE(rate.admit(v6(2, 0, 0), 0));
}

TEST(ArrivalRate, T26_who_comes_no_more_is_forgotten) {
  ArrivalRate rate(10, 5);
  Duration now = 0;
  std::size_t most = 0;
  for (std::uint32_t i = 0; i < 50'000; ++i) {
    EXPECT_TRUE(rate.admit(
        address_key_v4({10, static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8),
                        static_cast<std::uint8_t>(i)}),
        now));
    now += 1;
    most = std::max(most, rate.remembered());
  }
  EXPECT_LE(most, 2048U);
  const AddressKey greedy = address_key_v4({11, 0, 0, 1});
  while (rate.admit(greedy, now)) {
  }
  for (std::uint32_t i = 0; i < 5'000; ++i)
    (void)rate.admit(
        address_key_v4({12, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}),
        now);
  EXPECT_FALSE(rate.admit(greedy, now)) << "whoever waits is remembered";
}

TEST(RecentLogins, T26_tells_how_long_ago_and_forgets) {
  RecentLogins logins(2000);
  const DeviceId a{ByteArray<16>{1}};
  EXPECT_EQ(logins.note(a, 1'000'000), 2000);
  EXPECT_EQ(logins.note(a, 1'000'500), 500);
  EXPECT_EQ(logins.note(a, 1'000'500), 0);
  EXPECT_EQ(logins.note(a, 1'009'000), 2000);
  Duration now = 2'000'000;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    ByteArray<16> id{2};
    id[1] = static_cast<std::uint8_t>(i >> 8);
    id[2] = static_cast<std::uint8_t>(i);
    id[3] = static_cast<std::uint8_t>(i >> 16);
    EXPECT_EQ(logins.note(DeviceId{id}, now += 2), 2000);
    ASSERT_LE(logins.remembered(), 2100U);
  }
}

}  // namespace
}  // namespace livlina::server
