// Configuration: precedence, and every kind of mistake with its place.
#include "server/app/config.hpp"

#include <gtest/gtest.h>

#include "server/app/config_table.hpp"
#include "tests/server/temp_dir.hpp"
#include "tests/support/ws_client.hpp"

namespace livlina::server {
namespace {

using testing::TempDir;

class ConfigTest : public ::testing::Test {
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
  static ConfigEntry entry(const LoadedConfig& loaded, const std::string& key) {
    for (const ConfigEntry& e : loaded.entries)
      if (e.key == key) return e;
    return {};
  }
  TempDir dir;
  ConfigSources sources;
};

#define EXPECT_REFUSED(toml, beginning) \
  EXPECT_EQ(refusal(toml).substr(0, std::string(beginning).size()), beginning)

TEST_F(ConfigTest, without_anything_the_built_in_values_hold) {
  const LoadedConfig loaded = load_config({});
  EXPECT_EQ(loaded.config.net.port, 8443);
  EXPECT_EQ(loaded.config.watch.wait_category1, 2 * minute);
  EXPECT_EQ(entry(loaded, "server.port").from, "default");
  EXPECT_EQ(loaded.entries.size(), config_table().size());
}

TEST_F(ConfigTest, every_default_is_within_its_own_bounds) {
  for (const ConfigEntry& e : load_config({}).entries) {
    if (e.value.starts_with("[")) continue;
    ConfigSources one;
    const bool text = e.value.starts_with("\"");
    one.flags.emplace_back(e.key, text ? e.value.substr(1, e.value.size() - 2) : e.value);
    EXPECT_NO_THROW((void)load_config(one)) << e.key;
  }
}

TEST_F(ConfigTest, default_then_file_then_environment_then_flag) {
  LoadedConfig loaded = load("[server]\nport = 1001\n");
  EXPECT_EQ(loaded.config.net.port, 1001);
  EXPECT_EQ(entry(loaded, "server.port").from, dir.file("server.toml") + ":2:8");
  sources.environment["LIVLINA_SERVER_PORT"] = "1002";
  loaded = load_config(sources);
  EXPECT_EQ(loaded.config.net.port, 1002);
  EXPECT_EQ(entry(loaded, "server.port").from, "environment LIVLINA_SERVER_PORT");
  sources.flags.emplace_back("server.port", "1003");
  loaded = load_config(sources);
  EXPECT_EQ(loaded.config.net.port, 1003);
  EXPECT_EQ(entry(loaded, "server.port").from, "flag");
}

TEST_F(ConfigTest, a_refusal_is_one_line_whatever_the_file_holds) {
  EXPECT_EQ(refusal("[server]\ntls12 = fa\nlse\n").find('\n'), std::string::npos);
  EXPECT_NE(refusal("[server]\ntls12 = fa\nlse\n").find("2:"), std::string::npos);
}

TEST_F(ConfigTest, every_type_from_file_and_from_text) {
  const LoadedConfig file = load(R"(
[server]
name = "stad"
tls12 = true
[operator_channel]
type = "command"
command = ["/bin/page", "now"]
[log]
level = "debug"
format = "text"
)");
  EXPECT_EQ(file.config.watch.server_name, "stad");
  EXPECT_TRUE(file.config.net.tls12);
  EXPECT_TRUE(file.config.watch.operator_command);
  EXPECT_EQ(file.config.operator_command, (std::vector<std::string>{"/bin/page", "now"}));
  EXPECT_EQ(file.config.log_level, log::Level::debug);
  EXPECT_FALSE(file.config.log_json);
  EXPECT_EQ(entry(file, "operator_channel.command").value, R"(["/bin/page", "now"])");
  ConfigSources text;
  text.environment["LIVLINA_OPERATOR_CHANNEL_TYPE"] = "command";
  text.environment["LIVLINA_OPERATOR_CHANNEL_COMMAND"] = R"(["/bin/page", "it"])";
  text.environment["LIVLINA_SERVER_TLS12"] = "true";
  const Config config = load_config(text).config;
  EXPECT_EQ(config.operator_command.back(), "it");
  EXPECT_TRUE(config.net.tls12);
}

TEST_F(ConfigTest, unknown_keys_have_line_and_column) {
  EXPECT_REFUSED("[server]\nport = 1\n  prot = 2\n", "server.toml:3:3: unknown key server.prot");
  EXPECT_REFUSED("\n[sever]\nport = 1\n", "server.toml:2:2: unknown section or key sever");
  EXPECT_REFUSED("port = 1\n", "server.toml:1:1: unknown section or key port");
  EXPECT_REFUSED("server = 1\n", "server.toml:1:10: server is a section");
}

TEST_F(ConfigTest, wrong_types_have_line_and_column) {
  EXPECT_REFUSED("[server]\nport = \"1\"\n", "server.toml:2:8: server.port must be an integer");
  EXPECT_REFUSED("[server]\nname = 5\n", "server.toml:2:8: server.name must be a text");
  EXPECT_REFUSED("[server]\ntls12 = 1\n", "server.toml:2:9: server.tls12 must be true or false");
  EXPECT_REFUSED("[limits]\nburst = 1.5\n", "server.toml:2:9: limits.burst must be an integer");
  EXPECT_REFUSED("[operator_channel]\ncommand = \"/bin/x\"\n",
                 "server.toml:2:11: operator_channel.command must be a list of texts");
  EXPECT_REFUSED("[operator_channel]\ncommand = [1]\n",
                 "server.toml:2:11: operator_channel.command must be a list of texts");
}

TEST_F(ConfigTest, broken_toml_has_line_and_column) {
  EXPECT_REFUSED("[server]\nport = = 1\n", "server.toml:2:");
  EXPECT_REFUSED("[server\n", "server.toml:1:");
  EXPECT_REFUSED("[server]\nport = 1\nport = 2\n", "server.toml:3:");
}

TEST_F(ConfigTest, values_out_of_bounds_have_line_and_column) {
  EXPECT_REFUSED("[server]\nport = 65536\n",
                 "server.toml:2:8: server.port = 65536 is out of bounds");
  EXPECT_REFUSED("[server]\nport = -1\n", "server.toml:2:8: server.port = -1 is out of bounds");
  EXPECT_REFUSED("[limits]\nconnections = 0\n", "server.toml:2:15: limits.connections = 0 is out");
  EXPECT_REFUSED("[log]\nlevel = \"loud\"\n",
                 "server.toml:2:9: log.level = \"loud\" is none of: debug, info, warning, error");
}

TEST_F(ConfigTest, G4_waits_are_bounded_unless_it_is_a_demonstration) {
  EXPECT_REFUSED(
      "[watch]\nwait_category1_seconds = 59\n",
      "server.toml:2:26: watch.wait_category1_seconds = 59 is out of bounds: 60 to 3600");
  EXPECT_REFUSED("[watch]\nwait_category2_seconds = 3601\n", "server.toml:2:26: ");
  EXPECT_REFUSED("[demonstration]\nenabled = true\n[watch]\nwait_category2_seconds = 3601\n",
                 "server.toml:4:26: ");
  const LoadedConfig loaded =
      load("[watch]\nwait_category1_seconds = 2\n[demonstration]\nenabled = true\n");
  EXPECT_EQ(loaded.config.watch.wait_category1, 2 * second);
  EXPECT_TRUE(loaded.config.watch.demonstration);
  sources.flags.emplace_back("demonstration.enabled", "false");
  EXPECT_THROW((void)load_config(sources), ConfigRefused);
}

TEST_F(ConfigTest, what_no_single_key_can_see) {
  EXPECT_REFUSED("[limits]\nqueue = 100\nreserved_queue = 100\n",
                 "server.toml:3:18: limits.reserved_queue must be below limits.queue");
  EXPECT_REFUSED("[operator_channel]\ntype = \"command\"\n",
                 "server.toml:2:8: operator_channel.type");
  EXPECT_REFUSED("[operator_channel]\ncommand = [\"/bin/x\"]\n",
                 "server.toml:2:11: operator_channel.command needs");
  EXPECT_REFUSED("[server]\nname = \"\"\n", "server.toml:2:8: server.name must have");
  EXPECT_REFUSED(
      "[demonstration]\nenabled = true\n[watch]\nlease_category1_seconds = 3\n"
      "lease_reminder_seconds = 3\n",
      "server.toml:5:26: watch.lease_reminder_seconds must be shorter");
}

TEST_F(ConfigTest, environment_and_flags_are_as_strict) {
  sources.environment["LIVLINA_SERVER_PROT"] = "1";
  EXPECT_EQ(refusal("").substr(0, 33), "environment LIVLINA_SERVER_PROT: ");
  sources.environment = {{"LIVLINA_SERVER_PORT", "80x"}};
  EXPECT_EQ(refusal(""), "environment LIVLINA_SERVER_PORT: server.port must be an integer");
  sources.environment = {{"LIVLINA_HOME", "elsewhere"}, {"LIVLINA_CONFIG", "file"}};
  EXPECT_EQ(refusal(""), "accepted");  // variables of other programs
  sources.flags = {{"server.prot", "1"}};
  EXPECT_EQ(refusal("").substr(0, 24), "flag --set server.prot: ");
  sources.flags = {{"server.port", ""}};
  EXPECT_EQ(refusal(""), "flag server.port: server.port must be an integer");
  sources.flags = {{"operator_channel.command", "/bin/x"}};
  EXPECT_EQ(refusal("").substr(0, 31), "flag operator_channel.command: ");
}

TEST_F(ConfigTest, a_file_that_is_not_there_or_is_a_directory) {
  sources.file = dir.file("missing.toml");
  EXPECT_THROW((void)load_config(sources), ConfigRefused);
  sources.file = dir.path();
  EXPECT_THROW((void)load_config(sources), ConfigRefused);
}

TEST_F(ConfigTest, readiness_wants_certificate_directory_and_operator_channel) {
  Config config;
  config.public_address = "stad.example:8443";
  config.database = dir.file("none/livlina.db");
  EXPECT_EQ(readiness_problems(config).size(), 3U);
  testing::make_certificate(dir.file("c.pem"), dir.file("k.pem"), 30, "DNS:stad.example");
  config.net.certificate = dir.file("c.pem");
  config.net.key = dir.file("k.pem");
  config.database = dir.file("livlina.db");
  ASSERT_EQ(readiness_problems(config).size(), 1U);
  EXPECT_NE(readiness_problems(config).front().find("category 1"), std::string::npos);
  config.watch.demonstration = true;
  EXPECT_TRUE(readiness_problems(config).empty());
  config.watch.demonstration = false;
  config.watch.operator_command = true;
  config.operator_command = {dir.write("page", "#!/bin/sh\n", 0700)};
  EXPECT_TRUE(readiness_problems(config).empty());
  config.operator_command = {dir.write("page2", "#!/bin/sh\n", 0600)};
  EXPECT_EQ(readiness_problems(config).size(), 1U);
  config.operator_command = {"page"};
  EXPECT_EQ(readiness_problems(config).size(), 1U);
  config.operator_command = {dir.file("missing")};
  EXPECT_EQ(readiness_problems(config).size(), 1U);
}

TEST_F(ConfigTest, readiness_wants_room_for_twice_the_ballast) {
  Config config;
  config.database = dir.file("livlina.db");
  const auto told = [&] {
    for (const std::string& problem : readiness_problems(config))
      if (problem.find("limits.ballast_mib") == 0) return problem;
    return std::string();
  };
  config.ballast = 1 << 20;
  EXPECT_EQ(told(), "");
  config.ballast = std::uint64_t{1} << 60;
  EXPECT_NE(told().find("messages are refused"), std::string::npos) << told();
}

}  // namespace
}  // namespace livlina::server
