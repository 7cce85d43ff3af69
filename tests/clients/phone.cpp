#include "tests/clients/phone.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "protocol/codec.hpp"

namespace livlina::testing {

using crypto::Kind;

Phone::Live::Live(const crypto::Vault::Values& stored, crypto::Random& random, Instant now)
    : store(stored),
      context{store, connection, random, protocol::tzdata_zones(), now, 0, &events, {},
              false, 0,          false},
      connection(context),
      trust(context),
      messenger(context, trust) {}

void Phone::boot() {
  connected_ = false;
  incoming.clear();
  late_.clear();
  live_ = std::make_unique<Live>(disk, random_, now);
  auto identity = client::load_identity(live_->store);
  ASSERT_TRUE(identity.ok() && *identity);
  live_->self = std::move(*identity);
  ASSERT_TRUE(live_->context.clock.load(live_->store).ok());
  ASSERT_TRUE(live_->trust.load().ok());
  ASSERT_TRUE(live_->messenger.load(*live_->self).ok());
  for (const Kind kind : {Kind::alarm, Kind::checkin_note, Kind::incident_note, Kind::detail,
                          Kind::shadow_mark, Kind::control})
    live_->messenger.subscribe(kind, [this](const client::Incoming& in) {
      came.push_back({in.kind, in.from_shadow, to_string(in.plain)});
    });
}

void Phone::connect() {
  if (connected_ || in_tunnel) return;
  connected_ = true;
  pulled_ = 0;
  incoming = {office_.challenge()};
  live_->context.now = now;
  live_->connection.opened();
}

void Phone::disconnect() {
  if (!connected_) return;
  connected_ = false;
  incoming.clear();
  late_.clear();
  live_->context.now = now;
  live_->connection.closed();
  live_->messenger.offline();
  step();
}

bool Phone::due() const {
  const auto at = live_->messenger.wake_at();
  const auto connection_at = live_->connection.wake_at();
  return (at && *at <= now) || (connection_at && *connection_at <= now);
}

bool Phone::work() {
  pull();
  if (incoming.empty()) {
    if (!due()) return false;
    tick();
    return true;
  }
  const v1::ServerFrame frame = std::move(incoming.front());
  incoming.pop_front();
  live_->context.now = now;
  switch (live_->connection.received(frame)) {
    case client::Connection::Got::challenge:
      live_->connection.log_in(*live_->self);
      break;
    case client::Connection::Got::logged_in:
      live_->messenger.online();
      break;
    case client::Connection::Got::pushed:
      live_->messenger.delivered(frame.delivery());
      break;
    case client::Connection::Got::nothing:
      break;
  }
  step();
  return true;
}

void Phone::tick() {
  live_->context.now = now;
  live_->connection.tick();
  live_->messenger.tick();
  step();
}

void Phone::step() {
  ++steps;
  auto changes = live_->store.take_changes();
  auto decoy_changes = live_->store.take_decoy_changes();
  const auto frames = live_->connection.take_frames();
  if (steps == crash_before_commit) return crash();
  const auto commit = [](crypto::Vault::Values& values, crypto::Vault::Changes& all) {
    for (auto& [key, value] : all) {
      if (value)
        values.insert_or_assign(key, std::move(*value));
      else
        values.erase(key);
    }
  };
  commit(disk, changes);
  if (!decoy_changes.empty() && std::exchange(crash_between_realms, false)) return crash();
  if (decoy_disk != nullptr) commit(*decoy_disk, decoy_changes);
  if (steps == crash_after_commit) return crash();
  for (v1::Event& event : std::exchange(live_->events, {})) events.push_back(std::move(event));
  for (const std::string& bytes : frames) {
    if (mute || !connected_) continue;
    const auto request = protocol::decode_request(view(bytes));
    ASSERT_TRUE(request.ok());
    const auto reply = office_.answer(device(), self().decoy, *request);
    if (!reply) continue;
    // What goes over the wire is what is decoded from it.
    const auto decoded = protocol::decode_server_frame(view(protocol::encode(*reply)));
    ASSERT_TRUE(decoded.ok());
    (slow.count(request->op_case()) != 0 ? late_ : incoming).push_back(*decoded);
  }
}

void Phone::release() {
  for (v1::ServerFrame& frame : std::exchange(late_, {})) incoming.push_back(std::move(frame));
}

void Phone::crash() {
  boot();
  connect();
}

void Phone::pull() {
  if (!connected_ || !live_->connection.logged_in()) return;
  std::size_t outstanding = 0;
  for (const PostOffice::Row& row : office_.mailboxes[device()]) {
    if (++outstanding > office_.window) return;
    if (row.seq <= pulled_) continue;
    pulled_ = row.seq;
    v1::ServerFrame frame;
    frame.set_version(1);
    frame.mutable_delivery()->set_seq(row.seq);
    frame.mutable_delivery()->set_frame(row.frame);
    incoming.push_back(std::move(frame));
  }
}

MessageId Phone::say(const std::string& text, const CircleId& circle,
                     const std::vector<crypto::SignPublic>& to) {
  live_->context.now = now;
  const MessageId id = live_->messenger.post(Kind::text, circle, to, view(text));
  step();
  return id;
}

std::vector<std::string> Phone::screen() {
  std::vector<std::string> out;
  for (const v1::MessageView& m : live_->messenger.messages(nullptr, 0)) {
    if (m.from().empty()) continue;
    out.push_back((m.gap_before() ? "[gap] " : "") + m.text() +
                  (m.under_duress() ? " (duress)" : ""));
  }
  return out;
}

int Phone::state_of(const std::string& text) {
  for (const v1::MessageView& m : live_->messenger.messages(nullptr, 0))
    if (m.from().empty() && m.text() == text) return static_cast<int>(m.state());
  return 0;
}

int Phone::warnings(const std::string& code) const {
  int out = 0;
  for (const v1::Event& e : events) out += e.has_warning() && e.warning().code() == code ? 1 : 0;
  return out;
}

void Phone::read(const std::string& text) {
  live_->context.now = now;
  for (const v1::MessageView& m : live_->messenger.messages(nullptr, 0))
    if (!m.from().empty() && m.text() == text) {
      EXPECT_TRUE(live_->messenger.mark_read(*MessageId::from(m.message_id())).ok());
    }
  step();
}

}  // namespace livlina::testing
