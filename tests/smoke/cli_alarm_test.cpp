// The real `livlina` around an alarm: taken back in the same words under both PINs, and never
// believed to be given when it was not.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>

#include "clients/cli/socket.hpp"
#include "server/store/db.hpp"
#include "tests/server/process.hpp"
#include "tests/smoke/cli_fixture.hpp"

namespace livlina::testing {
namespace {

using cli::wall_now;

class CliAlarm : public CliInTown {
 protected:
  void wait(Duration time) {
    const Instant until = wall_now() + time;
    (void)town.pump_until([&] { return wall_now() > until; });
  }
  std::string says(const std::vector<std::string>& words, const std::string& with) {
    const Outcome o = run_command(livlina(words, with), meanwhile);
    return std::to_string(o.code) + " " + o.out + o.err;
  }
  // Without what is another each time: ids and instants.
  static nlohmann::json blanked(nlohmann::json json) {
    if (json.is_array() || json.is_object())
      for (auto& [key, value] : json.items()) {
        const bool differs =
            key == "incident" || key == "at" || key.find("_at") != std::string::npos;
        value = differs ? nlohmann::json(value.is_string() || value != 0) : blanked(value);
      }
    return json;
  }
  [[nodiscard]] std::int64_t incidents(const std::string& where) const {
    server::store::Db db(server.database(), server::store::Db::Mode::read_only);
    const std::string sql = "SELECT count(*) FROM incident WHERE " + where;
    auto q = db.query(sql.c_str());
    return q.step() ? q.integer(0) : -1;
  }
};

TEST_F(CliAlarm, T30_an_alarm_is_taken_back_in_the_same_words_under_both_pins) {
  enrol();
  if (HasFailure()) return;
  std::vector<std::string> told[2];
  for (const std::string& with : {duress, pin}) {
    auto& words = told[with == pin ? 0 : 1];
    const Instant alarm = wall_now();
    words.push_back(says({"alarm"}, with));
    words.push_back(says({"cancel"}, with));
    if (!in_time(alarm)) GTEST_SKIP() << "a slow machine";
    words.push_back(says({"cancel"}, with));
    words.push_back(says({"alarm"}, with));
    wait(6 * second);
    words.push_back(says({"cancel"}, with));
    words.push_back(says({"cancel", "--mistake"}, with));
    words.push_back(says({"alarm"}, with));
  }
  EXPECT_EQ(told[0], told[1]);
  EXPECT_NE(told[1][1].find("Taken back. Nobody was called."), std::string::npos) << told[1][1];
  EXPECT_NE(told[1][2].find("no open alarm"), std::string::npos) << told[1][2];
  EXPECT_NE(told[1][4].find("Too late"), std::string::npos) << told[1][4];
  EXPECT_NE(told[1][5].find("Noted"), std::string::npos) << told[1][5];
  EXPECT_NE(told[1][6].find("reached already"), std::string::npos) << told[1][6];
}

// Somebody who saw the alarm makes the person take it back, and is given the duress PIN.
TEST_F(CliAlarm, T30_under_the_duress_pin_the_real_alarm_is_not_taken_back_and_looks_so) {
  enrol();
  if (HasFailure()) return;
  const Instant alarm = wall_now();
  EXPECT_EQ(says({"alarm"}, pin).front(), '0');
  const std::string taken_back = says({"cancel"}, duress);
  if (!in_time(alarm)) GTEST_SKIP() << "a slow machine";
  EXPECT_EQ(taken_back, "0 Taken back. Nobody was called.\n");
  EXPECT_NE(says({"cancel"}, duress).find("no open alarm"), std::string::npos);
  EXPECT_TRUE(town.pump_until([&] { return incidents("lane = 2 AND state = 1") == 1; },
                              std::chrono::minutes(1)))
      << "and help is called";
  EXPECT_EQ(incidents("lane = 1 AND state = 4"), 0) << "cancelled";
  EXPECT_EQ(incidents("lane = 1 AND state = 1"), 1);
}

// Whoever looks at the screen sees the incident of what was just pressed under either PIN.
TEST_F(CliAlarm, T30_what_was_pressed_shows_alike_under_both_pins) {
  enrol();
  if (HasFailure()) return;
  const std::vector<std::vector<std::string>> presses = {
      {"alarm", "--practice"}, {"checkin", "talk"}, {"alarm"}};
  const std::vector<std::vector<std::string>> questions = {
      {"status"}, {"incidents"}, {"incidents", "--all"}};
  const std::regex time_of_day("[0-9]{2}:[0-9]{2}");
  std::vector<std::string> told[2];
  for (const std::string& with : {duress, pin}) {
    auto& words = told[with == pin ? 0 : 1];
    for (const auto& press : presses) {
      words.push_back(std::regex_replace(says(press, with), time_of_day, "TIME"));
      wait(6 * second);
      for (auto question : questions) {
        words.push_back(std::regex_replace(says(question, with), time_of_day, "TIME"));
        question.emplace_back("--json");
        const auto json = run_command(livlina(question, with), meanwhile).json();
        std::string keys;
        for (const auto& [key, value] : json.items()) keys += key + " ";
        words.push_back(keys);
        words.push_back(blanked(json.value("incidents", nlohmann::json())).dump());
      }
    }
  }
  ASSERT_EQ(told[0].size(), told[1].size());
  for (std::size_t n = 0; n < told[0].size(); ++n)
    EXPECT_EQ(told[0][n], told[1][n]) << "answer " << n << ": real, then duress";
  EXPECT_NE(told[1][1].find("Your practice alarm of TIME"), std::string::npos) << told[1][1];
  EXPECT_NE(told[1].back().find("\"loud_alarm\""), std::string::npos) << told[1].back();
}

TEST_F(CliAlarm, G2_an_alarm_that_was_not_given_says_that_nobody_was_told) {
  const auto nobody = [&](const std::vector<std::string>& command) {
    const Outcome o = run_command(command, meanwhile);
    EXPECT_NE(o.code, done) << o.out;
    EXPECT_NE(o.err.find("NOBODY was told. In danger call 112."), std::string::npos) << o.err;
  };
  nobody(livlina({"alarm"}));  // nobody is enrolled
  nobody(livlina({"alarm", "--loud"}));
  nobody(livlina({"checkin", "fine"}));
  works(pair(invitation().words()));
  nobody(livlina({"alarm"}));  // not confirmed
  nobody(livlina({"checkin"}));
  nobody(livlina({"alarm"}, dir.write("wrong", "000000\n")));
  nobody(livlina({"checkin"}, dir.write("wrong", "000000\n")));
  // Another process uses the folder.
  const int lock = ::open((folder + "/lock").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(lock, LOCK_EX | LOCK_NB), 0);
  EXPECT_EQ(run_command(livlina({"status"})).code, locked);
  nobody(livlina({"alarm"}));
  nobody(livlina({"checkin", "talk"}));
  ::close(lock);
}

// Somebody who stops the command is told what becomes of the alarm, and whoever sends it is, too.
TEST_F(CliAlarm, G2_an_interrupted_alarm_stays_and_says_so_when_it_goes) {
  enrol();
  if (HasFailure()) return;
  server.signal(SIGSTOP);
  const std::string before = read_file(folder + "/vault");
  Process alarm(livlina({"alarm"}));
  const auto stored = [&] { return read_file(folder + "/vault") != before; };
  for (int i = 0; i < 600 && !stored(); ++i) ::usleep(100'000);
  ASSERT_TRUE(stored());
  alarm.signal(SIGINT);
  const auto said = alarm.line_with("on this device");
  ASSERT_TRUE(said);
  EXPECT_NE(said->find("stays"), std::string::npos) << *said;
  EXPECT_NE(said->find("livlina cancel"), std::string::npos) << *said;
  EXPECT_TRUE(alarm.line_with("NOBODY was told"));
  EXPECT_EQ(alarm.wait(), failed);
  server.signal(SIGCONT);
  const Outcome status = run_command(livlina({"status"}), meanwhile);
  EXPECT_EQ(status.code, done) << status.err;
  EXPECT_NE(status.err.find("An alarm that had waited on this device"), std::string::npos)
      << status.err;
  wait_for_incident();
}

TEST_F(CliAlarm, G2_what_was_not_sent_says_why) {
  enrol();
  if (HasFailure()) return;
  server.signal(SIGTERM);
  ASSERT_EQ(server.wait(), 0);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"alarm"}, {"checkin"}, {"send", "Sara", "hej"}}) {
    const Outcome o = run_command(livlina(words), meanwhile);
    EXPECT_EQ(o.code, offline) << o.out;
    EXPECT_NE(o.err.find("Not sent yet. No connection to " + server.host()), std::string::npos)
        << o.err;
    EXPECT_EQ(o.out.find("112"), std::string::npos) << "said once: " << o.out << o.err;
  }
  const Outcome back = run_command(livlina({"cancel"}), meanwhile);
  EXPECT_EQ(back.code, done) << "it had not left: " << back.out << back.err;
  const Outcome status = run_command(livlina({"status"}), meanwhile);
  EXPECT_EQ(status.code, offline) << status.out;
  EXPECT_NE(status.out.find("No connection to " + server.host()), std::string::npos) << status.out;
  EXPECT_NE(status.err.find("was not asked"), std::string::npos) << status.err;
}

