// The real `livlina` at a terminal: no answer is no empty answer, and a mistyped one is asked
// again.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/smoke/cli_fixture.hpp"
#include "tests/smoke/typist.hpp"

namespace livlina::testing {
namespace {

// The command as a person types it: every PIN is asked for.
std::vector<std::string> typed(const std::string& folder, const std::vector<std::string>& words) {
  std::vector<std::string> all = {LIVLINA_CLIENT_BINARY, "--state", folder};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

struct Asked {
  const char* question;
  const char* answer;
};

constexpr const char* changed_nothing = "Nothing was changed";

TEST_F(CliInTown, no_answer_to_a_question_of_pin_changes_nothing) {
  enrol();
  if (HasFailure()) return;
  constexpr Asked asked[] = {{"PIN: ", "471147"},
                             {"New PIN", "888888"},
                             {"same PIN again", "888888"},
                             {"Duress PIN", "888811"},
                             {"same duress PIN again", "888811"}};
  for (std::size_t stop = 0; stop < std::size(asked); ++stop)
    for (const char* key : {ctrl_c, ctrl_d}) {
      Typist at(typed(folder, {"pin"}));
      for (std::size_t i = 0; i < stop; ++i)
        ASSERT_TRUE(at.answers(asked[i].question, asked[i].answer)) << at.screen();
      ASSERT_TRUE(at.sees(asked[stop].question)) << at.screen();
      at.types(key);
      EXPECT_EQ(at.ends(), failed) << at.screen();
      EXPECT_NE(at.screen().find(changed_nothing), std::string::npos) << at.screen();
      EXPECT_EQ(at.screen().find("Changed."), std::string::npos) << at.screen();
      EXPECT_EQ(at.screen().find("no duress PIN"), std::string::npos) << at.screen();
    }
  for (const std::string& still : {pin, duress})
    EXPECT_EQ(run_command(livlina({"status"}, still), meanwhile).code, done) << still;
}

TEST_F(Cli, no_answer_to_a_question_of_pair_leaves_no_folder) {
  const std::string words = well_spelled();
  constexpr Asked asked[] = {{"twelve words", nullptr},
                             {"The server as host:port", "127.0.0.1:1"},
                             {"New PIN", "888888"},
                             {"same PIN again", "888888"},
                             {"Duress PIN", "888811"}};
  for (std::size_t stop = 0; stop < std::size(asked); ++stop)
    for (const char* key : {ctrl_c, ctrl_d}) {
      Typist at(typed(folder, {"pair", "--name", "Sami"}));
      for (std::size_t i = 0; i < stop; ++i)
        ASSERT_TRUE(at.answers(asked[i].question, i == 0 ? words : asked[i].answer)) << at.screen();
      ASSERT_TRUE(at.sees(asked[stop].question)) << at.screen();
      at.types(key);
      EXPECT_EQ(at.ends(), failed) << at.screen();
      EXPECT_NE(at.screen().find(changed_nothing), std::string::npos) << at.screen();
      EXPECT_FALSE(std::filesystem::exists(folder)) << stop;
    }
}

TEST_F(Cli, a_mistyped_word_is_said_before_the_next_question) {
  Typist at(typed(folder, {"pair", "--name", "Sami", "--host", "127.0.0.1:1"}));
  ASSERT_TRUE(at.answers("twelve words", no_words)) << at.screen();
  EXPECT_EQ(at.ends(), usage) << at.screen();
  EXPECT_NE(at.screen().find("word 1, \"abandon\""), std::string::npos) << at.screen();
  EXPECT_EQ(at.screen().find("New PIN"), std::string::npos) << at.screen();
}

TEST_F(Cli, a_code_that_is_not_whole_is_said_before_the_next_question) {
  Typist at(typed(folder, {"pair", "--name", "Sami"}));
  ASSERT_TRUE(at.answers("twelve words", "0101ff")) << at.screen();
  EXPECT_EQ(at.ends(), usage) << at.screen();
  EXPECT_NE(at.screen().find("Copy all of its digits"), std::string::npos) << at.screen();
  EXPECT_EQ(at.screen().find("New PIN"), std::string::npos) << at.screen();
}

TEST_F(Cli, H34_a_mistyped_pin_is_said_before_the_next_question) {
  Typist at(typed(folder, {"pair", "--name", "Sami", "--host", "127.0.0.1:1"}));
  ASSERT_TRUE(at.answers("twelve words", well_spelled()));
  ASSERT_TRUE(at.answers("New PIN", "1"));
  ASSERT_TRUE(at.sees("six digits or more, or")) << at.screen();
  ASSERT_TRUE(at.answers("New PIN", "471147"));
  ASSERT_TRUE(at.answers("same PIN again", "471147"));
  ASSERT_TRUE(at.answers("Duress PIN", "471148"));
  ASSERT_TRUE(at.sees("two digits different. Choose another")) << at.screen();
  ASSERT_TRUE(at.answers("Duress PIN", "471198"));
  ASSERT_TRUE(at.answers("same duress PIN again", "471198"));
  EXPECT_EQ(at.ends(), offline) << at.screen();
}

TEST_F(CliInTown, an_enrolled_folder_is_refused_before_anything_but_its_pin_is_asked) {
  enrol();
  if (HasFailure()) return;
  Typist at(typed(folder, {"pair", "--name", "Sami"}));
  ASSERT_TRUE(at.answers("PIN: ", "471147")) << at.screen();
  EXPECT_EQ(at.ends(), usage) << at.screen();
  EXPECT_NE(at.screen().find("enrolled in this state folder already"), std::string::npos)
      << at.screen();
  EXPECT_EQ(at.screen().find("twelve words"), std::string::npos) << at.screen();
}

TEST_F(CliInTown, confirm_takes_y_and_says_what_to_type) {
  works(pair(invitation().words()));
  Typist at(livlina({"confirm"}));
  ASSERT_TRUE(at.answers("are these the words you both see", "sure")) << at.screen();
  ASSERT_TRUE(at.sees("Type yes or no")) << at.screen();
  ASSERT_TRUE(at.answers("(yes/no)", "Y")) << at.screen();
  EXPECT_EQ(at.ends(), done) << at.screen();
  EXPECT_NE(at.screen().find("Confirmed on this side"), std::string::npos) << at.screen();
}

// The look-up of the server's name has left a thread behind, which may be the one that is stopped.
TEST_F(CliInTown, T19_ctrl_c_ends_the_question_whichever_thread_gets_it) {
  works(pair(invitation().words()));
  Typist at(livlina({"confirm"}));
  ASSERT_TRUE(at.sees("(yes/no)")) << at.screen();
  ASSERT_TRUE(at.stops_beside()) << "one thread only: this shows nothing";
  EXPECT_EQ(at.ends(), failed) << at.screen();
  EXPECT_NE(at.screen().find(changed_nothing), std::string::npos) << at.screen();
}

TEST_F(CliInTown, T19_no_answer_to_confirm_pins_nobody) {
  works(pair(invitation().words()));
  for (const char* key : {ctrl_c, ctrl_d}) {
    Typist at(livlina({"confirm"}));
    ASSERT_TRUE(at.sees("(yes/no)")) << at.screen();
    at.types(key);
    EXPECT_EQ(at.ends(), failed) << at.screen();
    EXPECT_NE(at.screen().find(changed_nothing), std::string::npos) << at.screen();
  }
  EXPECT_EQ(works({"confirm", "--yes"}).value("confirmed", false), true) << "it still waits";
}

}  // namespace
}  // namespace livlina::testing
