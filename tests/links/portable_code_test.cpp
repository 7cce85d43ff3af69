// The code that every client shares, read as text: it has no clock, no files, no network, no
// threads and no randomness of its own, and nothing that libc++ 13 lacks (architecture.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace livlina {
namespace {

constexpr std::string_view forbidden_headers[] = {
    // missing in libc++ 13
    "format", "expected", "source_location", "ranges", "coroutine", "generator", "stacktrace",
    // threads
    "thread", "mutex", "shared_mutex", "condition_variable", "future", "semaphore", "latch",
    "barrier", "stop_token", "pthread.h",
    // clocks and randomness
    "chrono", "ctime", "time.h", "random",
    // files, streams, network, processes
    "fstream", "filesystem", "iostream", "cstdio", "stdio.h", "fcntl.h", "unistd.h", "netdb.h",
    "poll.h", "csignal", "signal.h"};
constexpr std::string_view forbidden_folders[] = {"sys/",   "netinet/", "arpa/",
                                                  "boost/", "openssl/", "linux/"};
// Names that come with other headers, or that somebody declares by hand.
constexpr std::string_view forbidden_names[] = {
    "system_clock", "steady_clock",  "high_resolution_clock", "random_device",
    "bit_cast",     "clock_gettime", "gettimeofday",          "getenv",
    "getrandom",    "fopen"};
// The system's calls; our own open(key, ...) and Vault::open() are none.
constexpr std::string_view forbidden_calls[] = {"open", "socket", "connect", "time", "read"};

bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The source without comments and without what stands in quotes.
std::string code_of(std::string_view source) {
  std::string out;
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source.substr(i, 2) == "//") {
      i = std::min(source.find('\n', i), source.size());
      out += '\n';
    } else if (source.substr(i, 2) == "/*") {
      i = std::min(source.find("*/", i), source.size() - 2) + 1;
      out += ' ';
    } else if (source[i] == '"' ||
               (source[i] == '\'' && (i == 0 || !in_name(source[i - 1])))) {  // not 10'000
      const char quote = source[i];
      for (++i; i < source.size() && source[i] != quote; ++i)
        if (source[i] == '\\') ++i;
      out += quote;
      out += quote;
    } else {
      out += source[i];
    }
  }
  return out;
}

bool is_forbidden(std::string_view header) {
  const auto is = [&](std::string_view name) { return name == header; };
  const auto begins = [&](std::string_view folder) { return header.starts_with(folder); };
  return std::any_of(std::begin(forbidden_headers), std::end(forbidden_headers), is) ||
         std::any_of(std::begin(forbidden_folders), std::end(forbidden_folders), begins);
}

// Everything in a source that the shared code must not have, as it stands there.
std::vector<std::string> forbidden_in(std::string_view source) {
  std::vector<std::string> out;
  const std::string code = code_of(source);
  for (std::size_t at = 0; (at = code.find('#', at)) != std::string::npos; ++at) {
    const std::string line = code.substr(at, code.find('\n', at) - at);
    const std::size_t from = line.find('<');
    const std::size_t to = line.find('>', from == std::string::npos ? 0 : from);
    if (line.find("include") == std::string::npos || from == std::string::npos ||
        to == std::string::npos)
      continue;
    const std::string header = line.substr(from + 1, to - from - 1);
    if (is_forbidden(header)) out.push_back("<" + header + ">");
  }
  for (std::size_t at = 0; at < code.size(); ++at) {
    if (!in_name(code[at]) || (at > 0 && in_name(code[at - 1]))) continue;
    std::size_t end = at;
    while (end < code.size() && in_name(code[end])) ++end;
    const std::string name = code.substr(at, end - at);
    const auto is = [&](std::string_view one) { return one == name; };
    if (std::any_of(std::begin(forbidden_names), std::end(forbidden_names), is))
      out.push_back(name);
    const bool of_std_ranges = name == "ranges" && at >= 5 && code.substr(at - 5, 5) == "std::";
    if (of_std_ranges) out.push_back("std::ranges");
    // `::open(`, with no name before it.
    const bool global = at >= 2 && code.substr(at - 2, 2) == "::" &&
                        (at < 3 || (!in_name(code[at - 3]) && code[at - 3] != '>'));
    if (global && end < code.size() && code[end] == '(' &&
        std::any_of(std::begin(forbidden_calls), std::end(forbidden_calls), is))
      out.push_back("::" + name);
  }
  return out;
}

std::vector<std::filesystem::path> sources_in(const char* folder) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           std::filesystem::path(LIVLINA_SOURCES) / folder)) {
    const std::string ending = entry.path().extension().string();
    if (ending == ".cpp" || ending == ".hpp") out.push_back(entry.path());
  }
  return out;
}

std::vector<std::string> forbidden_in_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return forbidden_in(std::string(std::istreambuf_iterator<char>(in), {}));
}

TEST(Links, portable_code_includes_no_forbidden_header) {
  for (const char* folder : {"crypto", "clients/core"}) {
    const auto files = sources_in(folder);
    EXPECT_GT(files.size(), 40U) << folder << ": hardly anything was read";
    for (const auto& file : files)
      EXPECT_EQ(forbidden_in_file(file), std::vector<std::string>{}) << file;
  }
  // The counter-check: the command line's own folder has files, clocks and sockets.
  std::vector<std::string> driver;
  for (const auto& file : sources_in("clients/cli"))
    for (const std::string& one : forbidden_in_file(file)) driver.push_back(one);
  for (const char* one : {"<fcntl.h>", "<sys/file.h>", "<chrono>", "system_clock", "::open"})
    EXPECT_NE(std::find(driver.begin(), driver.end(), one), driver.end()) << one;
}

TEST(Links, the_reader_of_sources_sees_what_is_planted) {
  using Found = std::vector<std::string>;
  for (const std::string_view header :
       {"format", "expected", "source_location", "ranges", "coroutine", "thread", "mutex",
        "condition_variable", "future", "fstream", "filesystem", "sys/socket.h"}) {
    const std::string name(header);
    EXPECT_EQ(forbidden_in("#include <map>\n#include <" + name + ">\n"), Found{"<" + name + ">"});
    EXPECT_EQ(forbidden_in("  #  include   <" + name + ">"), Found{"<" + name + ">"});
  }
  EXPECT_EQ(forbidden_in("auto t = std::chrono::system_clock::now();"), Found{"system_clock"});
  EXPECT_EQ(forbidden_in("using std::chrono::steady_clock;"), Found{"steady_clock"});
  EXPECT_EQ(forbidden_in("std::random_device source;"), Found{"random_device"});
  EXPECT_EQ(forbidden_in("std::ranges::sort(all);"), Found{"std::ranges"});
  EXPECT_EQ(forbidden_in("int fd = ::open(path, 0);"), Found{"::open"});
  EXPECT_EQ(forbidden_in("if (::socket(1, 1, 0) < 0) {}"), Found{"::socket"});
  EXPECT_EQ(forbidden_in("const char c = '\"'; ::open(p);"), Found{"::open"});
  EXPECT_EQ(forbidden_in("int n = 10'000; ::open(p);"), Found{"::open"});
  // What is meant otherwise is let be.
  EXPECT_EQ(forbidden_in("// #include <mutex>\n/* system_clock */ auto s = \"::open(\";"), Found{});
  EXPECT_EQ(forbidden_in("return open(key, ad); Vault::open(s); v.socket(); my_system_clock x;"),
            Found{});
  EXPECT_EQ(forbidden_in("#include <map>\n#include \"crypto/core/random.hpp\"\n"), Found{});
}

}  // namespace
}  // namespace livlina
