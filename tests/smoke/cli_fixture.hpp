// The real `livlina` in a state folder of its own: what a command prints and how it ends.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "crypto/core/random.hpp"
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
  locked = 6
};

inline constexpr const char* no_words =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
    "abandon";

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

// A participant with the real command line, among staff in this process.
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
  [[nodiscard]] v1::InviteMade invitation() {
    v1::Command command;
    command.mutable_create_invite()->set_purpose(2);
    command.mutable_create_invite()->set_role(1);
    command.mutable_create_invite()->set_language(1);
    command.mutable_create_invite()->set_host(server.host());
    EXPECT_TRUE(town.run(town.contact, command)) << town.why;
    return town.contact.last(v1::Event::kInviteMade)->invite_made();
  }
  [[nodiscard]] std::vector<std::string> pair(const std::string& words) const {
    return {"pair", "--words",           words, "--host", server.host(), "--name",
            name,   "--duress-pin-file", duress};
  }
  // The participant is paired with Sara, and has signed a circle with her and the desk.
  void enrol() {
    const v1::InviteMade made = invitation();
    const auto joined = works(pair(made.words()));
    ASSERT_TRUE(
        town.pump_until([&] { return town.contact.last(v1::Event::kSafetyWords) != nullptr; }));
    ASSERT_EQ(joined.value("safety_words", ""),
              town.contact.last(v1::Event::kSafetyWords)->safety_words().words());
    works({"confirm", "--yes"});
    v1::Command command;
    command.mutable_confirm_pairing()->set_invite_id(made.invite_id());
    command.mutable_confirm_pairing()->set_match(true);
    ASSERT_TRUE(town.run(town.contact, command)) << town.why;
    const auto circle =
        works({"circle", "sign", "--line", town.contact.name() + ":contact_person:all"});
    ASSERT_EQ(circle.value("people", nlohmann::json::array()).size(), 1U) << circle;
  }
  std::string name;
  RealServer server;
  NetTown town;
};

}  // namespace livlina::testing
