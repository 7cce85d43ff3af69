// Whether the signed word behind an event of an incident says what the server calls the event: only
// then is the event told in the name of whoever signed (T36).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "clients/core/trust.hpp"
#include "protocol/records/checkin_record.hpp"
#include "protocol/records/staff_act.hpp"

namespace livlina::v1 {
class Incident;
class IncidentEvent;
}  // namespace livlina::v1

namespace livlina::client {

// Of one event.
struct EventProof {
  std::optional<SignPublic> who;   // said exactly this, of this incident
  std::optional<SignPublic> whom;  // whom it means: offered, assigned
  Instant signed_at = 0;           // by the signer's clock
  bool by_shadow = false;          // `who` said it under duress
  bool shadow_unknown = false;     // whether so cannot be told: the mark is not known here
  // What is signed is something else, and an honest server stores no such record for this event.
  bool contradicts = false;
};

// The events of one incident, in the order in which the server tells them.
class EventProofs {
 public:
  EventProofs(const v1::Incident& incident, const Circle& circle)
      : incident_(incident), circle_(circle) {}

  // A verified record behind a trigger that is shown; all of them before the first event.
  void trigger(const protocol::CheckinRecord& record);
  // A verified record of the participant behind the event.
  [[nodiscard]] EventProof said(const v1::IncidentEvent& event,
                                const Verified<protocol::CheckinRecord>& record);
  // A verified act; `actor`: whose device signed it.
  [[nodiscard]] EventProof done(const v1::IncidentEvent& event,
                                const Verified<protocol::StaffAct>& act, const SignPublic& actor);
  // The story is told from its beginning, so every signed trigger has been told as well.
  void told_from_the_beginning() { whole_ = true; }

 private:
  using Name = std::pair<DeviceId, std::uint64_t>;  // of a record: its device and number
  [[nodiscard]] bool agrees(std::uint32_t kind, const protocol::CheckinRecord& record,
                            EventProof& out) const;
  [[nodiscard]] bool names_it(const protocol::CheckinRecord& record, EventProof& out) const;
  [[nodiscard]] bool answers_it(const protocol::CheckinRecord& record) const;
  [[nodiscard]] bool said_twice(const crypto::Hash& hash);

  const v1::Incident& incident_;
  const Circle& circle_;
  std::set<Name> triggers_;                    // that are shown
  std::set<Name> told_triggers_;               // of which only events tell
  std::map<DeviceId, std::uint64_t> last_of_;  // the newest signed trigger of a device
  std::set<crypto::Hash> told_;                // behind events so far
  bool whole_ = false;
};

}  // namespace livlina::client
