// Every word that the core gives as the `detail` of a Finished stands in core.proto, where the
// writers of a client look for it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

namespace livlina {
namespace {

using Words = std::set<std::string>;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What stands in quotes in the arguments of each call of finish(), and where a `detail` is set.
void collect(const std::string& source, Words& out) {
  const auto quoted = [&](std::size_t from, std::size_t to) {
    for (std::size_t at = from; (at = source.find('"', at)) < to; ++at) {
      const std::size_t end = source.find('"', at + 1);
      if (end > at + 1) out.insert(source.substr(at + 1, end - at - 1));
      at = end;
    }
  };
  for (std::size_t at = 0; (at = source.find("finish(", at)) != std::string::npos; ++at) {
    std::size_t end = at + std::string_view("finish(").size();
    for (int open = 1; open > 0 && end < source.size(); ++end)
      open += source[end] == '(' ? 1 : source[end] == ')' ? -1 : 0;
    quoted(at, end);
  }
  for (std::size_t at = 0; (at = source.find("detail = ", at)) != std::string::npos; ++at)
    quoted(at, source.find(';', at));
}

Words words_of(std::string_view text) {
  Words out;
  std::string word;
  for (const char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') {
      word += c;
    } else {
      out.insert(word);
      word.clear();
    }
  }
  return out;
}

TEST(Links, core_proto_lists_every_detail_that_the_core_gives) {
  const std::filesystem::path root(LIVLINA_SOURCES);
  const std::string proto = text_of(root / "protocol/proto/livlina/core.proto");
  const std::size_t from = proto.find("Every `detail` that the core gives");
  ASSERT_NE(from, std::string::npos);
  const Words listed = words_of(proto.substr(from, proto.find("message Finished", from) - from));
  Words given;
  for (const auto& entry : std::filesystem::directory_iterator(root / "clients/core"))
    if (entry.path().extension() == ".cpp") collect(text_of(entry.path()), given);
  EXPECT_GT(given.size(), 25U) << "hardly anything was read";
  for (const std::string& word : given) EXPECT_TRUE(listed.count(word) != 0) << word;
}

}  // namespace
}  // namespace livlina
