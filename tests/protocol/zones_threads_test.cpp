// The system's tzdata may be asked by several threads at once.
#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

#include "protocol/schedule/slots.hpp"

namespace livlina::testing {
namespace {

using namespace protocol;

TEST(Zones, several_threads_may_ask_at_once) {
  constexpr LocalDay first_of_june = 20605;  // 2026
  std::vector<std::thread> threads;
  std::array<std::optional<Instant>, 4> results;
  for (std::size_t i = 0; i < results.size(); ++i)
    threads.emplace_back([&, i] {
      for (int k = 0; k < 200; ++k)
        results[i] = tzdata_zones().resolve("Africa/Casablanca", first_of_june, 12 * 60);
    });
  for (auto& t : threads) t.join();
  for (const auto& r : results) EXPECT_EQ(r, first_of_june * day + 11 * hour);
}

}  // namespace
}  // namespace livlina::testing
