// A simulated story as plain data: plans, and steps of people, phones, lines and the server, in the
// order of their time. The same seed makes the same story.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/due_times.hpp"

namespace livlina::testing::sim {

enum class What : std::uint8_t {
  text,      // who writes: n 0 to everybody who reads, else to person n - 1
  read,      // who reads what is unread
  check_in,  // n: answer 1 to 3
  alarm,     // n: 1 silent, 2 loud, 3 practice
  cancel,    // n: 1 "pressed by mistake"
  act,       // who does something about the newest open incident that their phone shows; n: dice
  offline,
  online,
  reopen,    // the app ends and begins anew
  decoy,     // the duress PIN is entered
  real,      // the real PIN is entered
  bad_line,  // frames are late, come twice, or are lost with their connection
  good_line,
  renew,  // who signs the desk's lists again
  crash,  // the server is killed and begins anew at once
  stop,
  start,
  disk_full,  // no commit of the server succeeds
  disk_free,
};

// Persons: 0 the coordinator, 1 the contact person, 2 the mentor, from 3 on the participants.
inline constexpr std::size_t first_participant = 3;

struct Step {
  Instant at = 0;
  What what = What::text;
  std::size_t who = 0;
  int n = 0;
};

struct Scenario {
  std::uint64_t seed = 0;
  Instant start = 0;                          // the phones are paired then
  Instant end = 0;                            // of the steps
  Duration rest = 3 * hour;                   // afterwards, in which everything works
  std::vector<std::vector<Timetable>> plans;  // of each circle
  std::vector<Duration> skew;                 // of each person's phone, once it is armed
  std::vector<Step> steps;
};

struct Size {
  int circles = 1;
  int days = 1;
  bool faults = true;  // of lines, phones, disk and server
};
[[nodiscard]] Scenario make_scenario(std::uint64_t seed, const Size& size);
// Short stories, for whoever plays them hundreds of times.
[[nodiscard]] Scenario story_of_pairing();
[[nodiscard]] Scenario story_of_messages();
[[nodiscard]] Scenario story_of_checkins();
[[nodiscard]] Scenario story_of_alarms();
[[nodiscard]] Scenario story_of_duress();
// An alarm that is taken back in the decoy before it could leave, and words after it.
[[nodiscard]] Scenario story_of_a_hidden_alarm();

// "d1 18:42:07.000 Pa checks in (2)": the day since the start, and UTC.
[[nodiscard]] std::string words(const Scenario& scenario, const Step& step);
[[nodiscard]] std::string time_words(const Scenario& scenario, Instant at);

}  // namespace livlina::testing::sim
