#include "clients/cli/schedule_options.hpp"

#include <CLI/CLI.hpp>

#include "clients/cli/failure.hpp"
#include "clients/cli/schedule_words.hpp"
#include "clients/cli/words_of.hpp"
#include "clients/core/schedule_text.hpp"
#include "protocol/records/schedule_fault.hpp"
#include "protocol/schedule/slots.hpp"

namespace livlina::cli {

using protocol::ScheduleFault;

namespace {

constexpr std::uint32_t minutes_per_day = 24 * 60;

Failure wrong(const std::string& text) { return {Exit::usage, text, "bad_argument"}; }

std::uint32_t minute_of(const std::string& text, const char* what) {
  const auto minute = minute_of_day(text);
  if (!minute) throw wrong(std::string(what) + " is a time of the day like 08:00: " + text);
  return *minute;
}

std::uint32_t weekdays_of(const std::string& text) {
  const auto days = weekday_bits(text);
  if (!days) throw wrong("--days-of-week is daily, Mon-Fri, Sat,Sun or the like: " + text);
  return *days;
}

void add_times(const std::vector<std::string>& times, v1::ScheduleText& s) {
  for (const std::string& text : times) {
    const std::size_t space = text.find(' ');
    const auto days =
        space == std::string::npos ? weekday_bits("daily") : weekday_bits(text.substr(0, space));
    const auto minute = minute_of_day(space == std::string::npos ? text : text.substr(space + 1));
    if (!days || !minute) throw wrong("A time is \"20:00\" or \"Mon-Fri 20:00\": " + text);
    for (const auto& other : s.times())
      if (other.minute() == *minute && (other.weekdays() & *days) != 0)
        throw wrong("The same time is there twice: " + text);
    auto& t = *s.add_times();
    t.set_weekdays(*days);
    t.set_minute(*minute);
  }
}

void add_interval(const ScheduleOptions& o, v1::ScheduleText& s) {
  if (o.every.empty() || o.from.empty() || o.to.empty())
    throw wrong(
        "Check-ins by intervals need all three: --every 4h --from 08:00 --to 20:00. "
        "--days-of-week Mon-Fri leaves days out.");
  const std::uint32_t every_s = seconds_of(o.every, "--every");
  if (every_s % 60 != 0) throw wrong("--every is in whole minutes: " + o.every);
  if (every_s >= minutes_per_day * 60)
    throw wrong("--every is shorter than a day, since its window is: " + o.every +
                ". Once a day is --time.");
  const std::uint32_t from = minute_of(o.from, "--from");
  const std::uint32_t to = minute_of(o.to, "--to");
  v1::IntervalText& interval = *s.mutable_interval();
  interval.set_every_minutes(every_s / 60);
  interval.set_from_minute(from);
  interval.set_length_minutes(to > from ? to - from : to + minutes_per_day - from);
  interval.set_weekdays(weekdays_of(o.days_of_week.empty() ? "daily" : o.days_of_week));
}

std::string overlap_text(const protocol::Schedule& s) {
  const std::uint32_t window_s = s.opens_before_s + s.grace_s;
  const std::string both = "--opens and --grace together (" + span_text(window_s) + ")";
  if (s.rule == protocol::ScheduleRule::weekly)
    return "Two of these check-ins would be open at the same time: from one to the next it must be "
           "longer than " +
           both +
           ". Make these shorter, or give one of them a schedule of its own (`livlina plan add`).";
  if (std::uint32_t{s.interval.every} * 60 <= window_s)
    return "Two check-ins would be open at the same time: --every must be longer than " + both +
           ". Make these shorter.";
  const std::uint32_t latest = s.interval.from + minutes_per_day - window_s / 60 - 1;
  return "The last check-in would be open together with the first of the next day: from --to until "
         "--from it must be longer than " +
         both + ". Say --to " + minute_text(latest) + " or earlier, or make these shorter.";
}

std::string text_of(ScheduleFault fault, const protocol::Schedule& s) {
  switch (fault) {
    case ScheduleFault::rule:
    case ScheduleFault::zone:
      return "There is no time zone " + s.zone + ". Say for example Europe/Stockholm.";
    case ScheduleFault::dates:
      return "A plan's days lie between the years 2020 and 2099. Say fewer --days, and look at "
             "this machine's clock.";
    case ScheduleFault::opening:
      return "--opens is at most 24h.";
    case ScheduleFault::grace:
      return "--grace is more than nothing and at most 12h.";
    case ScheduleFault::reminders:
      return "There are at most " + std::to_string(protocol::max_reminders) +
             " --remind, each shorter than --grace and longer than the one before.";
    case ScheduleFault::times:
      return "A schedule has at most " + std::to_string(protocol::max_times) +
             " times. Give the others a schedule of their own (`livlina plan add`).";
    case ScheduleFault::interval:
      return "--every is at least " + span_text(protocol::least_interval * 60) + ".";
    case ScheduleFault::window:
      if (s.interval.length >= minutes_per_day)
        return "The window would be a whole day, and run into its next one: let --to be earlier "
               "than --from.";
      return "The window from --from to --to is shorter than --every: that is one check-in a day, "
             "--time " +
             minute_text(s.interval.from) + ".";
    case ScheduleFault::overlap:
      return overlap_text(s);
  }
  return "This schedule is not possible.";
}

}  // namespace

bool ScheduleOptions::any() const {
  return !times.empty() || !every.empty() || !from.empty() || !to.empty() || !days_of_week.empty();
}

void add_schedule_options(CLI::App& command, ScheduleOptions& o) {
  CLI::Option* time = command.add_option(
      "--time", o.times,
      "\"20:00\" or \"Mon-Fri 20:00\"; may be repeated. Days may go over the weekend: "
      "\"Fri-Mon 20:00\"");
  command
      .add_option("--every", o.every,
                  "Or by intervals: 4h, 1h30m; at least 30m. The first at --from, then whenever "
                  "so much time has passed, until --to")
      ->excludes(time);
  command.add_option("--from", o.from, "When the intervals start, 08:00")->excludes(time);
  command
      .add_option("--to", o.to,
                  "When they end, 20:00; the last may be then. Earlier than --from: the next day")
      ->excludes(time);
  command
      .add_option("--days-of-week", o.days_of_week,
                  "On which days the intervals start: Mon-Fri, Sat,Sun; left out: daily")
      ->excludes(time);
  command.add_option("--zone", o.zone, "Time zone")->capture_default_str();
  command.add_option("--grace", o.grace, "How late an answer may be")->capture_default_str();
  command.add_option("--opens", o.opens, "How early an answer counts")->capture_default_str();
  command.add_option("--remind", o.reminders,
                     "Reminder this long after the due time; may be repeated");
  command.add_option("--days", o.days, "How long the schedule holds")->check(CLI::Range(1, 3650));
}

v1::ScheduleText schedule_of(const ScheduleOptions& o, Instant now) {
  if (!protocol::tzdata_zones().known(o.zone))
    throw wrong("There is no time zone " + o.zone + ". Say for example Europe/Stockholm.");
  v1::ScheduleText s;
  s.set_zone(o.zone);
  s.set_grace_s(seconds_of(o.grace, "--grace"));
  s.set_opens_before_s(seconds_of(o.opens, "--opens"));
  for (const auto& r : o.reminders) s.add_reminders_s(seconds_of(r, "--remind"));
  s.set_valid_from(now);
  s.set_valid_to(now + o.days * day);
  if (o.times.empty())
    add_interval(o, s);
  else
    add_times(o.times, s);
  const auto schedule = client::schedule_of(s);
  if (!schedule) throw wrong("This schedule is not possible.");
  if (const auto fault = protocol::fault_of(*schedule)) throw wrong(text_of(*fault, *schedule));
  return s;
}

std::uint32_t seconds_of(const std::string& text, const char* what) {
  const auto s = duration_seconds(text);
  if (!s) throw wrong(std::string(what) + " is a time like 30m, 2h or 90s: " + text);
  return *s;
}

}  // namespace livlina::cli
