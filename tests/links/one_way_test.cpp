// T21, T22: there is one way to seal and one way to compare secrets. What each of them promises is
// proved by its own tests; here, that nothing goes past them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace livlina {
namespace {

// The source without its comments.
std::string code_in(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string out;
  for (std::string line; std::getline(in, line); out += '\n')
    out += line.substr(0, line.find("//"));
  return out;
}

// Every statement that `wrong` finds something in, behind the name of its file.
std::vector<std::string> found(const std::string& code, const std::string& name,
                               const std::function<bool(const std::string&)>& wrong) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < code.size();) {
    const std::size_t end = std::min(code.find_first_of(";{}", at), code.size());
    const std::string statement = code.substr(at, end - at);
    if (wrong(statement)) out.emplace_back(name).append(": ").append(statement);
    at = end + 1;
  }
  return out;
}

std::vector<std::string> found_everywhere(const std::function<bool(const std::string&)>& wrong) {
  const std::filesystem::path root(LIVLINA_SOURCES);
  std::vector<std::string> out;
  std::size_t files = 0;
  for (const char* folder : {"crypto", "protocol", "clients", "server"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const std::string ending = entry.path().extension().string();
      if (ending != ".cpp" && ending != ".hpp") continue;
      ++files;
      const std::string name = entry.path().lexically_relative(root).string();
      for (std::string& one : found(code_in(entry.path()), name, wrong))
        out.push_back(std::move(one));
    }
  EXPECT_GT(files, 300U) << "hardly anything was read";
  return out;
}

// A comparison that may stop at the first difference, of what was exposed.
bool compares_a_secret(const std::string& statement) {
  static const std::regex before(R"(expose\(\)(\.\w+(<\w+>)?\([^()]*\))*\s*(==|!=|<=>|<\s|>\s))");
  static const std::regex after(R"((==|!=|<=>)\s*[\w:.>*-]*expose\(\))");
  static const std::regex by_name(
      R"((^|[^\w])(equal|mismatch|search|lexicographical_compare|strn?cmp)\([^;]*expose\(\))");
  static const std::regex of_the_library(R"((^|[^\w])(std::)?(memcmp|bcmp|sodium_compare)\()");
  return std::regex_search(statement, before) || std::regex_search(statement, after) ||
         std::regex_search(statement, by_name) || std::regex_search(statement, of_the_library);
}

TEST(OneWay, T22_secrets_are_compared_by_one_function) {
  std::set<std::string> files;
  for (const std::string& one : found_everywhere(compares_a_secret))
    EXPECT_EQ(one.substr(0, one.find(':')), "crypto/core/bytes.hpp") << one;
  const auto by = found_everywhere(
      [](const std::string& s) { return s.find("sodium_memcmp(") != std::string::npos; });
  ASSERT_EQ(by.size(), 1U);
  EXPECT_EQ(by[0].substr(0, by[0].find(':')), "crypto/core/secret.cpp");
}

TEST(OneWay, T22_the_reader_of_sources_sees_what_is_planted) {
  for (const char* wrong :
       {"if (equal(a.expose(), b)) return", "return a.expose() == b", "x = b != key.expose()",
        "if (std::equal(b.begin(), b.end(), key.expose().begin())) return",
        "return std::memcmp(a.data(), b.data(), 32) == 0", "if (a.expose().first(8) == b) return",
        "return key->expose()\n      == other"})
    EXPECT_TRUE(compares_a_secret(wrong)) << wrong;
  for (const char* right :
       {"if (secret_equal(a.expose(), b)) return", "if (sodium_memcmp(a, b, 32) == 0) return",
        "const ByteView v = n == 1 ? ByteView() : block.expose()", "if (equal(id, other)) return",
        "if (list.size() == 2) use(key.expose())"})
    EXPECT_FALSE(compares_a_secret(right)) << right;
}

TEST(OneWay, T21_nothing_is_sealed_but_by_the_seal_that_commits_to_its_key) {
  std::set<std::string> files;
  for (const std::string& one : found_everywhere([](const std::string& s) {
         static const std::regex sealing(
             R"((^|[^\w])(aead_\w+crypt|crypto_(aead|secretbox|box|stream|secretstream)\w*)\()");
         return std::regex_search(s, sealing);
       }))
    files.insert(one.substr(0, one.find(':')));
  EXPECT_EQ(files, (std::set<std::string>{"crypto/e2ee/aead.cpp", "crypto/e2ee/aead.hpp",
                                          "crypto/e2ee/seal.cpp"}));
}

}  // namespace
}  // namespace livlina
