#include "tests/clients/watch_bench.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "clients/core/identity.hpp"

namespace livlina::testing {

using protocol::LineType;

void HeldRequests::send(v1::Request request, OnReply on_reply) {
  ++sent;
  if (!logged || dying) return on_reply(nullptr);
  held.push_back({std::move(request), std::move(on_reply)});
}

namespace {

protocol::Line account_line(crypto::Random& random, const Person& who, Role role,
                            std::uint16_t scope) {
  return make_line(random, LineType::account, who.key(), role, scope, WatchBench::noon - day);
}

}  // namespace

WatchBench::WatchBench(Who who, std::uint16_t scope_of_bo, bool armed)
    : sami(make_participant(random, noon - 2 * day)),
      bo(make_person(random, noon - 2 * day)),
      cam(make_person(random, noon - 2 * day)),
      stranger(make_person(random, noon - 2 * day)),
      desk(make_desk(random, {&cam}, {{&bo, Role::mentor}, {&stranger, Role::mentor}},
                     noon - 2 * day)),
      circle(make_circle(random, sami, desk.key(), {}, noon - 2 * day)) {
  const Bytes first = circle.manifest_record;
  (void)circle.next_manifest(
      sami,
      {account_line(random, bo, Role::mentor, scope_of_bo),
       make_line(random, LineType::desk, desk.key(), Role::coordinator, scope_all, noon - day)},
      armed, noon - day);
  (void)circle.next_plan(
      sami, {daily(random, "UTC", {20 * 60}, noon - 2 * day, noon + 300 * day, 1800, 3600)},
      noon - day);
  enrol(who);
  reopen();
  client::Trust& t = trust();
  t.pin_desk(desk.key());
  for (const Person* p : {&sami, &bo, &cam, &stranger})
    EXPECT_TRUE(t.accept_device_list(p->list_record).ok());
  EXPECT_TRUE(t.accept_roster(desk.roster_record).ok());
  EXPECT_TRUE(t.accept_directory(desk.directory_record).ok());
  t.pin_participant(sami.key(), circle.id, crypto::Hash{1});
  EXPECT_TRUE(t.accept_manifest(first, {}).ok());
  EXPECT_TRUE(t.accept_manifest(circle.manifest_record, {}).ok());
  EXPECT_TRUE(t.accept_plan(circle.plan_record, {}).ok());
  EXPECT_TRUE(t.accept_shadow_mark(sami.shadow_mark()).ok());
  commit();
  tick();
}

void WatchBench::enrol(Who who) {
  const Person& person = who == Who::bo ? bo : sami;
  const TestDevice& device = who == Who::decoy ? person.shadow() : person.primary();
  client::Store fresh({});
  const client::Identity identity{
      person.key(),
      who == Who::decoy ? std::nullopt : std::optional(person.account.copy()),
      device.sig.copy(),
      crypto::DhKeyPair::generate(random),
      device.id(),
      {},
      {},
      crypto::Language::english,
      "test:1",
      {},
      desk.key(),
      who != Who::bo,
      who == Who::decoy};
  client::save_identity(fresh, identity);
  for (auto& [key, value] : fresh.take_changes()) disk.insert_or_assign(key, std::move(*value));
}

WatchBench::Live::Live(WatchBench& b)
    : store(b.disk),
      context{store, b.requests, b.random, protocol::tzdata_zones(), b.now, 0, &events, {},
              false, 0,          false},
      trust(context),
      messenger(context, trust),
      checkins(context, trust, messenger),
      incidents(context, trust, messenger),
      guard(context, trust, messenger, incidents) {}

void WatchBench::reopen() {
  requests.held.clear();
  requests.logged = false;
  live_ = std::make_unique<Live>(*this);
  auto identity = client::load_identity(live_->store);
  ASSERT_TRUE(identity.ok() && *identity);
  live_->self = std::move(*identity);
  begin();
  ASSERT_TRUE(live_->context.clock.load(live_->store).ok());
  live_->context.show_again();
  ASSERT_TRUE(live_->trust.load().ok());
  ASSERT_TRUE(live_->messenger.load(*live_->self).ok());
  ASSERT_TRUE(live_->checkins.load(*live_->self).ok());
  ASSERT_TRUE(live_->incidents.load(*live_->self).ok());
  ASSERT_TRUE(live_->guard.load(*live_->self).ok());
  commit();
}

void WatchBench::begin() {
  live_->context.now = now;
  live_->context.awake = now - stepped;
}

void WatchBench::step_clock(Duration by) {
  now += by;
  stepped += by;
}

void WatchBench::commit() {
  live_->guard.settle();
  for (auto& [key, value] : live_->store.take_changes()) {
    if (value)
      disk.insert_or_assign(key, std::move(*value));
    else
      disk.erase(key);
  }
  (void)live_->store.take_decoy_changes();
  for (v1::Event& event : std::exchange(live_->events, {})) events.push_back(std::move(event));
}

void WatchBench::online() {
  begin();
  requests.logged = true;
  live_->checkins.online();
  live_->incidents.online();
  live_->guard.online();
  commit();
}

void WatchBench::offline() {
  begin();
  requests.logged = false;
  for (HeldRequests::Held& h : std::exchange(requests.held, {})) h.on_reply(nullptr);
  live_->checkins.offline();
  live_->incidents.offline();
  live_->guard.offline();
  commit();
}

void WatchBench::drained() {
  v1::ServerFrame frame;
  (void)frame.mutable_drained();
  push(frame);
}

void WatchBench::tick() {
  begin();
  live_->checkins.tick();
  live_->incidents.tick();
  live_->guard.tick();
  commit();
}

void WatchBench::command(v1::Command c) {
  begin();
  c.set_id(next_command_++);
  if (!live_->checkins.command(c)) {
    EXPECT_TRUE(live_->incidents.command(c));
  }
  commit();
}

void WatchBench::push(const v1::ServerFrame& frame) {
  begin();
  if (!live_->checkins.pushed(frame) && !live_->guard.pushed(frame))
    (void)live_->incidents.pushed(frame);
  commit();
}

void WatchBench::shown_all() {
  begin();
  for (const v1::Event& event : events) {
    if (event.confirm().empty() || !live_->context.shown(event.confirm())) continue;
    live_->checkins.shown(event.confirm());
    live_->incidents.shown(event.confirm());
    live_->guard.shown(event.confirm());
  }
  commit();
}

std::optional<Instant> WatchBench::wake_at() const {
  std::optional<Instant> out = live_->checkins.wake_at();
  const auto guards = live_->guard.wake_at();
  if (guards) out = std::min(out.value_or(*guards), *guards);
  return out;
}

int WatchBench::run_to(Instant until, int most) {
  for (int ticks = 0; ticks <= most; ++ticks) {
    begin();
    const auto at = wake_at();
    if (!at || *at > until) {
      now = until;
      begin();
      return ticks;
    }
    now = std::max(now, *at);
    tick();
  }
  ADD_FAILURE() << "wakes again and again at " << now - noon << " ms after noon";
  return most;
}

std::vector<const v1::Request*> WatchBench::waiting(v1::Request::OpCase op) const {
  std::vector<const v1::Request*> out;
  for (const HeldRequests::Held& h : requests.held)
    if (h.request.op_case() == op) out.push_back(&h.request);
  return out;
}

bool WatchBench::answer(v1::Request::OpCase op, const v1::ServerFrame* reply) {
  const auto it =
      std::find_if(requests.held.begin(), requests.held.end(),
                   [op](const HeldRequests::Held& h) { return h.request.op_case() == op; });
  if (it == requests.held.end()) return false;
  const auto on_reply = std::move(it->on_reply);
  requests.held.erase(it);
  begin();
  on_reply(reply);
  commit();
  return true;
}

bool WatchBench::answer_record(protocol::RecordStatus status) {
  const auto posts = waiting(v1::Request::kPostRecord);
  if (posts.empty()) return false;
  ByteReader r(livlina::view(posts.front()->post_record().record()));
  (void)r.view(90);
  v1::ServerFrame frame;
  frame.mutable_record_answer()->set_reply(
      to_string(protocol::encode(protocol::RecordReply{status, r.u64(), now, 0})));
  return answer(v1::Request::kPostRecord, &frame);
}

bool WatchBench::refuse(v1::Request::OpCase op, v1::ErrorCode code) {
  v1::ServerFrame frame;
  frame.mutable_error()->set_code(code);
  return answer(op, &frame);
}

void WatchBench::refuse_fetches(v1::ErrorCode code) {
  for (const auto op : {v1::Request::kGetCircle, v1::Request::kListCircles, v1::Request::kGetDesk,
                        v1::Request::kGetDeviceLists})
    while (refuse(op, code)) {
    }
}

protocol::CheckinRecord WatchBench::spoken(std::uint8_t answer, Instant claimed) const {
  protocol::CheckinRecord r;
  r.circle = circle.id;
  r.plan_hash = crypto::sha256(circle.plan_record);
  r.slot_utc = due;
  r.claimed_at = claimed;
  r.answer = answer;
  r.heads.manifest_seq = circle.manifest.seq;
  r.heads.manifest_hash = crypto::sha256(circle.manifest_record);
  r.heads.plan_version = circle.plan.version;
  r.heads.devlist_version = sami.list.version;
  r.heads.devlist_hash = crypto::sha256(sami.list_record);
  return r;
}

Bytes WatchBench::signed_record(protocol::CheckinRecord record, bool by_shadow) {
  Signer& signer = by_shadow ? shadow : primary;
  const TestDevice& device = by_shadow ? sami.shadow() : sami.primary();
  record.device = device.id();
  record.seq = ++signer.seq;
  record.prev = signer.prev;
  Bytes out = protocol::sign_checkin(record, device.sig);
  signer.prev = crypto::sha256(out);
  return out;
}

Bytes WatchBench::approval(const Bytes& plan, const Person& by) const {
  protocol::StaffAct act;
  act.act = protocol::Act::approve;
  act.circle = circle.id;
  act.target = crypto::sha256(plan);
  act.actor = by.primary().id();
  act.time = now;
  return protocol::sign_act(act, by.primary().sig);
}

void WatchBench::new_plan(std::vector<protocol::Schedule> schedules, Instant signed_at) {
  const Bytes plan = circle.next_plan(sami, std::move(schedules), signed_at);
  EXPECT_TRUE(trust().accept_plan(plan, approval(plan, bo)).ok());
}

void WatchBench::forward(const Bytes& record, Instant received_at) {
  v1::ServerFrame frame;
  auto& delivery = *frame.mutable_delivery();
  delivery.set_seq(next_delivery_++);
  delivery.mutable_record()->set_record(to_string(record));
  delivery.mutable_record()->set_received_at(received_at);
  push(frame);
}

Bytes WatchBench::check_in(std::uint8_t answer, bool by_shadow) {
  Bytes record = signed_record(spoken(answer, now), by_shadow);
  forward(record, now);
  return record;
}

void WatchBench::word(std::uint32_t state, Instant slot_due, Instant slot_deadline) {
  v1::ServerFrame frame;
  auto& delivery = *frame.mutable_delivery();
  delivery.set_seq(next_delivery_++);
  auto& said = *delivery.mutable_word();
  said.set_circle_id(to_string(circle.id.view()));
  said.set_schedule_id(to_string(schedule().view()));
  said.set_due(slot_due);
  said.set_deadline(slot_deadline);
  said.set_state(state);
  push(frame);
}

int WatchBench::warnings(const std::string& code) const {
  return static_cast<int>(std::count_if(events.begin(), events.end(), [&](const v1::Event& e) {
    return e.has_warning() && e.warning().code() == code;
  }));
}

const v1::RecordView* WatchBench::heard() const {
  const auto* e = last(v1::Event::kRecord);
  return e == nullptr ? nullptr : &e->record();
}

const v1::CheckinView* WatchBench::view(Instant slot_due) const {
  for (auto it = events.rbegin(); it != events.rend(); ++it)
    if (it->has_checkin() && it->checkin().due() == slot_due) return &it->checkin();
  return nullptr;
}

std::uint32_t WatchBench::shown(Instant slot_due) const {
  const auto* v = view(slot_due);
  return v == nullptr ? 0 : v->state();
}

int WatchBench::count(v1::Event::EventCase which) const {
  return static_cast<int>(std::count_if(events.begin(), events.end(),
                                        [&](const auto& e) { return e.event_case() == which; }));
}

const v1::Event* WatchBench::last(v1::Event::EventCase which) const {
  for (auto it = events.rbegin(); it != events.rend(); ++it)
    if (it->event_case() == which) return &*it;
  return nullptr;
}

v1::Status WatchBench::status() {
  begin();
  v1::Status out;
  live_->checkins.describe(out);
  live_->guard.describe(out);
  return out;
}

}  // namespace livlina::testing
