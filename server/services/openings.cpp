#include "server/services/openings.hpp"

#include <algorithm>

#include "server/policy/outage.hpp"
#include "server/services/notices.hpp"
#include "server/services/occurrences.hpp"

namespace livlina::server {

namespace {

constexpr Duration zone_again = minute;
// What opened before is nobody's question any more, and a clock that was set to another century
// must not fill the disk with it. The operator is told of such a gap (long_gap).
constexpr Duration oldest_made = 60 * day;
constexpr std::size_t in_one_circle = 1000;  // rows that one circle may owe at once

// Tried again in a minute, the slots from `from` on being owed. Desk and operator are told once for
// each loss.
void lost(Turn& turn, const CircleFacts& circle, store::ScheduleRow& row, Instant from) {
  const bool fresh = !row.owed_from;
  row.state = store::ScheduleState::running;
  row.owed_from = from;
  row.next_at = turn.now + zone_again;
  if (!fresh) return;
  const CauseId cause = cause_of("zone", circle.id.view(), static_cast<std::uint64_t>(turn.now));
  warn_desk(turn, circle, policy::NotificationKind::warning, policy::NoticeCode::zone_unreadable,
            cause);
  notify_operator(turn, std::nullopt, OperatorCode::zone_unreadable, 0, cause);
}

}  // namespace

void run_after(Turn& turn, const CircleFacts& circle, store::ScheduleRow& row, Instant after) {
  const auto next = protocol::next_slot(row.schedule, after, turn.zones);
  if (!next.computed) return lost(turn, circle, row, after + 1);
  row.state = next ? store::ScheduleState::running : store::ScheduleState::ended;
  row.next_at = next ? std::optional<Instant>(next->opens_at) : std::nullopt;
  row.owed_from.reset();
}

void tell_if_ended(Turn& turn, const CircleFacts& circle, const store::ScheduleRow& row) {
  if (row.state != store::ScheduleState::ended || !is_watched(circle.state) ||
      store::Schedules(turn.db).any_live(circle.id))
    return;
  warn_desk(turn, circle, policy::NotificationKind::warning, policy::NoticeCode::schedules_ended,
            cause_of("schedules ended", circle.id.view(), row.plan_version));
}

Openings::Openings(Turn& turn, std::size_t most)
    : turn_(turn), left_(std::max<std::size_t>(1, most)), circles_(turn, "schedule") {}

void Openings::run(store::ScheduleRow row) {
  if (left_ == 0) return;
  const CircleFacts& its = circles_.get(row.circle);
  store::Schedules schedules(turn_.db);
  if (!is_watched(its.state)) {
    row.state = store::ScheduleState::resting;
    row.next_at.reset();
    row.owed_from.reset();
    return schedules.set(row);
  }
  // One more than is made: whether the newest of those that are over is among them.
  const Instant from = std::max(row.not_made_from(), turn_.now - oldest_made);
  const auto slots =
      protocol::slots_between(row.schedule, from - 1, turn_.now, left_ + 1, turn_.zones);
  if (!slots.computed && slots.list.empty()) {
    --left_;
    lost(turn_, its, row, from);
    return schedules.set(row);
  }
  const std::size_t made = std::min(slots.list.size(), left_);
  make(its, row, slots.list, made);
  left_ -= std::max<std::size_t>(made, 1);
  if (made < slots.list.size()) {
    row.next_at = slots.list[made].opens_at;
    row.owed_from.reset();
  } else if (!slots.computed) {
    lost(turn_, its, row, slots.list.back().opens_at + 1);
  } else {
    run_after(turn_, its, row, turn_.now);
  }
  schedules.set(row);
  tell_if_ended(turn_, its, row);
}

void Openings::make(const CircleFacts& its, const store::ScheduleRow& row,
                    const std::vector<protocol::Slot>& slots, std::size_t most) {
  const policy::OccurrenceFacts facts = occurrence_facts(turn_, row.schedule);
  std::vector<policy::UnmadeSlot> unmade;
  unmade.reserve(slots.size());
  for (const protocol::Slot& s : slots) unmade.push_back({s.opens_at, s.due, s.deadline});
  const auto events = policy::on_gap(unmade, turn_.now);
  for (std::size_t i = 0; i < most; ++i) {
    const policy::OccurrenceStep first = policy::step(std::nullopt, events[i][0], facts, turn_.now);
    store::OccurrenceRow made;
    if (!insert_slot(turn_, its, row, slots[i], first, made)) continue;
    if (first.digest) {
      // Any circle of a desk leads to its coordinators.
      digest_.emplace((*its.manifest)->recovery.desk.bytes(), its);
      post_word(turn_, its, made, false);
    }
    for (std::size_t k = 1; k < events[i].size(); ++k)
      apply(turn_, its, made, policy::step(made.o, events[i][k], facts, turn_.now));
  }
}

void Openings::finish() {
  for (const auto& [desk, its] : digest_)
    warn_desk(turn_, its, policy::NotificationKind::digest, policy::NoticeCode::outage_digest,
              cause_of("outage", ByteView(desk), static_cast<std::uint64_t>(turn_.now)));
  digest_.clear();
}

bool open_due(Turn& turn, std::size_t most) {
  const auto due = store::Schedules(turn.db).due(turn.now, most);
  Openings openings(turn, most);
  bool any = false;
  for (const store::ScheduleRow& row : due)
    if (const AtRow at(turn.progress, RowOf::schedule, row.id); at) {
      openings.run(row);
      any = true;
    }
  openings.finish();
  return any && (due.size() == most || openings.spent());
}

void ensure_open(Turn& turn, const CircleFacts& circle) {
  store::Schedules schedules(turn.db);
  Openings openings(turn, in_one_circle);
  for (store::ScheduleRow& row : schedules.due_of(circle.id, turn.now))
    openings.run(std::move(row));
  openings.finish();
}

}  // namespace livlina::server
