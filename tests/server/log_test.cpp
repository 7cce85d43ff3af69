// What can be logged and how it looks; what must not be logged does not compile.
#include "server/log/log.hpp"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

namespace livlina::server::log {
namespace {

template <class T>
constexpr bool loggable = std::is_constructible_v<Field, Word, T>;

// Content, names and addresses are strings of one kind or another.
static_assert(!loggable<std::string>);
static_assert(!loggable<const std::string&>);
static_assert(!loggable<std::string_view>);
static_assert(!loggable<const char*>);
static_assert(!loggable<char*>);
static_assert(!loggable<char>);
static_assert(!loggable<Bytes>);
static_assert(!loggable<ByteView>);
static_assert(!loggable<ByteArray<32>>);
static_assert(!loggable<double>);
static_assert(!std::is_constructible_v<Word, std::string>);
static_assert(!std::is_constructible_v<Word, const char*>);
static_assert(!std::is_constructible_v<Word, std::string_view>);
// What may be.
static_assert(loggable<IncidentId>);
static_assert(loggable<std::uint64_t>);
static_assert(loggable<int>);
static_assert(loggable<bool>);
static_assert(loggable<Millis>);
static_assert(loggable<Word>);

TEST(Log, json_line_of_every_kind_of_field) {
  IncidentId id;
  id.bytes[0] = 0xab;
  EXPECT_EQ(
      line(true, Level::warning, "round_late",
           {{"incident", id},
            {"rows", 3U},
            {"late", Millis{2500}},
            {"why", Word("disk_full")},
            {"again", true}}),
      R"("level":"warning","event":"round_late","incident":"ab000000000000000000000000000000",)"
      R"("rows":3,"late_ms":2500,"why":"disk_full","again":true)");
}

TEST(Log, text_line) {
  EXPECT_EQ(line(false, Level::info, "started", {{"port", 8443}}), "info started port=8443");
}

TEST(Log, level_changes_while_running) {
  open(true, Level::warning);
  EXPECT_EQ(level(), Level::warning);
  ::testing::internal::CaptureStderr();
  info("not_written");
  set_level(Level::debug);
  debug("written", {{"n", 1}});
  const std::string out = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(out.find("not_written"), std::string::npos);
  EXPECT_NE(out.find(R"("event":"written","n":1})"), std::string::npos) << out;
  EXPECT_EQ(out.find(R"({"time":"20)"), 0U) << out;
  set_level(Level::error);
}

}  // namespace
}  // namespace livlina::server::log
