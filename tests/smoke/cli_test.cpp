// The real `livlina` given bad input, a dead server and a hostile colleague: an exit code, one
// clear line, and with --json a stable word.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include "server/store/db.hpp"
#include "tests/smoke/cli_fixture.hpp"

namespace livlina::testing {
namespace {

TEST_F(Cli, wrong_words_and_options) {
  const auto all = [&](const std::vector<std::string>& words, const std::string& says) {
    fails(livlina(words), usage, says);
    fails(livlina(words), usage, says, "bad_argument");
  };
  all({}, "subcommand is required");
  all({"fly"}, "no command fly");
  all({"status", "--such-flag"}, "--such-flag");
  all({"checkin", "maybe"}, "maybe");
  all({"status", "--timeout", "0"}, "0");
  all({"resolve"}, "--reason is required");
  all({"resolve", "--reason", "tired"}, "tired");
  all({"offer"}, "--to is required");
  all({"invite", "king"}, "king");
  all({"circle", "category", "3"}, "3");
  all({"alarm", "--silent", "--practice"}, "excludes");
  all({"listen", "--for", "godot"}, "godot");
  all({"plan", "set", "--time", "25:00"}, "25:00");
  all({"plan", "set", "--time", "20:00", "--grace", "soon"}, "soon");
  all({"desk", "fly"}, "no command desk fly");
  all({"plan", "set"}, "--none");
  all({"plan", "set", "--none", "--time", "20:00"}, "--none");
  all({"plan", "set", "--time", "20:00", "--zone", "Europe/Stokholm"}, "no time zone");
  all({"plan", "set", "--time", "20:00", "--time", "Mon-Fri 20:00"}, "twice");
  all({"enrol", "--words", no_words, "--name", "X"}, "--host");
  all({"enrol", "--words", no_words, "--host", "nowhere", "--name", "X"}, "--host");
  fails(livlina({"enrol", "--name", "X"}), usage, "Give the invitation", "bad_code");
  fails(livlina({"enrol", "--code", "xyz", "--name", "X"}), usage, "hexadecimal", "bad_code");
  const Outcome help = run_command(livlina({"--help"}));
  EXPECT_EQ(help.code, done);
  EXPECT_NE(help.out.find("Exit codes"), std::string::npos);
}

// Each command shows its own examples, and `help` is understood wherever people type it.
TEST_F(Cli, help_for_each_command) {
  const Outcome general = run_command({LIVLINA_CLIENT_BINARY, "help"});
  EXPECT_EQ(general.code, done);
  EXPECT_NE(general.out.find("checkin"), std::string::npos) << general.out;
  const Outcome set = run_command({LIVLINA_CLIENT_BINARY, "help", "plan", "set"});
  EXPECT_EQ(set.code, done);
  EXPECT_NE(set.out.find("livlina plan set --time 20:00"), std::string::npos) << set.out;
  EXPECT_EQ(set.out.find("livlina listen"), std::string::npos) << set.out;
  for (const char* command :
       {"enrol",         "pair",      "confirm", "invite",  "invites", "pin",    "status", "send",
        "inbox",         "listen",    "checkin", "alarm",   "cancel",  "plan",   "circle", "people",
        "safety-number", "incidents", "take",    "resolve", "offer",   "reopen", "desk"}) {
    const Outcome help = run_command({LIVLINA_CLIENT_BINARY, command, "--help"});
    EXPECT_EQ(help.code, done);
    EXPECT_NE(help.out.find(std::string("  livlina ") + command), std::string::npos) << help.out;
    EXPECT_NE(help.out.find("0 done   1 could not be done"), std::string::npos) << command;
  }
}

TEST_F(Cli, state_folders_and_pin_files) {
  fails(livlina({"status"}), usage, "There is no state folder", "not_enrolled");
  ASSERT_EQ(::mkdir(folder.c_str(), 0755), 0);
  fails(livlina({"status"}), locked, "chmod 700", "open_to_others");
  ASSERT_EQ(::chmod(folder.c_str(), 0700), 0);
  fails(livlina({"status"}), usage, "Run `livlina enrol` first", "not_enrolled");
  const std::vector<std::string> enrol = {"enrol",       "--words", no_words, "--host",
                                          "127.0.0.1:1", "--name",  "X"};
  fails(livlina(enrol, "/nowhere/pin"), usage, "/nowhere/pin", "pin_file");
  fails(livlina(enrol, dir.write("short", "123\n")), usage, "six digits", "bad_pin");
  fails({LIVLINA_CLIENT_BINARY, "--state", folder, "enrol", "--words", no_words, "--host",
         "127.0.0.1:1", "--name", "X"},
        usage, "--pin-file", "no_terminal");
  std::vector<std::string> pair = enrol;
  pair[0] = "pair";
  pair.insert(pair.end(), {"--duress-pin-file", dir.write("close", "471148\n")});
  fails(livlina(pair), usage, "two of them", "bad_pin");  // H34
  fails(livlina(enrol), usage, "not the words", "bad_code");
  folder = dir.write("file", "");
  fails(livlina({"status"}), usage, "There is no state folder", "not_enrolled");
}

TEST_F(CliInTown, T19_invitations_servers_and_authorities) {
  const v1::InviteMade made = invitation();
  // Nobody there, somebody whom this authority does not know, and no file with an authority.
  fails(livlina({"pair", "--words", made.words(), "--host", "127.0.0.1:1", "--name", "Sami",
                 "--duress-pin-file", duress}),
        offline, "127.0.0.1:1", "offline");
  folder = dir.file("again");
  ca = dir.file("other.pem");
  make_certificate(ca, dir.file("other-key.pem"));
  fails(livlina(pair(made.words())), offline, "--ca", "offline");
  folder = dir.file("third");
  ca = "/nowhere.pem";
  fails(livlina(pair(made.words())), offline, "/nowhere.pem", "offline");
  ca = server.certificate();
  folder = dir.file("fourth");
  fails(livlina({"enrol", "--code", "00", "--name", "X"}), usage, "not the words", "bad_code");
  // Words of an invitation that never was: spelled well, with a good check sum of none.
  std::string others = made.words();
  others[others.size() - 1] = others.back() == 'x' ? 'y' : 'x';
  fails(livlina(pair(others)), usage, "Check the spelling", "bad_code");
  works(pair(made.words()));
  folder = dir.file("fifth");
  fails(livlina(pair(made.words())), refused, "was used", "invite_gone");
}

TEST_F(CliInTown, H34_pins_are_changed_in_both_realms_with_the_same_words) {
  enrol();
  const std::string next = dir.write("next", "505050\n");
  const std::string next_duress = dir.write("next-duress", "616161\n");
  const std::string third = dir.write("third", "707070\n");
  const auto change = [](const std::string& to, const std::string& duress_to) {
    return std::vector<std::string>{"pin",     "--new-pin-file", to, "--new-duress-pin-file",
                                    duress_to, "--json"};
  };
  fails(livlina({"pin", "--new-pin-file", dir.write("short", "123\n"), "--new-duress-pin-file",
                 next_duress}),
        usage, "six digits", "bad_pin");
  const Outcome real = run_command(livlina(change(next, next_duress)), meanwhile);
  EXPECT_EQ(real.code, 0) << real.err;
  fails(livlina({"status"}), locked, "Wrong PIN", "wrong_pin");
  const Outcome decoy = run_command(livlina(change(third, next), next_duress), meanwhile);
  EXPECT_EQ(decoy.code, 0) << decoy.err;
  EXPECT_EQ(decoy.out, real.out);
  EXPECT_EQ(decoy.err, real.err);
  for (const std::string& pin_now : {next, third})
    EXPECT_EQ(run_command(livlina({"status"}, pin_now), meanwhile).code, 0) << pin_now;
}

TEST_F(CliInTown, M5_G2_wrong_pins_a_dead_server_a_second_process_and_escape_sequences) {
  enrol();
  if (HasFailure()) return;
  fails(livlina({"status"}, dir.write("wrong", "000000\n")), locked, "Wrong PIN", "wrong_pin");
  fails(livlina({"enrol", "--words", no_words, "--host", server.host(), "--name", "X"}), usage,
        "enrolled in this state folder already", "already_enrolled");
  fails(livlina({"send", "Nobody", "hello"}), failed, "Nobody called Nobody", "unknown_person");
  fails(livlina({"send", "Sara", "  \n "}), usage, "no text", "bad_argument");
  EXPECT_TRUE(works({"send", "sara", "hej"}).value("ok", false)) << "small letters do as well";
  fails(livlina({"take"}), failed, "No incident is open", "unknown_incident");
  fails(livlina({"circle", "show", "--circle", "ffff"}), failed, "no circle of ffff",
        "unknown_circle");
  fails(livlina({"circle", "sign", "--line", "Sara:king:all"}), usage, "no role king",
        "bad_argument");

  // A message that would write on somebody's terminal.
  v1::Command command;
  command.mutable_send_text()->set_circle_id(town.contact.status().circles(0).circle_id());
  command.mutable_send_text()->set_text("a\x1b]0;owned\x07\x1b[2J\r\x7f\u009b31mz");
  ASSERT_TRUE(town.run(town.contact, command)) << town.why;
  const Outcome inbox = run_command(livlina({"inbox"}), meanwhile);
  EXPECT_EQ(inbox.code, done) << inbox.err;
  EXPECT_NE(inbox.out.find("a?]0;owned??[2J???31mz"), std::string::npos) << inbox.out;
  for (const char bad : {'\x1b', '\x07', '\r', '\x7f'})
    EXPECT_EQ(inbox.out.find(bad), std::string::npos) << static_cast<int>(bad);
  EXPECT_EQ(inbox.out.find("\u009b"), std::string::npos);

  {  // One process at a time.
    command.mutable_send_text()->set_text("are you there?");
    ASSERT_TRUE(town.run(town.contact, command)) << town.why;
    Process listening(livlina({"listen", "--json"}));
    ASSERT_TRUE(listening.line_with("are you there?"));
    fails(livlina({"checkin"}), locked, "listen", "in_use");
    listening.signal(SIGINT);
    ASSERT_TRUE(listening.wait());
  }

  // What cannot be sent stays, and goes with the next command that gets through.
  const std::uint16_t port = server.port();
  server.signal(SIGTERM);
  ASSERT_EQ(server.wait(), 0);
  const Outcome queued = run_command(livlina({"checkin", "ok", "--json"}), meanwhile);
  EXPECT_EQ(queued.code, offline) << queued.err;
  EXPECT_NE(queued.out.find("on_this_device"), std::string::npos) << queued.out;
  EXPECT_EQ(queued.json().value("error", ""), "offline") << queued.out;
  fails(livlina({"incidents"}), offline, "127.0.0.1", "offline");
  EXPECT_EQ(run_command(livlina({"listen", "--seconds", "1"}), meanwhile).code, offline);
  // What this device knew last is shown, and that the server was not asked.
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"people"}, {"inbox"}, {"circle", "show"}, {"plan", "show"}}) {
    const Outcome shown = run_command(livlina(words), meanwhile);
    EXPECT_EQ(shown.code, offline) << words[0];
    EXPECT_FALSE(shown.out.empty()) << words[0];
    EXPECT_NE(shown.err.find("not asked"), std::string::npos) << words[0] << shown.err;
    EXPECT_NE(shown.err.find("127.0.0.1"), std::string::npos) << words[0] << shown.err;
  }
  ASSERT_TRUE(server.start(port));
  const auto status = works({"status"});
  EXPECT_EQ(works({"status"}).value("queued_here", 1), 0) << status;
  {
    server::store::Db db(server.database(), server::store::Db::Mode::read_only);
    auto q = db.query("SELECT count(*), max(answer), max(judged) FROM checkin_record");
    ASSERT_TRUE(q.step());
    EXPECT_EQ(q.integer(0), 1);
    EXPECT_EQ(q.integer(1), 1);
  }

  // A full disk under the state folder: nothing is said to be done, and nothing is lost.
  const Outcome full = run_command(livlina({"checkin", "ok", "--json"}), meanwhile, 1);
  EXPECT_EQ(full.code, failed) << full.out << full.err;
  EXPECT_EQ(full.json().value("error", ""), "storage") << full.out << full.err;
  EXPECT_EQ(works({"checkin", "ok"}).value("ok", false), true);
}

// A disk that is full under the server: it says so, keeps nothing of it, answers on, and recovers.
TEST_F(CliInTown, M1_a_full_disk_under_the_server) {
  enrol();
  if (HasFailure()) return;
  const auto rows = [&] {
    server::store::Db db(server.database(), server::store::Db::Mode::read_only);
    auto q = db.query("SELECT count(*) FROM checkin_record");
    return q.step() ? q.integer(0) : -1;
  };
  ASSERT_TRUE(server.bound_files(512));
  const Outcome o = run_command(livlina({"--timeout", "3", "checkin", "ok", "--json"}), meanwhile);
  EXPECT_NE(o.code, done) << o.out;
  EXPECT_EQ(o.json().value("ok", true), false) << o.out << o.err;
  EXPECT_EQ(https(server.at(), "GET", "/healthz").status, 200);
  EXPECT_EQ(rows(), 0);
  ASSERT_TRUE(server.bound_files(std::nullopt));
  works({"checkin", "ok"});
  EXPECT_EQ(rows(), 2);
}

}  // namespace
}  // namespace livlina::testing
