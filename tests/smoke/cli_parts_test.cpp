// Parts of the command line that need no server: times in a plan's zone, QR codes, advice.
#include <gtest/gtest.h>
#include <qrencode.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "clients/cli/advice.hpp"
#include "clients/cli/incident_words.hpp"
#include "clients/cli/lines.hpp"
#include "clients/cli/qr.hpp"
#include "clients/cli/words_of.hpp"
#include "clients/cli/zone_time.hpp"
#include "crypto/core/time.hpp"
#include "protocol/schedule/slots.hpp"

namespace livlina::testing {
namespace {

using cli::clock_in_zone;

TEST(ZoneTime, a_check_in_is_told_in_the_zone_of_its_plan) {
  const Instant noon = 1795348800000;  // 2026-11-22 12:00:00 UTC
  EXPECT_EQ(clock_in_zone(noon, "Europe/Stockholm"), "2026-11-22 13:00 (Europe/Stockholm)");
  EXPECT_EQ(clock_in_zone(noon + 5 * second, "Asia/Kathmandu"),
            "2026-11-22 17:45:05 (Asia/Kathmandu)");
  EXPECT_EQ(clock_in_zone(noon - 13 * hour, "America/New_York"),
            "2026-11-21 18:00 (America/New_York)");
  EXPECT_EQ(clock_in_zone(0, "Europe/Stockholm"), "-");
  EXPECT_NE(clock_in_zone(noon, "Nowhere/Else").find("2026-11-22 "), std::string::npos);
}

// Every minute of the days on which the clock changes, but the hour that comes twice.
TEST(ZoneTime, H01_days_of_a_clock_change) {
  const protocol::Zones& zones = protocol::tzdata_zones();
  for (const protocol::LocalDay day : {20541, 20751}) {  // 2026-03-29, 2026-10-25
    for (int m = 0; m < 24 * 60; m += 7) {
      if (m >= 120 && m < 180) continue;
      const auto at = zones.resolve("Europe/Stockholm", day, m);
      ASSERT_TRUE(at);
      char clock[16];
      std::snprintf(clock, sizeof clock, " %02d:%02d ", m / 60, m % 60);
      EXPECT_NE(clock_in_zone(*at, "Europe/Stockholm").find(clock), std::string::npos)
          << day << clock << clock_in_zone(*at, "Europe/Stockholm");
    }
  }
}

// A skipped time is told as the one that comes instead, a repeated one as itself, and that it is
// there again.
TEST(ZoneTime, H01_H02_at_a_clock_change) {
  const Instant gap = 1774746000000;  // 2026-03-29 01:00:00 UTC
  EXPECT_EQ(clock_in_zone(gap, "Europe/Stockholm"), "2026-03-29 03:00 (Europe/Stockholm)");
  EXPECT_EQ(clock_in_zone(gap - minute, "Europe/Stockholm"), "2026-03-29 01:59 (Europe/Stockholm)");
  const Instant back = 1792890000000;  // 2026-10-25 01:00:00 UTC
  for (const auto& [at, again] :
       {std::pair(back - 30 * minute, false), std::pair(back, true),
        std::pair(back + 30 * minute, true), std::pair(back + hour, false)}) {
    const auto local = cli::local_time(at, "Europe/Stockholm");
    ASSERT_TRUE(local);
    EXPECT_EQ(local->again, again) << local->clock;
    EXPECT_EQ(local->date, "2026-10-25");
    EXPECT_EQ(local->weekday, 6u);
  }
  EXPECT_EQ(cli::local_time(back + 30 * minute, "Europe/Stockholm")->clock, "02:30");
  // Half an hour: 02:00 becomes 01:30.
  const Instant lord_howe = 1775314800000;  // 2026-04-04 15:00:00 UTC
  EXPECT_EQ(cli::local_time(lord_howe + 15 * minute, "Australia/Lord_Howe")->clock, "01:45");
  EXPECT_TRUE(cli::local_time(lord_howe + 15 * minute, "Australia/Lord_Howe")->again);
  EXPECT_FALSE(cli::local_time(lord_howe - 15 * minute, "Australia/Lord_Howe")->again);
  EXPECT_FALSE(cli::local_time(lord_howe, "Nowhere/Else"));
}

// What is printed, read back: one row of modules for each half line. Empty: something else stood
// there.
std::vector<std::vector<bool>> modules_of(const std::string& printed, bool colours) {
  const std::string begin = colours ? "\033[30;47m" : "";
  const std::string end = colours ? "\033[0m" : "";
  std::vector<std::vector<bool>> rows;
  for (std::size_t at = 0; at < printed.size();) {
    const std::size_t stop = printed.find('\n', at);
    if (stop == std::string::npos) return {};
    std::string_view line = std::string_view(printed).substr(at, stop - at);
    at = stop + 1;
    if (!line.starts_with(begin) || !line.ends_with(end)) return {};
    line = line.substr(begin.size(), line.size() - begin.size() - end.size());
    std::vector<bool> top;
    std::vector<bool> bottom;
    while (!line.empty()) {
      const std::string_view blocks[] = {" ", "\u2580", "\u2584", "\u2588"};  // bit 0: top
      const auto block = std::find_if(std::begin(blocks), std::end(blocks),
                                      [&](std::string_view b) { return line.starts_with(b); });
      if (block == std::end(blocks)) return {};
      const auto bits = block - std::begin(blocks);
      top.push_back((bits & 1) != 0);
      bottom.push_back((bits & 2) != 0);
      line.remove_prefix(block->size());
    }
    rows.push_back(top);
    rows.push_back(bottom);
  }
  return rows;
}

TEST(QrLines, every_module_is_the_one_of_the_code_in_both_colour_modes) {
  constexpr int quiet = 2;
  for (const std::size_t size : {1U, 17U, 82U, 100U, 337U}) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 151 + 7);
    bytes[0] = 0;  // no text: it would end there
    const std::unique_ptr<QRcode, void (*)(QRcode*)> code(
        QRcode_encodeData(static_cast<int>(size), bytes.data(), 0, QR_ECLEVEL_M), QRcode_free);
    ASSERT_NE(code, nullptr);
    for (const bool colours : {false, true}) {
      const auto rows = modules_of(cli::qr_lines(bytes, colours), colours);
      const int side = code->width + 2 * quiet;
      ASSERT_EQ(rows.size(), static_cast<std::size_t>(side + side % 2)) << size;
      int dark = 0;
      for (std::size_t y = 0; y < rows.size(); ++y) {
        ASSERT_EQ(rows[y].size(), static_cast<std::size_t>(side)) << y;
        for (std::size_t x = 0; x < rows[y].size(); ++x) {
          const int mx = static_cast<int>(x) - quiet;
          const int my = static_cast<int>(y) - quiet;
          const bool inside = mx >= 0 && my >= 0 && mx < code->width && my < code->width;
          const bool wanted = inside && (code->data[my * code->width + mx] & 1) != 0;
          ASSERT_EQ(rows[y][x], wanted) << mx << " " << my << " of " << size << " bytes";
          dark += wanted ? 1 : 0;
        }
      }
      EXPECT_GT(dark, 200);
    }
  }
  EXPECT_EQ(cli::qr_lines(Bytes(3000, 1), false), "") << "what fits in no code";
}

