// Which incidents are ours, and the list of them: one of a circle that this device cannot verify is
// shown as such, and never left out.
#include <memory>
#include <utility>

#include "clients/core/incidents.hpp"
#include "clients/core/reply.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {
// Pushes that wait at once for their circles. A list is bounded by its frame.
constexpr std::size_t most_pushed_waiting = 64;
}  // namespace

// A participant's device must never hear of the silent lane (watch.md rule 2); a server that tells
// has a fault, and what it told is not shown.
bool Incidents::for_us(const v1::Incident& incident) const {
  if (!self_->participant || incident.lane() != lane_silent) return true;
  context_.warn("unexpected_silent");
  return false;
}

// A line that has ended is a part too: while an incident is open it keeps the alarm scope. What
// somebody with another scope is told proves nothing, and is bounded like the rest.
bool Incidents::has_part(const v1::Incident& incident) const {
  const auto id = CircleId::from(incident.circle_id());
  const Circle* circle = id ? trust_.circle(*id) : nullptr;
  if (circle == nullptr || !IncidentId::from(incident.incident_id())) return false;
  if (self_->participant) return circle->participant == self_->account;
  const auto* newest = circle->newest();
  if (newest == nullptr) return false;
  // The desk's coordinators may act without a line.
  const Desk* desk = trust_.desk();
  if (desk != nullptr && (*newest)->recovery.desk == desk->key &&
      trust_.desk_role(self_->account) == Role::coordinator)
    return true;
  return trust_.standing_at(*circle, (*newest)->seq, self_->account).has_value();
}

// Of a circle that the server tells, verified, and in which nobody gave us a part, it is none of
// ours. Of one that cannot be had it may be. A participant has one circle, known since the pairing.
void Incidents::with_part(const v1::Incident& incident, bool was_pushed,
                          std::function<void(Belongs)> then) {
  if (has_part(incident)) return then(Belongs::to_us);
  const auto id = CircleId::from(incident.circle_id());
  if (!id || !IncidentId::from(incident.incident_id())) return then(Belongs::to_others);
  const Belongs otherwise = self_->participant ? Belongs::to_others : Belongs::unknown;
  if (!context_.requests.logged_in()) return then(otherwise);
  const bool open = incident.state() < state_resolved;
  if (was_pushed && learning_.waiting() >= most_pushed_waiting) {
    if (open && otherwise == Belongs::unknown) context_.warn("incident_unverified");
    return then(otherwise);
  }
  v1::Incident named;
  named.set_incident_id(incident.incident_id());
  named.set_circle_id(incident.circle_id());
  learning_.ask(*id, [this, named, open, otherwise, then = std::move(then)](const Status& status) {
    if (has_part(named)) return then(Belongs::to_us);
    if (status.ok() || otherwise == Belongs::to_others) return then(Belongs::to_others);
    // Without the circle: what a server invents fills no vault.
    if (open && status.error() != Error::offline) context_.warn("incident_unverified");
    then(Belongs::unknown);
  });
}

// The server's word and nothing else, for this one answer: nothing of it is remembered.
v1::IncidentView Incidents::unverified(const v1::Incident& incident) const {
  v1::IncidentView out = view_of(incident, IncidentProof{});
  out.set_circle_unverified(true);
  return out;
}

void Incidents::list(std::uint64_t command, bool resolved_too) {
  v1::Request request;
  request.mutable_list_incidents()->set_resolved_too(resolved_too);
  context_.requests.send(std::move(request), [this, command](const v1::ServerFrame* reply) {
    const Outcome result = outcome(reply);
    if (!result.ok()) return context_.finish(command, result.status, result.detail);
    // All are looked at, one after the other, before the answer is given as a whole.
    struct Gathered {
      v1::Event event;
      std::size_t left = 1;
    };
    const auto gathered = std::make_shared<Gathered>();
    gathered->event.set_command_id(command);
    gathered->event.mutable_incidents();
    const auto one_less = [this, command, gathered] {
      if (--gathered->left > 0) return;
      const PretendedIncidents beside = pretended();
      for (const v1::IncidentView& view : beside.views)
        *gathered->event.mutable_incidents()->add_incidents() = view;
      context_.emit(std::move(gathered->event));
      context_.finish(command, Unit{});
    };
    for (const v1::Incident& incident : reply->incidents().incidents()) {
      if (!for_us(incident)) continue;
      ++gathered->left;
      with_part(incident, false, [this, incident, gathered, one_less](Belongs part) {
        if (part == Belongs::to_others) return one_less();
        if (part == Belongs::unknown) {
          *gathered->event.mutable_incidents()->add_incidents() = unverified(incident);
          return one_less();
        }
        remember(incident);
        look(incident, false, [gathered, one_less](const v1::IncidentView& view) {
          *gathered->event.mutable_incidents()->add_incidents() = view;
          one_less();
        });
      });
    }
    one_less();
  });
}

// In the decoy realm: what the server does not tell it. Nothing of it leaves the device.
PretendedIncidents Incidents::pretended() const {
  if (self_ == nullptr) return {};
  return pretended_incidents(context_.store, trust_, *self_,
                             context_.clock.server_time(context_.now));
}

std::vector<v1::IncidentView> Incidents::changed_pretended() {
  std::vector<v1::IncidentView> out;
  std::map<std::string, int> told;
  PretendedIncidents now = pretended();
  for (v1::IncidentView& view : now.views) {
    const std::string& id = view.incident().incident_id();
    const int events = told[id] = view.incident().events_size();
    if (pretended_told_[id] != events) out.push_back(std::move(view));
  }
  pretended_told_ = std::move(told);
  return out;
}

// Told when it changes, as the server would push it.
void Incidents::settle() {
  if (self_ == nullptr || !self_->decoy || !context_.requests.logged_in()) return;
  for (const v1::IncidentView& view : changed_pretended()) show(view);
}

}  // namespace livlina::client
