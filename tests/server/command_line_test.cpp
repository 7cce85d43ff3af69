// init, check-config and version as a person types them; nothing is half-made when they fail.
#include "server/app/command_line.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "crypto/e2ee/invite.hpp"
#include "server/app/descriptors.hpp"
#include "server/store/lock_file.hpp"
#include "server/store/server_row.hpp"
#include "tests/server/temp_dir.hpp"
#include "tests/support/ws_client.hpp"

namespace livlina::server {
namespace {

class CommandLine : public ::testing::Test {
 protected:
  Exit run(const std::vector<std::string>& arguments) {
    out.str("");
    err.str("");
    return run_command_line(arguments, out, err);
  }
  Exit init(const std::vector<std::string>& more = {}) {
    std::vector<std::string> all = {"--database", database, "init"};
    all.insert(all.end(), more.begin(), more.end());
    return run(all);
  }
  // What stands behind "name: " in the output.
  [[nodiscard]] std::string line(const std::string& name) const {
    std::istringstream in(out.str());
    for (std::string l; std::getline(in, l);)
      if (l.starts_with(name + ": ")) return l.substr(name.size() + 2);
    return "";
  }
  [[nodiscard]] std::ptrdiff_t complaint_lines() const {
    const std::string all = err.str();
    return std::count(all.begin(), all.end(), '\n');
  }
  [[nodiscard]] std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& e : std::filesystem::directory_iterator(dir.file("data")))
      names.insert(e.path().filename().string());
    return names;
  }
  testing::TempDir dir;
  std::string database = dir.file("data/livlina.db");
  std::ostringstream out;
  std::ostringstream err;
};

TEST_F(CommandLine, init_prints_a_code_that_clients_read) {
  ASSERT_EQ(init({"--set", "server.name=stad.example", "--port", "9000"}), Exit::ok) << err.str();
  const Bytes bytes = unhex(line("code"));
  const auto code = crypto::parse_invite_code(bytes);
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(code->host, "stad.example:9000");
  EXPECT_EQ(code->purpose, crypto::InvitePurpose::staff);
  EXPECT_EQ(hex(code->server_pk), line("server_key"));
  // Nothing else is shown that somebody could hand over instead.
  EXPECT_EQ(out.str().find("secret"), std::string::npos) << out.str();
  EXPECT_EQ(code->desk_fingerprint, ByteArray<32>{});
  EXPECT_EQ(files(),
            (std::set<std::string>{"livlina.db", "livlina.db.lock", "server-identity.key"}));
}

