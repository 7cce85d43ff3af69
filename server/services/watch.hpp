// The watch as the rest of the server sees it: plans come in, deadlines go off, acts are done.
#pragma once

#include <array>
#include <optional>
#include <set>

#include "protocol/records/plan.hpp"
#include "server/services/people.hpp"
#include "server/services/turn.hpp"
#include "server/store/db.hpp"

namespace livlina::v1 {
class PostRecord;
class RecordAnswer;
class GetOccurrences;
class Occurrences;
class PostAct;
class ActAnswer;
class ListIncidents;
class Incidents;
class GetIncident;
class Incident;
class ReceiptNotices;
}  // namespace livlina::v1

namespace livlina::server {

namespace store {
enum class OperatorChannel : std::uint8_t;
}

// Handlers of the router. PostRecord has one path for every answer and for the shadow.
[[nodiscard]] Answer<v1::RecordAnswer> post_record(Turn& turn, const Caller& caller,
                                                   const v1::PostRecord& request);
[[nodiscard]] Answer<v1::Occurrences> get_occurrences(Turn& turn, const Caller& caller,
                                                      const v1::GetOccurrences& request);
[[nodiscard]] Answer<v1::ActAnswer> post_act(Turn& turn, const Caller& caller,
                                             const v1::PostAct& request);
[[nodiscard]] Answer<v1::Incidents> list_incidents(Turn& turn, const Caller& caller,
                                                   const v1::ListIncidents& request);
[[nodiscard]] Answer<v1::Incident> get_incident(Turn& turn, const Caller& caller,
                                                const v1::GetIncident& request);
[[nodiscard]] Answer<Unit> receipt_notices(Turn& turn, const Caller& caller,
                                           const v1::ReceiptNotices& request);

// A log-in by a shadow: a trigger of the silent lane, made by the judge job, never here.
void shadow_seen(Turn& turn, const CircleId& circle, const DeviceId& shadow);

// Called by the circle service within its transaction.
void plan_accepted(Turn& turn, const CircleFacts& circle,
                   const protocol::Verified<protocol::Plan>& plan);
// Bounds of the settings; nullopt: fine.
[[nodiscard]] std::optional<Refusal> check_plan(const Settings& settings,
                                                const protocol::Plan& plan,
                                                const protocol::Zones& zones);
// The time zones of running schedules that cannot be read: a server does not start with any.
[[nodiscard]] std::vector<std::string> unreadable_zones(store::Db& db, const protocol::Zones& zones,
                                                        Instant now);
// The circle's manifest, category or people are others than when `circle.state` was judged: judges
// and stores it anew, tells everybody (the desk of a lost backup by a notice), arms or stops slots,
// ends leases of those who lost their rights. `dropped`: devices that could see it until now.
void circle_changed(Turn& turn, const CircleFacts& circle, const std::set<DeviceId>& dropped = {});
// A drill of this circle was taken by a human.
[[nodiscard]] bool practice_alarm_taken(Turn& turn, const CircleId& circle);
// At least two supporters in different steps of the circle's policy (backup rule): who can be
// reached now while the circle is in setup, whom its lines name once it is watched.
[[nodiscard]] bool backup_rule_holds(Turn& turn, const CircleFacts& circle);
// A device came online: its pending notices go again.
void device_online(Turn& turn, const DeviceId& device);

// Jobs of a round, in this order, with misses, steps and notices between them (occurrences.hpp,
// incidents.hpp, notices.hpp); each does at most `most` rows and says whether more is waiting.
[[nodiscard]] bool judge(Turn& turn, std::size_t most);
[[nodiscard]] bool run_openings(Turn& turn, std::size_t most);  // new slots, reminders
// The tables whose rows have a next_at, as bits of Db::changed(), and when the first of one is due.
inline constexpr std::array tables_with_deadlines{
    store::table_bit::occurrence,      store::table_bit::schedule,
    store::table_bit::incident,        store::table_bit::notification,
    store::table_bit::operator_notice, store::table_bit::channel_failure};
[[nodiscard]] std::optional<Instant> next_row_deadline(Turn& turn, unsigned table);

// Rule 17: the server was blind in [from, to] (start, suspend, forward step over 30 s), or its wall
// clock went back from `from` to `to`. Written in parts, each in a transaction of its own, so that
// no gap is too long for one; begun again after a crash, it ends alike.
class BlindTime {
 public:
  BlindTime(Instant from, Instant to) : from_(from), to_(to) {}
  // The next part, at most about `most` rows, in a turn of `to`. True: more is waiting. After a
  // rollback the part is begun again from a copy of what the object was before it.
  [[nodiscard]] bool write(Turn& turn, std::size_t most);

 private:
  // Each: whether more is waiting.
  [[nodiscard]] bool forward(Turn& turn, std::size_t most);
  [[nodiscard]] bool back(Turn& turn, std::size_t most);
  [[nodiscard]] bool undo_made(Turn& turn, std::size_t most);
  [[nodiscard]] bool undo_moved(Turn& turn, std::size_t most);
  [[nodiscard]] bool move_schedules(Turn& turn, std::size_t most);

  Instant from_;
  Instant to_;
  bool opened_ = false;  // forward: all slots
  // Back: how far it has come.
  enum class Part : std::uint8_t { clamps, made, moved, schedules, openings };
  Part part_ = Part::clamps;
  Instant made_at_ = 0;
  std::int64_t row_ = 0;
};

// Lines for the operator's channels, which get ids only; handed to the senders after the commit and
// repeated until they report success. A webhook gets one at a time.
struct OperatorNotice {
  NoticeId id;
  IncidentId incident;
  int severity = 0;
  const char* code = "";  // "untaken", "no_person", "circle_without_lines", ...
  store::OperatorChannel channel{};
  Instant at = 0;
  int attempt = 1;
};
[[nodiscard]] std::vector<OperatorNotice> due_operator_notices(Turn& turn, std::size_t most);
void operator_notice_result(Turn& turn, const NoticeId& id, bool delivered);

}  // namespace livlina::server
