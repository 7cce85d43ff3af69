#include "clients/core/schedule_text.hpp"

#include "livlina/core.pb.h"

namespace livlina::client {

namespace {

constexpr std::uint32_t every_day = 0x7f;
constexpr std::uint32_t most_minutes = 24 * 60;

std::optional<protocol::IntervalWindow> window_of(const v1::IntervalText& text) {
  if (text.weekdays() > every_day || text.from_minute() > most_minutes ||
      text.length_minutes() > most_minutes || text.every_minutes() > most_minutes)
    return std::nullopt;
  return protocol::IntervalWindow{static_cast<std::uint8_t>(text.weekdays()),
                                  static_cast<std::uint16_t>(text.from_minute()),
                                  static_cast<std::uint16_t>(text.length_minutes()),
                                  static_cast<std::uint16_t>(text.every_minutes())};
}

}  // namespace

v1::ScheduleText text_of(const protocol::Schedule& s) {
  v1::ScheduleText out;
  out.set_schedule_id(to_string(s.id.view()));
  out.set_zone(s.zone);
  out.set_valid_from(s.valid_from);
  out.set_valid_to(s.valid_to);
  out.set_opens_before_s(s.opens_before_s);
  out.set_grace_s(s.grace_s);
  for (const std::uint32_t reminder : s.reminders_s) out.add_reminders_s(reminder);
  for (const protocol::WeeklyTime& t : s.times) {
    v1::WeeklyTimeText& time = *out.add_times();
    time.set_weekdays(t.weekdays);
    time.set_minute(t.minute);
  }
  if (s.rule == protocol::ScheduleRule::interval) {
    v1::IntervalText& interval = *out.mutable_interval();
    interval.set_weekdays(s.interval.weekdays);
    interval.set_from_minute(s.interval.from);
    interval.set_length_minutes(s.interval.length);
    interval.set_every_minutes(s.interval.every);
  }
  return out;
}

std::optional<protocol::Schedule> schedule_of(const v1::ScheduleText& text) {
  protocol::Schedule s;
  const auto id = ScheduleId::from(text.schedule_id());
  if (!id && !text.schedule_id().empty()) return std::nullopt;
  s.id = id.value_or(ScheduleId{});
  s.zone = text.zone();
  s.valid_from = text.valid_from();
  s.valid_to = text.valid_to();
  s.opens_before_s = text.opens_before_s();
  s.grace_s = text.grace_s();
  s.reminders_s.assign(text.reminders_s().begin(), text.reminders_s().end());
  for (const v1::WeeklyTimeText& t : text.times()) {
    if (t.weekdays() > every_day || t.minute() > most_minutes) return std::nullopt;
    s.times.push_back(
        {static_cast<std::uint8_t>(t.weekdays()), static_cast<std::uint16_t>(t.minute())});
  }
  if (!text.has_interval()) return s;
  const auto window = window_of(text.interval());
  if (!window || !s.times.empty()) return std::nullopt;
  s.rule = protocol::ScheduleRule::interval;
  s.interval = *window;
  return s;
}

}  // namespace livlina::client
