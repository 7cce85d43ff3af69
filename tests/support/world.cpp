#include "tests/support/world.hpp"

#include <algorithm>
#include <utility>

#include "crypto/e2ee/invite.hpp"
#include "server/services/first_invite.hpp"
#include "server/store/schema.hpp"

namespace livlina::testing::sim {

namespace {

constexpr Duration longest_run = minute;

// Every world has a database of its own, which lives as long as one connection to it.
std::string memory_path(std::uint64_t seed) {
  static std::uint64_t count = 0;
  return "file:/world-" + std::to_string(seed) + "-" + std::to_string(++count) + "?vfs=memdb";
}

void apply(crypto::Vault::Changes changes, crypto::Vault::Values& values) {
  for (auto& [key, value] : changes) {
    values.erase(key);
    if (value) values.emplace(key, std::move(*value));
  }
}

crypto::Vault::Values copy(const crypto::Vault::Values& values) {
  crypto::Vault::Values out;
  for (const auto& [key, value] : values) out.emplace(key, value.copy());
  return out;
}

}  // namespace

// ---- a phone ----

Phone::Phone(World& world, std::string name, std::uint64_t seed)
    : world_(world), name_(std::move(name)), random_(seed) {}

client::Moment Phone::moment() const { return {world_.now() + skew, world_.now()}; }

Instant Phone::now() const { return moment().wall; }

bool Phone::reopen() {
  if (session_ != 0) world_.close_session(*this);
  auto opened = client::Core::open(values_, random_, protocol::tzdata_zones(), moment());
  if (!opened.ok()) return false;
  core_ = std::move(*opened);
  wake_at_ = now();
  if (on_begun) on_begun();
  return true;
}

// First store, then send and show; what was shown is confirmed.
void Phone::step() {
  v1::Command shown;
  client::Step step = core_->take_step();
  apply(std::move(step.store), values_);
  apply(std::move(step.decoy_store), decoy_);
  for (v1::Event& event : step.events) {
    if (!event.confirm().empty()) shown.mutable_shown()->add_confirm(event.confirm());
    events_.push_back(std::move(event));
  }
  wake_at_ = step.wake_at;
  for (const std::string& frame : step.frames) world_.send(*this, frame);
  if (step.disconnect && session_ != 0) {
    wants_connection_ = false;
    world_.close_session(*this);
  }
  if (!shown.has_shown()) return;
  core_->command(shown, moment());
  this->step();
}

void Phone::received(const std::string& frame) {
  std::string bytes = frame;
  if (on_frame) {
    auto decoded = protocol::decode_server_frame(view(frame));
    if (decoded.ok()) {
      if (!on_frame(*decoded)) return;
      bytes = protocol::encode(*decoded);
    }
  }
  core_->received(view(bytes), moment());
  step();
}

void Phone::receive(const v1::ServerFrame& frame) {
  core_->received(view(protocol::encode(frame)), moment());
  step();
  world_.pump();
}

void Phone::lost() {
  session_ = 0;
  core_->disconnected(moment());
  step();
  if (on_lost) on_lost();
}

void Phone::connect() {
  wants_connection_ = true;
  world_.pump();
}

void Phone::disconnect() {
  wants_connection_ = false;
  if (session_ != 0) world_.close_session(*this);
  world_.pump();
}

std::uint64_t Phone::give(v1::Command command) {
  const std::uint64_t id = next_command_++;
  command.set_id(id);
  core_->command(command, moment());
  step();
  if (command.has_enrol()) wants_connection_ = !core_->host().empty();
  return id;
}

std::vector<v1::Event> Phone::run(v1::Command command) {
  const std::size_t before = events_.size();
  if (reopen_always_) {
    if (!reopen()) return {};
    world_.pump();
  }
  const std::uint64_t id = give(std::move(command));
  const auto end = [&]() -> const v1::Event* {
    for (std::size_t i = before; i < events_.size(); ++i)
      if (events_[i].has_finished() && events_[i].command_id() == id) return &events_[i];
    return nullptr;
  };
  const Instant until = world_.now() + longest_run;
  world_.pump();
  while (end() == nullptr && world_.now() < until) world_.advance(second);
  finished_.Clear();
  finished_.set_error("unfinished");
  std::vector<v1::Event> out(events_.begin() + static_cast<std::ptrdiff_t>(before), events_.end());
  if (const v1::Event* e = end()) finished_ = e->finished();
  return out;
}

bool Phone::ok(v1::Command command) {
  (void)run(std::move(command));
  return finished_.error().empty();
}

bool Phone::warned(const std::string& code) const {
  return std::any_of(events_.begin(), events_.end(), [&](const v1::Event& e) {
    return e.has_warning() && e.warning().code() == code;
  });
}

const v1::Event* Phone::last(v1::Event::EventCase which) const {
  for (auto it = events_.rbegin(); it != events_.rend(); ++it)
    if (it->event_case() == which) return &*it;
  return nullptr;
}

v1::Status Phone::status() {
  v1::Command command;
  (void)command.mutable_get_status();
  (void)run(std::move(command));
  const v1::Event* e = last(v1::Event::kStatus);
  return e == nullptr ? v1::Status() : e->status();
}

// ---- the world ----

server::Settings World::default_settings() {
  server::Settings out;
  out.heartbeat = 0;
  return out;
}

World::World(std::uint64_t seed, server::Settings settings, Instant start,
             std::optional<crypto::SignKeyPair> key)
    : random(seed),
      settings_(std::move(settings)),
      seed_(seed),
      server_key_(key ? std::move(*key) : crypto::SignKeyPair::generate(random)),
      path_(memory_path(seed)),
      now_(start) {
  keeper_ = std::make_unique<server::store::Db>(path_);
  server::store::migrate(*keeper_);
  (void)first_code();
  begin_server();
}

World::~World() = default;

Bytes World::first_code() {
  server::FirstInvite invite = server::make_first_invite(random);
  server::store::Db& db = db_ ? *db_ : *keeper_;
  if (server::init_server(db, server_key_.public_key(), invite, now_, random) !=
      server::InitResult::done)
    return {};
  return crypto::encode(crypto::InviteCode{crypto::InvitePurpose::staff,
                                           "localhost:7443",
                                           server_key_.public_key().bytes(),
                                           {},
                                           std::move(invite.s)});
}

void World::begin_server() {
  db_ = std::make_unique<server::store::Db>(path_);
  server::store::migrate(*db_);  // as every start does: some tables live with the connection
  engine_ = std::make_unique<server::Engine>(*db_, settings_, protocol::tzdata_zones(), random,
                                             server_key_.copy());
  engine_->set_commit_probe(probe_);
  more_ = true;
  last_round_ = now_;
  try {
    engine_->wake(0, now_);
  } catch (const server::Crash&) {
    crash_server();
  }
}

Phone& World::add(const std::string& name) {
  phones_.push_back(std::make_unique<Phone>(*this, name, seed_ * 1000 + phones_.size()));
  Phone& phone = *phones_.back();
  (void)phone.reopen();
  return phone;
}

Phone& World::open_decoy(Phone& phone) {
  Phone& out = add(phone.name() + " (decoy)");
  out.values_ = copy(phone.decoy_);
  (void)out.reopen();
  return out;
}

void World::open_session(Phone& phone) {
  server::Inbound opened;
  opened.what = server::Inbound::What::opened;
  opened.session = next_session_++;
  opened.server_nonce = random.array<32>();
  phone.session_ = opened.session;
  sessions_[opened.session] = &phone;
  const std::string challenge = engine_->challenge(opened.server_nonce, now_);
  inbound_.push_back(std::move(opened));
  phone.core_->connected(phone.moment());
  phone.step();
  if (phone.session_ != 0) phone.received(challenge);
}

void World::close_session(Phone& phone) {
  server::Inbound closed;
  closed.what = server::Inbound::What::closed;
  closed.session = phone.session_;
  sessions_.erase(phone.session_);
  if (engine_) inbound_.push_back(std::move(closed));
  lines_.drop(phone.session_);
  phone.lost();
}

void World::send(Phone& phone, const std::string& frame) {
  auto request = protocol::decode_request(view(frame));
  if (phone.session_ == 0 || !engine_ || !request.ok()) return;
  if (phone.on_request && !phone.on_request(*request)) return;
  if (!phone.line) return reach_server(phone, std::move(*request));
  const Passage passage = phone.line(true);
  lines_.send(
      {phone.session_, true, passage.copies, passage.copies == 0, protocol::encode(*request)}, now_,
      passage.delay);
}

void World::reach_server(const Phone& phone, v1::Request request) {
  server::Inbound item;
  item.session = phone.session_;
  item.request = std::make_shared<const v1::Request>(std::move(request));
  inbound_.push_back(std::move(item));
}

bool World::land() {
  bool any = false;
  while (auto flight = lines_.arrived(now_)) {
    any = true;
    const auto it = sessions_.find(flight->session);
    if (it == sessions_.end()) continue;
    Phone& phone = *it->second;
    for (int i = 0; i < flight->copies && phone.session_ == flight->session; ++i) {
      if (!flight->to_server) {
        if (!flight->frame.empty()) phone.received(flight->frame);
      } else if (auto request = protocol::decode_request(view(flight->frame)); request.ok()) {
        reach_server(phone, std::move(*request));
      }
    }
    if (flight->close && phone.session_ == flight->session) close_session(phone);
  }
  return any;
}

void World::lose_all() {
  inbound_.clear();
  lines_.drop_all();
  for (auto& [id, phone] : std::exchange(sessions_, {})) phone->lost();
}

void World::stop_server() {
  if (engine_) note_alive(now_);
  engine_.reset();
  db_.reset();
  lose_all();
}

void World::start_server() {
  if (!engine_) begin_server();
}

void World::crash_server() {
  stop_server();
  start_server();
}

void World::set_commit_probe(server::CommitProbe probe) {
  probe_ = std::move(probe);
  if (engine_) engine_->set_commit_probe(probe_);
}

void World::deliver(const server::RoundResult& result) {
  for (const server::Outgoing& out : result.out) {
    const auto it = sessions_.find(out.session);
    if (it == sessions_.end()) continue;
    Phone& phone = *it->second;
    if (phone.line) {
      const Passage passage = phone.line(false);
      lines_.send({out.session, false, passage.copies, out.close || passage.copies == 0, out.frame},
                  now_, passage.delay);
      continue;
    }
    if (!out.frame.empty()) phone.received(out.frame);
    if (out.close && phone.session_ == out.session) close_session(phone);
  }
  for (const server::OperatorNotice& notice : result.operator_notices) {
    operator_notices_.push_back(notice);
    engine_->operator_result(notice.id, true, now_);
  }
}

bool World::round() {
  if (!engine_) return false;
  const auto due = engine_->next_deadline();
  if (inbound_.empty() && !more_ && !(due && *due <= now_)) return false;
  note_alive(now_ - 1);
  run_engine(std::exchange(inbound_, {}), now_);
  return true;
}

void World::run_engine(std::vector<server::Inbound> inbound, Instant at) {
  try {
    const server::RoundResult result = engine_->round(std::move(inbound), at);
    more_ = result.more;
    last_round_ = at;
    deliver(result);
    if (round_probe_) round_probe_(at, !more_ && result.faults.empty());
  } catch (const server::Crash&) {
    engine_.reset();  // a killed process notes nothing
    crash_server();
  }
}

void World::note_alive(Instant at) {
  if (alive_every_ == 0 || at - last_round_ < alive_every_) return;
  noting_ = true;
  run_engine({}, at);
  noting_ = false;
}

bool World::tick_phones() {
  bool moved = false;
  for (std::size_t i = 0; i < phones_.size(); ++i) {
    Phone& phone = *phones_[i];
    if (phone.wants_connection_ && phone.session_ == 0 && engine_ && !phone.core_->host().empty()) {
      open_session(phone);
      moved = true;
    }
    if (!phone.wake_at_ || *phone.wake_at_ > phone.now()) continue;
    phone.core_->tick(phone.moment());
    phone.step();
    // A core that asks to be woken at once is woken a millisecond later.
    if (phone.wake_at_ && *phone.wake_at_ <= phone.now()) phone.wake_at_ = phone.now() + 1;
    moved = true;
  }
  return moved;
}

void World::pump() {
  // A town that never comes to rest at one instant is a bug that a test must see.
  for (int i = 0; i < 10'000; ++i) {
    const bool landed = land();
    const bool moved = tick_phones() || landed;
    if (!round() && !moved && inbound_.empty()) return;
  }
  std::abort();
}

std::optional<Instant> World::next_instant() const {
  std::optional<Instant> out = engine_ ? engine_->next_deadline() : std::nullopt;
  for (const auto& phone : phones_)
    if (phone->wake_at_ && (!out || *phone->wake_at_ - phone->skew < *out))
      out = *phone->wake_at_ - phone->skew;
  if (const auto at = lines_.next(); at && (!out || *at < *out)) out = at;
  return out;
}

void World::advance(Duration by) {
  const Instant target = now_ + by;
  pump();
  while (now_ < target) {
    const auto next = next_instant();
    now_ = std::clamp(next.value_or(target), now_ + 1, target);
    pump();
  }
}

}  // namespace livlina::testing::sim