TEST_F(CommandLine, what_init_makes_is_for_this_user_alone) {
  ASSERT_EQ(init(), Exit::ok);
  for (const std::string name : {".", "livlina.db", "server-identity.key"}) {
    struct stat s{};
    ASSERT_EQ(::stat(dir.file("data/" + name).c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 077U, 0U) << name;
  }
  // The first secret is told once and stored nowhere.
  const auto code = crypto::parse_invite_code(unhex(line("code")));
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(testing::read_file(database).find(to_string(code->s.expose())), std::string::npos);
}

TEST_F(CommandLine, init_never_overwrites) {
  ASSERT_EQ(init(), Exit::ok);
  const std::string key = testing::read_file(dir.file("data/server-identity.key"));
  EXPECT_EQ(init(), Exit::failed);
  EXPECT_NE(err.str().find("never overwrites"), std::string::npos);
  EXPECT_TRUE(out.str().empty());
  std::filesystem::remove(database);
  EXPECT_EQ(init(), Exit::failed);  // a key alone is as precious
  EXPECT_EQ(testing::read_file(dir.file("data/server-identity.key")), key);
}

TEST_F(CommandLine, a_new_code_keeps_the_server_and_differs) {
  ASSERT_EQ(init(), Exit::ok);
  const std::string server_key = line("server_key");
  const std::string code = line("code");
  ASSERT_EQ(init({"--new-code"}), Exit::ok) << err.str();
  EXPECT_EQ(line("server_key"), server_key);
  EXPECT_NE(line("code"), code);
  ASSERT_EQ(init({"--new-code", "--json"}), Exit::ok);
  EXPECT_NE(out.str().find("\"server_key\":\"" + server_key + "\""), std::string::npos);
}

TEST_F(CommandLine, a_failed_init_leaves_nothing_half_made) {
  dir.write("data", "a file where a directory should be");
  EXPECT_EQ(init(), Exit::failed);
  EXPECT_NE(err.str().find(dir.file("data")), std::string::npos) << err.str();
  std::filesystem::remove(dir.file("data"));
  // The key cannot be put where it should go: its directory is missing.
  EXPECT_EQ(init({"--set", "server.identity=" + dir.file("none/key")}), Exit::failed);
  EXPECT_EQ(files(), (std::set<std::string>{"livlina.db.lock"}));
  EXPECT_EQ(init(), Exit::ok) << err.str();  // and the next try is not in its way
}

TEST_F(CommandLine, a_full_disk_is_named_and_leaves_nothing) {
  std::filesystem::create_directory(dir.file("data"));
  (void)::chmod(dir.file("data").c_str(), 0700);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  (void)::signal(SIGXFSZ, SIG_IGN);
  const rlimit tiny{8192, before.rlim_max};  // no file may grow beyond: as a full disk
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tiny), 0);
  const Exit code = init();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(code, Exit::failed);
  EXPECT_NE(err.str().find("livlina.db"), std::string::npos) << err.str();
  EXPECT_EQ(complaint_lines(), 1) << err.str();
  EXPECT_EQ(files(), (std::set<std::string>{"livlina.db.lock"}));
}

