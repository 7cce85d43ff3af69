// What the operator configures and the services obey; plain values, made by app/config.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "crypto/core/bytes.hpp"
#include "crypto/core/time.hpp"

namespace livlina::server {

struct Settings {
  std::string server_name = "localhost";
  // Short graces, waits and member waits; only for showing the program. Never for a real service.
  bool demonstration = false;
  // Channels that are tied to no device (rule 14): the operator's, and the desks that have one.
  bool operator_command = false;
  bool operator_webhook = false;
  std::set<ByteArray<32>> desk_channels{};
  [[nodiscard]] bool operator_channel() const { return operator_command || operator_webhook; }

  // Bounds of what a plan may ask for.
  Duration min_grace = 5 * minute;
  std::uint16_t min_member_wait_s = 60;

  // Escalation, watch.md: waits per category and the lease, with demonstration values in seconds.
  Duration wait_category1 = 2 * minute;
  Duration wait_category2 = 10 * minute;
  Duration calm_wait = 60 * minute;
  Duration lease_category1 = 20 * minute;
  Duration lease_category2 = 60 * minute;
  Duration lease_reminder = 5 * minute;  // this long before a lease ends its holder is reminded
  Duration loud_alarm_delay = 5 * second;
  Duration reask = 15 * minute;  // after an outage

  Duration message_ttl = 30 * day;
  std::uint32_t max_queue = 5000;      // rows per device
  std::uint32_t reserved_queue = 500;  // of them for alarms and check-ins
  std::uint32_t one_time_keys = 50;
  std::uint32_t open_invites = 50;  // of one account, that nobody has joined by
  std::uint32_t rows_per_commit = 200;

  // How often an idle server notes that it is alive, so that an outage is known to this precision.
  // 0: only with other work (simulations).
  Duration heartbeat = 10 * second;
};

}  // namespace livlina::server
