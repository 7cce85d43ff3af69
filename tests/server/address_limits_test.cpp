// Places of connections: per address, in all, and given back.
#include "server/net/address_limits.hpp"

#include <gtest/gtest.h>

#include <utility>
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

// 2001:db8:0:SS00::/56, its subnets by `low`.
AddressKey subnet(std::uint8_t net48, std::uint8_t net56, std::uint8_t low) {
  return address_key_v6({0x20, 0x01, 0x0d, 0xb8, 0, net48, net56, low});
}

// As many as are given, at most `most`.
std::vector<AddressPlace> take_all(AddressLimits& limits, int most, auto key) {
  std::vector<AddressPlace> places;
  for (int i = 0; i < most; ++i)
    if (auto place = limits.take(key(i))) {
      place->known();
      places.push_back(std::move(*place));
    }
  return places;
}

TEST(AddressLimits, T26_one_customers_many_subnets_are_bounded_together) {
  AddressLimits limits(1000, 10);
  {
    const auto of_56 =
        take_all(limits, 256, [](int i) { return subnet(1, 1, static_cast<std::uint8_t>(i)); });
    EXPECT_EQ(of_56.size(), 10U * 2);
    EXPECT_TRUE(limits.take(subnet(1, 2, 0))) << "the neighbour's";
  }
  EXPECT_EQ(limits.taken(), 0U);
  const auto of_48 = take_all(limits, 600, [](int i) {
    return subnet(1, static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8));
  });
  EXPECT_EQ(of_48.size(), 10U * 16);
  EXPECT_TRUE(limits.take(subnet(2, 0, 0)));
  EXPECT_TRUE(limits.take(address_key_v4({10, 0, 0, 1})));
}

TEST(AddressLimits, T26_strangers_hold_at_most_half_of_the_places) {
  AddressLimits limits(8, 8);
  std::uint8_t next = 0;
  const auto anybody = [&] { return limits.take(address_key_v4({10, 0, 0, ++next})); };
  std::vector<AddressPlace> strangers;
  while (auto place = anybody()) strangers.push_back(std::move(*place));
  EXPECT_EQ(strangers.size(), 4U);
  // Who logs in makes room for the next stranger.
  std::vector<AddressPlace> known = std::exchange(strangers, {});
  for (AddressPlace& place : known) {
    place.known();
    place.known();  // once is enough
  }
  while (auto place = anybody()) strangers.push_back(std::move(*place));
  EXPECT_EQ(limits.taken(), 8U);
  known.clear();
  EXPECT_EQ(limits.taken(), 4U);
  EXPECT_FALSE(anybody()) << "those that are free now are not for strangers";
  strangers.pop_back();
  EXPECT_TRUE(anybody());
}

// Whoever holds as many places as may be without logging in keeps nobody else from doing so.
TEST(AddressLimits, T26_few_addresses_and_networks_leave_strangers_of_others_a_place) {
  AddressLimits limits(600, 256);
  std::vector<AddressPlace> held;
  const auto fill = [&](auto key) {
    const std::size_t before = held.size();
    for (int i = 0; i < 300; ++i)
      if (auto place = limits.take(key(i))) held.push_back(std::move(*place));
    return held.size() - before;
  };
  const auto address = [](std::uint8_t last) {
    return [last](int) { return address_key_v4({10, 0, 0, last}); };
  };
  EXPECT_EQ(fill(address(1)), 150U);
  EXPECT_EQ(fill(address(2)), 75U) << "it came second: what is left is shared";
  EXPECT_EQ(fill([](int i) { return subnet(1, static_cast<std::uint8_t>(i), 0); }), 38U);
  for (std::uint8_t i = 10; i < 40; ++i) {
    auto place = limits.take(address_key_v4({192, 0, 2, i}));
    ASSERT_TRUE(place) << int{i};
    place->known();
    held.push_back(std::move(*place));
  }
  // Who has logged in holds back nobody of the same address.
  held.clear();
  for (int i = 0; i < 200; ++i) {
    held.push_back(std::move(*limits.take(address_key_v4({10, 0, 0, 1}))));
    held.back().known();
  }
  EXPECT_EQ(fill(address(1)), 56U) << "its own share, logged in or not";
  held.clear();
  EXPECT_EQ(limits.taken(), 0U);
  EXPECT_TRUE(limits.take(address_key_v4({10, 0, 0, 1})));
}

TEST(AddressLimits, T26_places_end_and_come_back) {
  AddressLimits limits(10, 2);
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
