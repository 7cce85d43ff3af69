// What a command says: one JSON value with --json, else lines for a person.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "clients/cli/circle_names.hpp"
#include "clients/cli/driver.hpp"
#include "clients/cli/options.hpp"

namespace livlina::cli {

// Prints `value` as one line with --json, else `text` (when not empty).
void print(const Options& options, const nlohmann::json& value, const std::string& text);

// Warnings, pages, reminders, check-ins that ask for somebody, and that an alarm which waited on
// this device has gone: a person must see them, whatever the command is about.
[[nodiscard]] bool must_be_seen(const v1::Event& event);
// An event that came by itself during such a command: when it must be seen, as lines or one JSON
// value on the error stream. True unless that stream failed.
[[nodiscard]] bool print_aside(const Options& options, const v1::Event& event,
                               const CircleNames& names);
// What comes by itself while two people sit before the screen: only that something came, once, and
// where to look. It counts as not seen.
[[nodiscard]] Driver::OnEvent discreet(const Options& options);
// What listen() says of the connection: a line on the error stream; with --json a value, there too
// when `aside`, else among the other events.
void print_link(const Options& options, const Driver::Link& link, bool aside);

}  // namespace livlina::cli
