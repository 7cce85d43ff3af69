// The real `livlina` in a person's hands: PINs, words, what it says of alarms and of the next step.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "clients/cli/socket.hpp"
#include "crypto/e2ee/words.hpp"
#include "server/store/db.hpp"
#include "tests/smoke/cli_fixture.hpp"

namespace livlina::testing {
namespace {

using cli::wall_now;

// Twelve words of the list whose check bits are wrong.
std::string strangers() {
  while (true) {
    const std::string one = well_spelled();
    const std::string other = well_spelled();
    std::string out = one.substr(0, one.rfind(' ')) + other.substr(other.rfind(' '));
    if (!crypto::parse_invite_words(out).ok()) return out;
  }
}

TEST_F(Cli, H34_pins_that_nobody_chose_or_others_may_read_are_refused) {
  const std::vector<std::string> pair = {"pair",        "--words", well_spelled(), "--host",
                                         "127.0.0.1:1", "--name",  "Sami"};
  const auto with = [&pair](const std::string& duress_file) {
    std::vector<std::string> all = pair;
    all.insert(all.end(), {"--duress-pin-file", duress_file});
    return all;
  };
  fails(livlina(with(dir.write("empty", ""))), usage, "no duress PIN", "bad_pin");
  fails(livlina(pair), usage, "--duress-pin-file", "no_terminal");
  fails(livlina(with(dir.write("shown", "471198\n", 0644))), locked, "chmod 600", "open_to_others");
  fails(livlina(with(duress), dir.write("read", "471147\n", 0640)), locked, "chmod 600",
        "open_to_others");
  std::vector<std::string> none = pair;
  none.emplace_back("--no-duress-pin");
  fails(livlina(none), offline, "127.0.0.1:1", "offline");
}

TEST_F(Cli, which_word_is_wrong) {
  const std::string words = well_spelled();
  const auto enrol = [](const std::string& of) {
    return std::vector<std::string>{"enrol", "--words", of, "--host", "127.0.0.1:1", "--name", "X"};
  };
  const std::size_t second = words.find(' ') + 1;
  const std::string rest = words.substr(words.find(' ', second));
  fails(livlina(enrol(words.substr(0, second) + "lifelline" + rest)), usage,
        "word 2, \"lifelline\"", "bad_code");
  fails(livlina(enrol(words.substr(second))), usage, "these are 11", "bad_code");
  fails(livlina(enrol(no_words)), usage, "word 1, \"abandon\"", "bad_code");
  fails(livlina(enrol(strangers())), usage, "do not belong together", "bad_code");
  EXPECT_FALSE(std::filesystem::exists(folder)) << "nothing is left of what did not begin";
  // From the standard input, where no other user of the machine sees them.
  std::vector<std::string> shell = {"/bin/sh", "-c", "echo " + words + " | \"$@\"", "sh"};
  for (const std::string& w : livlina({"enrol", "--host", "127.0.0.1:1", "--name", "X"}))
    shell.push_back(w);
  fails(shell, offline, "127.0.0.1:1", "offline");
  // What an earlier try may have sent keeps its keys when the words are mistyped now.
  fails(livlina(enrol(no_words)), usage, "abandon", "bad_code");
  EXPECT_TRUE(std::filesystem::exists(folder + "/vault"));
}

TEST_F(Cli, H34_T19_what_lies_beside_the_vault) {
  fails(livlina({"enrol", "--words", well_spelled(), "--host", "127.0.0.1:1", "--name", "X"}),
        offline, "127.0.0.1:1", "offline");
  // Left by a change of PINs that was cut off.
  std::filesystem::copy_file(folder + "/vault", folder + "/vault.new");
  std::filesystem::create_hard_link(folder + "/vault", folder + "/vault.old");
  std::filesystem::create_hard_link(folder + "/vault.new", dir.file("disk"));
  const std::string before = read_file(dir.file("disk"));
  (void)run_command(livlina({"status"}));
  EXPECT_FALSE(std::filesystem::exists(folder + "/vault.new"));
  EXPECT_FALSE(std::filesystem::exists(folder + "/vault.old"));
  const std::string after = read_file(dir.file("disk"));
  ASSERT_EQ(after.size(), before.size());
  EXPECT_NE(after.substr(0, 4096), before.substr(0, 4096)) << "unlinked, but still on the disk";
  // The vault itself was not touched, and a count of tries that was removed is no free try.
  EXPECT_NE(run_command(livlina({"status"})).code, locked);
  std::filesystem::remove(folder + "/pin_tries");
  fails(livlina({"status"}), locked, "Try again in 3600 s", "wait");
  fails(livlina({"status"}), locked, "Try again in", "wait");
  std::ofstream(folder + "/pin_tries") << "x";
  fails(livlina({"status"}), locked, "Try again in 3600 s", "wait");
  fails(livlina({"status"}), locked, "Try again in", "wait");
}

// The person who invites heard other words: who joined reads it, and confirms nothing.
TEST_F(CliInTown, T19_refused_on_the_other_side) {
  const v1::InviteMade made = invitation();
  works(pair(made.words()));
  ASSERT_TRUE(
      town.pump_until([&] { return town.contact.last(v1::Event::kSafetyWords) != nullptr; }));
  v1::Command command;
  command.mutable_confirm_pairing()->set_invite_id(made.invite_id());
  command.mutable_confirm_pairing()->set_match(false);
  EXPECT_FALSE(town.run(town.contact, command));
  const Outcome first = run_command(livlina({"confirm", "--yes", "--json"}), meanwhile);
  EXPECT_EQ(first.code, failed) << first.out << first.err;
  EXPECT_EQ(first.json().value("error", ""), "cancelled") << first.out;
  EXPECT_NE(first.out.find("other person said"), std::string::npos) << first.out;
  EXPECT_EQ(run_command(livlina({"confirm", "--yes"}), meanwhile).code, failed);
  EXPECT_NE(run_command(livlina({"status"}), meanwhile).code, done);
}

// Cancelled before anybody was paged: nobody is needed, and nobody can act on it.
TEST_F(CliInTown, G3_a_cancelled_alarm_is_listed_with_all_only) {
  enrol();
  if (HasFailure()) return;
  const Instant alarm = wall_now();
  EXPECT_EQ(works({"alarm"}).value("ok", false), true);
  works({"cancel"});
  if (!in_time(alarm)) GTEST_SKIP() << "a slow machine";
  EXPECT_EQ(works({"incidents"})["incidents"].size(), 0U);
  const auto all = works({"incidents", "--all"})["incidents"];
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].value("state", ""), "cancelled_by_participant");
  fails(livlina({"take"}), failed, "No incident is open", "unknown_incident");
  // The counter-check: one that stands.
  works({"alarm"});
  wait_for_incident();
  EXPECT_EQ(works({"incidents"})["incidents"].size(), 1U);
}

