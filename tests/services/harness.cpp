#include "tests/services/harness.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "protocol/codec.hpp"
#include "protocol/records/login.hpp"
#include "server/store/server_row.hpp"

namespace livlina::testing {

using server::Inbound;

std::optional<v1::ServerFrame> Connection::take(v1::ServerFrame::BodyCase kind) {
  for (auto it = pushed.begin(); it != pushed.end(); ++it)
    if (it->body_case() == kind) {
      v1::ServerFrame out = std::move(*it);
      pushed.erase(it);
      return out;
    }
  return std::nullopt;
}

std::size_t Connection::count(v1::ServerFrame::BodyCase kind) const {
  std::size_t n = 0;
  for (const auto& f : pushed) n += f.body_case() == kind ? 1 : 0;
  return n;
}

crypto::SignKeyPair harness_key() {
  ByteArray<32> seed{};
  seed[0] = 7;
  return crypto::SignKeyPair::from_seed(crypto::Secret<32>(ByteView(seed)));
}

void make_server_row(server::store::Db& db, Instant now) {
  server::store::Server(db).create({harness_key().public_key().bytes(), 77, now});
}

Harness::Harness(server::store::Db& db, crypto::Random& random, Instant& now,
                 const server::Settings& s)
    : key(harness_key()), settings(s), epoch(77), db_(db), random_(random), now_(now) {
  restart();
}

void Harness::restart() {
  engine_.reset();
  connections_.clear();
  replies_.clear();
  if (const auto row = server::store::Server(db_).find()) epoch = row->epoch;
  engine_ = std::make_unique<server::Engine>(db_, settings, protocol::tzdata_zones(), random_,
                                             key.copy());
  engine_->wake(0, now_);
}

Connection& Harness::connect() {
  auto made = std::make_unique<Connection>();
  made->id = next_session_++;
  made->nonce = random_.array<32>();
  Connection& out = *made;
  connections_[out.id] = std::move(made);
  (void)round({{Inbound::What::opened, out.id, nullptr, out.nonce}});
  return out;
}

server::RoundResult Harness::round(std::vector<Inbound> inbound) {
  auto result = engine_->round(std::move(inbound), now_, [this](std::vector<server::Outgoing> out) {
    take_in(std::move(out));
  });
  after_round(result);
  return result;
}

void Harness::wake(Instant from) {
  engine_->wake(from, now_, [this](std::vector<server::Outgoing> out) { take_in(std::move(out)); });
}

void Harness::take_in(std::vector<server::Outgoing> out) {
  for (server::Outgoing& o : out) {
    const auto it = connections_.find(o.session);
    if (it == connections_.end()) continue;
    if (!o.frame.empty()) {
      auto frame = protocol::decode_server_frame(view(o.frame));
      ASSERT_TRUE(frame.ok());
      if (frame->id() != 0)
        replies_[{o.session, frame->id()}] = std::move(*frame);
      else
        it->second->pushed.push_back(std::move(*frame));
    }
    if (o.close) it->second->closed = o.close_code;
  }
}

void Harness::together(std::vector<std::pair<Connection*, v1::Request>> requests) {
  std::vector<Inbound> inbound;
  for (auto& [connection, request] : requests) {
    request.set_version(protocol::wire_version);
    if (request.id() == 0) request.set_id(next_request_++);
    // Over the wire format, as the session layer would decode it.
    auto decoded = protocol::decode_request(view(protocol::encode(request)));
    ASSERT_TRUE(decoded.ok());
    inbound.push_back({Inbound::What::request,
                       connection->id,
                       std::make_shared<const v1::Request>(std::move(*decoded)),
                       {}});
  }
  auto result = round(std::move(inbound));
  while (result.queued > 0) result = round();
}

std::optional<v1::ServerFrame> Harness::reply(Connection& c, std::uint64_t request_id) {
  const auto it = replies_.find({c.id, request_id});
  if (it == replies_.end()) return std::nullopt;
  v1::ServerFrame out = std::move(it->second);
  replies_.erase(it);
  return out;
}

v1::ServerFrame Harness::ask(Connection& c, v1::Request request) {
  const std::uint64_t id = next_request_++;
  request.set_id(id);
  together({{&c, std::move(request)}});
  auto out = reply(c, id);
  EXPECT_TRUE(out) << "no reply";
  return out ? std::move(*out) : v1::ServerFrame();
}

int Harness::code(Connection& c, v1::Request request) {
  const auto r = ask(c, std::move(request));
  return r.body_case() == v1::ServerFrame::kError ? static_cast<int>(r.error().code()) : 0;
}

v1::Request Harness::login_request(const Connection& c, const TestDevice& device,
                                   std::uint64_t counter) const {
  protocol::LoginTranscript t;
  t.server_name = settings.server_name;
  t.server_pk = key.public_key().bytes();
  t.server_nonce = c.nonce;
  t.client_nonce = random_.array<32>();
  t.counter = counter;
  t.epoch = epoch;
  v1::Request out;
  auto& login = *out.mutable_login();
  login.set_device_id(to_string(device.id().view()));
  login.set_counter(counter);
  login.set_client_nonce(to_string(ByteView(t.client_nonce)));
  login.set_signature(to_string(ByteView(protocol::sign_login(t, device.sig))));
  return out;
}

v1::ServerFrame Harness::log_in(Connection& c, TestDevice& device) {
  return ask(c, login_request(c, device, ++device.login_counter));
}

Connection& Harness::online(TestDevice& device) {
  Connection& c = connect();
  EXPECT_EQ(log_in(c, device).body_case(), v1::ServerFrame::kWelcome);
  return c;
}

void Harness::disconnect(Connection& c) {
  (void)round({{Inbound::What::closed, c.id, nullptr, {}}});
}

void Harness::settle() {
  for (int i = 0; i < 1000; ++i)
    if (!round().more) return;
  FAIL() << "the engine never comes to rest";
}

v1::Request post_message(const MessageId& id, const std::vector<DeviceId>& to, std::uint8_t queue,
                         std::size_t size) {
  v1::Request out;
  auto& m = *out.mutable_post_message();
  m.set_message_id(to_string(id.view()));
  for (const DeviceId& d : to) {
    auto& e = *m.add_envelopes();
    e.set_device_id(to_string(d.view()));
    std::string frame(size, 'x');
    frame[0] = 1;
    frame[1] = 0;
    frame[2] = static_cast<char>(queue);
    e.set_frame(std::move(frame));
  }
  return out;
}

v1::Request ack(const std::vector<std::uint64_t>& seqs) {
  v1::Request out;
  out.mutable_ack_deliveries();
  for (const auto s : seqs) out.mutable_ack_deliveries()->add_seqs(s);
  return out;
}

std::string dump(server::store::Db& db) {
  std::vector<std::string> tables;
  {
    auto q = db.query(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " AND name <> 'server' ORDER BY name");
    while (q.step()) tables.push_back(q.text(0));
  }
  std::string out;
  for (const std::string& table : tables) {
    sqlite3_stmt* raw = nullptr;
    const std::string sql = "SELECT * FROM " + table + " ORDER BY 1, 2";
    EXPECT_EQ(sqlite3_prepare_v2(db.handle(), sql.c_str(), -1, &raw, nullptr), SQLITE_OK);
    out += table + "\n";
    while (sqlite3_step(raw) == SQLITE_ROW) {
      for (int c = 0; c < sqlite3_column_count(raw); ++c) {
        const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(raw, c));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(raw, c));
        out += hex({data, data == nullptr ? 0 : size}) + "|";
      }
      out += "\n";
    }
    sqlite3_finalize(raw);
  }
  return out;
}

}  // namespace livlina::testing
