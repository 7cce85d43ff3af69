// Places of connections: per address, in all, and given back.
#include "server/net/address_limits.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace livlina::server {
namespace {

ByteArray<16> v6(std::uint8_t subnet, std::uint8_t host) {
  ByteArray<16> a{0x20, 0x01, 0x0d, 0xb8};
  a[7] = subnet;
  a[15] = host;
  return a;
}

TEST(AddressLimits, T26_one_ipv6_subnet_is_one_address) {
  EXPECT_EQ(address_key_v6(v6(1, 1)), address_key_v6(v6(1, 2)));
  EXPECT_NE(address_key_v6(v6(1, 1)), address_key_v6(v6(2, 1)));
  EXPECT_NE(address_key_v4({10, 0, 0, 1}), address_key_v4({10, 0, 0, 2}));
  ByteArray<16> mapped{};
  mapped[10] = mapped[11] = 0xff;
  mapped[12] = 10;
  mapped[15] = 1;
  EXPECT_EQ(address_key_v6(mapped), address_key_v4({10, 0, 0, 1}));
}

TEST(AddressLimits, T26_places_end_and_come_back) {
  AddressLimits limits(5, 2);
  const AddressKey a = address_key_v4({10, 0, 0, 1});
  std::vector<AddressPlace> places;
  for (int i = 0; i < 2; ++i) places.push_back(std::move(*limits.take(a)));
  EXPECT_FALSE(limits.take(a));
  places.pop_back();
  EXPECT_TRUE(limits.take(a));  // taken and given back at once
  EXPECT_EQ(limits.taken(), 1U);
  for (std::uint8_t i = 2; i < 6; ++i)
    places.push_back(std::move(*limits.take(address_key_v4({10, 0, 0, i}))));
  EXPECT_EQ(limits.taken(), 5U);
  EXPECT_FALSE(limits.take(address_key_v4({10, 0, 0, 9})));
  places.clear();
  EXPECT_EQ(limits.taken(), 0U);
}

}  // namespace
}  // namespace livlina::server
