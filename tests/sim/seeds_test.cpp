// Random stories from seeds: whatever people, phones, lines, disk and server do, every promise is
// kept. How to run more of them, or one alone, stands in README.md of this folder.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "tests/sim/oracle.hpp"

namespace livlina::testing::sim {
namespace {

constexpr std::uint64_t usual_seeds = 24;
constexpr std::size_t most_steps = 25;  // of a trace

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string lines_of(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& l : lines) out += "  " + l + "\n";
  return out;
}

Size size_of(std::uint64_t seed) {
  if (const auto days = number_from("LIVLINA_SIM_DAYS", 0); days != 0)
    return {2, static_cast<int>(days)};
  return {1 + static_cast<int>(seed % 4 == 0), 1 + static_cast<int>(seed % 6 == 0)};
}

// What went wrong in the story of this seed; `all`: prints every step, slot and record as well.
std::string story(std::uint64_t seed, bool all) {
  const Scenario scenario = make_scenario(seed, size_of(seed));
  Play play(scenario);
  play.run();
  Oracle oracle(play);
  const auto problems = play.problems.empty() ? oracle.differences() : play.problems;
  if (all)
    std::printf("%s%s", lines_of(play.trace(scenario.steps.size())).c_str(),
                lines_of(oracle.expectations()).c_str());
  if (problems.empty()) return {};
  return "seed " + std::to_string(seed) + ":\n" + lines_of(problems) + "the last steps:\n" +
         lines_of(play.trace(most_steps)) + "alone: LIVLINA_SIM_SEED=" + std::to_string(seed);
}

TEST(SimSeeds, G1_G2_G3_G4_M1_M2_I1_I9_random_stories_keep_every_promise) {
  const std::uint64_t only = number_from("LIVLINA_SIM_SEED", 0);
  const std::uint64_t first = only != 0 ? only : number_from("LIVLINA_SIM_FIRST", 1);
  const std::uint64_t last = only != 0 ? only : number_from("LIVLINA_SIM_SEEDS", usual_seeds);
  const auto begin = std::chrono::steady_clock::now();
  int participant_days = 0;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    if (const std::string wrong = story(seed, only != 0); !wrong.empty()) ADD_FAILURE() << wrong;
    participant_days += size_of(seed).circles * size_of(seed).days;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%d participant-days in %.1f s: %.1f a second\n", participant_days, took.count(),
              participant_days / took.count());
}

}  // namespace
}  // namespace livlina::testing::sim
