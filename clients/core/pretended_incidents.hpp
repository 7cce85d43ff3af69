// What the decoy realm shows of the alarms and wishes to talk that were pressed on this device: the
// incident that the real realm is told of by the server, which tells the shadow of none (T30).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "clients/core/identity.hpp"
#include "clients/core/trust.hpp"
#include "protocol/records/checkin_record.hpp"

namespace livlina::v1 {
class IncidentView;
}

namespace livlina::client {

// One that was taken back stays in sight for so long, as on the server's board (watch.md, rule 8).
inline constexpr Duration taken_back_is_shown = 1 * day;

// Something that opens an incident, joins one or speaks of one, as the server had it.
struct Press {
  protocol::RecordType type = protocol::RecordType::checkin;
  std::uint8_t answer = 0;
  Instant pressed_at = 0;  // by this device's clock, as signed
  Instant at = 0;          // when the server had it
  crypto::Hash record{};   // hash of the signed record: nobody guesses what is made of it
};
// Keeps it for the decoy realm: there, or with `mirror`, which a real realm gives, from here; a
// real realm keeps nothing of it. `seq`: the record's number. What opens no incident of which this
// person may know is not kept: ok, silent alarms.
void remember_press(Store& store, bool mirror, std::uint64_t seq, const Press& press);

struct PretendedIncidents {
  std::vector<v1::IncidentView> views;   // as a list of the server has them
  std::optional<Instant> next_change{};  // if nothing is pressed before that
};
// In the decoy realm of a participant at `now` by the server's clock, from what was pressed there
// and mirrored: told as the server tells the primary, as long as nobody has it. One to whom nothing
// was added for alarm_is_open is gone. Nothing in any other realm.
[[nodiscard]] PretendedIncidents pretended_incidents(const Store& store, const Trust& trust,
                                                     const Identity& self, Instant now);

}  // namespace livlina::client
