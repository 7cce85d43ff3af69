// The real `livlina` and plans of several schedules: how they are made, changed, shown and refused.
#include <gtest/gtest.h>

#include "protocol/records/staff_act.hpp"
#include "tests/smoke/cli_fixture.hpp"

namespace livlina::testing {
namespace {

using cli::wall_now;
using nlohmann::json;

TEST_F(Cli, schedules_that_are_not_possible_are_refused_before_anything_is_asked) {
  const auto all = [this](const std::vector<std::string>& words, const std::string& says) {
    for (const char* how : {"set", "add"}) {
      std::vector<std::string> command = {"plan", how};
      command.insert(command.end(), words.begin(), words.end());
      fails(livlina(command), usage, says, "bad_argument");
    }
  };
  const auto interval = [](const std::string& every, const std::string& from, const std::string& to,
                           const std::vector<std::string>& more = {}) {
    std::vector<std::string> out = {"--every", every, "--from", from, "--to", to};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  };
  all({}, "Say when");
  all({"--every", "4h"}, "--from 08:00 --to 20:00");
  all({"--every", "4h", "--from", "08:00"}, "need all three");
  all({"--days-of-week", "Mon-Fri"}, "need all three");
  all({"--time", "20:00", "--every", "4h"}, "excludes");
  all(interval("soon", "08:00", "20:00"), "--every is a time like");
  all(interval("2h30s", "08:00", "20:00"), "whole minutes");
  all(interval("24h", "08:00", "20:00"), "shorter than a day");
  all(interval("4h", "8", "20:00"), "--from is a time of the day");
  all(interval("4h", "08:00", "24:00"), "--to is a time of the day");
  all(interval("4h", "08:00", "20:00", {"--days-of-week", "Mo"}), "--days-of-week is daily");
  all(interval("4h", "08:00", "20:00", {"--zone", "Europe/Stokholm"}), "no time zone");
  // The window is shorter than the interval; the whole day; too near to its next start.
  all(interval("4h", "08:00", "11:59"), "--time 08:00");
  all(interval("4h", "08:00", "08:00"), "a whole day");
  all(interval("4h", "08:00", "05:30"), "Say --to 05:29 or earlier");
  all(interval("4h", "22:00", "21:00", {"--opens", "30m"}), "Say --to 20:59 or earlier");
  // The interval is below its bound, or not longer than a check-in is open.
  all(interval("29m", "08:00", "20:00", {"--opens", "5m", "--grace", "10m"}), "at least 30 min");
  all(interval("2h30m", "08:00", "20:00"), "together (2 h 30 min)");
  all(interval("1h", "08:00", "20:00", {"--opens", "5m", "--grace", "90m"}), "--every must be");
  all({"--time", "20:00", "--time", "21:00"}, "from one to the next");
  all({"--time", "20:00", "--grace", "13h"}, "at most 12h");
  all({"--time", "20:00", "--grace", "0s"}, "at most 12h");
  all({"--time", "20:00", "--grace", "999999h999999h"}, "a time like 30m");
  all({"--time", "20:00", "--opens", "25h"}, "at most 24h");
  all({"--time", "20:00", "--remind", "30m"}, "shorter than --grace");
  all({"--time", "20:00", "--days", "3651"}, "--days");
  fails(livlina({"plan", "remove"}), usage, "number is required", "bad_argument");
  fails(livlina({"plan", "remove", "0"}), usage, "number", "bad_argument");
  fails(livlina({"plan", "remove", "all"}), usage, "number", "bad_argument");
  const Outcome help = run_command({LIVLINA_CLIENT_BINARY, "help", "plan", "add"});
  EXPECT_NE(help.out.find("livlina plan add --every 4h"), std::string::npos) << help.out;
}

class CliPlan : public CliInTown {
 protected:
  [[nodiscard]] static std::size_t count(const json& circle) {
    return circle.value("schedules", json::array()).size();
  }
  [[nodiscard]] std::string shown(const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"plan", "show"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome o = run_command(livlina(words), meanwhile);
    EXPECT_EQ(o.code, done) << o.out << o.err;
    return o.out;
  }
  void act(protocol::Act what, protocol::Reason reason = protocol::Reason::none) {
    const v1::Event* paged = town.contact.last(v1::Event::kIncident);
    ASSERT_TRUE(town.run(town.contact,
                         act_on(paged->incident().incident(), static_cast<std::uint32_t>(what),
                                static_cast<std::uint32_t>(reason))))
        << town.why;
  }
  void arm() {
    works({"circle", "sign", "--line", "desk:checkin,alarm"});
    works({"alarm", "--practice"});
    ASSERT_TRUE(
        town.pump_until([this] { return town.contact.last(v1::Event::kIncident) != nullptr; }));
    act(protocol::Act::take);
    act(protocol::Act::resolve, protocol::Reason::drill_done);
    EXPECT_EQ(works({"circle", "sign", "--armed"}).value("state", ""), "armed");
  }
};

TEST_F(CliPlan, several_schedules_are_added_shown_and_removed) {
  enrol();
  if (HasFailure()) return;
  fails(livlina({"plan", "remove", "1"}), failed, "no schedules", "no_such_schedule");
  const json first = works({"plan", "set", "--time", "Mon-Fri 20:00", "--member-wait", "180s"});
  ASSERT_EQ(count(first), 1U) << first;
  const json second =
      works({"plan", "add", "--every", "4h", "--from", "08:00", "--to", "20:00", "--days-of-week",
             "Sat,Sun", "--zone", "Asia/Tokyo", "--remind", "0s", "--remind", "10m"});
  ASSERT_EQ(count(second), 2U) << second;
  EXPECT_EQ(second["schedules"][0], first["schedules"][0]) << "as it was, under its id";
  EXPECT_EQ(second["member_wait_s"], 180);
  EXPECT_EQ(second["plan_version"], 2);
  const json& added = second["schedules"][1];
  EXPECT_EQ(added["number"], 2);
  EXPECT_EQ(added["rule"], "interval");
  EXPECT_EQ(added["interval"], (json{{"weekdays", "Sat,Sun"},
                                     {"from_minute", 480},
                                     {"length_minutes", 720},
                                     {"every_minutes", 240}}));
  EXPECT_EQ(added["times"], json::array());
  EXPECT_EQ(first["schedules"][0]["rule"], "weekly");
  EXPECT_EQ(first["schedules"][0]["interval"], nullptr);

  const std::string text = shown();
  EXPECT_NE(text.find("  1  Mon,Tue,Wed,Thu,Fri 20:00 (Europe/Stockholm), 30 min grace, opens 2 h "
                      "before, no reminders"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  2  every 4 h from 08:00 to 20:00, Sat,Sun (Asia/Tokyo), 30 min grace, "
                      "opens 2 h before, reminders when due, 10 min after"),
            std::string::npos)
      << text;

  fails(livlina({"plan", "remove", "3"}), failed, "only 1 to 2", "no_such_schedule");
  const json left = works({"plan", "remove", "1"});
  ASSERT_EQ(count(left), 1U) << left;
  EXPECT_EQ(left["schedules"][0]["schedule"], added["schedule"]);
  EXPECT_EQ(left["schedules"][0]["number"], 1);
  fails(livlina({"plan", "remove", "1"}), failed, "plan set --none", "last_schedule");
  const json replaced = works({"plan", "set", "--time", "20:00"});
  EXPECT_EQ(count(replaced), 1U) << "set stands instead of all";
  EXPECT_EQ(replaced["schedules"][0]["rule"], "weekly");
}

TEST_F(CliPlan, the_check_ins_of_the_next_14_days_are_shown_in_their_zone) {
  enrol();
  if (HasFailure()) return;
  works({"plan", "set", "--every", "6h", "--from", "00:15", "--to", "18:15", "--zone",
         "Asia/Kathmandu", "--opens", "1h", "--days", "7"});
  works({"plan", "add", "--time", "12:00", "--zone", "UTC"});
  const Instant now = wall_now();
  const json slots = works({"plan", "show", "--slots"}).value("slots", json::array());
  std::size_t by_interval = 0;
  std::size_t by_time = 0;
  Instant last = 0;
  for (const json& s : slots) {
    const Instant due = s["due"];
    EXPECT_GE(due, last) << "in order";
    last = due;
    EXPECT_GE(due, now - 30 * minute);
    EXPECT_LE(due, now + 14 * day + minute);
    EXPECT_EQ(s["deadline"], due + 30 * minute);
    const std::string clock = s["local"].get<std::string>().substr(11);
    if (s["number"] == 1) {
      ++by_interval;
      EXPECT_EQ(due % (6 * hour), 30 * minute) << "00:15 there is 18:30 UTC";
      EXPECT_TRUE(clock == "00:15" || clock == "06:15" || clock == "12:15" || clock == "18:15");
      EXPECT_EQ(s["opens_at"], due - hour);
      EXPECT_EQ(s["zone"], "Asia/Kathmandu");
    } else {
      ++by_time;
      EXPECT_EQ(clock, "12:00");
      EXPECT_EQ(due % day, 12 * hour);
    }
  }
  EXPECT_TRUE(by_interval == 28U || by_interval == 29U) << by_interval << " in seven days";
  EXPECT_TRUE(by_time == 14U || by_time == 15U) << by_time;
  EXPECT_FALSE(works({"plan", "show"}).contains("slots"));
  const std::string text = shown({"--slots"});
  EXPECT_NE(text.find(" 12:00 (UTC): answer from 10:00 to 12:30, schedule 2\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find(" 06:15 (Asia/Kathmandu): answer from 05:15 to 06:45, schedule 1\n"),
            std::string::npos)
      << text;
}

TEST_F(CliPlan, a_plan_has_at_most_16_schedules) {
  enrol();
  if (HasFailure()) return;
  works({"plan", "set", "--time", "20:00"});
  for (int i = 2; i <= 16; ++i)
    ASSERT_EQ(count(works({"plan", "add", "--time", "20:00"})), static_cast<std::size_t>(i));
  fails(livlina({"plan", "add", "--time", "20:00"}), failed, "at most 16", "too_many_schedules");
  EXPECT_EQ(count(works({"plan", "show"})), 16U);
  EXPECT_EQ(count(works({"plan", "remove", "16"})), 15U);
}

TEST_F(CliPlan, H32_once_armed_each_change_is_proposed_and_builds_on_the_one_that_waits) {
  enrol();
  if (HasFailure()) return;
  works({"plan", "set", "--time", "20:00"});
  arm();
  if (HasFailure()) return;
  const json one =
      works({"plan", "add", "--every", "2h", "--from", "22:00", "--to", "06:00", "--opens", "30m"});
  EXPECT_EQ(one["proposed"], true);
  EXPECT_EQ(count(one), 1U) << "in force is the old one";
  EXPECT_EQ(one["proposed_schedules"].size(), 2U) << one;
  const json two = works({"plan", "add", "--time", "Sun 11:00"});
  ASSERT_EQ(two["proposed_schedules"].size(), 3U) << two;
  EXPECT_EQ(two["proposed_schedules"][1], one["proposed_schedules"][1]);
  const json three = works({"plan", "remove", "1"});
  ASSERT_EQ(three["proposed_schedules"].size(), 2U) << three;
  EXPECT_EQ(count(three), 1U);
  const std::string text = shown({"--slots"});
  EXPECT_NE(text.find("NOT in force"), std::string::npos) << text;
  EXPECT_NE(text.find("every 2 h from 22:00 to 06:00, daily"), std::string::npos) << text;

  const std::string wanted = three["proposed_plan_hash"];
  const auto came = [&] {
    const v1::Event* e = town.contact.last(v1::Event::kCircle);
    return e != nullptr && hex(view(e->circle().proposed_plan_hash())) == wanted;
  };
  ASSERT_TRUE(town.pump_until(came));
  v1::Command approve;
  approve.mutable_approve_plan()->set_circle_id(
      to_string(unhex(three["circle"].get<std::string>())));
  approve.mutable_approve_plan()->set_plan_hash(to_string(unhex(wanted)));
  ASSERT_TRUE(town.run(town.contact, approve)) << town.why;
  json after = json::object();
  for (int i = 0; i < 20 && after.value("plan_hash", "") != wanted; ++i)
    after = works({"plan", "show"});
  EXPECT_EQ(after.value("plan_hash", ""), wanted) << after;
  EXPECT_EQ(after["schedules"], three["proposed_schedules"]);
  EXPECT_EQ(after["proposed"], false);
}

}  // namespace
}  // namespace livlina::testing
