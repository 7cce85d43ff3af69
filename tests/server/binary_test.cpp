// The real binary: serving, signals, exit codes.
#include <signal.h>
#include <unistd.h>

#include <fstream>

#include "tests/server/app_fixture.hpp"
#include "tests/server/process.hpp"

namespace livlina::testing {
namespace {

class Binary : public AppTest {
 protected:
  Binary() {
    file =
        dir.write("server.toml", "[server]\naddress = \"127.0.0.1\"\nport = 0\ncertificate = \"" +
                                     config.net.certificate + "\"\nkey = \"" + config.net.key +
                                     "\"\ndatabase = \"" + config.database + "\"\n");
  }
  [[nodiscard]] std::vector<std::string> serve(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = {LIVLINA_SERVER_BINARY, "--config", file, "serve"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  static WsOptions listening(Process& process) {
    const auto line = process.line_with("listening on");
    WsOptions options;
    if (line)
      options.port = static_cast<std::uint16_t>(std::stoi(line->substr(line->rfind(' ') + 1)));
    return options;
  }
  std::string file;
};

TEST_F(Binary, serves_and_stops_at_sigterm_with_a_goodbye_and_code_0) {
  init();
  Process process(serve());
  const WsOptions options = listening(process);
  ASSERT_EQ(https(options, "GET", "/readyz").status, 200);
  WsClient client(options);
  ASSERT_TRUE(parsed(client.receive()).has_challenge());
  process.signal(SIGTERM);
  EXPECT_EQ(parsed(client.receive()).closing().reason(), "shutting_down");
  EXPECT_EQ(client.wait_closed(), 1001);
  EXPECT_EQ(process.wait(), 0);
}

TEST_F(Binary, sighup_reads_the_certificate_again_and_sigusr1_switches_debug_lines) {
  init();
  Process process(serve());
  const WsOptions options = listening(process);
  const std::string before = shown_certificate(options);
  make_certificate(config.net.certificate, config.net.key);
  process.signal(SIGHUP);
  ASSERT_TRUE(process.line_with("certificate_reloaded"));
  EXPECT_NE(shown_certificate(options), before);
  process.signal(SIGUSR1);
  process.signal(SIGHUP);
  ASSERT_TRUE(process.line_with("certificate_reloaded"));
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 0);
}

TEST_F(Binary, sighup_with_a_bad_certificate_keeps_the_old_one_and_names_the_file) {
  init();
  Process process(serve());
  const WsOptions options = listening(process);
  const std::string before = shown_certificate(options);
  const std::string key = read_file(config.net.key);
  const auto refused = [&](const std::string& named) {
    process.signal(SIGHUP);
    const auto line = process.line_with("certificate_");
    ASSERT_TRUE(line);
    EXPECT_NE(line->find("certificate_not_reloaded"), std::string::npos) << *line;
    EXPECT_NE(line->find(named), std::string::npos) << *line;
    EXPECT_NE(line->find("check_config"), std::string::npos) << *line;
    EXPECT_EQ(shown_certificate(options), before);
  };
  std::ofstream(config.net.certificate) << "no certificate\n";
  refused("server_certificate");
  make_certificate(config.net.certificate, config.net.key, -1);  // over since yesterday
  refused("server_certificate");
  make_certificate(config.net.certificate, config.net.key);
  std::ofstream(config.net.key) << key;  // of the certificate before
  refused("server_key");
  ASSERT_EQ(::unlink(config.net.key.c_str()), 0);
  refused("server_key");
  // Whoever mends the files needs no restart.
  make_certificate(config.net.certificate, config.net.key);
  process.signal(SIGHUP);
  ASSERT_TRUE(process.line_with("certificate_reloaded"));
  EXPECT_NE(shown_certificate(options), before);
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0);
}

TEST_F(Binary, M1_after_sigkill_the_next_start_needs_no_hand) {
  init();
  {
    Process process(serve());
    const WsOptions options = listening(process);
    WsClient client(options);
    (void)client.receive();
    client.send(claim(2));
    ASSERT_TRUE(parsed(client.receive()).has_claimed_invite());
    process.signal(SIGKILL);
    EXPECT_EQ(process.wait(), 128 + SIGKILL);
  }
  Process process(serve());
  WsClient client(listening(process));
  (void)client.receive();
  client.send(claim(3));
  EXPECT_TRUE(parsed(client.receive()).has_claimed_invite());
}

TEST_F(Binary, H15_a_second_process_refuses_to_start) {
  init();
  Process first(serve());
  (void)listening(first);
  Process second(serve());
  EXPECT_TRUE(second.line_with("another server process"));
  EXPECT_EQ(second.wait(), 1);
}

TEST_F(Binary, a_port_in_use_is_code_1_and_a_missing_database_code_2) {
  init();
  Process first(serve());
  const WsOptions options = listening(first);
  config.database = dir.file("other/livlina.db");
  init();
  Process second(serve({"--port", std::to_string(options.port), "--database", config.database}));
  EXPECT_TRUE(second.line_with("is in use"));
  EXPECT_EQ(second.wait(), 1);
  Process third(serve({"--database", dir.file("other/none.db")}));
  EXPECT_TRUE(third.line_with("livlina-server init"));
  EXPECT_EQ(third.wait(), 2);
}

}  // namespace
}  // namespace livlina::testing
