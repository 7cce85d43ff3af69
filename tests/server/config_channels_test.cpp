// Webhooks in the configuration: every mistake with its place, and what check-config finds in the
// files that they name.
#include <gtest/gtest.h>

#include "server/app/config.hpp"
#include "tests/server/temp_dir.hpp"
#include "tests/support/ws_client.hpp"

namespace livlina::server {
namespace {

class ConfigChannels : public ::testing::Test {
 protected:
  LoadedConfig load(const std::string& toml) {
    sources.file = dir.write("server.toml", toml);
    return load_config(sources);
  }
  // The refusal's line, with the file's directory cut off.
  std::string refusal(const std::string& toml) {
    try {
      (void)load(toml);
    } catch (const ConfigRefused& e) {
      const std::string line = e.what();
      return line.starts_with(dir.path()) ? line.substr(dir.path().size() + 1) : line;
    }
    return "accepted";
  }
  WebhookConfig good() {
    return {.url = "https://pager.example/notify",
            .secret_file = dir.write("secret", secret + "\n"),
            .ca_file = {},
            .allow_private = false};
  }
  static std::string problem(const WebhookConfig& webhook) {
    return webhook_problem("operator_channel", webhook);
  }
  const std::string secret = "whsec_" + std::string(43, 'A') + "=";
  const std::string key = std::string(64, 'a');
  testing::TempDir dir;
  ConfigSources sources;
};

#define EXPECT_REFUSED(toml, beginning) \
  EXPECT_EQ(refusal(toml).substr(0, std::string(beginning).size()), beginning)

TEST_F(ConfigChannels, the_operator_may_have_a_command_a_webhook_or_both) {
  const LoadedConfig both = load(
      "[operator_channel]\ntype = \"both\"\ncommand = [\"/bin/page\"]\nurl = "
      "\"https://a.example\"\n"
      "secret_file = \"/s\"\nca_file = \"/c\"\nallow_private = true\n");
  EXPECT_TRUE(both.config.watch.operator_command && both.config.watch.operator_webhook);
  EXPECT_EQ(both.config.operator_webhook.url, "https://a.example");
  EXPECT_EQ(both.config.operator_webhook.secret_file, "/s");
  EXPECT_EQ(both.config.operator_webhook.ca_file, "/c");
  EXPECT_TRUE(both.config.operator_webhook.allow_private);
  const LoadedConfig one = load("[operator_channel]\ntype = \"webhook\"\nurl = \"https://a.b\"\n");
  EXPECT_TRUE(one.config.watch.operator_webhook && !one.config.watch.operator_command);
  EXPECT_TRUE(one.config.watch.operator_channel());
  EXPECT_FALSE(load("").config.watch.operator_channel());
}

TEST_F(ConfigChannels, what_type_says_and_what_is_given_agree) {
  EXPECT_REFUSED("[operator_channel]\ntype = \"webhook\"\n",
                 "server.toml:2:8: operator_channel.type");
  EXPECT_REFUSED("[operator_channel]\nurl = \"https://a.b\"\n",
                 "server.toml:2:7: operator_channel.url needs");
  EXPECT_REFUSED("[operator_channel]\ntype = \"both\"\nurl = \"https://a.b\"\n",
                 "server.toml:2:8: operator_channel.type");
  EXPECT_REFUSED("[operator_channel]\ntype = \"mail\"\n", "server.toml:2:8: operator_channel.type");
}

TEST_F(ConfigChannels, each_desk_has_its_own) {
  const LoadedConfig loaded = load("[[desk_channel]]\ndesk = \"" + key +
                                   "\"\nurl = \"https://a.example\"\nsecret_file = \"/s\"\n"
                                   "[[desk_channel]]\ndesk = \"" +
                                   std::string(64, 'b') +
                                   "\"\nurl = \"https://b.example\"\nsecret_file = \"/t\"\n"
                                   "ca_file = \"/c\"\nallow_private = true\n");
  ASSERT_EQ(loaded.config.desk_channels.size(), 2u);
  EXPECT_EQ(loaded.config.desk_channels[0].desk[31], 0xaa);
  EXPECT_EQ(loaded.config.desk_channels[1].webhook.url, "https://b.example");
  EXPECT_TRUE(loaded.config.desk_channels[1].webhook.allow_private);
  EXPECT_EQ(loaded.config.watch.desk_channels.size(), 2u);
  EXPECT_EQ(loaded.entries.back().key, "desk_channel.1.url") << "by the order of the letters";
  EXPECT_EQ(loaded.entries.back().value, "\"https://b.example\"");
  EXPECT_FALSE(loaded.config.watch.operator_channel()) << "a desk's is not the operator's";
}

TEST_F(ConfigChannels, a_desks_channel_is_refused_with_its_place) {
  const std::string desk = "[[desk_channel]]\ndesk = \"" + key + "\"\n";
  EXPECT_REFUSED("[desk_channel]\nurl = \"x\"\n",
                 "server.toml:1:1: desk_channel is a list of sections");
  EXPECT_REFUSED("desk_channel = 3\n", "server.toml:1:16: desk_channel is a list of sections");
  EXPECT_REFUSED("[[desk_channel]]\nurl = \"x\"\n",
                 "server.toml:1:1: desk_channel.desk is missing");
  EXPECT_REFUSED("[[desk_channel]]\ndesk = \"abc\"\n",
                 "server.toml:2:8: desk_channel.desk must have 64");
  EXPECT_REFUSED("[[desk_channel]]\ndesk = 1\n", "server.toml:2:8: desk_channel.desk must be");
  EXPECT_REFUSED(desk, "server.toml:1:1: desk_channel.url is missing");
  EXPECT_REFUSED(desk + "url = \"https://a.b\"\n",
                 "server.toml:1:1: desk_channel.secret_file is missing");
  EXPECT_REFUSED(desk + "colour = \"red\"\n", "server.toml:3:10: unknown key desk_channel.colour");
  EXPECT_REFUSED(desk + "allow_private = \"yes\"\n",
                 "server.toml:3:17: desk_channel.allow_private must be");
  const std::string whole = desk + "url = \"https://a.b\"\nsecret_file = \"/s\"\n";
  EXPECT_REFUSED(whole + whole, "server.toml:5:1: desk_channel.desk: this desk has one already");
  EXPECT_EQ(refusal(whole), "accepted");
  sources.environment["LIVLINA_DESK_CHANNEL_URL"] = "https://a.b";
  EXPECT_REFUSED(whole, "environment LIVLINA_DESK_CHANNEL_URL: ");
}

TEST_F(ConfigChannels, check_config_says_what_keeps_a_webhook_from_being_sent) {
  EXPECT_EQ(problem(good()), "");
  WebhookConfig w = good();
  w.url = "http://pager.example/";
  EXPECT_TRUE(problem(w).starts_with("operator_channel.url: is not encrypted")) << problem(w);
  w.url = "https://10.0.0.1/";
  EXPECT_NE(problem(w).find("allow_private"), std::string::npos) << problem(w);
  w.allow_private = true;
  EXPECT_EQ(problem(w), "");
  w.url = "https://user:SECRET@pager.example/";
  EXPECT_TRUE(problem(w).starts_with("operator_channel.url: names a user")) << problem(w);
  EXPECT_EQ(problem(w).find("SECRET"), std::string::npos);
  w = good();
  w.secret_file.clear();
  EXPECT_TRUE(problem(w).starts_with("operator_channel.secret_file: not set")) << problem(w);
  w.secret_file = dir.file("missing");
  EXPECT_NE(problem(w).find("cannot be read"), std::string::npos) << problem(w);
  w.secret_file = dir.write("open", secret, 0640);
  EXPECT_NE(problem(w).find("chmod 0600"), std::string::npos) << problem(w);
  w.secret_file = dir.write("long", std::string(1000, 'A'));
  EXPECT_NE(problem(w).find("longer"), std::string::npos) << problem(w);
  w.secret_file = dir.write("password", "correct horse battery staple");
  EXPECT_NE(problem(w).find("is no secret"), std::string::npos) << problem(w);
  EXPECT_EQ(problem(w).find("horse"), std::string::npos);
  w = good();
  w.ca_file = dir.write("ca.pem", "nothing");
  EXPECT_TRUE(problem(w).starts_with("operator_channel.ca_file: ")) << problem(w);
  testing::make_certificate(dir.file("c.pem"), dir.file("k.pem"));
  w.ca_file = dir.file("c.pem");
  EXPECT_EQ(problem(w), "");
}

TEST_F(ConfigChannels, real_people_may_be_served_with_a_webhook_instead_of_a_command) {
  Config config;
  config.database = dir.file("livlina.db");
  const auto about_channels = [&] {
    std::size_t n = 0;
    for (const std::string& p : readiness_problems(config))
      n += p.find("_channel") != std::string::npos ? 1 : 0;
    return n;
  };
  EXPECT_EQ(about_channels(), 1u);
  config.watch.operator_webhook = true;
  config.operator_webhook = good();
  EXPECT_EQ(about_channels(), 0u);
  DeskChannel desk;
  desk.webhook = good();
  desk.webhook.secret_file = dir.file("missing");
  config.desk_channels.push_back(desk);
  EXPECT_EQ(about_channels(), 1u);
}

}  // namespace
}  // namespace livlina::server
