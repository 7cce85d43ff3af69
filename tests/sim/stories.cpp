// The short stories of the crash runs: each of them one subject.
#include "tests/sim/scenario.hpp"

namespace livlina::testing::sim {

namespace {

constexpr Instant monday = 1'772'438'400'000;  // 2026-03-02, 08:00 UTC, 09:00 in Stockholm
constexpr Instant noon = monday + 4 * hour;    // UTC: the first check-in is due
constexpr std::uint32_t noon_local = 13 * 60;

constexpr std::size_t carin = 0, kim = 1, maja = 2, pa = 3;
constexpr int ok = 1, not_ok = 3, loud = 2, none = 0, to_all = 0;
// Dice of an act. Nobody holds it: take. Held by us: resolve, offer. Offered to us: accept.
constexpr int take = 1, resolve = 2, offer = 3, accept = 4;

Scenario story(std::vector<std::uint32_t> local_minutes, std::vector<Step> steps) {
  Scenario out;
  out.start = monday;
  out.end = steps.back().at;
  out.rest = 30 * minute;
  Timetable table;
  table.times.clear();
  for (const std::uint32_t m : local_minutes) table.times.push_back({0x7f, m});
  table.opens_before = 20 * minute;
  table.grace = 10 * minute;
  table.reminders = {0};
  out.plans = {{table}};
  out.skew = {0, 0, 0, 0};
  out.steps = std::move(steps);
  return out;
}

}  // namespace

Scenario story_of_pairing() {
  return story({noon_local}, {{noon - 10 * minute, What::check_in, pa, ok}});
}

Scenario story_of_messages() {
  const Instant ten = noon - 2 * hour;
  return story({23 * 60}, {{ten, What::text, pa, to_all},
                           {ten + minute, What::read, kim, none},
                           {ten + 2 * minute, What::offline, pa, none},
                           {ten + 3 * minute, What::text, kim, 1 + static_cast<int>(pa)},
                           {ten + 4 * minute, What::text, pa, to_all},
                           {ten + 5 * minute, What::online, pa, none},
                           {ten + 6 * minute, What::reopen, kim, none},
                           {ten + 7 * minute, What::text, maja, 1 + static_cast<int>(pa)},
                           {ten + 8 * minute, What::read, pa, none}});
}

Scenario story_of_checkins() {
  return story({noon_local, noon_local + 40},
               {{noon - 20 * minute, What::check_in, pa, ok},  // as it opens
                {noon + 52 * minute, What::act, maja, take},   // the second one is missed
                {noon + 54 * minute, What::check_in, pa, ok},  // late
                {noon + 56 * minute, What::act, maja, resolve}});
}

Scenario story_of_alarms() {
  return story({noon_local}, {{noon - hour, What::alarm, pa, loud},
                              {noon - hour + 2 * second, What::cancel, pa, none},
                              {noon - 5 * minute, What::check_in, pa, not_ok},
                              {noon - 4 * minute, What::act, maja, take},
                              {noon - 3 * minute, What::act, maja, offer},
                              {noon - 2 * minute, What::act, kim, accept},
                              {noon + 60 * minute, What::act, carin, take},  // Kim forgot it
                              {noon + 61 * minute, What::act, carin, resolve}});
}

Scenario story_of_duress() {
  return story({noon_local}, {{noon - 5 * minute, What::decoy, pa, none},
                              {noon - 4 * minute, What::check_in, pa, ok},
                              {noon - 3 * minute, What::text, pa, to_all},
                              {noon - 2 * minute, What::real, pa, none},
                              {noon + minute, What::act, carin, take},
                              {noon + 2 * minute, What::act, carin, resolve},
                              {noon + 3 * minute, What::text, pa, to_all}});
}

Scenario story_of_a_hidden_alarm() {
  return story({noon_local}, {{noon - 19 * minute, What::decoy, pa, none},
                              {noon - 18 * minute, What::check_in, pa, ok},
                              {noon - 17 * minute, What::offline, pa, none},
                              {noon - 16 * minute, What::alarm, pa, loud},
                              {noon - 15 * minute, What::cancel, pa, none},
                              {noon - 14 * minute, What::online, pa, none},
                              {noon - 13 * minute, What::check_in, pa, not_ok},
                              {noon - 12 * minute, What::check_in, pa, ok},
                              {noon - 10 * minute, What::real, pa, none}});
}

}  // namespace livlina::testing::sim
