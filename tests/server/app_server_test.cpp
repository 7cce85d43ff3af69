// The whole server on a free port: start, answers, refusals to start, stop.
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "protocol/codec.hpp"
#include "server/store/db.hpp"
#include "server/store/lock_file.hpp"
#include "server/store/schema.hpp"
#include "server/store/server_row.hpp"
#include "tests/server/app_fixture.hpp"

namespace livlina::testing {
namespace {

TEST_F(AppTest, G7_is_alive_and_ready) {
  init();
  start();
  EXPECT_EQ(https(at(), "GET", "/healthz").status, 200);
  EXPECT_EQ(https(at(), "GET", "/readyz").status, 200);
  EXPECT_GT(server->figures().rounds, 0U);
}

TEST_F(AppTest, M1_the_ballast_is_made_and_a_server_without_room_for_it_is_not_ready) {
  init();
  start();
  struct stat s{};
  ASSERT_EQ(::stat((config.database + ".ballast").c_str(), &s), 0);
  EXPECT_EQ(static_cast<std::uint64_t>(s.st_size), config.ballast);
  server.reset();
  config.ballast = std::uint64_t{1} << 60;
  start();
  EXPECT_EQ(https(at(), "GET", "/readyz").status, 503);
  EXPECT_NE(::stat((config.database + ".ballast").c_str(), &s), 0);
}

TEST_F(AppTest, the_challenge_shows_the_key_of_the_code) {
  init();
  start();
  WsClient client(at());
  const v1::ServerFrame f = parsed(client.receive());
  ASSERT_TRUE(f.has_challenge());
  EXPECT_EQ(hex(view(f.challenge().server_pk())), made.server_key);
  EXPECT_EQ(f.challenge().nonce().size(), 32U);
  EXPECT_EQ(f.challenge().server_name(), config.watch.server_name);
}

TEST_F(AppTest, T19_the_first_code_claims_and_a_wrong_one_does_not) {
  init();
  start();
  WsClient client(at());
  (void)client.receive();
  client.send(claim(7));
  EXPECT_TRUE(parsed(client.receive()).has_claimed_invite());
  made.secret = std::string(32, '0');
  client.send(claim(8));
  EXPECT_EQ(parsed(client.receive()).error().code(), v1::INVITE_GONE);
}

TEST_F(AppTest, T23_a_login_of_an_unknown_device_is_refused) {
  init();
  start();
  WsClient client(at());
  (void)client.receive();
  v1::Request r;
  r.set_id(3);
  r.set_version(protocol::wire_version);
  r.mutable_login()->set_device_id(std::string(16, 'd'));
  r.mutable_login()->set_counter(1);
  r.mutable_login()->set_client_nonce(std::string(32, 'n'));
  r.mutable_login()->set_signature(std::string(64, 's'));
  client.send(protocol::encode(r));
  EXPECT_EQ(parsed(client.receive()).error().code(), v1::LOGIN_REFUSED);
}

TEST_F(AppTest, M1_stopping_answers_then_says_goodbye_and_the_next_start_knows) {
  init();
  start();
  WsClient client(at());
  (void)client.receive();
  client.send(claim(2));
  ASSERT_TRUE(parsed(client.receive()).has_claimed_invite());
  std::thread stopper([&] { server->stop(); });
  EXPECT_EQ(parsed(client.receive()).closing().reason(), "shutting_down");
  EXPECT_EQ(client.wait_closed(), 1001);
  stopper.join();
  server.reset();
  EXPECT_FALSE(std::filesystem::exists(config.database + "-wal"));  // closed in order
  start();
  WsClient again(at());
  (void)again.receive();
  again.send(claim(3));  // the same claim gets the same answer
  EXPECT_TRUE(parsed(again.receive()).has_claimed_invite());
}

TEST_F(AppTest, H15_a_second_server_on_the_database_is_refused) {
  init();
  start();
  EXPECT_NE(refusal().find("another server process"), std::string::npos) << refusal();
  server.reset();
  EXPECT_EQ(refusal(), "started");
}

TEST_F(AppTest, what_is_missing_or_wrong_is_named) {
  EXPECT_NE(refusal().find("data: "), std::string::npos) << refusal();
  init();
  const server::Config good = config;
  config.database = dir.file("data/other.db");
  EXPECT_NE(refusal().find("other.db: no database there"), std::string::npos) << refusal();
  config = good;
  config.net.certificate = dir.file("none.pem");
  EXPECT_NE(refusal().find("none.pem: No such file"), std::string::npos) << refusal();
  config = good;
  config.server_key = dir.write("short.key", "short");
  EXPECT_NE(refusal().find("short.key: is no server key"), std::string::npos) << refusal();
  config.server_key = dir.write("other.key", std::string(32, 'k'));
  EXPECT_NE(refusal().find("other.key: is not the key"), std::string::npos) << refusal();
  config = good;
  (void)::chmod(made.identity_file.c_str(), 0644);
  EXPECT_NE(refusal().find("chmod 0600"), std::string::npos) << refusal();
  (void)::chmod(made.identity_file.c_str(), 0600);
  EXPECT_EQ(refusal(), "started");
}

TEST_F(AppTest, G1_a_plan_whose_time_zone_is_not_known_here_refuses_the_start) {
  init();
  const auto change = [&](const char* sql) {
    server::store::Db db(config.database);
    server::store::migrate(db);
    db.exec(std::string("PRAGMA foreign_keys = OFF; ") + sql);
  };
  change(
      "INSERT INTO schedule (circle, schedule_id, plan_version, zone, valid_from, valid_to, "
      "opens_before, grace, reminders, times, state, next_at) VALUES (zeroblob(16), zeroblob(16), "
      "1, 'Europe/Atlantis', 0, 9, 0, 60, x'', x'7f0000', 1, 1 << 50)");
  EXPECT_NE(refusal().find("livlina.db: a plan goes by the time zone Europe/Atlantis"),
            std::string::npos)
      << refusal();
  change("UPDATE schedule SET state = 3, next_at = NULL");
  EXPECT_EQ(refusal(), "started") << "nothing goes by it any more";
}

TEST_F(AppTest, a_database_that_is_not_ours_or_newer_is_named) {
  init();
  const std::string rubbish = dir.write("data/rubbish.db", std::string(8192, 'r'));
  config.database = rubbish;
  EXPECT_NE(refusal().find("rubbish.db: "), std::string::npos) << refusal();
  EXPECT_EQ(read_file(rubbish), std::string(8192, 'r'));  // left as it was
  config.database = dir.file("data/livlina.db");
  {
    server::store::Db(config.database).exec("PRAGMA user_version = 999");
  }
  EXPECT_NE(refusal().find("livlina.db: "), std::string::npos) << refusal();
}

// Clocks that the test moves.
class TestClocks final : public server::Clocks {
 public:
  [[nodiscard]] Instant wall() const override { return server::system_clocks().wall() + wall_step; }
  [[nodiscard]] Duration boot() const override {
    return server::system_clocks().boot() + boot_step;
  }
  std::atomic<Duration> wall_step = 0;
  std::atomic<Duration> boot_step = 0;
};

TEST_F(AppTest, H06_after_a_suspension_and_clock_steps_it_goes_on_at_the_new_time) {
  init();
  TestClocks clocks;
  start(clocks);
  const auto last_round = [&] {
    server->look_again();
    (void)https(at(), "GET", "/readyz");
    server::store::Db db(config.database, server::store::Db::Mode::read_only);
    return server::store::Server(db).find()->last_round;
  };
  const Instant real = server::system_clocks().wall();
  EXPECT_LT(last_round(), real + minute);
  clocks.boot_step = hour;  // suspended
  clocks.wall_step = hour;
  EXPECT_GE(last_round(), real + hour);
  clocks.wall_step = 3 * hour;  // set forward
  EXPECT_GE(last_round(), real + 3 * hour);
  clocks.wall_step = hour;  // and back
  EXPECT_LT(last_round(), real + 2 * hour);
  EXPECT_EQ(https(at(), "GET", "/readyz").status, 200);
  server.reset();  // before its clocks
}

}  // namespace
}  // namespace livlina::testing
