#include "clients/cli/waited_alarm.hpp"

#include "clients/cli/terminal.hpp"
#include "clients/core/alarm_memory.hpp"

namespace livlina::cli {

using client::AlarmWord;

bool is_alarm_that_waited(const v1::Event& event) {
  const auto word = static_cast<AlarmWord>(event.checkin_accepted().own_alarm());
  return event.has_checkin_accepted() && event.command_id() == 0 &&
         (word == AlarmWord::waits || word == AlarmWord::at_once);
}

std::string alarm_gone(const v1::CheckinAccepted& alarm) {
  const bool waits = static_cast<AlarmWord>(alarm.own_alarm()) == AlarmWord::waits;
  return red("An alarm that had waited on this device has reached the server now.") +
         (waits ? " You can take it back for 5 s: livlina cancel"
                : " Your circle is told at once.");
}

}  // namespace livlina::cli
