// The step function of INCIDENT (watch.md): from the first trigger to a human's signed end.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "server/policy/notification.hpp"
#include "server/policy/policy.hpp"

namespace livlina::server::policy {

enum class IncidentState : std::uint8_t { notifying = 1, taken = 2, resolved = 3, cancelled = 4 };

struct Incident {
  Lane lane = Lane::open;
  IncidentState state = IncidentState::notifying;
  int severity = 0;
  bool calm = false;
  int step = 0;  // the next one to fire
  int round = 1;
  std::optional<Person> holder;
  std::optional<Instant> rights_end;  // known end of the holder's rights
  Instant lease_until = 0;
  bool lease_reminded = false;
  std::optional<Person> offered_to;
  bool fired = false;      // a step has fired
  bool postponed = false;  // by calm, since the last fired step
  int reruns = 0;          // of AllFailed in this round
  bool sole_loud_alarm = false;
  std::optional<Instant> next_at;

  bool operator==(const Incident&) const = default;
};

[[nodiscard]] constexpr bool unresolved(IncidentState s) {
  return s == IncidentState::notifying || s == IncidentState::taken;
}

// What the caller found out for this event; only what the event needs must be filled in.
struct IncidentFacts {
  std::vector<std::vector<Person>> steps;  // per step of the template: who can_page now
  std::vector<bool> warned{};              // per step: the desk was warned already (empty: none)
  std::vector<Person> desk{};              // coordinators that can_page
  bool actor_may = false;          // the actor may take: in the manifest with the scope, or desk
  bool actor_coordinates = false;  // the actor is a coordinator of the desk
  bool target_may = false;         // the target may take
  bool target_can_page = false;
  std::optional<Instant> rights_end{};  // known end of rights of whoever holds it after the event
};

namespace incident_event {
struct Trigger {
  TriggerKind kind = TriggerKind::miss;
};
struct Cancel {};   // by the primary device
struct LateOk {};   // by the primary device
struct Mistake {};  // by the primary device
struct Tick {};
struct AllFailed {};      // every notification of the current step failed for good
struct HolderLost {};     // device, membership or consent ended by a newer list, manifest or Leave
struct RightsChanged {};  // the holder keeps them, with facts.rights_end as their end
struct Seen {};
struct Take {
  Person by{};
};
struct TakeOver {
  Person by{};
};
struct Assign {
  Person by{};
  Person to{};
};
struct Renew {
  Person by{};
};
struct Offer {
  Person by{};
  Person to{};
};
struct Accept {
  Person by{};
};
struct Decline {
  Person by{};
};
struct Resolve {
  Person by{};
};
struct SwitchPolicy {};  // `policy` is the new one already; by a coordinator
struct ClockBack {};     // rule 17: the wall clock went back to `now`
}  // namespace incident_event

using IncidentEvent =
    std::variant<incident_event::Trigger, incident_event::Cancel, incident_event::LateOk,
                 incident_event::Mistake, incident_event::Tick, incident_event::AllFailed,
                 incident_event::HolderLost, incident_event::RightsChanged, incident_event::Seen,
                 incident_event::Take, incident_event::TakeOver, incident_event::Assign,
                 incident_event::Renew, incident_event::Offer, incident_event::Accept,
                 incident_event::Decline, incident_event::Resolve, incident_event::SwitchPolicy,
                 incident_event::ClockBack>;

// What is written down of an event: the numbers of v1.IncidentEvent.kind, protocol/spec/wire.md.
enum class Happened : std::uint8_t {
  opened = 1,
  trigger_added = 2,
  late_ok = 3,
  mistake = 4,
  cancel_late = 5,
  step_fired = 6,
  step_empty = 7,
  nobody = 8,
  seen = 9,
  taken = 10,
  taken_over = 11,
  assigned = 12,
  renewed = 13,
  offered = 14,
  accepted = 15,
  declined = 16,
  lease_reminded = 17,
  lease_ended = 18,
  rights_ended = 19,
  resolved = 20,
  cancelled = 21,
  reopened = 22,
  policy_switched = 23,
  shadow_seen = 24,
  rerun = 25,  // AllFailed
  miss_undone = 26,
};

// Effects in order; the notices after a `happened` are caused by it.
struct Effect {
  enum class What : std::uint8_t {
    happened,         // an incident_event row
    notify,           // rows for `people`
    notify_paged,     // for everybody who was paged for this incident, but `people`
    notify_desk,      // for every coordinator, reachable or not
    obsolete,         // every pending row, the operator's too; a lease_ended only of `people`
    operator_notice,  // a row for the operator's channel
  };
  What what = What::happened;
  Happened event = Happened::opened;
  NotificationKind kind = NotificationKind::page;
  NoticeCode code = NoticeCode::page_open;
  int step = 0;
  int round = 0;
  std::vector<Person> people;

  bool operator==(const Effect&) const = default;
};

enum class Outcome : std::uint8_t {
  done = 1,
  already = 2,      // it is so already: nothing changes
  held = 3,         // somebody else holds it
  wrong_state = 4,  // this state does not allow it
  forbidden = 5,
};

struct IncidentStep {
  Outcome outcome = Outcome::done;
  Incident next;
  std::vector<Effect> effects;
};

// - | trigger | none unresolved | ... -> notifying. Also for reopen, then with the severity given.
[[nodiscard]] IncidentStep open_incident(Lane lane, TriggerKind kind, const Policy& policy,
                                         Instant now);
[[nodiscard]] IncidentStep reopen_incident(Lane lane, int severity, Instant now);

// Every event but the first trigger. An outcome other than done leaves `next` equal to `incident`,
// and effects empty.
[[nodiscard]] IncidentStep step(const Incident& incident, const IncidentEvent& event,
                                const Policy& policy, const IncidentFacts& facts, Instant now);

// The page's text on a lane.
[[nodiscard]] NoticeCode page_code(Lane lane);

}  // namespace livlina::server::policy
