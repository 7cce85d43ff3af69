// Parts of the command line that need no server: times in a plan's zone, QR codes, advice.
#include <gtest/gtest.h>

#include "clients/cli/advice.hpp"
#include "clients/cli/qr.hpp"
#include "clients/cli/zone_time.hpp"
#include "crypto/core/time.hpp"
#include "crypto/e2ee/words.hpp"
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
  EXPECT_TRUE(cli::advice_for("bad_argument", "something").empty());
  EXPECT_TRUE(cli::advice_for("wrong_state", "").empty());
}

TEST(WordsFault, names_the_word_that_is_wrong) {
  const auto words = crypto::invite_words(crypto::Language::swedish, crypto::Secret<16>());
  std::string good;
  for (const std::string& word : words) good += (good.empty() ? "" : " ") + word;
  EXPECT_EQ(crypto::words_fault(good).count, 12U);
  EXPECT_EQ(crypto::words_fault(good).wrong, 0U);
  const auto fault = crypto::words_fault(good.substr(0, good.rfind(' ')) + " Qwertz");
  EXPECT_EQ(fault.wrong, 12U);
  EXPECT_EQ(fault.word, "Qwertz");
  EXPECT_EQ(crypto::words_fault("").count, 0U);
  EXPECT_EQ(crypto::words_fault("  one two-three ").count, 3U);
}

}  // namespace
}  // namespace livlina::testing
