// The subcommands, one function per subject that adds its own to the parser. Each action runs at
// once when its words were parsed, and throws Failure when it cannot be done.
#pragma once

#include "clients/cli/options.hpp"

namespace CLI {
class App;
}

namespace livlina::cli {

void add_enrol_commands(CLI::App& app, Options& options);   // enrol, pair, confirm, invite, invites
void add_desk_commands(CLI::App& app, Options& options);    // desk
void add_circle_commands(CLI::App& app, Options& options);  // circle, people, safety-number
void add_plan_commands(CLI::App& app, Options& options);    // plan
void add_message_commands(CLI::App& app, Options& options);   // send, inbox, listen
void add_checkin_commands(CLI::App& app, Options& options);   // checkin, alarm, cancel
void add_incident_commands(CLI::App& app, Options& options);  // incidents, take, resolve, ...
void add_pin_commands(CLI::App& app, Options& options);       // pin
void add_status_commands(CLI::App& app, Options& options);    // status, version

}  // namespace livlina::cli
