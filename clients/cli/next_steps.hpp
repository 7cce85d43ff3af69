// What is missing until somebody watches, and what waits for this person: as commands to type.
#pragma once

#include <string>
#include <vector>

#include "clients/cli/client.hpp"

namespace livlina::cli {

// The invitations whose safety words wait to be compared here.
[[nodiscard]] std::vector<v1::InviteInfo> waiting_invites(Client& client);
// Every incident that this person may see, resolved ones too; empty when the server does not say. A
// status that is asked for afterwards knows whether a practice alarm was taken.
[[nodiscard]] std::vector<v1::IncidentView> all_incidents(Client& client);

// One sentence each with the command that does it, the most urgent first. Empty: nothing is
// missing.
[[nodiscard]] std::vector<std::string> next_steps(const v1::Status& status,
                                                  const std::vector<v1::InviteInfo>& waiting = {});
// "\nNext: ..." for each.
[[nodiscard]] std::string lines_of(const std::vector<std::string>& steps);
// Armed or degraded: check-ins that do not come are noticed by the server.
[[nodiscard]] bool is_watched(const v1::CircleView& circle);

}  // namespace livlina::cli
