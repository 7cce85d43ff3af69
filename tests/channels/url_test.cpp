// What a webhook's URL may be: everything that two programs could read differently is refused.
#include "server/channels/url.hpp"

#include <gtest/gtest.h>

namespace livlina::server {
namespace {

Url good(const std::string& text) {
  const auto url = parse_url(text);
  EXPECT_TRUE(url.ok()) << text << (url.ok() ? "" : url.error().text);
  return url.ok() ? *url : Url{};
}

std::string problem(const std::string& text) {
  const auto url = parse_url(text);
  return url.ok() ? "" : url.error().text;
}

TEST(UrlTest, is_read_into_its_parts) {
  const Url url = good("https://Pager.Example:8443/v1/notify?team=a%20b");
  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.host, "pager.example");
  EXPECT_FALSE(url.address);
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.target, "/v1/notify?team=a%20b");
  EXPECT_EQ(url.authority(), "pager.example:8443");
}

TEST(UrlTest, what_is_left_out_is_the_schemes_own) {
  EXPECT_EQ(good("https://pager.example").port, 443);
  EXPECT_EQ(good("https://pager.example").target, "/");
  EXPECT_EQ(good("https://pager.example?a").target, "/?a");
  EXPECT_EQ(good("https://pager.example:443/").authority(), "pager.example");
  EXPECT_EQ(good("HTTP://localhost/").port, 80);
  EXPECT_FALSE(good("http://localhost/").tls);
}

TEST(UrlTest, addresses_are_hosts_in_their_plain_form) {
  EXPECT_EQ(good("https://1.2.3.4/").address, parse_address("1.2.3.4"));
  const Url six = good("https://[2001:DB8::1]:8443/");
  EXPECT_EQ(six.address, parse_address("2001:db8::1"));
  EXPECT_EQ(six.host, "2001:db8::1");
  EXPECT_EQ(six.authority(), "[2001:db8::1]:8443");
  EXPECT_EQ(good("https://[::ffff:127.0.0.1]/").address, parse_address("::ffff:127.0.0.1"));
}

TEST(UrlTest, a_number_in_another_form_is_no_host) {
  for (const char* host : {"2130706433", "0x7f000001", "0x7f.1", "127.1", "127.0.1", "0177.0.0.1",
                           "127.0.0.01", "127.0.0.0x1", "0x", "1.2.3.4.5", "256.1.1.1", "a.0x10",
                           "localhost.1", "%31%32%37.0.0.1", "1.2.3.4."})
    EXPECT_EQ(problem("https://" + std::string(host) + "/"),
              "names a host that is neither a name nor an address")
        << host;
}

TEST(UrlTest, a_name_has_letters_digits_and_hyphens) {
  for (const char* host : {"a_b.example", "-a.example", "a-.example", "a..example", "a.example.",
                           "a%2eb", "b\xc3\xa4r.example", "a*b", "", ".", "a!b", "a,b"})
    EXPECT_NE(problem("https://" + std::string(host) + "/"), "") << host;
  EXPECT_NE(problem("https://" + std::string(64, 'a') + ".example/"), "");
  std::string name;
  while (name.size() < 254) name += "abcdefg.";
  EXPECT_NE(problem("https://" + name + "example/"), "");
  EXPECT_EQ(good("https://xn--br-via.example/").host, "xn--br-via.example");
  EXPECT_EQ(good("https://3com.example/").host, "3com.example");
}

TEST(UrlTest, everything_else_that_hides_where_it_goes_is_refused) {
  for (const char* text : {"",
                           "pager.example",
                           "//pager.example/",
                           "https:/pager.example/",
                           "https:pager.example",
                           "https://",
                           "https:///x",
                           "ftp://a.example/",
                           "file:///etc/passwd",
                           "gopher://a.example/",
                           "https://user@a.example/",
                           "https://a.example@b.example/",
                           "https://u:p@a.example/",
                           "https://@a.example/",
                           "https://a.example/#b",
                           "https://a.example:/",
                           "https://a.example:0/",
                           "https://a.example:00443/",
                           "https://a.example:65536/",
                           "https://a.example:99999999999/",
                           "https://a.example:-1/",
                           "https://a.example:4a/",
                           "https://a.example:22/",
                           "https://a.example:25/",
                           "https://a.example:80/",
                           "http://localhost:443/",
                           "https://[::1",
                           "https://[fe80::1%25eth0]/",
                           "https://[v1.a]/",
                           "https://[1.2.3.4]/",
                           "https://a.example /",
                           "https://a.example/a b",
                           "https://a.example/\n",
                           "https://a\t.b/",
                           "https://a.example\\@b.example/",
                           "https://a.example/%zz",
                           " https://a.example/"})
    EXPECT_NE(problem(text), "") << text;
  EXPECT_NE(problem("https://a.example/" + std::string(2000, 'a')), "");
}

TEST(UrlTest, private_and_unencrypted_receivers_are_for_whoever_says_so) {
  const auto refused = [](const char* text, bool allow_private) {
    return url_problem(parse_url(text).value(), allow_private).has_value();
  };
  EXPECT_FALSE(refused("https://a.example/", false));
  EXPECT_FALSE(refused("https://1.1.1.1/", false));
  for (const char* text : {"https://127.0.0.1/", "https://[::1]/", "https://10.1.2.3/",
                           "https://[::ffff:192.168.0.1]/", "https://[fd00::1]/"}) {
    EXPECT_TRUE(refused(text, false)) << text;
    EXPECT_FALSE(refused(text, true)) << text;
  }
  for (const char* text : {"https://169.254.169.254/", "https://[64:ff9b::7f00:1]/",
                           "https://0.0.0.0/", "https://[2002:a00:1::1]/"})
    EXPECT_TRUE(refused(text, true)) << text;
  EXPECT_TRUE(refused("http://localhost:8000/", false));
  EXPECT_FALSE(refused("http://localhost:8000/", true)) << "where it is, the look-up decides";
  EXPECT_FALSE(refused("http://127.0.0.1:8000/", true));
  EXPECT_TRUE(refused("http://10.0.0.1:8000/", true));
  EXPECT_TRUE(refused("http://1.1.1.1/", true));
}

}  // namespace
}  // namespace livlina::server
