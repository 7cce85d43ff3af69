#include "tests/services/watch_town.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

#include "server/services/incident_view.hpp"
#include "server/services/incidents.hpp"
#include "server/services/notices.hpp"
#include "server/services/occurrences.hpp"
#include "server/store/checkin_records.hpp"
#include "server/store/schema.hpp"

namespace livlina::testing {

using namespace server;

std::string note_frame(std::uint8_t queue) {
  std::string frame(300, 'x');
  frame[0] = 1;
  frame[1] = 0;
  frame[2] = static_cast<char>(queue);
  return frame;
}

WatchTown::WatchTown(CircleState state, int category, std::uint64_t seed,
                     const std::string& database)
    : Town(seed, state, category, database), path(database) {
  all_online();
}

void WatchTown::all_online() {
  for (const livlina::testing::Person* p : {&coordinator, &contact, &mentor, &other_mentor})
    presence.devices.insert(p->primary().id());
}

void WatchTown::offline(const livlina::testing::Person& person) {
  for (const TestDevice& d : person.devices) presence.devices.erase(d.id());
}

void WatchTown::commit(const std::function<void(Turn&)>& f) {
  auto t = turn();
  db.begin();
  f(t);
  db.commit();
  std::set<IncidentId> changed;
  for (const auto& [id, may_wait] : std::exchange(sent.changed, {})) changed.insert(id);
  for (const IncidentId& id : changed) tell_incident(t, id);
  for (const std::string& broken : broken_invariants(db, now, {false, told}))
    ADD_FAILURE() << broken << " at " << now;
}

void WatchTown::accept_plan(std::vector<protocol::Schedule> schedules) {
  (void)circle.next_plan(participant, std::move(schedules), now);
  commit([&](Turn& t) {
    store_plan(db, circle);
    const auto plan = protocol::verify_plan(circle.plan_record);
    plan_accepted(t, *circle_facts(t, circle.id), *plan);
  });
}

protocol::Schedule WatchTown::daily_at(std::uint16_t minute_of_day,
                                       std::vector<std::uint32_t> reminders_s) {
  auto s = daily(random, "UTC", {minute_of_day}, town_start - day, town_start + 300 * day);
  s.reminders_s = std::move(reminders_s);
  return s;
}

void WatchTown::round() {
  for (int guard = 0;; ++guard) {
    ASSERT_LT(guard, 1000) << "a round never ends";
    bool more = false;
    std::vector<OperatorNotice> lines;
    commit([&](Turn& t) {
      const std::size_t most = settings.rows_per_commit;
      more = judge(t, most);
      more = run_deadlines(t, most) || more;
      more = run_openings(t, most) || more;
      lines = due_operator_notices(t, most);
    });
    if (operator_delivers && !lines.empty())
      commit([&](Turn& t) {
        for (const OperatorNotice& l : lines) operator_notice_result(t, l.id, true);
      });
    operator_lines.insert(operator_lines.end(), lines.begin(), lines.end());
    const auto next = next_deadline();
    if (!more && (!next || *next > now)) break;
  }
  for (const std::string& broken : broken_invariants(db, now, {true, told}))
    ADD_FAILURE() << broken << " at " << now;
}

bool run_deadlines(Turn& turn, std::size_t most) {
  bool more = miss_overdue(turn, most);
  more = step_due_incidents(turn, most) || more;
  return push_due_notices(turn, most) || more;
}

std::optional<Instant> WatchTown::next_deadline() {
  if (store::CheckinRecords(db).any_unjudged()) return now;
  auto t = turn();
  std::optional<Instant> next;
  for (const unsigned table : tables_with_deadlines)
    if (const auto at = next_row_deadline(t, table)) next = std::min(next.value_or(*at), *at);
  return next;
}

void WatchTown::advance_to(Instant end) {
  for (int guard = 0; guard < 100'000; ++guard) {
    const auto next = next_deadline();
    if (!next || *next > end) break;
    now = std::max(now, *next);
    round();
    if (::testing::Test::HasFatalFailure()) return;
  }
  now = std::max(now, end);
  round();
}

void WatchTown::miss_noon() {
  accept_plan({daily_at(12 * 60)});
  advance_to(town_start + 4 * hour + 30 * minute + 1);
}

Bytes WatchTown::sign(const RecordSpec& spec, std::size_t device) {
  RecordChain& chain = chains[device];
  protocol::CheckinRecord r;
  r.type = spec.type;
  r.circle = circle.id;
  r.device = participant.devices.at(device).id();
  if (spec.schedule) r.schedule = spec.schedule->bytes;
  if (spec.named != 0) {
    const Bytes seq = ByteWriter().u64(spec.named).take();
    std::copy(seq.begin(), seq.end(), r.schedule.begin());
  }
  r.slot_utc = spec.slot;
  r.seq = chain.seq++;
  r.prev = chain.prev;
  r.claimed_at = spec.claimed.value_or(now);
  const bool answers =
      spec.type == protocol::RecordType::checkin || spec.type == protocol::RecordType::alarm;
  r.answer = answers ? spec.answer : 0;
  Bytes record = protocol::sign_checkin(r, participant.devices.at(device).sig);
  chain.prev = crypto::sha256(record);
  return record;
}

Answer<v1::RecordAnswer> WatchTown::post(const Bytes& record, std::size_t device,
                                         std::vector<std::pair<DeviceId, std::string>> notes) {
  v1::PostRecord request;
  request.set_record(to_string(record));
  request.set_message_id(std::string(16, 'm'));
  for (const auto& [to, frame] : notes) {
    auto& note = *request.add_notes();
    note.set_device_id(to_string(to.view()));
    note.set_frame(frame);
  }
  Answer<v1::RecordAnswer> out = refuse(Code::internal);
  commit([&](Turn& t) { out = post_record(t, as(participant, device), request); });
  if (out.ok()) told.push_back({participant.devices.at(device).id(), crypto::sha256(record)});
  return out;
}

protocol::RecordReply WatchTown::answer(const RecordSpec& spec, std::size_t device) {
  const auto out = post(sign(spec, device), device);
  EXPECT_TRUE(out.ok());
  return protocol::parse_record_reply(view(out->reply())).value();
}

Bytes WatchTown::sign_act_of(const livlina::testing::Person& by, const IncidentId& id,
                             const ActSpec& spec) {
  protocol::StaffAct a;
  a.act = spec.act;
  a.circle = circle.id;
  a.incident = id;
  a.target = spec.target;
  a.actor = by.primary().id();
  a.reason = spec.reason;
  a.time = now;
  return protocol::sign_act(a, by.primary().sig);
}

Answer<v1::ActAnswer> WatchTown::post_act_as(const livlina::testing::Person& by,
                                             const Bytes& record, const NotesTo& notes) {
  v1::PostAct request;
  request.set_record(to_string(record));
  request.set_message_id(std::string(16, 'a'));
  for (const auto& [to, frame] : notes) {
    auto& note = *request.add_notes();
    note.set_device_id(to_string(to.view()));
    note.set_frame(frame);
  }
  Answer<v1::ActAnswer> out = refuse(Code::internal);
  commit([&](Turn& t) { out = post_act(t, as(by), request); });
  return out;
}

int WatchTown::act(const livlina::testing::Person& by, const IncidentId& id, const ActSpec& spec) {
  const auto out = post_act_as(by, sign_act_of(by, id, spec));
  return out.ok() ? static_cast<int>(out->outcome()) : 0;
}

std::optional<store::IncidentRow> WatchTown::unresolved(policy::Lane lane) {
  return store::Incidents(db).unresolved(circle.id, lane);
}

store::IncidentRow WatchTown::incident(const IncidentId& id) {
  return store::Incidents(db).get(id).value();
}

std::vector<store::OccurrenceRow> WatchTown::occurrences() {
  return store::Occurrences(db).of_circle(circle.id, 0, 1000);
}

std::int64_t WatchTown::count(const char* sql) {
  auto q = db.query(sql);
  return q.step() ? q.integer(0) : -1;
}

std::vector<const v1::ServerFrame*> WatchTown::frames(const DeviceId& to) const {
  std::vector<const v1::ServerFrame*> found;
  for (const auto& [device, frame] : sent.pushed)
    if (device == to) found.push_back(frame.get());
  return found;
}

int WatchTown::notices(const livlina::testing::Person& to, policy::NoticeCode code) const {
  int n = 0;
  for (const TestDevice& d : to.devices)
    for (const v1::ServerFrame* f : frames(d.id()))
      if (f->has_notice() && f->notice().code() == static_cast<std::uint32_t>(code)) ++n;
  return n;
}

void WatchTown::crash_and_restart() {
  db.rollback();
  sent.clear();
  presence.devices.clear();
  db = store::Db(path, store::Db::Mode::open_existing);
  store::migrate(db);
}

void WatchTown::wake(Instant from) {
  BlindTime blind(from, now);
  bool more = true;
  for (int part = 0; more; ++part) {
    ASSERT_LT(part, 10'000) << "a gap never ends";
    commit([&](Turn& t) { more = blind.write(t, settings.rows_per_commit); });
  }
}

}  // namespace livlina::testing
