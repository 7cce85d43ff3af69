// Every number that a test's name or a comment bears is explained: who reads H12 finds what it is.
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

namespace livlina {
namespace {

using Numbers = std::set<std::string>;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// Words such as M1, G3, H07, I10, T34 that stand between `before` and `after`.
Numbers numbers_in(const std::string& text, std::string_view before, std::string_view after) {
  Numbers out;
  for (std::size_t at = 0; (at = text.find_first_of("MGHIT", at)) != std::string::npos;) {
    std::size_t end = at + 1;
    while (end < text.size() && is_digit(text[end])) ++end;
    const bool begins =
        at >= before.size() && text.compare(at - before.size(), before.size(), before) == 0;
    if (end > at + 1 && begins && text.compare(end, after.size(), after) == 0)
      out.insert(text.substr(at, end - at));
    at = end;
  }
  return out;
}

// The numbers with which the names of the tests of a source file begin, and all behind these.
Numbers of_tests(const std::string& source) {
  Numbers out;
  for (const char* before : {", ", "_", "\""}) out.merge(numbers_in(source, before, "_"));
  return out;
}

TEST(Links, every_number_in_a_tests_name_is_explained) {
  const std::filesystem::path root(LIVLINA_SOURCES);
  Numbers explained = numbers_in(text_of(root / "docs/promises.md"), "**", "**");
  explained.merge(numbers_in(text_of(root / "protocol/spec/threat-model.md"), "\n| ", " |"));
  EXPECT_GT(explained.size(), 90U);
  std::size_t looked_at = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "tests")) {
    if (entry.path().extension() != ".cpp") continue;
    for (const std::string& number : of_tests(text_of(entry.path()))) {
      ++looked_at;
      EXPECT_TRUE(explained.contains(number))
          << number << " in " << entry.path().lexically_relative(root).string();
    }
  }
  EXPECT_GT(looked_at, 300U) << "hardly any test bears a number";
}

}  // namespace
}  // namespace livlina
