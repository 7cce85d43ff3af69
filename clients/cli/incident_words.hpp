// What people said and did about an incident, in words: how it stands, and what came after.
#pragma once

#include <string>
#include <vector>

#include "protocol/proto.hpp"

namespace livlina::cli {

// Notifying or taken, or over by the server's word alone: somebody may have to act on it.
[[nodiscard]] bool is_open(const v1::IncidentView& view);
// Resolved or cancelled, by a signature that proves it: nobody is needed.
[[nodiscard]] bool is_over(const v1::IncidentView& view);
// "1ee9bd37", as commands take it.
[[nodiscard]] std::string short_id(const v1::IncidentView& view);
// How it stands, without colours: "taken by Amal until ...".
[[nodiscard]] std::string standing_of(const v1::IncidentView& view);
// One indented line for each thing that was said or done since it opened and that a person must
// know, the oldest first, and one for all who have looked; each beginning with a line break.
[[nodiscard]] std::string history_of(const v1::IncidentView& view);
// "1ee9bd37 (Sami, severity 4, nobody has it yet), ...".
[[nodiscard]] std::string list_of(const std::vector<v1::IncidentView>& views);

}  // namespace livlina::cli
