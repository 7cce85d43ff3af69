// What one connection may ask of the server, each bound with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/core/time.hpp"

namespace livlina::server {

struct SessionLimits {
  Duration login_time = 10 * second;  // strangers hold a connection no longer than this
  std::uint32_t in_flight = 64;  // requests without a reply: bounds the database thread's queue
  std::uint32_t urgent_in_flight =
      16;  // besides these: alarms and check-ins have places of their own
  std::uint32_t strangers_in_flight = 4;  // before log-in
  std::uint32_t requests_per_second = 50;
  std::uint32_t burst = 100;
  std::uint32_t pings_per_second = 2;  // our own clients ping every half minute at most
  std::uint32_t ping_burst = 20;
  std::uint32_t malformed = 3;  // the last of so many closes: a client of ours never sends one
  std::size_t stranger_frame = 64 * 1024;  // largest message before log-in: a JoinInvite fits
};

}  // namespace livlina::server