// The alarm has arrived: nobody may read that nobody was told of it.
TEST_F(CliAlarm, G2_a_wish_to_take_it_back_that_was_not_sent_says_that_the_alarm_stands) {
  enrol();
  if (HasFailure()) return;
  works({"alarm"});
  server.signal(SIGTERM);
  ASSERT_EQ(server.wait(), 0);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"cancel"}, {"cancel", "--mistake"}}) {
    const Outcome o = run_command(livlina(words), meanwhile);
    EXPECT_EQ(o.code, offline) << o.out;
    EXPECT_EQ(o.out.find("The alarm stands: your w"), 0u) << o.out;
    EXPECT_EQ((o.out + o.err).find("NOBODY"), std::string::npos) << o.out << o.err;
  }
}

// The authority that led to the server, from whatever folder the next command is typed.
TEST_F(CliAlarm, the_authority_that_was_right_is_kept) {
  const auto without_ca = [&](const std::vector<std::string>& words, const std::string& in) {
    std::vector<std::string> all = {"/bin/sh",
                                    "-c",
                                    "cd " + in + " && exec \"$@\"",
                                    "sh",
                                    LIVLINA_CLIENT_BINARY,
                                    "--state",
                                    folder,
                                    "--pin-file",
                                    pin};
    all.insert(all.end(), words.begin(), words.end());
    return all;
  };
  const std::filesystem::path right = server.certificate();
  const v1::InviteMade made = invitation();
  ca = dir.file("wrong.pem");
  make_certificate(ca, dir.file("wrong-key.pem"));
  EXPECT_EQ(run_command(livlina(pair(made.words())), meanwhile).code, offline);
  EXPECT_FALSE(std::filesystem::exists(folder + "/ca"));
  auto words = pair(made.words());
  words.insert(words.begin(), {"--ca", right.filename().string()});
  const Outcome joined = run_command(without_ca(words, right.parent_path().string()), meanwhile);
  ASSERT_EQ(joined.code, done) << joined.out << joined.err;
  EXPECT_EQ(read_file(folder + "/ca"), right.string());
  EXPECT_EQ(run_command(without_ca({"status"}, "/"), meanwhile).code, done);
  EXPECT_EQ(run_command(livlina({"status"}), meanwhile).code, offline);  // with the wrong one
  EXPECT_EQ(read_file(folder + "/ca"), right.string());
}

}  // namespace
}  // namespace livlina::testing
