#include "clients/cli/schedule_words.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "clients/cli/terminal.hpp"
#include "clients/cli/words_of.hpp"
#include "clients/cli/zone_time.hpp"
#include "clients/core/schedule_text.hpp"
#include "crypto/core/bytes.hpp"
#include "protocol/schedule/slots.hpp"

namespace livlina::cli {

using nlohmann::json;

namespace {

constexpr std::size_t most_slots = 1000;  // of one schedule: 14 days have 672

std::string rule_text(const v1::ScheduleText& s) {
  if (s.has_interval()) {
    const v1::IntervalText& i = s.interval();
    return "every " + span_text(i.every_minutes() * 60) + " from " + minute_text(i.from_minute()) +
           " to " + minute_text(i.from_minute() + i.length_minutes()) + ", " +
           weekday_words(i.weekdays());
  }
  std::string out;
  for (const auto& t : s.times())
    out += (out.empty() ? "" : "; ") + weekday_words(t.weekdays()) + " " + minute_text(t.minute());
  return out;
}

std::string reminders_text(const v1::ScheduleText& s) {
  std::string out;
  for (const std::uint32_t after : s.reminders_s())
    out += (out.empty() ? "reminders " : ", ") +
           (after == 0 ? "when due" : span_text(after) + " after");
  return out.empty() ? "no reminders" : out;
}

json schedule_json(const v1::ScheduleText& s, int number) {
  json times = json::array();
  for (const auto& t : s.times())
    times.push_back({{"weekdays", weekday_words(t.weekdays())}, {"minute", t.minute()}});
  json interval = nullptr;
  if (s.has_interval())
    interval = {{"weekdays", weekday_words(s.interval().weekdays())},
                {"from_minute", s.interval().from_minute()},
                {"length_minutes", s.interval().length_minutes()},
                {"every_minutes", s.interval().every_minutes()}};
  return {{"number", number},
          {"schedule", hex(view(s.schedule_id()))},
          {"rule", s.has_interval() ? "interval" : "weekly"},
          {"zone", s.zone()},
          {"times", times},
          {"interval", interval},
          {"opens_before_s", s.opens_before_s()},
          {"grace_s", s.grace_s()},
          {"reminders_s",
           json(std::vector<std::uint32_t>(s.reminders_s().begin(), s.reminders_s().end()))},
          {"valid_from", s.valid_from()},
          {"valid_to", s.valid_to()}};
}

struct Coming {
  int number = 0;
  protocol::Slot slot;
  std::string zone;
};

struct AllComing {
  std::vector<Coming> slots;
  std::vector<std::string> unknown;  // zones that this machine does not know
};

AllComing coming(const ScheduleList& schedules, Instant now) {
  AllComing out;
  int number = 0;
  for (const v1::ScheduleText& text : schedules) {
    ++number;
    const auto schedule = client::schedule_of(text);
    if (!schedule) continue;
    const Duration window = (Duration{schedule->opens_before_s} + schedule->grace_s) * second;
    const Instant until = now + slots_shown;
    const auto slots = protocol::slots_between(*schedule, now - window - 1, until, most_slots,
                                               protocol::tzdata_zones());
    if (!slots.computed) out.unknown.push_back(schedule->zone);
    for (const protocol::Slot& slot : slots)
      if (slot.deadline >= now && slot.due <= until)
        out.slots.push_back({number, slot, schedule->zone});
  }
  std::sort(out.slots.begin(), out.slots.end(), [](const Coming& a, const Coming& b) {
    return std::pair(a.slot.due, a.number) < std::pair(b.slot.due, b.number);
  });
  return out;
}

// The time of day alone where it is the day of the check-in.
std::string clock_beside(Instant at, const std::string& date, const std::string& zone) {
  const auto local = local_time(at, zone);
  if (!local) return clock_text(at);
  return (local->date == date ? "" : local->date + " ") + local->clock;
}

std::string line_of(const Coming& c) {
  const std::string zone = " (" + printable(c.zone) + ")";
  const std::string behind = ", schedule " + std::to_string(c.number);
  const auto due = local_time(c.slot.due, c.zone);
  if (!due) return "  " + clock_text(c.slot.due) + behind + "\n";
  return "  " + weekday_words(1u << due->weekday) + " " + due->date + " " + due->clock +
         (due->again ? " for the second time, the clock being put back" : "") + zone +
         ": answer from " + clock_beside(c.slot.opens_at, due->date, c.zone) + " to " +
         clock_beside(c.slot.deadline, due->date, c.zone) + behind + "\n";
}

}  // namespace

std::string span_text(std::uint32_t seconds) {
  std::string out;
  const auto add = [&out](std::uint32_t n, const char* unit) {
    if (n != 0) out += (out.empty() ? "" : " ") + std::to_string(n) + unit;
  };
  add(seconds / 3600, " h");
  add(seconds / 60 % 60, " min");
  add(seconds % 60, " s");
  return out.empty() ? "0 s" : out;
}

std::string minute_text(std::uint32_t minute_of_day) {
  std::array<char, 8> out{};
  (void)std::snprintf(out.data(), out.size(), "%02u:%02u", minute_of_day / 60 % 24,
                      minute_of_day % 60);
  return out.data();
}

std::string schedules_text(const ScheduleList& schedules, std::uint32_t member_wait_s) {
  if (schedules.empty()) return "  No check-ins are due.\n";
  std::string out;
  int number = 0;
  for (const v1::ScheduleText& s : schedules)
    out += "  " + std::to_string(++number) + "  " + rule_text(s) + " (" + printable(s.zone()) +
           "), " + span_text(s.grace_s()) + " grace, opens " + span_text(s.opens_before_s()) +
           " before, " + reminders_text(s) + ", from " + clock_text(s.valid_from()) + " to " +
           clock_text(s.valid_to()) + "\n";
  return out + "  Members warn " + std::to_string(member_wait_s) +
         " s after a deadline without a record.\n";
}

json schedules_json(const ScheduleList& schedules) {
  json out = json::array();
  for (const v1::ScheduleText& s : schedules)
    out.push_back(schedule_json(s, static_cast<int>(out.size()) + 1));
  return out;
}

std::string slots_text(const ScheduleList& schedules, Instant now) {
  const AllComing all = coming(schedules, now);
  std::string out;
  for (const Coming& c : all.slots) out += line_of(c);
  if (out.empty() && all.unknown.empty()) out = "  None is due within 14 days.\n";
  for (const std::string& zone : all.unknown)
    out += "  This machine cannot read the time zone " + printable(zone) +
           ": its check-ins are missing here.\n";
  return out;
}

json slots_json(const ScheduleList& schedules, Instant now) {
  json out = json::array();
  for (const Coming& c : coming(schedules, now).slots) {
    const auto due = local_time(c.slot.due, c.zone);
    out.push_back({{"number", c.number},
                   {"schedule", c.slot.schedule.hex()},
                   {"opens_at", c.slot.opens_at},
                   {"due", c.slot.due},
                   {"deadline", c.slot.deadline},
                   {"zone", c.zone},
                   {"local", due ? due->date + " " + due->clock : ""},
                   {"again", due && due->again}});
  }
  return out;
}

}  // namespace livlina::cli
