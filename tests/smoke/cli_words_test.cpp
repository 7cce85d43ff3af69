// What a person reads: the own alarm, notices, warnings, and what `listen` says of one press.
#include <gtest/gtest.h>

#include <algorithm>

#include "clients/cli/hearing.hpp"
#include "clients/cli/incident_words.hpp"
#include "clients/cli/lines.hpp"
#include "clients/cli/own_alarm.hpp"
#include "clients/cli/own_incident.hpp"
#include "clients/cli/print.hpp"
#include "clients/cli/socket.hpp"
#include "clients/cli/words_of.hpp"
#include "clients/cli/wrap.hpp"
#include "clients/cli/zone_time.hpp"
#include "crypto/core/bytes.hpp"
#include "crypto/core/time.hpp"

namespace livlina::testing {
namespace {

constexpr Instant noon = 1772452800000;  // 2026-03-02 12:00:00 UTC
const std::string circle(16, 'c'), incident(16, 'i');

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

v1::IncidentView own(std::uint32_t state, std::uint32_t kind = 4) {
  v1::IncidentView out;
  auto& i = *out.mutable_incident();
  i.set_incident_id(incident);
  i.set_circle_id(circle);
  i.set_state(state);
  i.set_lane(1);
  i.set_severity(4);
  auto& t = *i.add_triggers();
  t.set_kind(kind);
  t.set_at(noon + 31 * second);
  out.set_lane_verified(true);
  return out;
}

TEST(OwnIncident, says_what_was_pressed_and_who_has_it_and_nothing_else) {
  const std::string zone = "Europe/Stockholm";
  EXPECT_EQ(
      cli::own_line(own(1), zone),
      "your alarm of 2026-03-02 13:00 (Europe/Stockholm): nobody has it yet. We keep calling");
  v1::IncidentView taken = own(2);
  taken.set_holder_name("Amal");
  taken.set_taken_verified(true);
  EXPECT_EQ(cli::own_line(taken, zone),
            "your alarm of 2026-03-02 13:00 (Europe/Stockholm): Amal has it");
  taken.set_taken_verified(false);
  EXPECT_TRUE(has(cli::own_line(taken, zone), "the server says that Amal has it: NOT verified"));
  v1::IncidentView over = own(3, 7);
  over.set_resolver_name("Amal");
  over.set_taken_verified(true);
  over.mutable_incident()->set_reason(5);
  EXPECT_EQ(
      cli::own_line(over, zone),
      "your practice alarm of 2026-03-02 13:00 (Europe/Stockholm): Amal ended it (drill done)");
  v1::IncidentView seen = own(1);
  seen.mutable_incident()->add_events()->set_kind(9);
  seen.add_event_people()->set_who("Amal");
  EXPECT_TRUE(has(cli::own_line(seen, zone), "We keep calling. Seen by Amal"));
  for (const std::uint32_t state : {1u, 2u, 3u, 4u})
    for (const std::uint32_t kind : {1u, 2u, 3u, 4u, 5u, 6u, 7u}) {
      const std::string line = cli::own_line(own(state, kind), zone);
      for (const char* fright :
           {"severity", "round", "UTC", "not named", "loud_alarm", "not_ok", "silent", "duress"})
        EXPECT_FALSE(has(line, fright)) << line;
    }
}

TEST(OwnIncident, what_somebody_opened_again_is_not_called_an_alarm) {
  v1::IncidentView again = own(1);
  again.mutable_incident()->clear_triggers();
  again.mutable_incident()->set_opened_at(noon);
  auto& e = *again.mutable_incident()->add_events();
  e.set_kind(22);
  e.set_at(noon);
  again.add_event_people()->set_who("Karin");
  const std::string line = cli::own_line(again, "Europe/Stockholm");
  EXPECT_TRUE(has(line, "what was opened again at ") && !has(line, "your alarm")) << line;
  EXPECT_TRUE(has(cli::history_of(again), "Karin opened it again")) << cli::history_of(again);
}

TEST(OwnIncident, T36_what_no_signature_proves_says_whom_to_call) {
  for (const std::uint32_t state : {2u, 3u, 4u}) {
    v1::IncidentView view = own(state);
    EXPECT_TRUE(has(cli::own_line(view, "Europe/Stockholm"), "112 in danger")) << state;
    view.set_taken_verified(true);
    EXPECT_FALSE(has(cli::own_line(view, "Europe/Stockholm"), "112")) << state;
  }
}

TEST(OwnAlarm, too_late_says_that_somebody_comes_only_when_somebody_has_it) {
  cli::TakenBack late{cli::TakenBack::Result::too_late, {}};
  EXPECT_TRUE(has(cli::text_of(late), "Too late to take it back: your circle is called. "));
  late.holder = "Amal";
  EXPECT_TRUE(has(cli::text_of(late), "Too late to take it back: Amal has it. "));
}

TEST(OwnIncident, times_of_today_bear_no_date) {
  v1::IncidentView now = own(1);
  now.mutable_incident()->mutable_triggers(0)->set_at(cli::wall_now());
  const std::string line = cli::own_line(now, "Europe/Stockholm");
  EXPECT_EQ(line.find("your alarm of "), 0u);
  EXPECT_EQ(line[std::string("your alarm of 11").size()], ':') << line;
}

TEST(NoticeWords, say_whom_it_is_about_and_what_to_do) {
  v1::NoticeView n;
  n.set_kind(1);
  n.set_code(1);
  n.set_lane(1);
  n.set_severity(4);
  n.set_round(1);
  n.set_incident_id(incident);
  n.set_circle_id(circle);
  n.set_participant_name("Sami");
  n.set_at(noon);
  EXPECT_TRUE(has(cli::line_of(n), "page: Sami: somebody needs you: `livlina take 69696969`"))
      << cli::line_of(n);
  n.set_lane(2);
  EXPECT_TRUE(has(cli::line_of(n), "SILENT"));
  v1::NoticeView w;
  w.set_kind(4);
  w.set_code(19);
  w.set_circle_id(circle);
  w.set_participant_name("Noor");
  const std::string line = cli::line_of(w);
  EXPECT_TRUE(has(line, "warning: Noor: somebody else used a device's key")) << line;
  EXPECT_TRUE(has(line, "meet the person"));
  for (const char* empty : {"incident", "severity", "unknown"}) EXPECT_FALSE(has(line, empty));
  for (std::uint32_t code = 1; code <= 26; ++code) {
    w.set_code(code);
    EXPECT_FALSE(has(cli::line_of(w), "does not know")) << code;
  }
  w.set_code(99);
  EXPECT_TRUE(has(cli::line_of(w), "(99)"));
}

TEST(WarningWords, name_the_person_and_the_check_in) {
  v1::Warning w;
  w.set_code("nothing_came");
  w.set_circle_id(circle);
  w.set_subject(to_string(ByteWriter().bytes(Bytes(16, 1)).i64(noon).take()));
  w.set_at(noon);
  const std::string line = cli::line_of(w, "Sami");
  EXPECT_TRUE(has(line, "(Sami, check-in of " + cli::clock_text(noon) + ")")) << line;
  EXPECT_TRUE(has(line, "reach the person"));
  EXPECT_TRUE(has(cli::line_of(w), "circle 63636363"));
  w.set_code("cloned_device");
  w.set_detail("cloned_device");
  EXPECT_EQ(cli::line_of(w, "Sami").find("(cloned_device"), std::string::npos);
}

// Whatever the command is about: whose circle it is, and no id.
TEST(WarningWords, what_comes_aside_names_the_person) {
  v1::Status status;
  status.add_circles()->set_circle_id(circle);
  status.mutable_circles(0)->set_participant_name("Sami");
  status.add_circles()->set_circle_id("own");
  status.mutable_circles(1)->set_ours(true);
  cli::CircleNames names;
  names.learn(status);
  v1::Event e;
  e.set_confirm("1");
  e.mutable_warning()->set_code("nothing_came");
  for (const auto& [id, said] :
       {std::pair{circle, "(Sami)"}, std::pair{std::string("own"), "(your circle)"},
        std::pair{std::string("cccc"), "(circle 63636363)"}}) {
    e.mutable_warning()->set_circle_id(id);
    ::testing::internal::CaptureStderr();
    EXPECT_TRUE(cli::print_aside(cli::Options{}, e, names));
    const std::string line = ::testing::internal::GetCapturedStderr();
    EXPECT_TRUE(has(line, said)) << line;
  }
}

// Two people sit before the screen, and one of them must not read of a third.
TEST(WarningWords, T19_at_the_pairing_table_only_that_something_came_is_told_and_once) {
  v1::Event e;
  e.set_confirm("1");
  e.mutable_warning()->set_code("nothing_came");
  e.mutable_warning()->set_detail("Sami");
  const auto hear = cli::discreet(cli::Options{});
  ::testing::internal::CaptureStderr();
  EXPECT_FALSE(hear(e)) << "it counts as not seen";
  EXPECT_FALSE(hear(e));
  const std::string line = ::testing::internal::GetCapturedStderr();
  EXPECT_TRUE(has(line, "livlina status")) << line;
  EXPECT_FALSE(has(line, "Sami") || has(line, "nothing_came")) << line;
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
}

TEST(IncidentWords, several_that_fit_say_which_is_silent_or_practice) {
  v1::IncidentView silent = own(1, 5);
  silent.mutable_incident()->set_lane(2);
  silent.set_participant_name("Sami");
  v1::IncidentView open = own(1);
  open.set_participant_name("Sami");
  v1::IncidentView drill = open;
  drill.mutable_incident()->set_lane(3);
  EXPECT_EQ(cli::list_of({silent, open, drill}),
            "69696969 (Sami, SILENT, severity 4, nobody has it yet), "
            "69696969 (Sami, severity 4, nobody has it yet), "
            "69696969 (Sami, practice alarm, severity 4, nobody has it yet)");
}

TEST(CheckinWords, T30_the_sign_of_another_check_in_under_duress_has_a_line_of_its_own) {
  v1::CheckinView c;
  c.set_participant_name("Sami");
  c.set_due(noon);
  c.set_state(10);
  c.set_answer(2);
  c.set_pressed_at(noon);
  const std::string alone = cli::line_of(c);
  EXPECT_FALSE(has(alone, "DURESS"));
  c.set_duress_came(true);
  const std::string line = cli::line_of(c);
  EXPECT_EQ(line.find(alone + "\n"), 0u) << line;
  EXPECT_TRUE(has(line, "UNDER DURESS another check-in came"));
  EXPECT_FALSE(has(line, "do not call"));
}

TEST(Wrapped, breaks_between_words_and_never_inside_a_command) {
  EXPECT_EQ(cli::wrapped("one two three", 0), "one two three");
  EXPECT_EQ(cli::wrapped("one two three", 13), "one two three");
  EXPECT_EQ(cli::wrapped("one two three", 9), "one two\n      three");
  EXPECT_EQ(cli::wrapped("  one two\nab", 6), "  one\n      two\nab");
  EXPECT_EQ(cli::wrapped("say `livlina take 1` now", 10), "say\n      `livlina take 1`\n      now");
  EXPECT_EQ(cli::wrapped("\x1b[31mone\x1b[0m two", 7), "\x1b[31mone\x1b[0m two") << "no room";
  EXPECT_EQ(cli::wrapped("\xc3\xa5\xc3\xa4\xc3\xb6 \xc3\xa5", 5),
            "\xc3\xa5\xc3\xa4\xc3\xb6 \xc3\xa5");
  EXPECT_EQ(cli::wrapped("abcdefghij kl", 5), "abcdefghij\n      kl");
}

// What one event leads to on the standard output.
std::string said(cli::Hearing& hearing, const v1::Event& event) {
  ::testing::internal::CaptureStdout();
  EXPECT_TRUE(hearing.hear(event));
  return ::testing::internal::GetCapturedStdout();
}

v1::Event record(const std::string& name, const std::string& note) {
  v1::Event out;
  v1::RecordView& r = *out.mutable_record();
  r.set_circle_id(circle);
  r.set_record_hash(std::string(32, 'h'));
  r.set_type(2);
  r.set_answer(2);
  r.set_pressed_at(noon);
  r.set_arrived_at(noon);
  r.set_incident(1);
  r.set_participant_name(name);
  r.set_note(note);
  return out;
}

TEST(Hearing, one_press_is_told_once_its_note_once_and_its_name_when_it_comes) {
  const cli::Options options;
  cli::Hearing hearing(options);
  EXPECT_TRUE(has(said(hearing, record({}, {})), "somebody not named yet: ALARM"));
  EXPECT_EQ(said(hearing, record({}, {})), "") << "an incident names it now";
  EXPECT_TRUE(has(said(hearing, record("Sami", {})), "Sami: ALARM"));
  const std::string note = said(hearing, record("Sami", "At the door."));
  EXPECT_TRUE(has(note, "Sami, the note to that:")) << note;
  EXPECT_TRUE(has(note, "At the door."));
  EXPECT_FALSE(has(note, "ALARM"));
  EXPECT_EQ(said(hearing, record("Sami", "At the door.")), "");
}

TEST(Hearing, greets_once_and_knows_whose_circle_it_is) {
  const cli::Options options;
  cli::Hearing hearing(options);
  v1::Event status;
  v1::CircleView& mine = *status.mutable_status()->add_circles();
  mine.set_circle_id(circle);
  mine.set_ours(true);
  EXPECT_EQ(said(hearing, status), "");
  v1::Event in;
  (void)in.mutable_logged_in();
  EXPECT_EQ(said(hearing, in),
            "Connected. Here is shown what comes from your circle. Ctrl-C ends it.\n");
  EXPECT_EQ(said(hearing, in), "");
  v1::Event alarm;
  *alarm.mutable_incident() = own(1);
  EXPECT_EQ(said(hearing, alarm).find("your alarm of "), 0u);
  EXPECT_EQ(said(hearing, alarm), "");
}

}  // namespace
}  // namespace livlina::testing
