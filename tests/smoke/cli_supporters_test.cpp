// Two supporters with the real `livlina` and one incident: who has it, and what the other is told.
#include <gtest/gtest.h>

#include "tests/server/process.hpp"
#include "tests/smoke/cli_fixture.hpp"

namespace livlina::testing {
namespace {

class CliSupporters : public CliInTown {
 protected:
  void SetUp() override {
    CliInTown::SetUp();
    for (const char* who : {"Bodil", "Anton"}) {
      if (HasFatalFailure()) return;
      enrol_mentor(who);
    }
    if (HasFatalFailure()) return;
    be("sami");
    enrol({"Bodil:mentor:all", "Anton:mentor:all"});
  }
  nlohmann::json incidents_of(const std::string& who) {
    be(who);
    return works({"incidents"})["incidents"];
  }
};

TEST_F(CliSupporters, a_note_of_an_act_is_read_from_the_standard_input) {
  if (HasFailure()) return;
  works({"alarm"});
  wait_for_incident();
  if (HasFatalFailure()) return;
  be("Bodil");
  std::vector<std::string> words = {"/bin/sh", "-c", "echo 'At the door.' | \"$@\"", "sh"};
  const auto take = livlina({"take", "--note", "-"});
  words.insert(words.end(), take.begin(), take.end());
  const Outcome taken = run_command(words, meanwhile);
  EXPECT_EQ(taken.code, done) << taken.err;
  const auto seen = incidents_of("Bodil");
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].value("notes", nlohmann::json()), nlohmann::json({"At the door."})) << seen;
}

TEST_F(CliSupporters, H21_who_takes_what_somebody_else_holds_is_told_who_and_changes_nothing) {
  if (HasFailure()) return;
  works({"alarm"});
  wait_for_incident();
  if (HasFatalFailure()) return;
  be("Bodil");
  const auto mine = works({"take"});
  EXPECT_EQ(mine.value("state", ""), "taken") << mine;
  const auto before = incidents_of("sami");
  ASSERT_EQ(before.size(), 1U);
  EXPECT_EQ(before[0].value("holder_name", ""), "Bodil") << before;
  const std::string id = before[0].value("incident", "").substr(0, 8);
  EXPECT_EQ(incidents_of("Anton").size(), 1U);
  fails(livlina({"take"}), failed, "Incident " + id + " is taken by Bodil until ");
  fails(livlina({"take"}), failed, "They can offer it to you (`livlina offer`)", "held");
  // Nor by its id, nor can somebody else renew it, give it away or end it.
  fails(livlina({"take", id}), failed, "is taken by Bodil until ", "held");
  fails(livlina({"renew"}), failed, "is taken by Bodil until ", "held");
  fails(livlina({"offer", "--to", "Sara"}), failed, "is taken by Bodil until ", "held");
  fails(livlina({"resolve", "--reason", "other"}), failed, "is taken by Bodil until ", "held");
  EXPECT_EQ(incidents_of("sami"), before);
  be("Bodil");
  EXPECT_EQ(works({"renew"}).value("holder_name", ""), "Bodil");
}

// Somebody else who joins meanwhile by an older invitation is not taken for whom it waits for.
TEST_F(CliSupporters, T19_an_invitation_waits_for_its_own_answer) {
  if (HasFailure()) return;
  be("Bodil");
  const std::string older = works({"invite", "participant", "--no-qr"}).value("words", "");
  Process waiting(livlina({"invite", "participant", "--no-qr", "--wait", "--json"}));
  const auto made = waiting.line_with("words");
  ASSERT_TRUE(made);
  const std::string own = nlohmann::json::parse(*made).value("words", "");
  ASSERT_FALSE(own.empty());
  for (const auto& [who, words] : {std::pair{"Noor", older}, std::pair{"Leo", own}}) {
    be(who);
    name = who;
    works(pair(words));
  }
  const auto answer = waiting.line_with("safety_words");
  ASSERT_TRUE(answer);
  EXPECT_NE(answer->find("Leo"), std::string::npos) << *answer;
  EXPECT_EQ(waiting.wait(), done);
}

}  // namespace
}  // namespace livlina::testing