TEST_F(CommandLine, check_config_prints_everything_with_its_source) {
  testing::make_certificate(dir.file("c.pem"), dir.file("k.pem"));
  const std::string file =
      dir.write("server.toml", "[server]\ncertificate = \"" + dir.file("c.pem") + "\"\nkey = \"" +
                                   dir.file("k.pem") + "\"\n[demonstration]\nenabled = true\n");
  EXPECT_EQ(run({"--config", file, "--database", dir.file("x.db"), "check-config"}), Exit::ok)
      << err.str();
  EXPECT_NE(out.str().find("server.port = 8443"), std::string::npos);
  EXPECT_NE(out.str().find("# default"), std::string::npos);
  EXPECT_NE(out.str().find("# " + file + ":2:15"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("# flag"), std::string::npos);
  EXPECT_EQ(run({"check-config", "--json", "--config", file, "--database", dir.file("x.db"),
                 "--set", "demonstration.enabled=false"}),
            Exit::usage);
  EXPECT_EQ(out.str().substr(0, 28), R"({"ready":false,"problems":[")");
  EXPECT_NE(err.str().find("operator_channel"), std::string::npos);
}

TEST_F(CommandLine, with_json_a_failure_is_one_object_as_well) {
  for (const std::vector<std::string>& bad :
       {std::vector<std::string>{"check-config", "--json", "--set", "server.port=nonsense"},
        {"check-config", "--json", "--frob"},
        {"check-config", "--json", "--config", dir.file("none.toml")},
        {"frob", "--json"}}) {
    EXPECT_EQ(run(bad), Exit::usage) << bad.back();
    EXPECT_EQ(out.str().rfind(R"({"ok":false,"message":")", 0), 0U) << out.str();
    EXPECT_EQ(out.str().find('\n'), out.str().size() - 1) << out.str();
    EXPECT_NE(err.str(), "");
  }
}

TEST_F(CommandLine, check_config_ends_with_a_verdict) {
  testing::make_certificate(dir.file("c.pem"), dir.file("k.pem"), 30,
                            "DNS:stad.example,IP:10.1.2.3");
  const std::string program = dir.write("tell", "#!/bin/sh\n", 0700);
  const auto check = [&](const std::string& address, const std::vector<std::string>& more = {}) {
    std::vector<std::string> all = {"--database",
                                    dir.file("x.db"),
                                    "check-config",
                                    "--set",
                                    "server.certificate=" + dir.file("c.pem"),
                                    "--set",
                                    "server.key=" + dir.file("k.pem"),
                                    "--set",
                                    "operator_channel.type=command",
                                    "--set",
                                    "operator_channel.command=[\"" + program + "\"]"};
    if (!address.empty()) all.insert(all.end(), {"--set", "server.public_address=" + address});
    all.insert(all.end(), more.begin(), more.end());
    return run(all);
  };
  EXPECT_EQ(check("stad.example:8443"), Exit::ok) << err.str();
  EXPECT_NE(out.str().find("# All in order"), std::string::npos) << out.str();
  EXPECT_EQ(check("stad.example:8443", {"--set", "demonstration.enabled=true"}), Exit::ok);
  EXPECT_NE(out.str().find("No real person"), std::string::npos) << out.str();
  EXPECT_EQ(out.str().find("# All in order"), std::string::npos) << out.str();
  for (const char* bad : {"nonsense", "stad.example", "stad.example:0", ":8443",
                          "stad.example:99999", "https://stad.example:1", "a b:1"}) {
    EXPECT_EQ(check(bad), Exit::usage) << bad;
    EXPECT_NE(err.str().find("server.public_address"), std::string::npos) << err.str();
    EXPECT_NE(out.str().find("# Not in order: 1 problem,"), std::string::npos) << out.str();
  }
  EXPECT_EQ(check(""), Exit::usage);
  EXPECT_NE(err.str().find("localhost:8443"), std::string::npos) << err.str();
  EXPECT_EQ(check("stad.example:8443", {"--set", "server.address=999.1.1.1"}), Exit::usage);
  EXPECT_NE(err.str().find("999.1.1.1"), std::string::npos) << err.str();
  for (const char* named : {"10.1.2.3:8443", "stad.example:1"})
    EXPECT_EQ(check(named), Exit::ok) << err.str();
  for (const char* other : {"other.example:8443", "10.1.2.4:8443", "[::1]:8443"}) {
    EXPECT_EQ(check(other), Exit::usage) << other;
    EXPECT_NE(err.str().find("server.certificate: " + dir.file("c.pem") + " is not for"),
              std::string::npos)
        << err.str();
  }
}

// What `serve` would refuse is said by check-config, which changes nothing.
TEST_F(CommandLine, check_config_looks_into_the_database) {
  testing::make_certificate(dir.file("c.pem"), dir.file("k.pem"));
  const auto check = [&](const std::string& file) {
    return run({"--database", file, "check-config", "--set",
                "server.certificate=" + dir.file("c.pem"), "--set",
                "server.key=" + dir.file("k.pem"), "--set", "demonstration.enabled=true"});
  };
  ASSERT_EQ(init(), Exit::ok) << err.str();
  EXPECT_EQ(check(database), Exit::ok) << err.str();
  store::Db(database, store::Db::Mode::open_existing).exec("PRAGMA user_version = 9999");
  EXPECT_EQ(check(database), Exit::usage);
  EXPECT_NE(err.str().find("9999"), std::string::npos) << err.str();
  const std::string text =
      dir.write("text.db", "a shopping list, which is no database at all\n", 0600);
  EXPECT_EQ(check(text), Exit::usage);
  EXPECT_NE(err.str().find(text), std::string::npos) << err.str();
  const std::string empty = dir.write("empty.db", "", 0600);
  EXPECT_EQ(check(empty), Exit::usage);
  EXPECT_NE(err.str().find(empty + " is empty"), std::string::npos) << err.str();
}

TEST_F(CommandLine, check_config_misses_the_servers_key) {
  testing::make_certificate(dir.file("c.pem"), dir.file("k.pem"));
  ASSERT_EQ(init(), Exit::ok) << err.str();
  std::filesystem::remove(dir.file("data/server-identity.key"));
  EXPECT_EQ(run({"--database", database, "check-config", "--set",
                 "server.certificate=" + dir.file("c.pem"), "--set",
                 "server.key=" + dir.file("k.pem"), "--set", "demonstration.enabled=true"}),
            Exit::usage);
  EXPECT_NE(err.str().find("restore it from the backup"), std::string::npos) << err.str();
}

TEST_F(CommandLine, a_database_that_others_may_open_is_refused) {
  ASSERT_EQ(init(), Exit::ok) << err.str();
  ASSERT_EQ(::chmod(database.c_str(), 0666), 0);
  EXPECT_EQ(run({"--database", database, "serve"}), Exit::usage);
  EXPECT_NE(err.str().find("chmod 0600"), std::string::npos) << err.str();
  (void)run({"--database", database, "check-config"});
  EXPECT_NE(err.str().find(database + " is open to other users"), std::string::npos) << err.str();
}

TEST_F(CommandLine, a_damaged_or_foreign_database_says_what_to_do) {
  ASSERT_EQ(init(), Exit::ok) << err.str();
  EXPECT_NE(out.str().find("Hand over the code"), std::string::npos) << out.str();
  EXPECT_NE(err.str().find("server.public_address: not set"), std::string::npos) << err.str();
  EXPECT_NE(err.str().find("operator_channel"), std::string::npos) << err.str();
  std::string content = testing::read_file(database);
  for (std::size_t i = 100; i < content.size(); ++i) content[i] = 'x';
  dir.write("data/livlina.db", content);
  EXPECT_EQ(run({"--database", database, "serve"}), Exit::failed);
  EXPECT_NE(err.str().find("put back the newest copy"), std::string::npos) << err.str();
  EXPECT_EQ(err.str().find("PRAGMA"), std::string::npos) << err.str();
  EXPECT_EQ(complaint_lines(), 1);
  dir.write("data/livlina.db", "somebody's letters");
  EXPECT_EQ(init(), Exit::failed);
  EXPECT_NE(err.str().find("no database of livlina-server"), std::string::npos) << err.str();
  EXPECT_EQ(err.str().find("--new-code"), std::string::npos) << err.str();
  EXPECT_EQ(testing::read_file(database), "somebody's letters");
}

TEST_F(CommandLine, T26_more_connections_than_descriptors_are_named) {
  testing::make_certificate(dir.file("c.pem"), dir.file("k.pem"));
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_max > 900'000) {  // more than the setting can ask for: in a child it may be lower
    const rlimit lower{limit.rlim_cur, 900'000};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &lower), 0);
  }
  const auto check = [&](std::uint64_t connections) {
    return run({"--set", "server.certificate=" + dir.file("c.pem"), "--set",
                "server.key=" + dir.file("k.pem"), "--set", "demonstration.enabled=true",
                "--database", dir.file("x.db"), "--set",
                "limits.connections=" + std::to_string(connections), "check-config"});
  };
  EXPECT_EQ(check(most_connections()), Exit::ok) << err.str();
  EXPECT_EQ(check(most_connections() + 1), Exit::usage);
  EXPECT_NE(err.str().find("limits.connections: "), std::string::npos) << err.str();
  EXPECT_NE(err.str().find("LimitNOFILE"), std::string::npos);
}

TEST(Descriptors, T26_the_limit_is_raised_as_far_as_it_may_be) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{std::min<rlim_t>(before.rlim_max, 256), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  raise_descriptor_limit();
  rlimit after{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
}

// Another copy of the server was put back.
TEST_F(CommandLine, M1_restored_renews_the_epoch_and_says_what_it_did) {
  ASSERT_EQ(init(), Exit::ok) << err.str();
  const auto row = [&] { return *store::Server(*std::make_unique<store::Db>(database)).find(); };
  const store::ServerRow before = row();
  ASSERT_EQ(run({"--database", database, "restored"}), Exit::ok) << err.str();
  EXPECT_NE(row().epoch, before.epoch);
  EXPECT_EQ(line("epoch"), std::to_string(row().epoch));
  EXPECT_EQ(line("database"), database);
  EXPECT_NE(out.str().find("gives again"), std::string::npos);
  EXPECT_EQ(row().pk, before.pk);
  EXPECT_EQ(row().last_round, before.last_round) << "the gap since the copy must be known";
  ASSERT_EQ(run({"restored", "--json", "--database", database}), Exit::ok);
  EXPECT_EQ(out.str(), "{\"database\":\"" + database +
                           "\",\"copy_of\":" + std::to_string(before.last_round) +
                           ",\"epoch\":" + std::to_string(row().epoch) + "}\n");
}

TEST_F(CommandLine, M1_restored_refuses_while_a_server_runs_and_what_is_not_its_own) {
  EXPECT_EQ(run({"--database", database, "restored"}), Exit::usage) << "there is none";
  ASSERT_EQ(init(), Exit::ok);
  const auto epoch = [&] {
    return store::Server(*std::make_unique<store::Db>(database)).find()->epoch;
  };
  const std::uint64_t before = epoch();
  {
    const store::LockFile serving(database);
    EXPECT_EQ(run({"--database", database, "restored"}), Exit::failed);
    EXPECT_NE(err.str().find("stop it first"), std::string::npos) << err.str();
    EXPECT_EQ(complaint_lines(), 1);
  }
  const std::string key = dir.write("other.key", std::string(32, 'k'));
  (void)::chmod(key.c_str(), 0600);
  EXPECT_EQ(run({"--database", database, "--set", "server.identity=" + key, "restored"}),
            Exit::usage);
  EXPECT_NE(err.str().find("is not the key"), std::string::npos) << err.str();
  EXPECT_EQ(epoch(), before);
}

TEST_F(CommandLine, wrong_usage_is_one_line_and_code_2) {
  const std::string bad = dir.write("bad.toml", "[server]\nprot = 1\n");
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"fly"},
      {"serve", "--fly"},
      {"--config", bad, "serve"},
      {"--config", dir.file("none.toml"), "check-config"},
      {"serve", "--port", "http"},
      {"serve", "--set", "server.port"},
      {"serve", "--set", "server.prot=1"},
      {"serve", "--database", dir.file("none/livlina.db")}};
  for (const auto& arguments : wrong) {
    EXPECT_EQ(run(arguments), Exit::usage);
    EXPECT_TRUE(out.str().empty());
    EXPECT_EQ(complaint_lines(), 1) << err.str();
    EXPECT_TRUE(err.str().starts_with("livlina-server: ")) << err.str();
  }
}

TEST_F(CommandLine, help_and_version) {
  EXPECT_EQ(run({"--help"}), Exit::ok);
  for (const char* word : {"Examples:", "Exit codes:", "check-config", "init", "restored", "serve"})
    EXPECT_NE(out.str().find(word), std::string::npos) << word;
  EXPECT_EQ(run({"help"}), Exit::ok);
  EXPECT_NE(out.str().find("Examples:"), std::string::npos);
  EXPECT_EQ(run({"help", "init"}), Exit::ok);
  EXPECT_NE(out.str().find("--new-code"), std::string::npos) << out.str();
  EXPECT_EQ(run({"frob"}), Exit::usage);
  EXPECT_NE(err.str().find("there is no command frob"), std::string::npos) << err.str();
  EXPECT_EQ(run({"version"}), Exit::ok);
  EXPECT_TRUE(out.str().starts_with("livlina-server "));
  EXPECT_EQ(run({"--version"}), Exit::ok);
  EXPECT_TRUE(out.str().starts_with("livlina-server "));
}

}  // namespace
}  // namespace livlina::server
