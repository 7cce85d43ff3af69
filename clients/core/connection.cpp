#include "clients/core/connection.hpp"

#include <algorithm>
#include <utility>

#include "clients/core/given.hpp"
#include "clients/core/reply.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"
#include "protocol/codec.hpp"
#include "protocol/records/login.hpp"

namespace livlina::client {

namespace {

constexpr std::string_view counter_key = "login/counter";
constexpr std::string_view epoch_key = "server/epoch";
// In the decoy realm, by the real one: what was seen there, for as long as it has seen nothing.
constexpr std::string_view mirrored_key = "shown/epoch";
constexpr std::uint8_t version = 1;
// Half of what the server allows a connection, so that it never has to refuse for that.
constexpr std::size_t most_under_way = 32;
constexpr Duration shortest_put_off = 100;
constexpr Duration longest_put_off = minute;

// A counter that cannot be read counts as none: the server then refuses and says so.
std::uint64_t read_counter(const Store& store) {
  ByteReader r(store.get(counter_key));
  const std::uint8_t v = r.u8();
  const std::uint64_t counter = r.u64();
  return r.done() && v == version ? counter : 0;
}

void write_counter(Store& store, std::uint64_t counter) {
  ByteWriter w;
  store.put(counter_key, w.u8(version).u64(counter).get());
}

// What was seen of the server's own history: its epoch, and the head of its audit.
struct ServerPast {
  std::uint64_t epoch = 0;
  std::uint64_t audit_n = 0;
  crypto::Hash audit_hash{};
};

std::optional<ServerPast> read_past(const Store& store) {
  ByteReader r(store.get(store.has(epoch_key) ? epoch_key : mirrored_key));
  const std::uint8_t v = r.u8();
  const ServerPast out{r.u64(), r.u64(), r.array<32>()};
  if (!r.done() || v != version) return std::nullopt;
  return out;
}

std::optional<ByteArray<32>> array32(const std::string& s) {
  if (s.size() != 32) return std::nullopt;
  ByteReader r(view(s));
  return r.array<32>();
}

// The server cannot do it now: the same request again, later. Other requests than a log-in are told
// of most of this, and their owners wait as they need to.
bool passes(v1::ErrorCode code, bool log_in) {
  return code == v1::BUSY ||
         (log_in && (code == v1::DISK_FULL || code == v1::INTERNAL || code == v1::SHUTTING_DOWN));
}

bool well_formed(const v1::Challenge& c) {
  constexpr Instant latest = Instant{1} << 53;  // so that no sum with it overflows
  return c.server_pk().size() == 32 && c.nonce().size() == 32 && c.server_name().size() <= 255 &&
         c.time() > -latest && c.time() < latest;
}

}  // namespace

Connection::Connection(Context& context) : context_(context) {}
Connection::~Connection() = default;

void Connection::opened() {
  closed();
  state_ = State::open;
}

void Connection::closed() {
  state_ = State::none;
  challenge_.reset();
  frames_.clear();
  disconnect_ = false;
  // A callback may send again and be refused at once: none is called twice.
  for (auto& [id, request] : std::exchange(under_way_, {})) request.on_reply(nullptr);
}

std::optional<ByteArray<32>> Connection::server_key() const {
  if (!challenge_) return std::nullopt;
  return array32(challenge_->server_pk());
}

Instant Connection::plausible_now() const {
  if (!challenge_) return context_.now;
  const Instant told = challenge_->time();
  return std::clamp(context_.now, told - clock_tolerance, told + clock_tolerance);
}

Connection::Got Connection::received(const v1::ServerFrame& frame) {
  if (state_ == State::none || disconnect_) return Got::nothing;
  if (frame.id() != 0) {
    const auto it = under_way_.find(frame.id());
    if (it == under_way_.end()) return Got::nothing;
    if (put_off(it->second, frame)) return Got::nothing;
    const OnReply on_reply = std::move(it->second.on_reply);
    under_way_.erase(it);
    const bool before = logged_in();
    on_reply(&frame);
    pump();
    return !before && logged_in() ? Got::logged_in : Got::nothing;
  }
  if (frame.has_challenge()) {
    if (state_ != State::open || !well_formed(frame.challenge())) {
      give_up("bad_frame", "challenge");
      return Got::nothing;
    }
    challenge_ = std::make_unique<v1::Challenge>(frame.challenge());
    context_.demonstration = challenge_->demonstration();
    state_ = State::challenged;
    return Got::challenge;
  }
  return logged_in() ? Got::pushed : Got::nothing;
}

void Connection::log_in(const Identity& identity) {
  if (state_ != State::challenged) return;
  if (!equal(view(challenge_->server_pk()), identity.server_pk)) return give_up("wrong_server");
  if (challenge_->wire_version() != protocol::wire_version) return give_up("unsupported_version");
  const std::uint64_t counter = read_counter(context_.store) + 1;
  write_counter(context_.store, counter);
  client_nonce_ = context_.random.array<32>();
  const protocol::LoginTranscript transcript{challenge_->server_name(),
                                             identity.server_pk,
                                             *array32(challenge_->nonce()),
                                             client_nonce_,
                                             counter,
                                             challenge_->epoch()};
  v1::Request request;
  v1::Login& login = *request.mutable_login();
  login.set_device_id(to_string(identity.device.view()));
  login.set_counter(counter);
  login.set_client_nonce(to_string(client_nonce_));
  login.set_signature(to_string(protocol::sign_login(transcript, identity.device_key)));
  state_ = State::logging_in;
  post(std::move(request),
       [this, &identity](const v1::ServerFrame* reply) { answered(reply, identity); });
}

void Connection::answered(const v1::ServerFrame* reply, const Identity& identity) {
  if (reply == nullptr) return;
  if (reply->has_welcome() && welcome(reply->welcome(), identity)) return;
  if (!reply->has_error()) return give_up("wrong_server", "hello");
  const bool cloned = reply->error().code() == v1::CLONED_DEVICE;
  give_up(cloned ? "cloned_device" : "login_refused", outcome(reply).detail);
}

bool Connection::welcome(const v1::Welcome& welcome, const Identity& identity) {
  const auto audit = array32(welcome.audit_hash());
  const auto server = crypto::parse_sign_key(identity.server_pk);
  if (!audit || !server.ok()) return false;
  const protocol::HelloTranscript hello{*array32(challenge_->nonce()), client_nonce_,
                                        welcome.time(), welcome.audit_n(), *audit};
  if (!protocol::verify_hello(hello, *server, view(welcome.signature())).ok()) return false;
  state_ = State::logged_in;
  queued_ = welcome.queued();
  context_.one_time_keys_left = welcome.one_time_keys_left();
  hear_time(welcome.time());
  see_epoch(welcome, identity.participant && !identity.decoy);
  return true;
}

// What the server signs as its time is shown when it cannot be (clock_jump), and when it is not the
// phone's: one of the two is wrong, and people should know before a check-in depends on it.
void Connection::hear_time(Instant signed_time) {
  const auto told = context_.clock.logged_in(context_.store, signed_time, context_.now);
  if (told.kept)
    context_.forget_warning("clock_jump");
  else
    context_.warn("clock_jump");
  if (told.differs || told.went_back)
    context_.warn("clock_differs", {}, {}, std::to_string(told.ahead / minute) + " min");
  else
    context_.forget_warning("clock_differs");
}

// The server's history only grows within an epoch; a restore from a backup begins another.
void Connection::see_epoch(const v1::Welcome& welcome, bool mirror) {
  const auto past = read_past(context_.store);
  const ServerPast now{challenge_->epoch(), welcome.audit_n(), *array32(welcome.audit_hash())};
  context_.server_restored = past && past->epoch != now.epoch;
  if (context_.server_restored) {
    keep_restored(context_);
    context_.warn("server_restored");
  }
  if (past && past->epoch == now.epoch) {
    const bool fork = past->audit_n == now.audit_n && past->audit_hash != now.audit_hash;
    if (now.audit_n < past->audit_n || fork) return context_.warn("audit_rollback");
  }
  ByteWriter w;
  w.u8(version).u64(now.epoch).u64(now.audit_n).bytes(now.audit_hash);
  context_.store.put(epoch_key, w.get());
  if (mirror) context_.store.put_decoy(mirrored_key, w.get());
}

void Connection::give_up(std::string_view code, std::string_view detail) {
  context_.forget_warning(code);  // shown at every attempt
  context_.warn(code, {}, {}, detail);
  disconnect_ = true;
}

void Connection::send(v1::Request request, OnReply on_reply) {
  const bool before_login = request.has_claim_invite() || request.has_join_invite();
  if (disconnect_ || !(logged_in() || (challenged() && before_login))) return on_reply(nullptr);
  post(std::move(request), std::move(on_reply));
}

void Connection::post(v1::Request request, OnReply on_reply) {
  const std::uint64_t id = next_id_++;
  request.set_id(id);
  request.set_version(protocol::wire_version);
  const bool urgent = request.has_post_record() || request.has_post_act() || request.has_login();
  under_way_.emplace(id,
                     UnderWay{protocol::encode(request), std::move(on_reply), 0, false, urgent});
  pump();
}

void Connection::pump() {
  if (state_ == State::none || disconnect_) return;
  std::size_t sent = 0;
  for (const auto& [id, request] : under_way_)
    if (request.sent && !request.urgent) ++sent;
  for (auto& [id, request] : under_way_) {
    if (request.sent || request.again_at > context_.now) continue;
    if (!request.urgent && sent >= most_under_way) continue;
    if (!request.urgent) ++sent;
    frames_.push_back(request.frame);
    request.sent = true;
  }
}

bool Connection::put_off(UnderWay& request, const v1::ServerFrame& reply) const {
  if (!reply.has_error() || !passes(reply.error().code(), state_ == State::logging_in))
    return false;
  request.sent = false;
  request.again_at = context_.now + std::clamp<Duration>(reply.error().retry_after_ms(),
                                                         shortest_put_off, longest_put_off);
  return true;
}

void Connection::tick() { pump(); }

std::optional<Instant> Connection::wake_at() const {
  std::optional<Instant> out;
  for (const auto& [id, request] : under_way_)
    if (!request.sent && request.again_at != 0 && (!out || request.again_at < *out))
      out = request.again_at;
  return out;
}

std::vector<std::string> Connection::take_frames() { return std::exchange(frames_, {}); }

bool Connection::take_disconnect() { return disconnect_; }

}  // namespace livlina::client
