// How the participant's own alarm or check-in stands, on the participant's own screen: what was
// pressed, and who has it.
#pragma once

#include <string>

#include "protocol/proto.hpp"

namespace livlina::cli {

// "your alarm of 11:44 (Europe/Stockholm): Amal has it". Times of today are told without a date.
// What no signature proves is told as the server's word.
[[nodiscard]] std::string own_line(const v1::IncidentView& view, const std::string& zone);

}  // namespace livlina::cli
