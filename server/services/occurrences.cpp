#include "server/services/occurrences.hpp"

#include <map>

#include "protocol/proto.hpp"
#include "server/services/incidents.hpp"
#include "server/services/notices.hpp"
#include "server/services/openings.hpp"
#include "server/services/watch.hpp"

namespace livlina::server {

namespace {

constexpr std::size_t most_listed = 500;

// Who helps and who hears of a circle's misses. Looked up once for all of them in a transaction: a
// miss changes no line and no desk, and the incident that it opens at turn.now keeps no line that
// is over by then.
class Hearers {
 public:
  const Helpers& helping(Turn& turn, const CircleFacts& circle) {
    if (!helping_) helping_ = helpers(turn, circle, policy::lane(policy::TriggerKind::miss));
    return *helping_;
  }
  const std::vector<Member>& hearing(Turn& turn, const CircleFacts& circle) {
    if (!hearing_) hearing_ = members(turn, circle, scope_checkin, Grace::none);
    return *hearing_;
  }

 private:
  std::optional<Helpers> helping_;
  std::optional<std::vector<Member>> hearing_;
};

void post_word(Turn& turn, const CircleFacts& circle, Hearers& hearers,
               const store::OccurrenceRow& row, bool plain_only) {
  v1::OccurrenceWord word;
  word.set_circle_id(to_string(circle.id.view()));
  word.set_schedule_id(to_string(row.schedule_id.view()));
  word.set_due(row.o.due);
  word.set_deadline(row.o.deadline);
  word.set_state(static_cast<std::uint32_t>(row.o.state));
  const std::string content = word.SerializeAsString();
  for (const Member& m : hearers.hearing(turn, circle)) {
    if (plain_only && (m.scope & scope_alarm) != 0) continue;
    // A full mailbox loses the word, not the incident: rule 16 reserves places against that.
    for (const DeviceId& id : m.devices)
      (void)post_mail(turn, id, MailKind::word, view(content), true);
  }
}

void apply(Turn& turn, const CircleFacts& circle, Hearers& hearers, store::OccurrenceRow& row,
           const policy::OccurrenceStep& step) {
  if (!step.changed) return;
  row.o = step.next;
  store::Occurrences(turn.db).save(row);
  if (step.drop_reminders) store::Notifications(turn.db).obsolete_occurrence(row.id);
  if (step.remind) remind(turn, circle, row);
  if (!step.missed) return;
  store::TriggerRow trigger;
  trigger.kind = policy::TriggerKind::miss;
  trigger.occurrence = row.id;
  raise(turn, circle, trigger, {}, hearers.helping(turn, circle));
  post_word(turn, circle, hearers, row, false);
}

void step_all(Turn& turn, std::vector<store::OccurrenceRow> rows, RowOf of) {
  CirclesOfRows circles(turn, "occurrence");
  std::map<CircleId, Hearers> hearers;
  for (store::OccurrenceRow& row : rows) {
    const AtRow at(turn.progress, of, row.id);
    if (!at) continue;
    // What is missed has no reminder any more, for which its schedule would be asked.
    const auto facts = turn.now > row.o.deadline ? policy::OccurrenceFacts{} : facts_of(turn, row);
    apply(turn, circles.get(row.circle), hearers[row.circle], row,
          policy::step(row.o, policy::occurrence_event::Tick{}, facts, turn.now));
  }
}

}  // namespace

policy::OccurrenceFacts facts_of(Turn& turn, const store::OccurrenceRow& row) {
  return occurrence_facts(turn, store::Schedules(turn.db).get(row.schedule).schedule);
}

policy::OccurrenceFacts occurrence_facts(const Turn& turn, const protocol::Schedule& schedule) {
  policy::OccurrenceFacts facts;
  for (const std::uint32_t s : schedule.reminders_s) facts.reminders.push_back(s * second);
  facts.reask = std::min<Duration>(turn.settings.reask, 15 * minute);
  return facts;
}

void post_word(Turn& turn, const CircleFacts& circle, const store::OccurrenceRow& row,
               bool plain_only) {
  Hearers hearers;
  post_word(turn, circle, hearers, row, plain_only);
}

void apply(Turn& turn, const CircleFacts& circle, store::OccurrenceRow& row,
           const policy::OccurrenceStep& step) {
  Hearers hearers;
  apply(turn, circle, hearers, row, step);
}

bool insert_slot(Turn& turn, const CircleFacts& circle, const store::ScheduleRow& schedule,
                 const protocol::Slot& slot, const policy::OccurrenceStep& step,
                 store::OccurrenceRow& row) {
  row = {};
  row.circle = circle.id;
  row.schedule = schedule.id;
  row.schedule_id = schedule.schedule.id;
  row.day = slot.day;
  row.slot = slot.index;
  row.o = step.next;
  row.made_at = turn.now;
  if (!store::Occurrences(turn.db).insert(row)) return false;
  if (step.remind) remind(turn, circle, row);
  return true;
}

bool miss_overdue(Turn& turn, std::size_t most) {
  auto rows = store::Occurrences(turn.db).overdue(turn.now, most);
  const bool more = rows.size() == most;
  step_all(turn, std::move(rows), RowOf::occurrence);
  return more;
}

bool run_openings(Turn& turn, std::size_t most) {
  bool more = open_due(turn, most);
  auto reminders = store::Occurrences(turn.db).to_remind(turn.now, most);
  more = more || reminders.size() == most;
  step_all(turn, std::move(reminders), RowOf::reminder);
  return more;
}

Answer<v1::Occurrences> get_occurrences(Turn& turn, const Caller& caller,
                                        const v1::GetOccurrences& request) {
  const auto id = CircleId::from(request.circle_id());
  if (!id) return refuse(Code::malformed);
  const auto circle = circle_facts(turn, *id);
  if (!circle) return refuse(Code::forbidden);
  bool with_answers = caller.account == circle->participant;
  if (!with_answers) {
    const auto m = member(turn, *circle, caller.account, Grace::none);
    if (!m || !acts_with(*m, caller.device) || (m->scope & scope_checkin) == 0)
      return refuse(Code::forbidden);
    // Without the alarm scope a line gets the server's word only, not what was answered.
    with_answers = (m->scope & scope_alarm) != 0;
  }
  v1::Occurrences out;
  for (const store::OccurrenceRow& row :
       store::Occurrences(turn.db).of_circle(*id, request.since(), most_listed)) {
    auto& o = *out.add_occurrences();
    o.set_schedule_id(to_string(row.schedule_id.view()));
    o.set_opens_at(row.o.opens_at);
    o.set_due(row.o.due);
    o.set_deadline(row.o.deadline);
    o.set_state(static_cast<std::uint32_t>(row.o.state));
    o.set_outage(row.o.outage);
    o.set_answered_at(row.answered_at.value_or(0));
    if (with_answers) o.set_answer(row.o.answer);
  }
  return out;
}

}  // namespace livlina::server
