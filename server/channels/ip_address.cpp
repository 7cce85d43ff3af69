#include "server/channels/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <span>

namespace livlina::server {

namespace {

struct Block {
  const char* first;
  int bits;
  AddressKind kind;
};

constexpr Block blocks_v4[] = {
    {"0.0.0.0", 8, AddressKind::never},        // this network
    {"10.0.0.0", 8, AddressKind::inner},       // RFC 1918
    {"100.64.0.0", 10, AddressKind::inner},    // RFC 6598, of a carrier
    {"127.0.0.0", 8, AddressKind::loopback},   //
    {"169.254.0.0", 16, AddressKind::never},   // link-local
    {"172.16.0.0", 12, AddressKind::inner},    // RFC 1918
    {"192.0.0.0", 24, AddressKind::never},     // of protocols
    {"192.0.2.0", 24, AddressKind::never},     // documentation
    {"192.88.99.0", 24, AddressKind::never},   // relays of 6to4
    {"192.168.0.0", 16, AddressKind::inner},   // RFC 1918
    {"198.18.0.0", 15, AddressKind::never},    // measurements
    {"198.51.100.0", 24, AddressKind::never},  // documentation
    {"203.0.113.0", 24, AddressKind::never},   // documentation
    {"224.0.0.0", 4, AddressKind::never},      // multicast
    {"240.0.0.0", 4, AddressKind::never},      // reserved, broadcast
};

// What is in none of these is never: nobody was given it.
constexpr Block blocks_v6[] = {
    {"::1", 128, AddressKind::loopback},     //
    {"fc00::", 7, AddressKind::inner},       // RFC 4193
    {"2001::", 23, AddressKind::never},      // of protocols, with Teredo
    {"2001:db8::", 32, AddressKind::never},  // documentation
    {"3fff::", 20, AddressKind::never},      // documentation
    {"2000::", 3, AddressKind::everybodys},  // all that is given out
};

// Blocks that hold an IPv4 address, from this byte on.
struct Embedding {
  const char* first;
  int bits;
  std::size_t at;
};
constexpr Embedding mapped{"::ffff:0.0.0.0", 96, 12};
constexpr Embedding tunnels[] = {{"64:ff9b::", 96, 12},  // NAT64
                                 {"2002::", 16, 2}};     // 6to4

bool within(const IpAddress& address, const char* first, int bits) {
  const auto start = parse_address(first);
  if (!start || start->v6 != address.v6) return false;
  for (int bit = 0; bit < bits; ++bit) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if (((address.bytes[byte] ^ start->bytes[byte]) & mask) != 0) return false;
  }
  return true;
}

std::optional<AddressKind> kind_in(std::span<const Block> blocks, const IpAddress& address) {
  for (const Block& block : blocks)
    if (within(address, block.first, block.bits)) return block.kind;
  return std::nullopt;
}

AddressKind kind_within(const IpAddress& address, std::size_t at) {
  IpAddress inner;
  std::copy_n(address.bytes.begin() + static_cast<std::ptrdiff_t>(at), 4, inner.bytes.begin());
  return kind_of(inner);
}

}  // namespace

std::optional<IpAddress> parse_address(std::string_view text) {
  const std::string terminated(text);
  IpAddress out;
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  if (::inet_pton(AF_INET, terminated.c_str(), out.bytes.data()) == 1) return out;
  out.v6 = true;
  if (::inet_pton(AF_INET6, terminated.c_str(), out.bytes.data()) == 1) return out;
  return std::nullopt;
}

std::string to_text(const IpAddress& address) {
  char out[INET6_ADDRSTRLEN] = {};
  (void)::inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), out, sizeof out);
  return out;
}

AddressKind kind_of(const IpAddress& address) {
  if (!address.v6) return kind_in(blocks_v4, address).value_or(AddressKind::everybodys);
  if (within(address, mapped.first, mapped.bits)) return kind_within(address, mapped.at);
  for (const Embedding& tunnel : tunnels)
    if (within(address, tunnel.first, tunnel.bits))
      return kind_within(address, tunnel.at) == AddressKind::everybodys ? AddressKind::everybodys
                                                                        : AddressKind::never;
  return kind_in(blocks_v6, address).value_or(AddressKind::never);
}

bool may_be_sent_to(const IpAddress& address, bool allow_private, bool only_loopback) {
  switch (kind_of(address)) {
    case AddressKind::everybodys:
      return !only_loopback;
    case AddressKind::loopback:
      return allow_private;
    case AddressKind::inner:
      return allow_private && !only_loopback;
    case AddressKind::never:
      break;
  }
  return false;
}

}  // namespace livlina::server
