// The threat model says which test shows what. Every test that it names is there, and every attack
// has one in its table.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace livlina {
namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Every test of the project, as its program prints it without parameters.
std::set<std::string> all_tests(const std::filesystem::path& root) {
  static const std::regex test(
      R"((?:^|\n)(?:TEST|TEST_F|TEST_P|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\(\s*(\w+)\s*,\s*(\w+))");
  std::set<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "tests")) {
    if (!entry.path().string().ends_with("_test.cpp")) continue;
    const std::string text = text_of(entry.path());
    for (std::sregex_iterator at(text.begin(), text.end(), test), end; at != end; ++at)
      out.insert((*at)[1].str() + "." + (*at)[2].str());
  }
  return out;
}

// What stands in backquotes and is the name of tests: `Suite.name`, `Suite.T1_*`, `Suite.*`.
std::set<std::string> named_in(const std::string& text) {
  static const std::regex name(R"(`([A-Z]\w*\.(?:\w+\*?|\*))`)");
  std::set<std::string> out;
  for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at)
    out.insert((*at)[1].str());
  return out;
}

bool exists(const std::set<std::string>& tests, const std::string& name) {
  if (name.back() != '*') return tests.contains(name);
  const std::string beginning = name.substr(0, name.size() - 1);
  const auto at = tests.lower_bound(beginning);
  return at != tests.end() && at->starts_with(beginning);
}

TEST(ThreatModel, every_test_that_it_names_exists) {
  const std::filesystem::path root(LIVLINA_SOURCES);
  const auto tests = all_tests(root);
  const auto named = named_in(text_of(root / "protocol/spec/threat-model.md"));
  EXPECT_GT(tests.size(), 1000U) << "hardly anything was read";
  EXPECT_GT(named.size(), 150U);
  for (const std::string& name : named) EXPECT_TRUE(exists(tests, name)) << name;
}

// A row for each number, with tests of which one bears it.
TEST(ThreatModel, every_attack_has_its_row) {
  const std::filesystem::path root(LIVLINA_SOURCES);
  const auto tests = all_tests(root);
  const std::string text = text_of(root / "protocol/spec/threat-model.md");
  constexpr int attacks = 36;
  const std::set<int> nothing_to_try = {29, 33};
  for (int number = 1; number <= attacks; ++number) {
    const std::string t = "T" + std::to_string(number);
    const std::regex row("\n\\| " + t + " \\|([^\n]*)");
    std::smatch found;
    ASSERT_TRUE(std::regex_search(text, found, row)) << t;
    const std::string cells = found[1].str();
    const auto named = named_in(cells);
    EXPECT_EQ(named.empty(), nothing_to_try.contains(number)) << t;
    EXPECT_TRUE(std::all_of(named.begin(), named.end(), [&](const std::string& name) {
      return exists(tests, name);
    })) << t;
    const std::regex bears("[._]" + t + "(_|\\b)");
    EXPECT_TRUE(named.empty() ||
                std::any_of(named.begin(), named.end(),
                            [&](const std::string& n) { return std::regex_search(n, bears); }))
        << t;
  }
}

}  // namespace
}  // namespace livlina
