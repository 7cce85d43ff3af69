// The real `livlina` in a state folder of its own: what a command prints and how it ends.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "clients/cli/socket.hpp"
#include "crypto/core/random.hpp"
#include "crypto/core/roles.hpp"
#include "crypto/e2ee/words.hpp"
#include "server/store/db.hpp"
#include "tests/smoke/command.hpp"
#include "tests/smoke/net_town.hpp"

namespace livlina::testing {

enum ExitCode {
  done = 0,
  failed = 1,
  usage = 2,
  offline = 3,
  untrusted = 4,
  refused = 5,
  locked = 6,
  waited_in_vain = 7
};

inline constexpr const char* no_words =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
    "abandon";

// Words of an invitation that nobody made: well spelled.
inline std::string well_spelled() {
  std::string out;
  for (const std::string& word :
       crypto::invite_words(crypto::Language::english, crypto::system_random().secret<16>()))
    out += (out.empty() ? "" : " ") + word;
  return out;
}

class Cli : public ::testing::Test {
 protected:
  Cli() {
    (void)crypto::init();
    pin = dir.write("pin", "471147\n");
    duress = dir.write("duress", "471198\n");
    folder = dir.file("sami");
  }
  [[nodiscard]] std::vector<std::string> livlina(const std::vector<std::string>& words,
                                                 const std::string& pin_file = {}) const {
    std::vector<std::string> all = {LIVLINA_CLIENT_BINARY,
                                    "--state",
                                    folder,
                                    "--ca",
                                    ca,
                                    "--pin-file",
                                    pin_file.empty() ? pin : pin_file};
    all.insert(all.end(), words.begin(), words.end());
    return all;
  }
  // Ends so, says so in one line, and with --json (`both`) gives the word.
  void fails(const std::vector<std::string>& command, int code, const std::string& says,
             const std::string& word = {}) {
    std::vector<std::string> words = command;
    if (!word.empty()) words.emplace_back("--json");
    const Outcome o = run_command(words, meanwhile);
    EXPECT_EQ(o.code, code) << o.out << o.err;
    if (word.empty()) {
      EXPECT_EQ(o.err_lines(), 1U) << o.err;
      EXPECT_EQ(o.err.rfind("livlina: ", 0), 0U) << o.err;
      EXPECT_NE(o.err.find(says), std::string::npos) << o.err;
    } else {
      const auto value = o.json();
      ASSERT_TRUE(value.is_object()) << o.out << o.err;
      EXPECT_EQ(value.value("error", ""), word) << o.out;
      EXPECT_EQ(value.value("ok", true), false);
      EXPECT_NE(value.value("message", "").find(says), std::string::npos) << o.out;
    }
  }
  // The last JSON value of a command that must end well.
  nlohmann::json works(const std::vector<std::string>& words) {
    std::vector<std::string> all = livlina(words);
    all.emplace_back("--json");
    const Outcome o = run_command(all, meanwhile);
    EXPECT_EQ(o.code, 0) << words.front() << ": " << o.out << o.err;
    return o.json();
  }
  TempDir dir;
  std::string pin, duress, folder, ca;
  std::function<void()> meanwhile;
};

// People with the real command line, a participant and colleagues, among staff in this process.
class CliInTown : public Cli {
 protected:
  // Everybody's name ends in `surname`.
  explicit CliInTown(const std::string& surname = {})
      : name("Sami" + surname), town(server, surname) {}
  void SetUp() override {
    ca = server.certificate();
    const std::string code = server.init();
    ASSERT_FALSE(code.empty());
    ASSERT_TRUE(server.start());
    ASSERT_TRUE(town.found_staff(code)) << town.why;
    meanwhile = [this] {
      for (NetClient* c : town.all()) (void)c->pump();
    };
  }
  // The contact person's invitation for a participant.
  [[nodiscard]] v1::InviteMade invitation() { return invitation(town.contact, 2, 1); }
  [[nodiscard]] v1::InviteMade invitation(NetClient& by, std::uint32_t purpose,
                                          std::uint32_t role) {
    v1::Command command;
    command.mutable_create_invite()->set_purpose(purpose);
    command.mutable_create_invite()->set_role(role);
    command.mutable_create_invite()->set_language(1);
    command.mutable_create_invite()->set_host(server.host());
    EXPECT_TRUE(town.run(by, command)) << town.why;
    return by.last(v1::Event::kInviteMade)->invite_made();
  }
  // Both compare the words that the newcomer was shown, and say that they are the same.
  void confirm(NetClient& inviter, const v1::InviteMade& made, const nlohmann::json& joined) {
    const v1::Event* shown = nullptr;
    ASSERT_TRUE(town.pump_until([&] {
      shown = inviter.last(v1::Event::kSafetyWords);
      return shown != nullptr && shown->safety_words().invite_id() == made.invite_id();
    }));
    ASSERT_EQ(joined.value("safety_words", ""), shown->safety_words().words());
    works({"confirm", "--yes"});
    v1::Command command;
    command.mutable_confirm_pairing()->set_invite_id(made.invite_id());
    command.mutable_confirm_pairing()->set_match(true);
    ASSERT_TRUE(town.run(inviter, command)) << town.why;
  }
  [[nodiscard]] std::vector<std::string> pair(const std::string& words) const {
    return {"pair", "--words",           words, "--host", server.host(), "--name",
            name,   "--duress-pin-file", duress};
  }
  // The participant is paired with Sara, and has signed a circle with these lines and the desk.
  void enrol(const std::vector<std::string>& lines) {
    const v1::InviteMade made = invitation();
    confirm(town.contact, made, works(pair(made.words())));
    if (HasFatalFailure()) return;
    std::vector<std::string> sign = {"circle", "sign"};
    for (const std::string& line : lines) sign.insert(sign.end(), {"--line", line});
    const auto circle = works(sign);
    ASSERT_EQ(circle.value("people", nlohmann::json::array()).size(), lines.size()) << circle;
  }
  void enrol() { enrol({town.contact.name() + ":contact_person:all"}); }
  // The server judges soon after it has answered: until then nobody can act on an alarm.
  void wait_for_incident() {
    const auto is_there = [&] {
      server::store::Db db(server.database(), server::store::Db::Mode::read_only);
      return db.query("SELECT 1 FROM incident WHERE state = 1").step();
    };
    ASSERT_TRUE(town.pump_until(is_there, std::chrono::minutes(1))) << "no incident";
  }
  // Whether an alarm of that time can still be taken back. Where two commands take longer, nothing
  // can be said of it, and the test is skipped.
  [[nodiscard]] static bool in_time(Instant alarm) { return cli::wall_now() - alarm < 5 * second; }
  // Commands from here on are given by this person, in a folder of their own.
  void be(const std::string& who) { folder = dir.file(who); }
  // A mentor with the command line, invited by the desk; known to Sara, who tells participants.
  void enrol_mentor(const std::string& who) {
    be(who);
    const auto role = static_cast<std::uint32_t>(Role::mentor);
    const v1::InviteMade made = invitation(town.desk, 1, role);
    confirm(town.desk, made,
            works({"enrol", "--words", made.words(), "--host", server.host(), "--name", who}));
    const auto known = [&] {
      const v1::Status status = town.contact.status();
      return std::any_of(status.staff().begin(), status.staff().end(),
                         [&](const v1::Person& p) { return p.name() == who; });
    };
    ASSERT_TRUE(town.pump_until(known)) << who;
  }
  std::string name;
  RealServer server;
  NetTown town;
};

}  // namespace livlina::testing
