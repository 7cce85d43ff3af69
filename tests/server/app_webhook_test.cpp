// The whole server and a receiver of its operator's webhook; livlina-server channel test.
#include <atomic>
#include <sstream>

#include "server/app/command_line.hpp"
#include "server/channels/signature.hpp"
#include "server/time/clocks.hpp"
#include "tests/server/app_fixture.hpp"
#include "tests/support/webhook_receiver.hpp"

namespace livlina::testing {
namespace {

// So late that the server says it was off for long: a line for the operator.
class LateClocks final : public server::Clocks {
 public:
  [[nodiscard]] Instant wall() const override { return server::system_clocks().wall() + 8 * day; }
  [[nodiscard]] Duration boot() const override { return server::system_clocks().boot(); }
};

class AppWebhook : public AppTest {
 protected:
  AppWebhook() : receiver(dir.file("cert.pem"), dir.file("key.pem")) {
    config.watch.operator_webhook = true;
    config.operator_webhook = {.url = receiver.url(),
                               .secret_file = dir.write("secret", secret + "\n"),
                               .ca_file = dir.file("cert.pem"),
                               .allow_private = true};
  }
  server::Exit command(std::vector<std::string> arguments) {
    const std::string file = dir.write(
        "server.toml", "[operator_channel]\ntype = \"webhook\"\nurl = \"" +
                           config.operator_webhook.url + "\"\nsecret_file = \"" +
                           config.operator_webhook.secret_file + "\"\nca_file = \"" +
                           config.operator_webhook.ca_file + "\"\nallow_private = true\n");
    arguments.insert(arguments.begin(), {"--config", file});
    out.str("");
    err.str("");
    return server::run_command_line(arguments, out, err);
  }
  const std::string secret = "whsec_" + std::string(43, 'A') + "=";
  LateClocks clocks;
  WebhookReceiver receiver;
  std::ostringstream out;
  std::ostringstream err;
};

TEST_F(AppWebhook, H20_a_line_for_the_operator_arrives_signed) {
  init();
  start(clocks);
  ASSERT_TRUE(receiver.wait_for_posts(1));
  const ReceivedPost post = receiver.posts()[0];
  EXPECT_NE(post.body.find(R"("code":"long_gap")"), std::string::npos) << post.body;
  EXPECT_NE(post.body.find(R"("incident":null)"), std::string::npos) << post.body;
  EXPECT_EQ(post.headers.at("webhook-signature"),
            server::webhook_signature(Bytes(32, 0), post.headers.at("webhook-id"),
                                      std::stoll(post.headers.at("webhook-timestamp")), post.body));
  server.reset();
}

TEST_F(AppWebhook, G5_H12_what_a_stopped_server_did_not_bring_comes_after_the_start_with_its_key) {
  receiver.set(Manner::mute);
  init();
  start(clocks);
  ASSERT_TRUE(receiver.wait_for_posts(1));
  server.reset();  // while the receiver hangs
  receiver.set(Manner::answers);
  start(clocks);
  ASSERT_TRUE(receiver.wait_for_posts(2));
  const auto posts = receiver.posts();
  EXPECT_EQ(posts[0].headers.at("webhook-id"), posts[1].headers.at("webhook-id"));
  server.reset();
}

TEST_F(AppWebhook, channel_test_sends_one_notice_and_says_what_came_of_it) {
  EXPECT_EQ(command({"channel", "test"}), server::Exit::ok) << err.str();
  EXPECT_EQ(out.str(), "operator_channel.url: delivered: the receiver accepted it (204)\n");
  ASSERT_EQ(receiver.posts().size(), 1u);
  EXPECT_NE(receiver.posts()[0].body.find(R"("code":"test")"), std::string::npos);
  receiver.reply_status(404);
  EXPECT_EQ(command({"channel", "test", "operator"}), server::Exit::failed);
  EXPECT_NE(out.str().find("not delivered: the receiver refuses it (404)"), std::string::npos)
      << out.str();
  EXPECT_EQ(command({"channel", "test", "--json"}), server::Exit::failed);
  EXPECT_TRUE(out.str().starts_with(
      R"({"channels":[{"channel":"operator_channel.url","delivered":false,"told":")"))
      << out.str();
  EXPECT_EQ(command({"channel", "test", "abcd"}), server::Exit::usage);
  EXPECT_NE(err.str().find("no channel is configured for abcd"), std::string::npos) << err.str();
  EXPECT_EQ(command({"channel"}), server::Exit::usage);
  config.operator_webhook.secret_file = dir.file("missing");
  EXPECT_EQ(command({"channel", "test"}), server::Exit::failed);
  EXPECT_NE(out.str().find("secret_file"), std::string::npos) << out.str();
  EXPECT_EQ(receiver.posts().size(), 3u);
}

TEST_F(AppWebhook, channel_test_runs_the_command_as_well) {
  const auto run = [&](const std::string& body) {
    const std::string program = dir.write("tell", "#!/bin/sh\n" + body, 0700);
    out.str("");
    return server::run_command_line({"--config", dir.write("empty.toml", ""), "channel", "test",
                                     "--set", "operator_channel.type=command", "--set",
                                     "operator_channel.command=[\"" + program + "\"]"},
                                    out, err);
  };
  EXPECT_EQ(run("echo \"$*\" > " + dir.file("said") + "\n"), server::Exit::ok) << err.str();
  EXPECT_EQ(out.str(), "operator_channel.command: delivered: the command ended with 0\n");
  EXPECT_EQ(read_file(dir.file("said")), std::string(32, '0') + " 0 test\n");
  EXPECT_EQ(run("exit 3\n"), server::Exit::failed);
}

}  // namespace
}  // namespace livlina::testing
