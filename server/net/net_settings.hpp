// What the listener needs to know; plain values, made by app/config.
#pragma once

#include <cstdint>
#include <string>

#include "server/session/limits.hpp"

namespace livlina::server {

struct NetSettings {
  std::string address = "0.0.0.0";  // an IP address, not a name
  std::uint16_t port = 8443;        // 0: any free one
  std::string certificate;          // PEM files: the chain and its private key
  std::string key;
  bool tls12 = false;  // allow TLS 1.2 with AEAD suites
  unsigned threads = 1;
  std::uint32_t connections = 10'000;
  // Of one IPv4 address or one IPv6 /64; see AddressLimits for its networks and for strangers.
  std::uint32_t connections_per_address = 256;
  // New ones of one address or /64; its networks have more. All phones of a mobile operator may
  // share an address, and come back together after a restart.
  std::uint32_t arrivals_per_second = 20;
  std::uint32_t arrival_burst = 512;
  std::size_t send_queue = 4 * 1024 * 1024;  // bytes waiting for one slow reader
  // For all of them: whoever has most waiting is cut off first.
  std::size_t send_queues = 256 * 1024 * 1024;
  // Of the kernel, for each connection besides; it may take twice as much. Without a bound it keeps
  // megabytes for a slow reader.
  std::uint32_t kernel_buffer = 128 * 1024;
  Duration opening_time = 10 * second;  // TLS handshake and HTTP header together
  Duration idle_time = 90 * second;     // without a sign of life; half of it brings a ping
  Duration probe_time = 5 * second;     // /readyz waits for a round no longer than this
  std::uint32_t header_bytes = 8 * 1024;
  SessionLimits session;
};

}  // namespace livlina::server
