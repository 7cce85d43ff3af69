// The limits of connections by name: what was reached is counted under it (net/limit_counts.hpp).
#pragma once

#include <cstddef>
#include <cstdint>

namespace livlina::server {

enum class Limit : std::uint8_t {
  places,          // connections in all, or of strangers
  address_places,  // connections of one address or network
  arrivals,        // new connections of one address or network in a time
  opening_time,    // TLS, HTTP header and upgrade were not done in time
  header,          // HTTP header
  login_time,      // no log-in in time
  login,           // a log-in was refused
  message,         // size of a message
  fragments,       // bytes of frames for one message
  field,           // a field above its limit (TOO_LARGE)
  malformed,       // frames that are none
  pings,
  rate,         // requests a second
  in_flight,    // requests without a reply
  send_queue,   // what waits for one slow reader
  send_queues,  // what waits for all of them
  mailbox,      // rows for one device (QUEUE_FULL)
  invites,      // open invites of one account
};
inline constexpr std::size_t limits_in_all = static_cast<std::size_t>(Limit::invites) + 1;

}  // namespace livlina::server
