// The real server started wrongly, as an operator would: one clear line that names the file and
// what to do, and the documented exit code.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include "crypto/core/random.hpp"
#include "crypto/e2ee/invite.hpp"
#include "protocol/codec.hpp"
#include "protocol/proto.hpp"
#include "server/store/db.hpp"
#include "server/store/schema.hpp"
#include "tests/smoke/command.hpp"
#include "tests/smoke/real_server.hpp"

namespace livlina::testing {
namespace {

constexpr int failed = 1;
constexpr int usage = 2;

class ServerStart : public ::testing::Test {
 protected:
  // `serve` with these words behind it must end so, with one line that says so.
  void refuses(const std::vector<std::string>& more, int code, const std::string& says) {
    std::vector<std::string> words = {"serve"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome o = run_command(server.command(words));
    EXPECT_EQ(o.code, code) << o.err;
    EXPECT_EQ(o.err_lines(), 1U) << o.err;
    EXPECT_EQ(o.err.rfind("livlina-server: ", 0), 0U) << o.err;
    EXPECT_NE(o.err.find(says), std::string::npos) << o.err;
    EXPECT_EQ(o.out, "");
  }
  void init() { ASSERT_FALSE(server.init().empty()); }
  [[nodiscard]] std::string identity() const {
    return server.dir().file("data/server-identity.key");
  }
  RealServer server;
};

TEST_F(ServerStart, wrong_words_and_settings) {
  init();
  refuses({"--such-flag"}, usage, "--such-flag");
  refuses({"--port", "many"}, usage, "server.port must be an integer");
  refuses({"--port", "70000"}, usage, "server.port = 70000 is out of bounds");
  refuses({"--address", "example"}, failed, "example");
  refuses({"--set", "server.nothing=1"}, usage, "server.nothing");
  refuses({"--set", "server.port"}, usage, "KEY=VALUE");
  refuses({"--set", "log.level=loud"}, usage, "is none of: debug, info, warning, error");
  EXPECT_EQ(run_command({LIVLINA_SERVER_BINARY}).code, usage);
  EXPECT_EQ(run_command({LIVLINA_SERVER_BINARY, "--config", "/nowhere.toml", "serve"}).code, usage);
}

TEST_F(ServerStart, an_unknown_key_is_named_with_file_line_and_column) {
  const std::string file = server.dir().write("bad.toml", "[server]\nport = 1\n  prot = 2\n");
  const Outcome o = run_command({LIVLINA_SERVER_BINARY, "--config", file, "serve"});
  EXPECT_EQ(o.code, usage);
  EXPECT_EQ(o.err_lines(), 1U);
  EXPECT_NE(o.err.find(file + ":3:3: unknown key server.prot"), std::string::npos) << o.err;
}

TEST_F(ServerStart, certificate_and_key_files) {
  init();
  refuses({"--set", "server.certificate=/nowhere.pem"}, usage, "/nowhere.pem");
  refuses({"--set", "server.key=/nowhere.pem"}, usage, "/nowhere.pem");
  const std::string rubbish = server.dir().write("rubbish.pem", "no certificate\n");
  refuses({"--set", "server.certificate=" + rubbish}, usage, rubbish);
  ASSERT_EQ(::chmod(server.dir().file("key.pem").c_str(), 0644), 0);
  refuses({}, usage, server.dir().file("key.pem"));
}

TEST_F(ServerStart, the_identity_file) {
  init();
  ASSERT_EQ(::chmod(identity().c_str(), 0604), 0);
  refuses({}, usage, "chmod 0600");
  ASSERT_EQ(::chmod(identity().c_str(), 0600), 0);
  std::ofstream(identity(), std::ios::binary) << std::string(32, 'x');
  refuses({}, usage, "is not the key of the server");
  std::ofstream(identity(), std::ios::binary) << "short";
  refuses({}, usage, "32 bytes");
  ASSERT_EQ(::unlink(identity().c_str()), 0);
  refuses({}, usage, "cannot be read");
}

TEST_F(ServerStart, the_database) {
  init();
  refuses({"--database", server.dir().file("data/none.db")}, usage, "run livlina-server init");
  const auto change = [&](const char* sql) { server::store::Db(server.database()).exec(sql); };
  change("PRAGMA user_version = 99");
  refuses({}, failed, "schema version 99");
  const std::string version =
      "PRAGMA user_version = " + std::to_string(server::store::schema_version());
  change((version + "; PRAGMA application_id = 7").c_str());
  refuses({}, failed, "belongs to another program");
  change("PRAGMA application_id = 0x4c564c4e");
  ASSERT_TRUE(server.start());  // nothing of this changed it
  server.signal(SIGTERM);
  ASSERT_EQ(server.wait(), 0);
  std::ofstream(server.database(), std::ios::binary) << std::string(4096, 'x');
  refuses({}, failed, "not a database");
}

TEST_F(ServerStart, H15_another_process_has_the_database) {
  init();
  ASSERT_TRUE(server.start());
  refuses({}, failed, "another server process");
  const Outcome again = run_command(server.command({"init", "--new-code"}));
  EXPECT_EQ(again.code, failed);
  EXPECT_NE(again.err.find("another server process"), std::string::npos) << again.err;
  server.signal(SIGTERM);
  ASSERT_EQ(server.wait(), 0);
  // An operator's own shell that holds the write lock.
  server::store::Db shell(server.database());
  shell.begin();
  const Outcome locked = run_command(server.command({"init", "--new-code"}));
  EXPECT_EQ(locked.code, failed);
  EXPECT_EQ(locked.err_lines(), 1U) << locked.err;
  EXPECT_NE(locked.err.find("database is locked"), std::string::npos) << locked.err;
}

// Somebody's shell holds the write lock from before the start: the server serves what it can, says
// BUSY to who asks for more, and works when the lock is gone.
TEST_F(ServerStart, M1_I9_a_locked_database_is_busy_and_recovers_by_itself) {
  const std::string code = server.init();
  ASSERT_FALSE(code.empty());
  const auto invite = crypto::parse_invite_code(unhex(code));
  ASSERT_TRUE(invite.ok());
  const crypto::InviteKeys keys = crypto::invite_keys(invite->purpose, invite->s);
  std::uint64_t id = 0;
  // The reply to a claim of the first invitation.
  const auto claimed = [&](WsClient& client) {
    v1::Request r;
    r.set_id(++id);
    r.set_version(protocol::wire_version);
    auto& claim = *r.mutable_claim_invite();
    claim.set_invite_id(keys.invite_id.bytes.data(), keys.invite_id.bytes.size());
    claim.set_auth(keys.auth.expose().data(), keys.auth.expose().size());
    claim.set_claim_id(std::string(16, 'c'));
    client.send(protocol::encode(r));
    const auto bytes = client.receive();
    auto frame = protocol::decode_server_frame(view(bytes.value_or("")));
    return frame.ok() ? std::move(*frame) : v1::ServerFrame{};
  };
  const auto claims = [&] {
    server::store::Db db(server.database(), server::store::Db::Mode::read_only);
    auto q = db.query("SELECT count(*) FROM invite WHERE claim IS NOT NULL");
    return q.step() ? q.integer(0) : -1;
  };

  std::optional<server::store::Db> shell(server.database());
  shell->begin();
  ASSERT_TRUE(server.start()) << "a lock is no reason to stay down";
  WsClient client(server.at());
  ASSERT_TRUE(client.receive()) << "the challenge";
  for (int i = 0; i < 2; ++i) {
    const v1::ServerFrame reply = claimed(client);
    EXPECT_EQ(reply.id(), id);
    EXPECT_EQ(reply.error().code(), v1::BUSY) << reply.error().code();
    EXPECT_EQ(reply.error().detail(), "");
    EXPECT_GT(reply.error().retry_after_ms(), 0U) << "wire.md: waits so long, repeats";
    EXPECT_EQ(https(server.at(), "GET", "/healthz").status, 200);
  }
  shell->rollback();
  EXPECT_EQ(claims(), 0) << "what was refused is not half done";

  EXPECT_TRUE(claimed(client).has_claimed_invite()) << "on the same connection";
  EXPECT_EQ(claims(), 1);
  EXPECT_EQ(https(server.at(), "GET", "/readyz").status, 200);
  // And again while it runs: nothing is remembered of the first time.
  shell->begin();
  EXPECT_EQ(claimed(client).error().code(), v1::BUSY);
  shell->rollback();
  EXPECT_TRUE(claimed(client).has_claimed_invite()) << "the same claim again";
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
}

TEST_F(ServerStart, a_port_in_use) {
  init();
  ASSERT_TRUE(server.start());
  RealServer second;
  ASSERT_FALSE(second.init().empty());
  const Outcome o = run_command(second.command({"serve", "--port", std::to_string(server.port())}));
  EXPECT_EQ(o.code, failed);
  EXPECT_EQ(o.err_lines(), 1U) << o.err;
  EXPECT_NE(o.err.find("in use"), std::string::npos) << o.err;
  EXPECT_EQ(https(server.at(), "GET", "/readyz").status, 200);
}

TEST_F(ServerStart, init_never_overwrites_and_leaves_nothing_on_a_full_disk) {
  const Outcome full = run_command(server.command({"init"}), {}, 8);
  EXPECT_EQ(full.code, failed) << full.out;
  EXPECT_EQ(full.err_lines(), 1U) << full.err;
  EXPECT_NE(full.err.find(server.database()), std::string::npos) << full.err;
  for (const char* left : {"data/livlina.db", "data/livlina.db.init", "data/server-identity.key"})
    EXPECT_NE(::access(server.dir().file(left).c_str(), F_OK), 0) << left;
  init();
  const std::string before = read_file(identity());
  const Outcome again = run_command(server.command({"init"}));
  EXPECT_EQ(again.code, failed);
  EXPECT_NE(again.err.find("never overwrites"), std::string::npos) << again.err;
  EXPECT_EQ(read_file(identity()), before);
}

}  // namespace
}  // namespace livlina::testing
