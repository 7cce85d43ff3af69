// Boost.URL reads the grammar (RFC 3986); it is compiled here and nowhere else.
#include "server/channels/url.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/src.hpp>  // its library: what Debian ships are the headers
#include <boost/url/url_view.hpp>

namespace livlina::server {

namespace {

using Answer = BasicResult<Url, UrlProblem>;
namespace urls = boost::urls;

constexpr std::size_t longest = 2000;
constexpr std::size_t longest_name = 253;
constexpr std::size_t longest_label = 63;
constexpr unsigned first_free_port = 1024;

Answer refuse(const char* text) { return UrlProblem{text}; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

// Programs differ in what they take for an IPv4 address: 0x7f.1, 017700000001, 2130706433.
bool looks_like_a_number(std::string_view label) {
  if (label.starts_with("0x")) return std::all_of(label.begin() + 2, label.end(), is_hex);
  return std::all_of(label.begin(), label.end(), is_digit);
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > longest_label) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return is_digit(c) || c == '-' || (c >= 'a' && c <= 'z'); });
}

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > longest_name) return false;
  std::string_view rest = name;
  while (true) {
    const auto dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == std::string_view::npos) return !looks_like_a_number(label);
    rest.remove_prefix(dot + 1);
  }
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

// The port; 0: it is written otherwise than as a number from 1 to 65535.
unsigned port_of(std::string_view text) {
  if (text.empty() || text.size() > 5 || text.front() == '0') return 0;
  unsigned out = 0;
  for (const char c : text) {
    if (!is_digit(c)) return 0;
    out = out * 10 + static_cast<unsigned>(c - '0');
  }
  return out <= 65'535 ? out : 0;
}

std::string_view sv(boost::core::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::string Url::authority() const {
  const std::string name = address && address->v6 ? "[" + host + "]" : host;
  return port == (tls ? 443 : 80) ? name : name + ":" + std::to_string(port);
}

Answer parse_url(std::string_view text) {
  if (text.empty()) return refuse("is empty");
  if (text.size() > longest) return refuse("is longer than 2000 characters");
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c >= 0x7f; }))
    return refuse("has blanks, control characters or letters outside ASCII");
  const auto parsed = urls::parse_uri({text.data(), text.size()});
  if (!parsed) return refuse("is no URL such as https://pager.example/notify");
  const urls::url_view u = *parsed;
  Url out;
  const std::string scheme = lower(sv(u.scheme()));
  if (scheme != "https" && scheme != "http") return refuse("begins neither with https nor http");
  out.tls = scheme == "https";
  if (!u.has_authority()) return refuse("names no host");
  if (u.has_userinfo()) return refuse("names a user: what proves who sends it is the signature");
  if (u.has_fragment()) return refuse("has a fragment, which is never sent");
  // Boost 1.81 reads 1.2.3.4.5 as the address 1.2.3.4 before a path .5: no authority ends so.
  const std::string_view path = sv(u.encoded_path());
  if (!path.empty() && path.front() != '/')
    return refuse("names a host that is neither a name nor an address");
  out.host = lower(sv(u.encoded_host()));
  switch (u.host_type()) {
    case urls::host_type::ipv4:
    case urls::host_type::ipv6:
      if (out.host.starts_with('[')) out.host = out.host.substr(1, out.host.size() - 2);
      out.address = parse_address(out.host);
      if (!out.address) return refuse("names a host that is neither a name nor an address");
      out.host = to_text(*out.address);
      break;
    case urls::host_type::name:
      if (!is_name(out.host)) return refuse("names a host that is neither a name nor an address");
      break;
    case urls::host_type::none:
    case urls::host_type::ipvfuture:
      return refuse("names a host that is neither a name nor an address");
  }
  out.port = out.tls ? 443 : 80;
  if (u.has_port()) {
    const unsigned port = port_of(sv(u.port()));
    if (port == 0) return refuse("names a port that is no number from 1 to 65535");
    if (port != out.port && port < first_free_port)
      return refuse("names a port of another service: 443, or one from 1024 on");
    out.port = static_cast<std::uint16_t>(port);
  }
  const std::string_view target = sv(u.encoded_target());
  out.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return out;
}

std::optional<UrlProblem> url_problem(const Url& url, bool allow_private) {
  if (!url.tls && !allow_private)
    return UrlProblem{
        "is not encrypted: write https (http only to this machine, with "
        "allow_private = true)"};
  if (!url.address || may_be_sent_to(*url.address, allow_private, !url.tls)) return std::nullopt;
  switch (kind_of(*url.address)) {
    case AddressKind::loopback:
    case AddressKind::inner:
      return UrlProblem{url.tls ? "is an address of this machine or a private network: set "
                                  "allow_private = true if that is meant"
                                : "is not encrypted and leaves this machine: write https"};
    case AddressKind::everybodys:
      return UrlProblem{"is not encrypted and leaves this machine: write https"};
    case AddressKind::never:
      break;
  }
  return UrlProblem{"is an address that no receiver has"};
}

}  // namespace livlina::server
