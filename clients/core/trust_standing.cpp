// Who may do and receive what: lines, rosters and directories at an instant.
#include <algorithm>

#include "clients/core/trust_state.hpp"

namespace livlina::client {

namespace {

using protocol::LineType;

Standing standing_of(const protocol::Line& line, std::uint16_t scope) {
  return {line.role, scope, line.type, line.not_before, line.not_after};
}

}  // namespace

std::optional<Role> Trust::State::desk_role(const SignPublic& account) const {
  if (!desk) return std::nullopt;
  if (desk->roster && (*desk->roster)->find(account) != nullptr) return Role::coordinator;
  if (!desk->directory) return std::nullopt;
  const protocol::StaffEntry* entry = (*desk->directory)->find(account);
  return entry == nullptr ? std::nullopt : std::optional(entry->role);
}

// `now` is trusted; without it the dates are not looked at.
std::optional<Standing> Trust::State::standing(const protocol::Manifest* manifest,
                                               const Circle& circle, const SignPublic& account,
                                               std::optional<Instant> now) const {
  if (account == circle.participant)
    return Standing{Role::participant, scope_all, LineType::account};
  if (manifest == nullptr) return std::nullopt;
  const bool in_roster = desk && desk->roster && (*desk->roster)->find(account) != nullptr;
  const protocol::StaffEntry* entry =
      desk && desk->directory ? (*desk->directory)->find(account) : nullptr;
  const bool in_pool = entry != nullptr && entry->role == Role::mentor;
  const protocol::Line* line = manifest->line_for(account, in_roster, in_pool);
  if (line == nullptr) return std::nullopt;
  // Another desk's roster and pool are not ours to judge by.
  if (line->type != LineType::account && line->key != desk->key) return std::nullopt;
  if (!now) return standing_of(*line, line->scope);
  const auto known = circles.find(circle.id);
  const auto since =
      known == circles.end() ? std::optional<Instant>() : known->second.incident_since;
  const std::uint16_t scope = protocol::scope_at(*line, *now, since);
  if (*now < line->not_before || (*now >= line->not_after && scope == scope_none))
    return std::nullopt;
  return standing_of(*line, scope);
}

// A coordinator acts for the desk with the devices that the roster names.
std::vector<protocol::Device> Trust::State::usable_devices(const SignPublic& account,
                                                           bool as_coordinator) const {
  const auto it = lists.find(account);
  if (it == lists.end() || it->second.frozen) return {};
  std::vector<protocol::Device> out = (*it->second.newest)->devices;
  if (!as_coordinator) return out;
  const protocol::RosterEntry* entry = (*desk->roster)->find(account);
  out.erase(std::remove_if(out.begin(), out.end(),
                           [&](const protocol::Device& d) {
                             return std::find(entry->devices.begin(), entry->devices.end(), d.id) ==
                                    entry->devices.end();
                           }),
            out.end());
  return out;
}

std::vector<Trust::Reach> Trust::State::reach(const KnownCircle& known, std::uint16_t scope,
                                              Instant now) const {
  const Verified<protocol::Manifest>* newest = known.circle.newest();
  if (newest == nullptr || known.circle.frozen) return {};
  const bool desk_open = desk && !desk->frozen;
  std::set<SignPublic> accounts;
  for (const protocol::Line& line : (*newest)->lines) {
    if (line.type == LineType::account) accounts.insert(line.key);
    if (line.type == LineType::desk && desk_open && desk->roster &&
        (*desk->roster)->not_after > now && line.key == desk->key)
      for (const auto& e : (*desk->roster)->coordinators) accounts.insert(e.account);
    if (line.type == LineType::pool && desk_open && desk->directory &&
        (*desk->directory)->not_after > now && line.key == desk->key)
      for (const auto& e : (*desk->directory)->staff)
        if (e.role == Role::mentor) accounts.insert(e.account);
  }
  std::vector<Reach> out;
  for (const SignPublic& account : accounts) {
    const auto at = standing(&**newest, known.circle, account, now);
    if (!at || (at->scope & scope) != scope) continue;
    auto devices = usable_devices(account, at->type == LineType::desk);
    if (!devices.empty()) out.push_back({account, *at, std::move(devices)});
  }
  return out;
}

// By a device of a known list, in a known circle, and not by its participant.
std::optional<Verified<protocol::StaffAct>> Trust::State::signed_act(ByteView record) const {
  const auto actor = protocol::peek_actor(record);
  if (!actor.ok()) return std::nullopt;
  const auto owner = owners.find(*actor);
  if (owner == owners.end()) return std::nullopt;
  const protocol::Device* device = (*lists.at(owner->second).newest)->find(*actor);
  auto act = protocol::verify_act(record, device->sig);
  if (!act.ok()) return std::nullopt;
  const auto known = circles.find((*act)->circle);
  if (known == circles.end() || owner->second == known->second.circle.participant)
    return std::nullopt;
  return std::move(*act);
}

std::optional<Verified<protocol::StaffAct>> Trust::State::verify_act(ByteView record) const {
  auto act = signed_act(record);
  if (!act) return std::nullopt;
  const SignPublic& by = owners.at((*act)->actor);
  const Circle& circle = circles.at((*act)->circle).circle;
  if (desk_role(by) == Role::coordinator) return act;
  const Verified<protocol::Manifest>* newest = circle.newest();
  if (newest == nullptr || !standing(&**newest, circle, by, std::nullopt)) return std::nullopt;
  return act;
}

std::optional<Verified<protocol::StaffAct>> Trust::State::verify_former_act(ByteView record) const {
  auto act = signed_act(record);
  if (!act) return std::nullopt;
  const SignPublic& by = owners.at((*act)->actor);
  const Circle& circle = circles.at((*act)->circle).circle;
  const bool could =
      std::any_of(circle.manifests.begin(), circle.manifests.end(), [&](const auto& version) {
        const protocol::Manifest& manifest = **version.second;
        const protocol::Line* line = manifest.line_for(by, false, false);
        return (line != nullptr && (line->scope & scope_alarm) != 0) ||
               (desk && manifest.recovery.desk == desk->key && ever_coordinators.count(by) != 0);
      });
  return could ? std::move(act) : std::nullopt;
}

bool Trust::State::approves(ByteView approval, const Circle& circle,
                            const crypto::Hash& plan) const {
  return circle.newest() != nullptr && approves_under(*circle.newest(), approval, circle, plan);
}

// Whoever is left out later approved what they approved before. By the participant's own clock
// alone, who signs the plan as well as the manifests.
bool Trust::State::was_approved(const Verified<protocol::Plan>& plan, ByteView approval,
                                const Circle& circle) const {
  const auto& all = circle.manifests;
  for (auto it = all.begin(); it != all.end(); ++it) {
    const auto next = std::next(it);
    const bool over = next != all.end() && (*next->second)->issued_at <= plan->issued_at;
    if (!over && approves_under(*it->second, approval, circle, plan.hash())) return true;
  }
  return false;
}

bool Trust::State::approves_under(const Verified<protocol::Manifest>& manifest, ByteView approval,
                                  const Circle& circle, const crypto::Hash& plan) const {
  const auto act = signed_act(approval);
  if (!act || (*act)->act != protocol::Act::approve || (*act)->circle != circle.id ||
      !equal((*act)->target, plan))
    return false;
  const SignPublic& by = owners.at((*act)->actor);
  const auto at = standing(&*manifest, circle, by, std::nullopt);
  if (!at || (at->scope & scope_plan) == 0) return false;
  const auto devices = usable_devices(by, at->type == LineType::desk);
  return std::any_of(devices.begin(), devices.end(),
                     [&](const protocol::Device& d) { return d.id == (*act)->actor; });
}

}  // namespace livlina::client
