// Which addresses a webhook may go to: each block by its borders, and each disguise.
#include "server/channels/ip_address.hpp"

#include <gtest/gtest.h>

namespace livlina::server {
namespace {

AddressKind kind(const char* text) {
  const auto address = parse_address(text);
  EXPECT_TRUE(address) << text;
  return address ? kind_of(*address) : AddressKind::never;
}

TEST(IpAddress, only_the_plain_forms_are_addresses) {
  for (const char* text : {"1.2.3.4", "::1", "2001:db8::1", "::ffff:1.2.3.4"})
    EXPECT_TRUE(parse_address(text)) << text;
  for (const char* text :
       {"", "127.1", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.01", "2130706433", "1.2.3.4.", " 1.2.3.4",
        "1.2.3.256", "fe80::1%eth0", "[::1]", "1.2.3.4:80", "::1::"})
    EXPECT_FALSE(parse_address(text)) << text;
  EXPECT_FALSE(parse_address(std::string_view("1.2.3.4\0x", 9)));
  EXPECT_EQ(to_text(*parse_address("2001:DB8:0::1")), "2001:db8::1");
}

TEST(IpAddress, everybodys_addresses_begin_and_end_where_the_registries_say) {
  for (const char* text : {"1.1.1.1",         "9.255.255.255",   "11.0.0.0",     "100.63.255.255",
                           "100.128.0.0",     "126.255.255.255", "128.0.0.0",    "169.253.255.255",
                           "169.255.0.0",     "172.15.255.255",  "172.32.0.0",   "192.0.1.0",
                           "192.0.3.0",       "192.167.255.255", "192.169.0.0",  "198.17.255.255",
                           "198.20.0.0",      "198.51.99.255",   "198.51.101.0", "203.0.112.255",
                           "203.0.114.0",     "223.255.255.255", "2000::",       "2001:200::1",
                           "2606:4700::1111", "3ffe::1",         "3fff:1000::1"})
    EXPECT_EQ(kind(text), AddressKind::everybodys) << text;
}

TEST(IpAddress, loopback_and_private_networks_are_nobody_elses) {
  for (const char* text : {"127.0.0.0", "127.0.0.1", "127.255.255.255", "::1"})
    EXPECT_EQ(kind(text), AddressKind::loopback) << text;
  for (const char* text : {"10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
                           "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255",
                           "fc00::", "fd12:3456::1", "fdff:ffff:ffff::"})
    EXPECT_EQ(kind(text), AddressKind::inner) << text;
}

TEST(IpAddress, what_is_no_receivers_address_is_never_sent_to) {
  for (const char* text :
       {"0.0.0.0",     "0.1.2.3",     "169.254.0.0",     "169.254.169.254", "192.0.0.1",
        "192.0.2.1",   "192.88.99.1", "198.18.0.1",      "198.19.255.255",  "198.51.100.7",
        "203.0.113.9", "224.0.0.1",   "239.255.255.250", "240.0.0.1",       "255.255.255.255",
        "::",          "::2",         "::7f00:1",        "fe80::1",         "febf::1",
        "fec0::1",     "ff02::1",     "2001::1",         "2001:10::1",      "2001:db8::1",
        "3fff::1",     "100::1",      "5f00::1",         "4000::1",         "64:ff9b:1::1"})
    EXPECT_EQ(kind(text), AddressKind::never) << text;
}

TEST(IpAddress, an_address_within_another_counts_as_what_it_is) {
  EXPECT_EQ(kind("::ffff:127.0.0.1"), AddressKind::loopback);
  EXPECT_EQ(kind("::ffff:10.0.0.1"), AddressKind::inner);
  EXPECT_EQ(kind("::ffff:a9fe:a9fe"), AddressKind::never) << "169.254.169.254";
  EXPECT_EQ(kind("::ffff:1.1.1.1"), AddressKind::everybodys);
  EXPECT_EQ(kind("64:ff9b::1.1.1.1"), AddressKind::everybodys);
  EXPECT_EQ(kind("2002:101:101::1"), AddressKind::everybodys);
  for (const char* text :
       {"64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254",
        "2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::1", "2002:a9fe:a9fe::1", "2002:e000:1::"})
    EXPECT_EQ(kind(text), AddressKind::never) << text << ": allow_private does not change it";
}

TEST(IpAddress, allow_private_opens_this_machine_and_private_networks_and_nothing_else) {
  const auto may = [](const char* text, bool allow_private, bool only_loopback) {
    return may_be_sent_to(parse_address(text).value(), allow_private, only_loopback);
  };
  EXPECT_TRUE(may("1.1.1.1", false, false));
  EXPECT_TRUE(may("1.1.1.1", true, false));
  for (const char* text : {"127.0.0.1", "::1", "10.0.0.1", "fd00::1", "100.64.0.1"}) {
    EXPECT_FALSE(may(text, false, false)) << text;
    EXPECT_TRUE(may(text, true, false)) << text;
  }
  for (const char* text : {"169.254.169.254", "0.0.0.0", "224.0.0.1", "fe80::1", "2002:7f00:1::"})
    EXPECT_FALSE(may(text, true, false)) << text;
  EXPECT_TRUE(may("127.0.0.1", true, true));
  for (const char* text : {"1.1.1.1", "10.0.0.1", "fd00::1"})
    EXPECT_FALSE(may(text, true, true)) << text << ": not unencrypted";
  EXPECT_FALSE(may("127.0.0.1", false, true));
}

}  // namespace
}  // namespace livlina::server
