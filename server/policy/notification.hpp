// The step function of NOTIFICATION (watch.md): a row that is sent until a device's receipt, or
// until it no longer matters.
#pragma once

#include <algorithm>
#include <optional>

#include "server/policy/words.hpp"

namespace livlina::server::policy {

enum class NotificationKind : std::uint8_t {
  page = 1,
  update = 2,
  reminder = 3,
  warning = 4,
  digest = 5
};

enum class NotificationState : std::uint8_t {
  pending = 1,
  received = 2,  // a device's receipt
  accepted = 3,  // by a provider whose channel has no receipts
  failed = 4,    // for good: the channel takes nothing until somebody repairs it
  obsolete = 5,
};

enum class Channel : std::uint8_t {
  device = 1,   // the live socket of a person's devices
  webhook = 2,  // of a desk, which is the person then; no receipts
};

// What a channel without receipts says of one try.
struct Delivery {
  enum class What : std::uint8_t {
    accepted,
    later,    // not now: it is repeated
    refused,  // nothing will be taken until somebody repairs the channel
  };
  What what = What::later;
  Duration retry_after = 0;  // of later: not before; at most last_backoff
};

// What a notice says: the numbers of v1.Notice.code, protocol/spec/wire.md.
enum class NoticeCode : std::uint8_t {
  page_open = 1,  // somebody needs you: take it
  page_silent =
      2,  // nobody calls, writes to or visits the participant because of it without the desk
  page_drill = 3,        // a practice alarm: take it
  page_raised = 4,       // what is held became more severe
  taken = 5,             // somebody has taken it
  taken_over = 6,        // a coordinator has given it to somebody else
  assigned = 7,          // a coordinator has given it to you
  offered = 8,           // somebody wants to hand it over to you
  offer_declined = 9,    // the handover was declined; your lease stays cut
  trigger_added = 10,    // one more trigger in what you hold
  lease_ending = 11,     // renew, resolve or hand over
  resolved = 12,         // it is resolved
  step_empty = 13,       // to the desk: nobody of a step can be reached
  nobody = 14,           // to the desk: nobody at all can be reached
  circle_degraded = 15,  // to the desk: the backup is lost
  record_fork = 16,      // to the desk: a phone signed two records under one number
  outage_digest = 17,    // to the desk: check-ins were excused because the server was down
  checkin_waits = 18,    // to the participant: a reminder
  device_cloned = 19,    // to the desk: a log-in of the participant's device used an old counter
  lease_ended = 20,      // your lease or your rights have ended: you hold it no longer
  device_added = 21,     // to the account's other devices and the desk: it has one more device
  plan_changed = 22,     // to the desk: a watched circle has another plan
  plan_empty = 23,       // to the desk: it has one by which no check-in opens for a week
  lines_dropped = 24,    // to the desk: a manifest took a line, a scope or time from somebody
  zone_unreadable = 25,  // to the desk: check-ins wait until the server can read their time zone
  schedules_ended = 26,  // to the desk: the last schedule has ended, no check-in is due any more
  channel_failed = 27,   // to the desk: its webhook takes nothing until somebody repairs it
  channel_test = 28,     // to a webhook alone: to see whether it works again
};

inline constexpr Duration first_backoff = 5 * second;
inline constexpr Duration last_backoff = 5 * minute;

// The wait after the n-th attempt, from 1: 5 s doubling to 5 min.
[[nodiscard]] constexpr Duration backoff(int attempts) {
  Duration wait = first_backoff;
  for (int k = 1; k < attempts && wait < last_backoff; ++k) wait *= 2;
  return std::min(wait, last_backoff);
}

struct Notification {
  NotificationState state = NotificationState::pending;
  int attempts = 0;
  std::optional<Instant> next_at;

  bool operator==(const Notification&) const = default;
};

enum class NotificationEvent : std::uint8_t {
  due,        // not in flight: send, with the row's id as idempotency key
  receipt,    // by a device
  accepted,   // by a provider, channel without receipts
  permanent,  // the channel failed for good; the live socket never does
  obsolete,   // take, resolve, newer row of the same, answered or deadline
};

// Ended rows stay as they are: a receipt that comes twice or late changes nothing.
[[nodiscard]] constexpr Notification step(Notification n, NotificationEvent event, Instant now) {
  if (n.state != NotificationState::pending) return n;
  const auto end = [&](NotificationState state) {
    n.state = state;
    n.next_at.reset();
  };
  switch (event) {
    // pending | due, not in flight | send, idempotency key = row id; next_at = now + backoff 5 s..5
    // min
    case NotificationEvent::due:
      ++n.attempts;
      n.next_at = now + backoff(n.attempts);
      break;
    // pending | device receipt -> received | provider accepted, channel without receipts ->
    // accepted |
    //           permanent failure: channel failed, warn the desk -> failed
    case NotificationEvent::receipt:
      end(NotificationState::received);
      break;
    case NotificationEvent::accepted:
      end(NotificationState::accepted);
      break;
    case NotificationEvent::permanent:
      end(NotificationState::failed);
      break;
    // pending | take, resolve, newer row of the same, answered or deadline (reminder) -> obsolete
    case NotificationEvent::obsolete:
      end(NotificationState::obsolete);
      break;
  }
  return n;
}

// What only this person can act on, and by an instant: an offer and its end, the end of the lease
// that is near or has come.
[[nodiscard]] constexpr bool is_urgent_word(NoticeCode code) {
  return code == NoticeCode::offered || code == NoticeCode::offer_declined ||
         code == NoticeCode::lease_ending || code == NoticeCode::lease_ended;
}

// A row for the same (incident, person, channel) is pending and a new one comes (I7: never two).
// The kind that the new one gets when it replaces the other; nothing: it does not. What only
// informs replaces nothing but its like. A page and an urgent word replace everything; an urgent
// word that takes the place of a page is a page itself, so that nobody who had to be woken is not.
// Only who holds it no longer is told so quietly: the next page comes at once.
[[nodiscard]] constexpr std::optional<NotificationKind> in_place_of(NotificationKind pending,
                                                                    NoticeCode pending_code,
                                                                    NotificationKind fresh,
                                                                    NoticeCode fresh_code) {
  const bool was_page = pending == NotificationKind::page;
  if (fresh == NotificationKind::page) return fresh;
  if (is_urgent_word(fresh_code))
    return was_page && fresh_code != NoticeCode::lease_ended ? pending : fresh;
  if (was_page || is_urgent_word(pending_code)) return std::nullopt;
  return fresh;
}

}  // namespace livlina::server::policy
