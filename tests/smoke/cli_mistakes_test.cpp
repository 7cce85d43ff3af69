// The real `livlina` given what is not meant: it says what is wrong, and changes nothing.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/smoke/cli_fixture.hpp"

namespace livlina::testing {
namespace {

TEST_F(Cli, help_is_found_behind_options_too) {
  const Outcome behind = run_command(livlina({"help", "checkin"}));
  EXPECT_EQ(behind.code, done) << behind.err;
  EXPECT_NE(behind.out.find("livlina checkin talk"), std::string::npos) << behind.out;
  const Outcome json = run_command({LIVLINA_CLIENT_BINARY, "--json", "--timeout=3", "help"});
  EXPECT_EQ(json.code, done) << json.err;
  fails(livlina({"help", "nonsense"}), usage, "no command nonsense");
  fails(livlina({"help", "plan", "nonsense"}), usage, "no command plan nonsense");
}

TEST_F(Cli, a_state_folder_that_is_none) {
  folder = dir.write("file", "");
  fails(livlina({"status"}), usage, "a file has this name", "not_enrolled");
  fails(livlina({"enrol", "--code", "00", "--name", "X"}), usage, "a file has this name");
}

// A new user has no ~/.local/share yet.
TEST_F(Cli, a_state_folder_is_made_with_those_above_it) {
  const std::string above = dir.file("above");
  folder = above + "/share/livlina";
  const std::vector<std::string> enrol = {
      "enrol", "--words", well_spelled(), "--host", "127.0.0.1:1", "--name", "X"};
  fails(livlina(enrol), offline, "stays in " + folder, "offline");
  for (const std::string& made : {above, above + "/share", folder}) {
    struct stat info{};
    ASSERT_EQ(::stat(made.c_str(), &info), 0) << made;
    EXPECT_EQ(info.st_mode & 0777u, 0700u) << made;
  }
}

TEST_F(Cli, wrong_words_are_answered_with_the_help_of_their_command) {
  fails(livlina({"invite"}), usage, "role is required; livlina invite --help", "bad_argument");
  fails(livlina({"plan", "set", "--frob"}), usage, "livlina plan set --help");
  fails(livlina({"plan", "nonsense"}), usage, "no command plan nonsense; livlina plan --help");
  fails(livlina({"nonsense"}), usage, "no command nonsense; livlina --help");
  fails(livlina({"reopen"}), usage, "incident is required; livlina reopen --help");
}

class CliMistakes : public CliInTown {
 protected:
  [[nodiscard]] std::uint32_t version() {
    return works({"circle", "show"}).value("manifest_seq", 0u);
  }
};

TEST_F(CliMistakes, who_stands_in_no_signed_list_cannot_be_written_to) {
  const v1::InviteMade made = invitation();
  confirm(town.contact, made, works(pair(made.words())));
  if (HasFailure()) return;
  fails(livlina({"send", "Sara", "hej"}), failed, "no signed list names you both",
        "unknown_person");
}

TEST_F(CliMistakes, a_name_that_is_not_in_the_circle_drops_nobody) {
  enrol();
  if (HasFailure()) return;
  const std::uint32_t before = version();
  ASSERT_NE(before, 0u);
  fails(livlina({"circle", "sign", "--drop", "Ammal"}), failed, "Nobody called Ammal",
        "unknown_person");
  fails(livlina({"circle", "sign", "--drop", "Sara", "--drop", "Ammal"}), failed,
        "Nothing was signed");
  const Outcome none = run_command(livlina({"circle", "sign"}), meanwhile);
  EXPECT_EQ(none.code, done) << none.err;
  EXPECT_NE(none.out.find("nothing was signed"), std::string::npos) << none.out;
  EXPECT_EQ(version(), before);
  const auto after = works({"circle", "sign", "--drop", "sara", "--yes"});
  EXPECT_EQ(after.value("people", nlohmann::json::array()).size(), 0u) << after;
  EXPECT_EQ(version(), before + 1);
}

TEST_F(CliMistakes, what_is_wrong_with_a_line_is_said) {
  enrol();
  if (HasFailure()) return;
  const std::uint32_t before = version();
  fails(livlina({"circle", "sign", "--line", "Sara:mentor:all"}), usage,
        "Sara is a contact_person, not a mentor", "bad_argument");
  fails(livlina({"circle", "sign", "--line", "Sara:contact_person:all"}), usage, "has one line");
  for (const char* days : {"0", "401", "-1", "90x", "", "99999999999"})
    fails(livlina({"circle", "sign", "--drop", "Sara", "--line",
                   std::string("Sara:contact_person:all:") + days}),
          usage, "1 to 400 days", "bad_argument");
  EXPECT_EQ(version(), before);
  fails(livlina({"safety-number", "Sami"}), usage, "That is you", "bad_argument");
  works({"circle", "sign", "--drop", "Sara", "--line", "Sara:contact_person:alarm,plan"});
  fails(livlina({"send", "Sara", "hej"}), failed, "Sara may not receive messages", "no_scope");
  fails(livlina({"plan", "approve", "--yes"}), failed, "somebody else", "no_scope");
}

TEST_F(Cli, an_enrolment_that_reached_nobody_says_what_it_left_under_which_pin) {
  fails(livlina({"enrol", "--words", well_spelled(), "--host", "127.0.0.1:1", "--name", "Kim"}),
        offline, "stays in " + folder + " under the PIN that you chose", "offline");
  EXPECT_TRUE(std::filesystem::exists(folder));
  // No PIN is none that is wrong.
  const std::string none = dir.write("none", "\n");
  for (int i = 0; i < 12; ++i)
    fails(livlina({"status"}, none), usage, "No PIN was given", "bad_pin");
  const Outcome right = run_command(livlina({"status"}));
  EXPECT_NE(right.code, locked) << right.err;
}

// A name that commands would take for something else.
TEST_F(Cli, names_that_mean_something_else_are_refused) {
  for (const std::string name : {"desk", "All", "An:na", "a\x1b[31mb", "a\xff", " "})
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"pair", "--words", well_spelled(), "--host", "127.0.0.1:1",
                                   "--duress-pin-file", duress, "--name", name},
          {"enrol", "--words", well_spelled(), "--host", "127.0.0.1:1", "--name", name},
          {"desk", "create", name}}) {
      fails(livlina(words), usage, "cannot be used", "");
      EXPECT_FALSE(std::filesystem::exists(folder)) << words[0];
    }
}

