// The small world of the search: one participant, three people, at most two slots of one schedule,
// an incident in each lane, and the rows about it. All of it is plain data that the step functions
// of the policy read and change; times are whole units, but for the millisecond after a deadline.
#pragma once

#include <array>
#include <string>

#include "server/policy/incident.hpp"
#include "server/policy/judge.hpp"
#include "server/policy/occurrence.hpp"
#include "server/policy/outage.hpp"

namespace livlina::server::policy::search {

inline constexpr Duration unit = shortest_gap;  // so that an outage of one unit counts

inline constexpr std::size_t amal = 0;  // a mentor
inline constexpr std::size_t bo = 1;    // a contact person
inline constexpr std::size_t cy = 2;    // a coordinator of the desk
inline constexpr std::size_t people = 3;
inline constexpr Person participant{9};

[[nodiscard]] inline Person person(std::size_t who) {
  Person p{};
  p[0] = static_cast<std::uint8_t>(who + 1);
  return p;
}
[[nodiscard]] inline std::size_t index_of(const Person& p) { return std::size_t{p[0]} - 1; }

// A row of NOTIFICATION about an incident that has not ended.
struct Notice {
  NotificationKind kind = NotificationKind::page;
  NoticeCode code = NoticeCode::page_open;
  Notification n;
};

// Those of one person: I7 allows one, so there is room for the one too many.
struct Box {
  std::array<Notice, 2> rows;
  std::size_t size = 0;
};

struct LaneState {
  std::optional<Incident> incident;  // the newest, ended or not
  std::uint8_t category = 2;         // of the policy it has pinned
  bool alarm = false;                // an alarm of the primary is among its triggers
  bool login = false;                // a log-in of the shadow is
  unsigned warned = 0;               // steps of which the desk was warned, as bits
  unsigned paged = 0;                // people who were paged for it, as bits
  std::array<Box, people> pending;
  // What only the invariants look at.
  int triggers = 0;
  bool fired = false;
  Instant quiet_since = 0;  // nobody holds it and nobody was called since
};

struct SlotState {
  Instant opens_at = 0;
  Instant due = 0;
  Instant deadline = 0;
  std::optional<Occurrence> o;  // nothing: not made yet
  Instant made_at = 0;
  int triggers = 0;      // of its miss
  bool current = false;  // its trigger belongs to the newest incident of the open lane
  bool reminder = false;
};

// A record that waits for the judge.
struct Press {
  Unjudged row;
  Lane names = Lane::open;  // cancel and mistake: the lane of the alarm
};

struct World {
  Instant now = 0;
  std::array<LaneState, 3> lanes;
  std::array<SlotState, 2> slots;
  std::array<Press, 2> queue;
  std::size_t queued = 0;
  std::array<bool, people> reachable{true, true, true};
  std::array<bool, people> listed{true, true, true};
  std::optional<Instant> rights_end;  // amal's, when it is known beforehand
  // How often the rare things may still happen.
  int gaps = 0;
  int backs = 0;
  int changes = 0;

  [[nodiscard]] LaneState& at(Lane lane) { return lanes[static_cast<std::size_t>(lane) - 1]; }
  [[nodiscard]] const LaneState& at(Lane lane) const {
    return lanes[static_cast<std::size_t>(lane) - 1];
  }
  [[nodiscard]] bool may(std::size_t who) const {
    return listed[who] && (who != amal || !rights_end || now < *rights_end);
  }
  [[nodiscard]] bool can_page(std::size_t who) const { return may(who) && reachable[who]; }
};

// Which part of the world a search is about, and how much of the rare is in it.
struct Bounds {
  std::uint8_t category = 2;
  std::size_t slots = 0;
  unsigned lanes = 1;          // whose incidents are acted on: bits by the order of Lane
  unsigned presses = 0;        // bits of Pressing
  bool brief = false;          // waits and leases of as few units as still differ
  bool every_act = false;      // else: amal takes, who holds it or the coordinator resolves
  bool every_person = false;   // any of the three acts; else amal, and the coordinator resolves
  bool keep_notices = false;   // rows wait for their receipt; else they are received at once
  bool switch_policy = false;  // between the two categories
  bool failing_rows = false;   // the reserved AllFailed
  std::size_t queue = 1;       // records that wait for the judge at once, at most 2
  int gaps = 0;
  int backs = 0;
  int changes = 0;                      // of who is listed or reachable, and until when
  std::size_t most_states = 3'000'000;  // a search that does not end is none
};

enum Pressing : unsigned {
  press_ok = 1 << 0,
  press_talk = 1 << 1,
  press_not_ok = 1 << 2,
  press_late_ok = 1 << 3,  // of a miss that this world does not show
  press_loud = 1 << 4,
  press_silent = 1 << 5,
  press_drill = 1 << 6,
  press_shadow = 1 << 7,  // each of the shadow's answers, an alarm and a log-in
  press_cancel = 1 << 8,
  press_mistake = 1 << 9,
  press_miss = 1 << 10,  // a miss that this world does not show
};

// The functions that are searched; a test may put a broken one in the place of one of them.
struct Steps {
  OccurrenceStep (*occurrence)(const std::optional<Occurrence>&, const OccurrenceEvent&,
                               const OccurrenceFacts&, Instant) = &policy::step;
  std::vector<std::vector<OccurrenceEvent>> (*on_gap)(const std::vector<UnmadeSlot>&,
                                                      Instant) = &policy::on_gap;
  Verdict (*judge)(const Unjudged&) = &policy::judge;
  IncidentStep (*open)(Lane, TriggerKind, const Policy&, Instant) = &policy::open_incident;
  IncidentStep (*reopen)(Lane, int, Instant) = &policy::reopen_incident;
  IncidentStep (*incident)(const Incident&, const IncidentEvent&, const Policy&,
                           const IncidentFacts&, Instant) = &policy::step;
  Notification (*notification)(Notification, NotificationEvent, Instant) = &policy::step;
  std::optional<NotificationKind> (*in_place_of)(NotificationKind, NoticeCode, NotificationKind,
                                                 NoticeCode) = &policy::in_place_of;
};

[[nodiscard]] Policy policy_of(std::uint8_t category, const Bounds& bounds);
[[nodiscard]] OccurrenceFacts slot_facts();
[[nodiscard]] World first_world(const Bounds& bounds);

// Something of the server is due now: time stands still until it is done.
[[nodiscard]] bool anything_due(const World& w, const Bounds& bounds);
// The next instant of any row after now; nothing: there is none.
[[nodiscard]] std::optional<Instant> next_instant(const World& w, const Bounds& bounds);

// Bytes that are equal for worlds which go on alike: instants relative to now, what is long over at
// one distance, rounds from the second on as one.
[[nodiscard]] std::string packed(const World& w, const Bounds& bounds);

}  // namespace livlina::server::policy::search
