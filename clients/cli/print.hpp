// What a command says: one JSON value with --json, else lines for a person.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "clients/cli/options.hpp"

namespace livlina::v1 {
class Event;
class IncidentView;
class MessageView;
}  // namespace livlina::v1

namespace livlina::cli {

// Prints `value` as one line with --json, else `text` (when not empty).
void print(const Options& options, const nlohmann::json& value, const std::string& text);

// One event as a line (or few) for a person; empty for what only matters inside.
[[nodiscard]] std::string line_of(const v1::Event& event);
[[nodiscard]] std::string line_of(const v1::MessageView& message);
[[nodiscard]] std::string line_of(const v1::IncidentView& incident);

}  // namespace livlina::cli