TEST_F(CliMistakes, the_participants_screen_shows_no_hash_and_nothing_unknown) {
  works(pair(invitation().words()));
  const Outcome early = run_command(livlina({"people"}), meanwhile);
  EXPECT_EQ(early.out.find("unknown"), std::string::npos) << early.out;
  EXPECT_EQ(early.out.find("category 0"), std::string::npos) << early.out;
  EXPECT_EQ(early.out.find("\n\n"), std::string::npos) << early.out;
}

TEST_F(CliMistakes, T19_an_invitation_for_the_other_command) {
  const v1::InviteMade made = invitation();
  fails(livlina({"enrol", "--code", hex(view(made.code())), "--name", "X"}), usage, "livlina pair",
        "bad_code");
  fails(livlina({"enrol", "--words", made.words(), "--host", server.host(), "--name", "X"}),
        refused, "livlina pair", "invite_gone");
  works(pair(made.words()));  // and it is still good
}

// What the duress PIN shows before the words were compared, and after.
TEST_F(CliMistakes, T30_before_the_words_are_compared_both_pins_show_the_same) {
  const v1::InviteMade made = invitation();
  works(pair(made.words()));
  const auto next = [&](const std::string& with) {
    const Outcome o = run_command(livlina({"status"}, with), meanwhile);
    EXPECT_EQ(o.code, done) << o.err;
    return o.out;
  };
  const std::string real = next(pin);
  EXPECT_NE(real.find("compare these words aloud"), std::string::npos) << real;
  EXPECT_EQ(next(duress), real);
  const Outcome there = run_command(livlina({"confirm", "--yes"}, duress), meanwhile);
  EXPECT_EQ(next(pin), real) << "nothing was confirmed";
  const Outcome here = run_command(livlina({"confirm", "--yes"}), meanwhile);
  EXPECT_EQ(there.code, done) << there.err;
  EXPECT_EQ(there.out, here.out);
  EXPECT_EQ(next(duress), next(pin));
}

}  // namespace
}  // namespace livlina::testing
