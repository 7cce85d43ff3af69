// Seeds and corpus of every fuzz target, in every build: what once was found stays found.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "crypto/core/random.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing::fuzz {
namespace {

class Replay : public ::testing::TestWithParam<const Target*> {};

TEST_P(Replay, T24_seeds_and_their_damaged_copies) {
  const Target& target = *GetParam();
  const std::vector<Bytes> seeds = target.seeds();
  ASSERT_FALSE(seeds.empty());
  target.run({});
  SeededRandom random(1);
  for (const Bytes& seed : seeds) {
    target.run(seed);
    for (int i = 0; i < 20 && seed.size() > 1; ++i) {
      const auto dice = random.array<5>();
      Bytes changed = seed;
      const std::size_t at = 1 + (dice[0] | std::size_t{dice[1]} << 8) % (changed.size() - 1);
      changed[at] = dice[2];
      if (dice[3] % 4 == 0) changed.resize(at);
      target.run(changed);
    }
  }
}

TEST_P(Replay, T24_corpus) {
  const Target& target = *GetParam();
  const std::filesystem::path folder = "tests/fuzz/corpus/" + std::string(target.name);
  ASSERT_TRUE(std::filesystem::is_directory(folder)) << folder;
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(in)), {});
    target.run(view(std::string_view(bytes.data(), bytes.size())));
    ++count;
  }
  EXPECT_GT(count, 0U) << folder;
}

INSTANTIATE_TEST_SUITE_P(Targets, Replay, ::testing::ValuesIn(targets()),
                         [](const auto& target) { return std::string(target.param->name); });

}  // namespace
}  // namespace livlina::testing::fuzz
