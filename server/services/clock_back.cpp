// Rule 17, backward: the wall clock was wrong, and what it did before its time is undone. The new
// time is taken, no instant stays beyond its bound, and check-ins in between are there again.
#include <algorithm>

#include "protocol/records/checkin_record.hpp"
#include "server/services/channels.hpp"
#include "server/services/incidents.hpp"
#include "server/services/notices.hpp"
#include "server/services/occurrences.hpp"
#include "server/services/openings.hpp"
#include "server/services/watch.hpp"
#include "server/store/accounts.hpp"
#include "server/store/channel_failures.hpp"
#include "server/store/checkin_records.hpp"
#include "server/store/mailbox.hpp"
#include "server/store/operator_notices.hpp"
#include "server/store/policies.hpp"

namespace livlina::server {

namespace {

void clamp_incidents(Turn& turn) {
  store::Policies policies(turn.db);
  for (store::IncidentRow& row : store::Incidents(turn.db).all_unresolved()) {
    const AtRow at(turn.progress, RowOf::incident, row.id);
    if (!at) continue;
    const CircleFacts circle = its_circle(turn, row.circle, "incident");
    const auto step = policy::step(row.i, policy::incident_event::ClockBack{},
                                   policies.get(row.policy), {}, turn.now);
    if (step.next != row.i) apply(turn, circle, row, step, {});
  }
}

void clamp_notices(Turn& turn) {
  const Instant latest = turn.now + policy::last_backoff;
  store::Notifications notifications(turn.db);
  for (store::NotificationRow& row : notifications.all_pending()) {
    if (*row.n.next_at <= latest) continue;
    row.n.next_at = latest;
    notifications.save(row);
  }
  store::OperatorNotices(turn.db).clamp(latest);
  store::ChannelFailures(turn.db).clamp(turn.now + probe_every);
}

// Occurrences that the wrong clock made, moved or ended.
class Undoing {
 public:
  explicit Undoing(Turn& turn) : turn_(turn) {}

  // Made by it, and not answered in its own time: gone, when a schedule makes it anew then.
  void made(const store::OccurrenceRow& row) {
    if (row.o.state == policy::OccurrenceState::answered && answered_in_its_time(row)) return;
    store::Schedules schedules(turn_.db);
    const bool comes_again = schedules.of_newest_plan(row.schedule);
    if (!comes_again && row.o.opens_at <= turn_.now) return;  // H30: an edit erases nothing
    if (row.o.state == policy::OccurrenceState::missed) take_back_trigger(row);
    take_back_word(row);
    store::Occurrences(turn_.db).remove(row.id);
    if (!comes_again) return;
    store::ScheduleRow schedule = schedules.get(row.schedule);
    if (schedule.next_at && schedule.not_made_from() <= row.o.opens_at) return;
    schedule.state = store::ScheduleState::running;
    schedule.next_at = row.o.opens_at;
    schedule.owed_from.reset();
    schedules.revive(schedule);
  }

  // Open or missed with a deadline that only the wrong clock gave or reached.
  void moved(store::OccurrenceRow& row) {
    const bool missed = row.o.state == policy::OccurrenceState::missed;
    const auto schedule = store::Schedules(turn_.db).get(row.schedule).schedule;
    const auto step = policy::step(
        row.o, policy::occurrence_event::ClockBack{row.o.due + schedule.grace_s * second},
        occurrence_facts(turn_, schedule), turn_.now);
    if (!step.changed) return;
    if (missed) take_back_trigger(row);
    const CircleFacts circle = its_circle(turn_, row.circle, "occurrence");
    if (missed) take_back_word(row);
    apply(turn_, circle, row, step);
  }

 private:
  // Whether the clock was wrong before or is wrong now cannot be told, and who answered does not do
  // so again. So the signed time decides whether this slot was meant: an answer to it stays (G2),
  // one that a wrong clock took for it does not (H05). The shadow's counts as the primary's (I5).
  bool answered_in_its_time(const store::OccurrenceRow& row) {
    const CircleFacts circle = its_circle(turn_, row.circle, "occurrence");
    const auto schedule = store::Schedules(turn_.db).get(row.schedule).schedule;
    const Instant deadline = row.o.due + schedule.grace_s * second;
    const auto meant = [&](const Bytes& stored) {
      const auto record = protocol::read_checkin(stored);
      return record.ok() &&
             protocol::pressed_within(*record, row.schedule_id, row.o.opens_at, deadline);
    };
    const Instant since = std::min(row.made_at, row.answered_at.value_or(row.made_at));
    store::CheckinRecords records(turn_.db);
    for (const DeviceId& device : {circle.primary, circle.shadow}) {
      const auto said = records.check_ins(device, since);
      if (std::any_of(said.begin(), said.end(), meant)) return true;
    }
    return false;
  }

