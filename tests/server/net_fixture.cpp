#include "tests/server/net_fixture.hpp"

#include "crypto/core/random.hpp"

namespace livlina::testing {

using server::CloseCode;
using server::NetOutgoing;
using server::SessionId;

namespace {

v1::ServerFrame frame(std::uint64_t id) {
  v1::ServerFrame f;
  f.set_id(id);
  f.set_version(protocol::wire_version);
  return f;
}

void send(server::NetServer* net, SessionId session, const v1::ServerFrame& f) {
  std::vector<NetOutgoing> out;
  out.push_back({session, protocol::encode(f), CloseCode::none});
  net->deliver(std::move(out));
}

}  // namespace

void ScriptedGate::opened(SessionId session, const ByteArray<32>& nonce) {
  {
    const std::scoped_lock lock(mutex_);
    open_.insert(session);
  }
  v1::ServerFrame f = frame(0);
  f.mutable_challenge()->set_nonce(to_string(nonce));
  send(net, session, f);
}

void ScriptedGate::answer(SessionId session, const v1::Request& request) {
  v1::ServerFrame f = frame(request.id());
  if (request.has_login())
    f.mutable_welcome()->set_queued(0);
  else
    f.mutable_done();
  send(net, session, f);
}

void ScriptedGate::request(SessionId session, std::shared_ptr<const v1::Request> request) {
  const bool keep = held_ && !request->has_login();
  {
    const std::scoped_lock lock(mutex_);
    ++requests_;
    if (keep) kept_.emplace_back(session, request);
  }
  changed_.notify_all();
  if (!keep) answer(session, *request);
}

void ScriptedGate::release() {
  held_ = false;
  const std::scoped_lock lock(mutex_);
  for (const auto& [session, kept] : kept_) answer(session, *kept);
  kept_.clear();
}

void ScriptedGate::closed(SessionId session) {
  {
    const std::scoped_lock lock(mutex_);
    open_.erase(session);
  }
  changed_.notify_all();
}

void ScriptedGate::probe(std::function<void(bool well)> done) {
  if (!stuck_) done(!ill_);
}

void ScriptedGate::push(SessionId session, std::size_t bytes) {
  v1::ServerFrame f = frame(0);
  f.mutable_closing()->set_reason(std::string(bytes, 'x'));
  send(net, session, f);
}

std::set<SessionId> ScriptedGate::open_sessions() const {
  const std::scoped_lock lock(mutex_);
  return open_;
}

std::size_t ScriptedGate::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

bool ScriptedGate::wait_for_requests(std::size_t n) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return requests_ >= n; });
}

bool ScriptedGate::wait_until_closed(SessionId session) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10),
                           [&] { return open_.count(session) == 0; });
}

NetTest::NetTest() {
  (void)crypto::init();
  make_certificate(dir.file("cert.pem"), dir.file("key.pem"));
  settings.address = "127.0.0.1";
  settings.port = 0;
  settings.certificate = dir.file("cert.pem");
  settings.key = dir.file("key.pem");
}

NetTest::~NetTest() { net.reset(); }

void NetTest::start() {
  net = std::make_unique<server::NetServer>(settings, gate);
  gate.net = net.get();
  net->start();
}

WsOptions NetTest::at() const {
  WsOptions options;
  options.port = net->port();
  return options;
}

WsClient NetTest::logged_in() {
  WsClient client(at());
  EXPECT_TRUE(parsed(client.receive()).has_challenge());
  client.send(login(1));
  EXPECT_TRUE(parsed(client.receive()).has_welcome());
  return client;
}

std::string NetTest::request(std::uint64_t id, bool urgent) {
  v1::Request r;
  r.set_id(id);
  r.set_version(protocol::wire_version);
  if (urgent)
    r.mutable_post_record();
  else
    r.mutable_list_circles();
  return protocol::encode(r);
}

std::string NetTest::login(std::uint64_t id) {
  v1::Request r;
  r.set_id(id);
  r.set_version(protocol::wire_version);
  r.mutable_login();
  return protocol::encode(r);
}

v1::ServerFrame NetTest::parsed(const std::optional<std::string>& bytes) {
  if (!bytes) return {};
  auto f = protocol::decode_server_frame(view(*bytes));
  return f.ok() ? std::move(f).value() : v1::ServerFrame{};
}

}  // namespace livlina::testing
