#include "tests/services/disk_town.hpp"

#include "server/store/circles.hpp"
#include "server/store/mailbox.hpp"
#include "server/store/schema.hpp"

namespace livlina::testing {

using namespace server;
using v1::ServerFrame;

namespace {

// Rounds at deadlines only: an idle server's notes would be most of what is written.
Settings quiet() {
  Settings out;
  out.heartbeat = 0;
  return out;
}

}  // namespace

DiskTown::DiskTown(std::uint64_t seed)
    : disk(seed), server(quiet(), seed, disk.uri()), random_(seed) {
  town.accept_plan({town.daily_at(9 * 60, {600}), town.daily_at(12 * 60)});
  manifest_told_ = town.circle.manifest.seq;
}

Connection* DiskTown::session(TestDevice& device) {
  const auto it = sessions_.find(device.id());
  if (it != sessions_.end() && !it->second->closed) return it->second;
  if (!disk.power()) return nullptr;
  Connection& c = server.server->connect();
  const ServerFrame reply = server.server->log_in(c, device);
  if (reply.body_case() != ServerFrame::kWelcome) {
    EXPECT_NE(reply.error().code(), v1::LOGIN_REFUSED);
    EXPECT_NE(reply.error().code(), v1::CLONED_DEVICE);
    refused.insert(reply.error().code());
    return nullptr;
  }
  return sessions_[device.id()] = &c;
}

std::optional<ServerFrame> DiskTown::send(TestDevice& by, const v1::Request& request) {
  last_.Clear();
  Connection* c = session(by);
  if (c == nullptr) return std::nullopt;
  last_ = server.server->ask(*c, request);
  const v1::ErrorCode code = last_.error().code();
  if (code == v1::DISK_FULL || code == v1::INTERNAL || code == v1::BUSY) {
    refused.insert(code);
    return std::nullopt;
  }
  ++told;
  return last_;
}

ServerFrame DiskTown::post(Message& message) {
  if (const auto reply = send(town.participant.primary(), message.request)) {
    EXPECT_EQ(reply->body_case(), ServerFrame::kStored) << reply->error().code();
    message.told = true;
  }
  return last_;
}

ServerFrame DiskTown::write(std::size_t size) {
  const auto id = random_id<MessageId>(town.random);
  messages_.push_back(
      {id, post_message(id, {town.contact.primary().id(), town.mentor.primary().id()}, 0, size),
       false});
  return post(messages_.back());
}

void DiskTown::press(const RecordSpec& spec) {
  if (!record_) {
    const Bytes record = town.sign(spec);
    v1::Request request;
    request.mutable_post_record()->set_record(to_string(record));
    record_ = Signed{record, request, 0};
  }
  (void)give_record();
}

std::optional<ServerFrame> DiskTown::give_record() {
  const auto reply = send(town.participant.primary(), record_->request);
  if (!reply) return reply;
  EXPECT_EQ(reply->body_case(), ServerFrame::kRecordAnswer) << reply->error().code();
  town.told.push_back({town.participant.primary().id(), crypto::sha256(record_->record)});
  record_.reset();
  return reply;
}

ServerFrame DiskTown::check_in(std::uint8_t answer) {
  press({.answer = answer});
  return last_;
}

ServerFrame DiskTown::alarm() {
  press({.type = protocol::RecordType::alarm,
         .answer = static_cast<std::uint8_t>(protocol::AlarmKind::loud)});
  return last_;
}

void DiskTown::take_or_resolve() {
  if (!act_) {
    const auto open = town.unresolved();
    if (!open) return;
    const bool take = open->i.state == policy::IncidentState::notifying;
    WatchTown::ActSpec spec;
    spec.act = take ? protocol::Act::take : protocol::Act::resolve;
    spec.reason = take ? protocol::Reason::none : protocol::Reason::reached_and_well;
    // The coordinator may resolve whoever holds it.
    const livlina::testing::Person& by = take ? town.mentor : town.coordinator;
    const Bytes record = town.sign_act_of(by, open->id, spec);
    v1::Request request;
    request.mutable_post_act()->set_record(to_string(record));
    act_ = Signed{record, request, 0};
    actor_ = by.primary().id();
  }
  give_act();
}

void DiskTown::give_act() {
  TestDevice& by =
      *actor_ == town.mentor.primary().id() ? town.mentor.primary() : town.coordinator.primary();
  const auto reply = send(by, act_->request);
  if (!reply) return;
  // Meanwhile it may have become another's, or be over: that is an answer as well.
  if (reply->body_case() == ServerFrame::kActAnswer) acts_.push_back(crypto::sha256(act_->record));
  act_.reset();
}

void DiskTown::give_manifest() {
  if (!manifest_) {
    const Bytes record =
        town.circle.next_manifest(town.participant, town.circle.manifest.lines, false, town.now);
    v1::Request request;
    request.mutable_put_manifest()->set_record(to_string(record));
    manifest_ = Signed{record, request, town.circle.manifest.seq};
  }
  const auto reply = send(town.participant.primary(), manifest_->request);
  if (!reply) return;
  EXPECT_EQ(reply->body_case(), ServerFrame::kDone) << reply->error().code();
  manifest_told_ = manifest_->number;
  manifest_.reset();
}

void DiskTown::acknowledge() {
  Connection* c = session(town.mentor.primary());
  if (c == nullptr) return;
  std::vector<std::uint64_t> seqs;
  while (const auto frame = c->take(ServerFrame::kDelivery))
    seqs.push_back(frame->delivery().seq());
  if (!seqs.empty()) (void)send(town.mentor.primary(), ack(seqs));
}

void DiskTown::step() {
  const std::uint64_t dice = random_() % 20;
  if (dice < 6)
    (void)write();
  else if (dice < 9)
    (void)check_in(dice == 8 ? 2 : 1);
  else if (dice == 9)
    (void)alarm();
  else if (dice < 13)
    take_or_resolve();
  else if (dice == 13)
    give_manifest();
  else if (dice < 16)
    acknowledge();
  else
    advance(static_cast<Duration>(random_() % (dice == 19 ? 40 * minute : 100 * second)));
}

void DiskTown::steps(int n) {
  for (int i = 0; i < n && disk.power() && !::testing::Test::HasFatalFailure(); ++i) step();
}

void DiskTown::advance(Duration by) {
  const Instant end = town.now + by;
  for (int guard = 0; disk.power(); ++guard) {
    ASSERT_LT(guard, 100'000) << "the engine never comes to rest";
    if (server.round().more) continue;
    if (town.now >= end) return;
    const auto next = server.server->engine().next_deadline();
    town.now = std::clamp(next.value_or(end), town.now + 1, end);
  }
}

std::string DiskTown::reopened() {
  sessions_.clear();
  town.db = store::Db(":memory:");  // the process lets go of its files
  disk.restore_power();
  try {
    town.db = store::Db(disk.uri());
    store::migrate(town.db);
  } catch (const std::exception& e) {
    return e.what();
  }
  for (const char* sql : {"PRAGMA integrity_check", "PRAGMA foreign_key_check"}) {
    auto q = town.db.query(sql);
    if (q.step() && q.text(0) != "ok") return q.text(0);
  }
  return {};
}

void DiskTown::restart() {
  ASSERT_EQ(reopened(), "");
  server.restart();
}

int DiskTown::stored(const Message& message) {
  store::Mailbox mailbox(town.db);
  int out = 0;
  for (const DeviceId& to : {town.contact.primary().id(), town.mentor.primary().id()})
    out += mailbox.accepted_at(to, message.id) ? 1 : 0;
  return out;
}

void DiskTown::check() {
  // I9 among them: whoever was told "received".
  EXPECT_EQ(broken_invariants(town.db, town.now, {false, town.told}), std::vector<std::string>{});
  for (const Message& message : messages_) {
    const int rows = stored(message);
    EXPECT_TRUE(rows == 2 || (rows == 0 && !message.told))
        << rows << " of 2 rows, " << (message.told ? "told stored" : "not told");
  }
  for (const crypto::Hash& act : acts_) {
    auto q = town.db.query("SELECT count(*) FROM act WHERE hash = ?");
    q.bind(act);
    EXPECT_TRUE(q.step() && q.integer(0) == 1) << "an act that was answered";
  }
  auto q = town.db.query("SELECT max(seq) FROM manifest WHERE circle = ?");
  q.bind(town.circle.id);
  ASSERT_TRUE(q.step());
  EXPECT_GE(static_cast<std::uint64_t>(q.integer(0)), manifest_told_);
}

void DiskTown::repeat() {
  for (Message& message : messages_)
    if (!message.told) (void)post(message);
  if (record_) (void)give_record();
  if (act_) give_act();
  if (manifest_) give_manifest();
}

void DiskTown::check_at_rest() {
  refused.clear();
  repeat();
  EXPECT_EQ(refused, std::set<v1::ErrorCode>{}) << "all is well, and yet";
  for (const Message& message : messages_) EXPECT_TRUE(message.told && stored(message) == 2);
  EXPECT_TRUE(!record_ && !act_ && !manifest_);
  // Beyond the last deadline of the day: what was missed is missed once.
  advance(minute);
  const Instant evening = (town.now / day + 1) * day;
  advance(evening - town.now);
  check();
  EXPECT_EQ(broken_invariants(town.db, town.now, {true, town.told}), std::vector<std::string>{});
}

int DiskTown::lines(std::string_view code) const {
  return static_cast<int>(
      std::count_if(server.lines.begin(), server.lines.end(),
                    [&](const OperatorNotice& line) { return line.code == code; }));
}

}  // namespace livlina::testing