  // Members heard what became of it, and hear that this is not so.
  void take_back_word(store::OccurrenceRow row) {
    if (row.o.state == policy::OccurrenceState::open) return;
    const CircleFacts circle = its_circle(turn_, row.circle, "occurrence");
    row.o.state = policy::OccurrenceState::open;
    post_word(turn_, circle, row, false);
  }

  // I1: what is not missed has no trigger. The incident goes on until a human ends it (G3).
  void take_back_trigger(const store::OccurrenceRow& row) {
    store::IncidentLog log(turn_.db);
    const auto id = log.drop_trigger(row.id);
    const auto incident = id ? store::Incidents(turn_.db).get(*id) : std::nullopt;
    if (!incident) return;
    log.add({CauseId{turn_.random.array<16>()}, incident->id, policy::Happened::miss_undone,
             turn_.now, incident->i.step, incident->i.round, std::nullopt, std::nullopt});
    turn_.out.incident_changed(incident->id, false);
  }

  Turn& turn_;
};

}  // namespace

bool BlindTime::back(Turn& turn, std::size_t most) {
  switch (part_) {
    case Part::clamps:
      clamp_incidents(turn);
      clamp_notices(turn);
      store::Mailbox(turn.db).clamp(turn.now, mail_end(turn));
      store::Accounts(turn.db).clamp(turn.now);
      notify_operator(turn, std::nullopt, OperatorCode::clock_back, 0,
                      cause_of("clock back", ByteView(), static_cast<std::uint64_t>(from_)));
      part_ = Part::made;
      // As an outage of less than a minute moves no deadline, neither does such a step.
      return from_ - to_ >= policy::shortest_gap;
    case Part::made:
      if (!undo_made(turn, most)) part_ = Part::moved;
      return true;
    case Part::moved:
      if (undo_moved(turn, most)) return true;
      part_ = Part::schedules;
      row_ = 0;
      return true;
    case Part::schedules:
      if (!move_schedules(turn, most)) part_ = Part::openings;
      return true;
    case Part::openings:
      break;
  }
  return forward(turn, most);
}

bool BlindTime::undo_made(Turn& turn, std::size_t most) {
  const auto rows = store::Occurrences(turn.db).made_after(to_, {made_at_, row_}, most);
  Undoing undoing(turn);
  for (const store::OccurrenceRow& row : rows) {
    if (const AtRow at(turn.progress, RowOf::occurrence, row.id); at) undoing.made(row);
    made_at_ = row.made_at;
    row_ = row.id;
  }
  return rows.size() == most;
}

bool BlindTime::undo_moved(Turn& turn, std::size_t most) {
  Undoing undoing(turn);
  const auto undo = [&](std::vector<store::OccurrenceRow> rows) {
    bool any = false;
    for (store::OccurrenceRow& row : rows)
      if (const AtRow at(turn.progress, RowOf::occurrence, row.id); at) {
        undoing.moved(row);
        any = true;
      }
    return any;
  };
  store::Occurrences occurrences(turn.db);
  return undo(occurrences.open_beyond(to_ + occurrence_facts(turn, {}).reask, most)) ||
         undo(occurrences.missed_before_their_time(to_ + policy::shortest_gap, most));
}

bool BlindTime::move_schedules(Turn& turn, std::size_t most) {
  store::Schedules rows(turn.db);
  const auto some = rows.of_newest_plans(row_, most);
  for (const store::ScheduleRow& row : some) {
    row_ = row.id;
    const AtRow at(turn.progress, RowOf::schedule, row.id);
    if (!at) continue;
    const CircleFacts circle = its_circle(turn, row.circle, "schedule");
    store::ScheduleRow next = row;
    const bool owes = row.owed_from.has_value();
    run_after(turn, circle, next, owes ? std::min(*row.owed_from - 1, to_) : to_);
    // What it made stays made: it goes on where it stands, if that is not too late.
    if (!next.next_at || (!owes && row.next_at && *row.next_at <= *next.next_at)) continue;
    rows.revive(next);
  }
  return some.size() == most;
}

}  // namespace livlina::server
