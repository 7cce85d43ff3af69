// One schedule as the words of a command line say it.
#pragma once

#include <string>
#include <vector>

#include "crypto/core/time.hpp"
#include "protocol/proto.hpp"

namespace CLI {
class App;
}

namespace livlina::cli {

struct ScheduleOptions {
  std::vector<std::string> times;             // by weekdays and times
  std::string every, from, to, days_of_week;  // by intervals in a window
  std::string zone = "Europe/Stockholm", grace = "30m", opens = "2h";
  std::vector<std::string> reminders;
  int days = 180;

  // Whether they say when.
  [[nodiscard]] bool any() const;
};

// `options` must live as long as the command.
void add_schedule_options(CLI::App& command, ScheduleOptions& options);

// A new schedule, valid from `now`. Throws Failure: what is wrong in them, and what to say instead.
[[nodiscard]] v1::ScheduleText schedule_of(const ScheduleOptions& options, Instant now);

// "30m" and the like of the option `what`, in seconds. Throws Failure.
[[nodiscard]] std::uint32_t seconds_of(const std::string& text, const char* what);

}  // namespace livlina::cli
