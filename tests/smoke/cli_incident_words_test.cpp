// What the command line says of an incident whose story is not proved, and of a refused pairing.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "clients/cli/advice.hpp"
#include "clients/cli/incident_words.hpp"
#include "clients/cli/json.hpp"
#include "clients/cli/lines.hpp"
#include "clients/cli/refusal.hpp"
#include "clients/cli/warning_words.hpp"
#include "crypto/core/time.hpp"

namespace livlina::testing {
namespace {

constexpr Instant at = 1795348800000;

v1::IncidentView incident(std::uint32_t state) {
  v1::IncidentView out;
  out.set_participant_name("Sami");
  out.set_lane_verified(true);
  out.mutable_incident()->set_incident_id(std::string(16, 'S'));
  out.mutable_incident()->set_state(state);
  return out;
}
v1::EventPeople& tell(v1::IncidentView& view, std::uint32_t kind, const char* who) {
  auto& e = *view.mutable_incident()->add_events();
  e.set_kind(kind);
  e.set_at(at);
  auto& people = *view.add_event_people();
  people.set_who(who);
  people.set_signed_at(at);
  return people;
}
bool says(const v1::IncidentView& view, const std::string& what) {
  return cli::line_of(view).find(what) != std::string::npos;
}

TEST(IncidentWords, T36_what_was_said_under_duress_is_shown_as_that_and_as_nothing_calm) {
  for (const std::uint32_t kind : {3U, 4U, 5U, 9U}) {
    v1::IncidentView view = incident(1);
    auto& people = tell(view, kind, "Sami");
    people.set_under_duress(true);
    people.set_contradicts(true);
    EXPECT_TRUE(says(view, "Sami said this UNDER DURESS")) << kind;
    EXPECT_FALSE(says(view, "That closes nothing")) << kind;
    EXPECT_FALSE(says(view, "seen by")) << kind;
    EXPECT_TRUE(cli::to_json(view)["events"][0].value("under_duress", false));
  }
  v1::IncidentView unknown = incident(1);
  tell(unknown, 3, "Sami").set_duress_unknown(true);
  EXPECT_TRUE(says(unknown, "Sami says (whether under duress cannot be told): ok"));
}

TEST(IncidentWords, T36_what_the_signature_does_not_say_is_shown_as_untrue) {
  v1::IncidentView view = incident(1);
  for (const std::uint32_t kind : {4U, 9U, 10U, 20U}) tell(view, kind, "").set_contradicts(true);
  const std::string line = cli::line_of(view);
  std::size_t found = 0;
  for (std::size_t p = line.find("NOT TRUE"); p != std::string::npos;
       p = line.find("NOT TRUE", p + 1))
    ++found;
  EXPECT_EQ(found, 4U) << line;
  EXPECT_EQ(line.find("seen by"), std::string::npos);
}

// A word that the server kept back is told with the time of its signature.
TEST(IncidentWords, T36_a_word_of_another_time_bears_the_time_of_its_signature) {
  v1::IncidentView view = incident(1);
  auto& people = tell(view, 3, "Sami");
  EXPECT_FALSE(says(view, "(signed "));
  people.set_signed_at(at - 10 * minute);
  EXPECT_FALSE(says(view, "(signed "));
  people.set_signed_at(at - 8 * hour);
  EXPECT_TRUE(says(view, "(signed 2026-11-2")) << cli::line_of(view);
}

TEST(IncidentWords, G3_only_a_proved_end_takes_it_off_the_list) {
  for (const std::uint32_t state : {3U, 4U}) {
    v1::IncidentView view = incident(state);
    view.set_taken_verified(true);
    EXPECT_FALSE(cli::is_open(view));
    EXPECT_TRUE(cli::is_over(view));
    view.set_taken_verified(false);
    view.set_end_unproved(true);
    EXPECT_TRUE(cli::is_open(view)) << "take without an id finds it";
    EXPECT_FALSE(cli::is_over(view)) << "and the list of open ones shows it";
    EXPECT_TRUE(says(view, "NOT verified"));
    EXPECT_NE(cli::standing_of(view).find("NOT verified"), std::string::npos);
    EXPECT_TRUE(cli::to_json(view).value("end_unproved", false));
  }
  EXPECT_FALSE(cli::is_over(incident(2)));
  EXPECT_FALSE(cli::is_over(incident(9))) << "a state that this program does not know";
}

TEST(IncidentWords, T36_one_of_an_unverified_circle_is_shown_as_that) {
  v1::IncidentView view = incident(1);
  EXPECT_FALSE(says(view, "CANNOT VERIFY"));
  view.set_circle_unverified(true);
  EXPECT_TRUE(says(view, "CIRCLE THAT THIS DEVICE CANNOT VERIFY"));
  EXPECT_TRUE(cli::to_json(view).value("circle_unverified", false));
  EXPECT_NE(cli::warning_sentence("incident_unverified").find("livlina incidents"),
            std::string_view::npos);
  EXPECT_NE(cli::advice_for("unknown_circle", "incident").find("Call the desk"),
            std::string_view::npos);
}

// ---- refused pairings ----

v1::Warning refused(const std::string& code, const std::string& subject) {
  v1::Warning out;
  out.set_code(code);
  out.set_subject(subject);
  return out;
}

TEST(RefusalWords, T19_one_persons_refusal_says_nothing_of_anothers_pairing) {
  const v1::Warning anna = refused("pairing_refused_there", std::string(16, 'A'));
  EXPECT_EQ(cli::refusal_in(anna, "4141"), "refused_there");
  EXPECT_EQ(cli::refusal_in(anna, ""), "refused_there") << "whichever waits: none does";
  EXPECT_EQ(cli::refusal_in(anna, "4242"), "") << "Bea's goes on";
  EXPECT_EQ(cli::refusal_in(anna, std::nullopt), "") << "nor has it to do with our own";
  EXPECT_EQ(cli::refusal_in(refused("late_join", std::string(16, 'A')), "41"), "");
}

TEST(RefusalWords, T19_that_of_our_own_pairing_names_no_invitation) {
  EXPECT_EQ(cli::refusal_in(refused("pairing_refused_there", ""), std::nullopt), "refused_there");
  EXPECT_EQ(cli::refusal_in(refused("pairing_refused", ""), std::nullopt), "refused_here");
  EXPECT_EQ(cli::refusal_in(refused("pairing_refused_there", ""), ""), "");
  EXPECT_EQ(cli::refusal_in(v1::Warning(), std::nullopt), "");
}

TEST(RefusalWords, T19_after_a_confirmation_nobody_says_that_nothing_holds) {
  for (const char* word : {"refused_listed", "refused_late"}) {
    EXPECT_EQ(cli::refusal_in(refused("pairing_" + std::string(word), "A"), "41"), word);
    for (const std::string_view text : {cli::advice_for("cancelled", word),
                                        cli::warning_sentence("pairing_" + std::string(word))}) {
      EXPECT_FALSE(text.empty()) << word;
      EXPECT_EQ(text.find("othing holds"), std::string_view::npos);
      EXPECT_EQ(text.find("othing of this"), std::string_view::npos);
    }
  }
  EXPECT_NE(cli::warning_sentence("pairing_refused_listed").find("desk renew --remove"),
            std::string_view::npos);
}

}  // namespace
}  // namespace livlina::testing
