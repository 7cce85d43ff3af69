// Notification rows: made with what causes them, pushed when due, ended by a receipt.
#pragma once

#include "protocol/records/desk.hpp"
#include "server/services/escalation.hpp"
#include "server/store/notifications.hpp"
#include "server/store/occurrences.hpp"
#include "server/store/operator_notices.hpp"

namespace livlina::server {

// Codes of the operator's lines; the operator gets ids only.
enum class OperatorCode : std::uint8_t {
  untaken = 1,                  // round 2 and later: nobody has taken it
  no_person = 2,                // nobody at all can be reached
  circle_without_lines = 3,     // the participant's manifest names nobody
  clock_back = 4,               // the wall clock went back
  long_gap = 5,                 // the server was blind, or its clock wrong, for more than 7 days
  zone_unreadable = 6,          // check-ins wait until their time zone can be read
  desk_channel_failed = 7,      // the webhook of a desk takes nothing until somebody repairs it
  operator_webhook_failed = 8,  // the operator's does not
  channel_test = 9,             // to see whether it does again
};
[[nodiscard]] const char* name(OperatorCode code);

// A notice about an incident, by the person's channel: a desk's is its webhook, which is told what
// must wake or warn somebody and nothing else. A person has one that is pending (I7): whether the
// new one takes its place says policy::in_place_of.
void notify(Turn& turn, const store::IncidentRow& incident, const policy::Person& person,
            const policy::Effect& effect, const CauseId& cause);
// A warning or digest without an incident for every coordinator of the circle's desk, and its
// webhook.
void warn_desk(Turn& turn, const CircleFacts& circle, policy::NotificationKind kind,
               policy::NoticeCode code, const CauseId& cause);
// e2ee.md: a new device is noticed by the account's other devices, each for itself, and by the desk
// of the circle, or of the staff. `added` stands in the account's newest list.
void tell_device_added(Turn& turn, const policy::Person& account, const DeviceId& added);
// `after` is the desk's newest roster and `before` the one before it: each device that only `after`
// names is told of the desk's circles that have no backup, which was told to the others when it was
// lost.
void tell_still_degraded(Turn& turn, const protocol::DeskRoster& before,
                         const protocol::DeskRoster& after);
// The same for a device that a roster named before the account's own list did. `listed` stands in
// the newest one.
void tell_still_degraded(Turn& turn, const SignPublic& account, const DeviceId& listed);
// The reminder of an open occurrence, for the participant; older ones of it become obsolete.
void remind(Turn& turn, const CircleFacts& circle, const store::OccurrenceRow& occurrence);

// A warning about no circle for a coordinator.
void warn(Turn& turn, const policy::Person& coordinator, policy::NoticeCode code,
          const CauseId& cause);

// A line for the operator by each channel that there is; with none it waits for a command.
void notify_operator(Turn& turn, const std::optional<IncidentId>& incident, OperatorCode code,
                     int severity, const CauseId& cause);
void notify_operator_by(Turn& turn, store::OperatorChannel channel,
                        const std::optional<IncidentId>& incident, OperatorCode code, int severity,
                        const CauseId& cause);

// Pushes what is due to the devices of those who are still entitled to it; true: more is waiting.
[[nodiscard]] bool push_due_notices(Turn& turn, std::size_t most);

// A cause made of what happened, so that it is the same one whenever it is made.
[[nodiscard]] CauseId cause_of(std::string_view what, ByteView a, std::uint64_t b);

}  // namespace livlina::server