TEST_F(CliInTown, H34_old_pins_open_nothing_that_is_left) {
  enrol();
  std::filesystem::create_hard_link(folder + "/vault", dir.file("disk"));
  const std::string before = read_file(dir.file("disk"));
  const Outcome o =
      run_command(livlina({"pin", "--new-pin-file", dir.write("next", "505050\n"),
                           "--new-duress-pin-file", dir.write("next-duress", "616161\n")}),
                  meanwhile);
  EXPECT_EQ(o.code, done) << o.err;
  const std::string after = read_file(dir.file("disk"));
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t at = 0; at < before.size(); at += 65536)
    EXPECT_NE(after.substr(at, 4096), before.substr(at, 4096)) << at;
  for (const char* left : {"/vault.new", "/vault.old"})
    EXPECT_FALSE(std::filesystem::exists(folder + left)) << left;
}

TEST_F(CliInTown, what_to_do_next) {
  const auto says = [](const nlohmann::json& value, const std::string& what) {
    for (const auto& step : value.value("next_steps", nlohmann::json::array()))
      if (step.get<std::string>().find(what) != std::string::npos) return true;
    return false;
  };
  const v1::InviteMade made = invitation();
  works(pair(made.words()));
  ASSERT_TRUE(
      town.pump_until([&] { return town.contact.last(v1::Event::kSafetyWords) != nullptr; }));
  auto status = works({"status"});
  EXPECT_TRUE(says(status, "livlina confirm --yes")) << status;
  const auto confirmed = works({"confirm", "--yes"});
  EXPECT_EQ(confirmed.value("name", ""), "Sara");
  EXPECT_EQ(confirmed.value("safety_words", ""),
            town.contact.last(v1::Event::kSafetyWords)->safety_words().words());
  v1::Command command;
  command.mutable_confirm_pairing()->set_invite_id(made.invite_id());
  command.mutable_confirm_pairing()->set_match(true);
  ASSERT_TRUE(town.run(town.contact, command)) << town.why;
  status = works({"status"});
  EXPECT_TRUE(says(status, "livlina circle sign --line")) << status;
  works({"circle", "sign", "--line", "Sara:contact_person:all"});
  EXPECT_TRUE(says(works({"status"}), "livlina plan set"));
  works({"plan", "set", "--time", "20:00"});
  status = works({"status"});
  EXPECT_TRUE(says(status, "livlina alarm --practice")) << status;
  const Outcome text = run_command(livlina({"status"}), meanwhile);
  EXPECT_NE(text.out.find("20:00 (Europe/Stockholm)"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("Nobody watches yet"), std::string::npos) << text.out;
  fails(livlina({"circle", "sign", "--armed"}), refused, "livlina alarm --practice", "refused");
}

TEST_F(CliInTown, what_became_of_an_alarm) {
  enrol();
  if (HasFailure()) return;
  EXPECT_EQ(works({"cancel"}).value("result", ""), "nothing");
  const Instant pressed = wall_now();
  const Outcome alarm = run_command(livlina({"alarm"}), meanwhile);
  EXPECT_NE(alarm.out.find("take it back for 5 s: livlina cancel"), std::string::npos) << alarm.out;
  const std::string result = works({"cancel"}).value("result", "");
  if (!in_time(pressed)) GTEST_SKIP() << "a slow machine";
  EXPECT_EQ(result, "taken_back");
  const std::string long_note(2000, 'n');
  auto raised = works({"alarm", "--note", long_note});
  EXPECT_EQ(raised.value("can_take_back", false), true) << raised;
  EXPECT_EQ(raised.value("note_cut", false), true) << raised;
  const Instant until = wall_now() + 6 * second;
  (void)town.pump_until([&] { return wall_now() > until; });
  const auto late = works({"cancel"});
  EXPECT_EQ(late.value("result", ""), "too_late") << late;
  EXPECT_EQ(works({"cancel", "--mistake"}).value("result", ""), "noted");
  raised = works({"alarm"});
  EXPECT_EQ(raised.value("can_take_back", true), false) << raised;
  const Outcome talk = run_command(livlina({"checkin", "talk"}), meanwhile);
  EXPECT_NE(talk.out.find("want a call"), std::string::npos) << talk.out;
  EXPECT_EQ(talk.out.find("does not count"), std::string::npos) << talk.out;
}

TEST_F(CliInTown, G2_an_alarm_that_never_left_the_device_never_goes) {
  enrol();
  if (HasFailure()) return;
  const Outcome garbled = run_command(livlina({"send", "Sara", "abc\xff", "--json"}), meanwhile);
  EXPECT_EQ(garbled.json().value("error", ""), "bad_argument") << garbled.out << garbled.err;
  EXPECT_NE(garbled.json().value("message", "").find("UTF-8"), std::string::npos) << garbled.out;
  const std::uint16_t port = server.port();
  server.signal(SIGTERM);
  ASSERT_EQ(server.wait(), 0);
  const Outcome alarm = run_command(livlina({"alarm", "--json"}), meanwhile);
  EXPECT_EQ(alarm.code, offline) << alarm.out << alarm.err;
  ASSERT_TRUE(server.start(port));
  EXPECT_EQ(works({"cancel"}).value("result", ""), "never_sent");
  EXPECT_EQ(works({"status"}).value("queued_here", 1), 0);
  server::store::Db db(server.database(), server::store::Db::Mode::read_only);
  auto q = db.query("SELECT count(*) FROM checkin_record");
  ASSERT_TRUE(q.step());
  EXPECT_EQ(q.integer(0), 0);
}

}  // namespace
}  // namespace livlina::testing
