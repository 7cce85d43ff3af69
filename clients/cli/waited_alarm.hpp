// An alarm that waited on this device, and that another command than its own gave to the server.
#pragma once

#include <string>

#include "protocol/proto.hpp"

namespace livlina::cli {

// The server has an alarm now that no running command gave.
[[nodiscard]] bool is_alarm_that_waited(const v1::Event& event);
// What is said of it, whatever the command is about.
[[nodiscard]] std::string alarm_gone(const v1::CheckinAccepted& alarm);

}  // namespace livlina::cli
