#include "tests/server/app_fixture.hpp"

#include "crypto/core/random.hpp"
#include "crypto/e2ee/invite.hpp"
#include "protocol/codec.hpp"

namespace livlina::testing {

AppTest::AppTest() {
  (void)crypto::init();
  make_certificate(dir.file("cert.pem"), dir.file("key.pem"));
  config.net.address = "127.0.0.1";
  config.net.port = 0;
  config.net.certificate = dir.file("cert.pem");
  config.net.key = dir.file("key.pem");
  config.database = dir.file("data/livlina.db");
  config.public_address = "localhost:8443";
}

void AppTest::init() { made = server::init(config, server::system_clocks().wall()); }

void AppTest::start(const server::Clocks& clocks) {
  server = std::make_unique<server::Server>(config, clocks);
  server->start();
}

std::string AppTest::refusal() const {
  try {
    const server::Server other(config);
    return "started";
  } catch (const server::StartRefused& e) {
    return e.what();
  }
}

WsOptions AppTest::at() const {
  WsOptions options;
  options.port = server->port();
  return options;
}

std::string AppTest::claim(std::uint64_t id) const {
  const Bytes secret = unhex(made.secret);
  const auto keys =
      crypto::invite_keys(crypto::InvitePurpose::staff, crypto::Secret<16>(ByteView(secret)));
  v1::Request r;
  r.set_id(id);
  r.set_version(protocol::wire_version);
  auto& claim = *r.mutable_claim_invite();
  claim.set_invite_id(to_string(keys.invite_id.view()));
  claim.set_auth(to_string(keys.auth.expose()));
  claim.set_claim_id(std::string(16, 'c'));
  return protocol::encode(r);
}

v1::ServerFrame AppTest::parsed(const std::optional<std::string>& bytes) {
  if (!bytes) return {};
  auto f = protocol::decode_server_frame(view(*bytes));
  return f.ok() ? std::move(f).value() : v1::ServerFrame{};
}

}  // namespace livlina::testing
