// T34: an operation without its row in the router's table, or without its request in the test of
// who may ask for it, does not build. The sources are compiled with the omission in them.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <regex>
#include <string>

namespace livlina {
namespace {

struct Compiled {
  bool ok = false;
  std::string said;
};

// The source, changed, as it would be compiled in its place.
Compiled compiled(const std::string& text) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() /
      ("livlina-rows-" + std::to_string(std::hash<std::string>{}(text + ::testing::TempDir())) +
       ".cpp");
  std::ofstream(file, std::ios::binary) << text;
  const std::string command = LIVLINA_CXX
                              " -std=c++20 -fsyntax-only -Wall -Wextra -Werror -I" LIVLINA_SOURCES
                              " -isystem " LIVLINA_GENERATED " '" +
                              file.string() + "' 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  Compiled out;
  std::array<char, 1024> part{};
  while (pipe != nullptr && std::fgets(part.data(), part.size(), pipe) != nullptr)
    out.said += part.data();
  out.ok = pipe != nullptr && ::pclose(pipe) == 0;
  std::filesystem::remove(file);
  return out;
}

std::string source(const char* file) {
  std::ifstream in(std::filesystem::path(LIVLINA_SOURCES) / file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Without the one place that this names.
std::string without(const std::string& text, const std::string& what) {
  const std::regex place(what);
  EXPECT_EQ(std::distance(std::sregex_iterator(text.begin(), text.end(), place), {}), 1) << what;
  return std::regex_replace(text, place, "");
}

void expect_refused(const std::string& text, const char* because) {
  const Compiled wrong = compiled(text);
  EXPECT_FALSE(wrong.ok);
  EXPECT_TRUE(std::regex_search(wrong.said, std::regex(because))) << wrong.said;
}

TEST(RouteRows, T34_an_operation_without_its_row_does_not_build) {
  const std::string router = source("server/engine/router.cpp");
  const Compiled whole = compiled(router);
  ASSERT_TRUE(whole.ok) << whole.said;
  // A row begins with its brace and ends with the next line that ends in one.
  for (const std::string op : {"kLogin", "kPutPlan", "kReceiptNotices"})
    expect_refused(without(router, R"(  \{Request::)" + op + R"(,[\s\S]*?\},\n)"),
                   "every_operation_has_its_row");
  // An operation that the protocol has and nobody here has heard of.
  expect_refused(without(router, "    case Request::kPutPlan:\n"), "not handled in switch");
}

TEST(RouteRows, T34_who_may_but_lacks_the_role_does_not_build) {
  std::string router = source("server/engine/router.cpp");
  const std::string row = "after_login, participant, theirs, pretend,\n   LIVLINA_DONE(put_plan";
  const std::size_t at = router.find(row);
  ASSERT_NE(at, std::string::npos);
  router.replace(at, row.size(),
                 "after_login, participant, in_circle, pretend,\n   LIVLINA_DONE(put_plan");
  expect_refused(router, "roles_fit_who_may");
}

TEST(RouteRows, T34_an_operation_that_the_test_does_not_ask_for_does_not_build) {
  const std::string asked = source("tests/services/asked_requests.cpp");
  const Compiled whole = compiled(asked);
  ASSERT_TRUE(whole.ok) << whole.said;
  expect_refused(without(asked, "    case Q::kListIncidents:\n"), "not handled in switch");
}

}  // namespace
}  // namespace livlina
