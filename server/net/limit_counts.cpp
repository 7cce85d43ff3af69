#include "server/net/limit_counts.hpp"

#include "server/log/log.hpp"
#include "server/time/clocks.hpp"

namespace livlina::server {

namespace {

constexpr Duration silence = minute;  // a flood must not become a flood of lines

log::Word word_of(Limit limit) {
  switch (limit) {
    case Limit::places:
      return "places";
    case Limit::address_places:
      return "address_places";
    case Limit::arrivals:
      return "arrivals";
    case Limit::opening_time:
      return "opening_time";
    case Limit::header:
      return "header";
    case Limit::login_time:
      return "login_time";
    case Limit::login:
      return "login";
    case Limit::message:
      return "message";
    case Limit::fragments:
      return "fragments";
    case Limit::field:
      return "field";
    case Limit::malformed:
      return "malformed";
    case Limit::pings:
      return "pings";
    case Limit::rate:
      return "rate";
    case Limit::in_flight:
      return "in_flight";
    case Limit::send_queue:
      return "send_queue";
    case Limit::send_queues:
      return "send_queues";
    case Limit::mailbox:
      return "mailbox";
    case Limit::invites:
      return "invites";
  }
  return "unknown";
}

}  // namespace

void LimitCounts::count(Limit limit) {
  One& one = all_[static_cast<std::size_t>(limit)];
  const std::uint64_t total = ++one.total;
  const Duration now = steady_now();
  Duration until = one.silent_until;
  if (now < until && total > 1) return;
  // Of several threads one writes the line.
  if (one.silent_until.compare_exchange_strong(until, now + silence))
    log::info("limit_reached", {{"limit", word_of(limit)}, {"total", total}});
}

std::uint64_t LimitCounts::of(Limit limit) const {
  return all_[static_cast<std::size_t>(limit)].total;
}

}  // namespace livlina::server
