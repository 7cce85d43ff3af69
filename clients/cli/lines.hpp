// Events and views as lines for a person. What is only the server's word is never shown as a fact.
#pragma once

#include <string>

#include "protocol/proto.hpp"

namespace livlina::cli {

// One event as a line (or few); empty for what only matters inside.
[[nodiscard]] std::string line_of(const v1::Event& event);
[[nodiscard]] std::string line_of(const v1::MessageView& message);
[[nodiscard]] std::string line_of(const v1::IncidentView& incident);
[[nodiscard]] std::string line_of(const v1::CheckinView& checkin);
[[nodiscard]] std::string line_of(const v1::RecordView& record);
[[nodiscard]] std::string line_of(const v1::NoticeView& notice);
// `whose`: the warning's circle as CircleNames says it; empty: its id stands there.
[[nodiscard]] std::string line_of(const v1::Warning& warning, const std::string& whose = {});

// How a circle stands at the server, as far as this device was told.
[[nodiscard]] std::string standing_of(const v1::CircleView& circle);
// The plan in force, and the one that waits for a supporter's approval with the hash that the
// approval names (not on the participant's own screen); empty when there is none.
[[nodiscard]] std::string plan_text(const v1::CircleView& circle);
[[nodiscard]] std::string proposal_text(const v1::CircleView& circle);

// How far a message of ours came: "delivered", and to several people "read by 1 of 5".
[[nodiscard]] std::string progress_text(const v1::MessageView& message);

}  // namespace livlina::cli
