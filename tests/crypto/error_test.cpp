// Every error has a name of its own for logs and messages.
#include "crypto/core/error.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace livlina::testing {
namespace {

using crypto::Error;

TEST(Error, each_has_a_name_of_its_own) {
  std::set<std::string> names;
  const int last = static_cast<int>(Error::wait);
  for (int e = 0; e <= last; ++e) names.emplace(name(static_cast<Error>(e)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(last) + 1);
  EXPECT_EQ(names.count("unknown"), 0U);
  EXPECT_EQ(name(static_cast<Error>(last + 1)), "unknown");
}

}  // namespace
}  // namespace livlina::testing
