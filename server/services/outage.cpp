// Rule 17: the server was blind from one instant to another, or the wall clock went back.
#include "server/policy/outage.hpp"

#include <algorithm>
#include <map>

#include "server/services/incidents.hpp"
#include "server/services/notices.hpp"
#include "server/services/occurrences.hpp"
#include "server/services/watch.hpp"
#include "server/store/operator_notices.hpp"
#include "server/store/policies.hpp"

namespace livlina::server {

namespace {

constexpr std::size_t schedules_at_once = 1000;
constexpr std::size_t slots_at_once = 1000;  // of one schedule: weeks of a dense plan

class Gap {
 public:
  Gap(Turn& turn, Instant from, Instant to) : turn_(turn), from_(from), to_(to) {}

  void run() {
    // The open rows first: slots that are made below are not theirs.
    std::map<std::int64_t, std::vector<store::OccurrenceRow>> open;
    if (to_ - from_ >= policy::shortest_gap)
      for (store::OccurrenceRow& row : store::Occurrences(turn_.db).all_open())
        open[row.schedule].push_back(std::move(row));
    store::Schedules schedules(turn_.db);
    for (;;) {
      const auto due = schedules.due(to_, schedules_at_once);
      bool any = false;
      for (const store::ScheduleRow& row : due) {
        if (const AtRow at(turn_.progress, RowOf::schedule, row.id); at) {
          any = true;
          schedule(row, std::move(open[row.id]));
        }
        open.erase(row.id);
      }
      if (!any || due.size() < schedules_at_once) break;
    }
    for (auto& [id, rows] : open)
      if (const AtRow at(turn_.progress, RowOf::schedule, id); at)
        schedule_without_new(schedules.get(id), std::move(rows));
    digests();
  }

 private:
  void schedule_without_new(const store::ScheduleRow& row, std::vector<store::OccurrenceRow> open) {
    decide(row, {}, std::move(open));
  }

  void schedule(const store::ScheduleRow& row, std::vector<store::OccurrenceRow> open) {
    std::vector<protocol::Slot> slots;
    Instant reached = *row.next_at - 1;
    for (;;) {
      auto some = protocol::slots_between(row.schedule, reached, to_, slots_at_once, turn_.zones);
      if (some.empty()) break;
      reached = some.back().opens_at;
      slots.insert(slots.end(), some.begin(), some.end());
    }
    decide(row, slots, std::move(open));
    const auto next = protocol::next_slot(row.schedule, to_, turn_.zones);
    store::Schedules(turn_.db).set(
        row.id, next ? store::ScheduleState::running : store::ScheduleState::ended,
        next ? std::optional<Instant>(next->opens_at) : std::nullopt);
  }

  void decide(const store::ScheduleRow& row, const std::vector<protocol::Slot>& slots,
              std::vector<store::OccurrenceRow> open) {
    const auto circle = circle_facts(turn_, row.circle);
    if (!circle) throw store::Failure(store::Fault::other, "schedule", "its circle is gone");
    const policy::OccurrenceFacts facts = occurrence_facts(turn_, row.schedule);
    std::vector<policy::GapSlot> known;
    for (const store::OccurrenceRow& o : open)
      known.push_back({true, o.o.opens_at, o.o.due, o.o.deadline});
    for (const protocol::Slot& s : slots) known.push_back({false, s.opens_at, s.due, s.deadline});
    const auto events = policy::on_gap(known, from_, to_);
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (i < open.size())
        follow(*circle, facts, open[i], events[i], 0);
      else
        make(*circle, facts, row, slots[i - open.size()], events[i]);
    }
  }

  void follow(const CircleFacts& circle, const policy::OccurrenceFacts& facts,
              store::OccurrenceRow& row, const std::vector<policy::OccurrenceEvent>& events,
              std::size_t first) {
    for (std::size_t k = first; k < events.size(); ++k)
      apply(turn_, circle, row, policy::step(row.o, events[k], facts, to_));
  }

  void make(const CircleFacts& circle, const policy::OccurrenceFacts& facts,
            const store::ScheduleRow& schedule, const protocol::Slot& slot,
            const std::vector<policy::OccurrenceEvent>& events) {
    const policy::OccurrenceStep step = policy::step(std::nullopt, events[0], facts, to_);
    store::OccurrenceRow row;
    if (!insert_slot(turn_, circle, schedule, slot, step, row)) return;
    if (step.digest) {
      const auto& desk = (*circle.manifest)->recovery.desk.bytes();
      digest_.emplace(desk, circle);  // any circle of the desk leads to its coordinators
      post_word(turn_, circle, row, false);
    }
    follow(circle, facts, row, events, 1);
  }

  // H08: one digest for each desk, however many were excused.
  void digests() {
    for (const auto& [desk, circle] : digest_)
      warn_desk(turn_, circle, policy::NotificationKind::digest, policy::NoticeCode::outage_digest,
                cause_of("outage", ByteView(desk), static_cast<std::uint64_t>(to_)));
  }

  Turn& turn_;
  Instant from_;
  Instant to_;
  std::map<ByteArray<32>, CircleFacts> digest_;
};

// Take the new time; clamp next_at and lease_until of incidents and notifications to now + their
// bound; tell the operator.
void clock_back(Turn& turn, Instant from, Instant to) {
  store::Policies policies(turn.db);
  for (store::IncidentRow& row : store::Incidents(turn.db).all_unresolved()) {
    const auto circle = circle_facts(turn, row.circle);
    if (!circle) throw store::Failure(store::Fault::other, "incident", "its circle is gone");
    const auto step =
        policy::step(row.i, policy::incident_event::ClockBack{}, policies.get(row.policy), {}, to);
    if (step.next != row.i) apply(turn, *circle, row, step, {});
  }
  store::Notifications notifications(turn.db);
  for (store::NotificationRow& row : notifications.all_pending()) {
    if (*row.n.next_at <= to + policy::last_backoff) continue;
    row.n.next_at = to + policy::last_backoff;
    notifications.save(row);
  }
  store::OperatorNotices(turn.db).clamp(to + policy::last_backoff);
  notify_operator(turn, std::nullopt, OperatorCode::clock_back, 0,
                  cause_of("clock back", ByteView(), static_cast<std::uint64_t>(from)));
}

}  // namespace

void on_gap(Turn& turn, Instant from, Instant to) {
  if (to < from)
    clock_back(turn, from, to);
  else
    Gap(turn, from, to).run();
}

}  // namespace livlina::server