TEST(QrLines, colours_only_where_they_are_seen) {
  const Bytes code(100, 7);
  const std::string plain = cli::qr_lines(code, false);
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  EXPECT_NE(cli::qr_lines(code, true).find('\x1b'), std::string::npos);
  EXPECT_GT(plain.size(), 500U);
}

TEST(Advice, a_refusal_says_what_is_missing_and_what_to_type) {
  EXPECT_NE(cli::advice_for("refused", "not_ready:practice_alarm").find("alarm --practice"),
            std::string_view::npos);
  EXPECT_NE(cli::advice_for("refused", "bad_times:grace").find("--grace"), std::string_view::npos);
  EXPECT_NE(cli::advice_for("bad_argument", "schedule").find("--opens"), std::string_view::npos);
  EXPECT_NE(cli::advice_for("bad_argument", "remove").find("desk's key"), std::string_view::npos);
  EXPECT_TRUE(cli::advice_for("bad_argument", "something").empty());
  EXPECT_NE(cli::advice_for("cancelled", "refused_there").find("other person"),
            std::string_view::npos);
  EXPECT_TRUE(cli::advice_for("wrong_state", "").empty());
}

v1::IncidentView alarm_of(const char* name, std::uint32_t state) {
  v1::IncidentView out;
  out.set_participant_name(name);
  out.mutable_incident()->set_incident_id(std::string(16, name[0]));
  out.mutable_incident()->set_state(state);
  out.mutable_incident()->set_severity(4);
  return out;
}
void add_event(v1::IncidentView& view, std::uint32_t kind, const char* who, const char* whom = "") {
  auto& e = *view.mutable_incident()->add_events();
  e.set_kind(kind);
  e.set_at(1795348800000);
  auto& people = *view.add_event_people();
  people.set_who(who);
  people.set_whom(whom);
}

TEST(IncidentWords, G3_what_was_said_afterwards_is_shown) {
  v1::IncidentView view = alarm_of("Sami", 2);
  view.set_holder_name("Amal");
  const std::string before = cli::line_of(view);
  add_event(view, 5, "Sami");
  add_event(view, 4, "Sami");
  add_event(view, 9, "Sara");
  add_event(view, 9, "Sara");
  add_event(view, 9, "Karin");
  add_event(view, 14, "Amal", "Sara");
  add_event(view, 16, "Sara");
  add_event(view, 3, "");
  const std::string after = cli::line_of(view);
  EXPECT_EQ(before.find("says:"), std::string::npos);
  for (const char* said : {"Sami says: cancelled, too late", "Sami says: pressed by mistake",
                           "seen by Sara, Karin\n", "Amal offers it to Sara", "Sara declined it",
                           "the server says that the participant says: ok"})
    EXPECT_NE((after + "\n").find(said), std::string::npos) << said << " in " << after;
}

TEST(IncidentWords, who_has_it_and_which_ones_fit) {
  v1::IncidentView held = alarm_of("Sami", 2);
  held.set_holder_name("Amal");
  held.mutable_incident()->set_lease_until(1795348800000);
  EXPECT_EQ(cli::standing_of(held).rfind("taken by Amal until 2026-11-2", 0), 0U);
  const std::string both = cli::list_of({held, alarm_of("Noor", 1)});
  EXPECT_NE(both.find("53535353 (Sami, severity 4, taken by Amal"), std::string::npos) << both;
  EXPECT_NE(both.find("4e4e4e4e (Noor, severity 4, nobody has it yet)"), std::string::npos) << both;
  EXPECT_TRUE(cli::is_open(held));
  EXPECT_FALSE(cli::is_open(alarm_of("Sami", 4)));
}

TEST(Weekdays, a_range_may_go_over_the_end_of_the_week) {
  EXPECT_EQ(cli::weekday_bits("Sun-Mon"), 0x41U);
  EXPECT_EQ(cli::weekday_bits("Fri-Mon"), 0x71U);
  EXPECT_EQ(cli::weekday_bits("Mon-Sun"), 0x7fU);
}

}  // namespace
}  // namespace livlina::testing
