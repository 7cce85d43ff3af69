#include "server/delivery/changed_incidents.hpp"

#include <algorithm>

namespace livlina::server {

void ChangedIncidents::add(const IncidentId& incident, bool may_wait, Instant now) {
  const auto [it, fresh] = entries_.try_emplace(incident);
  Entry& e = it->second;
  // A clock that went back starts no long wait.
  const bool lately = !fresh && e.told <= now && now - e.told < pause;
  const Instant due = may_wait && lately ? e.told + pause : now;
  e.due = std::min(e.due.value_or(due), due);
}

std::vector<IncidentId> ChangedIncidents::take(Instant now) {
  std::vector<IncidentId> out;
  for (auto it = entries_.begin(); it != entries_.end();) {
    Entry& e = it->second;
    if (e.due && (*e.due <= now || *e.due - now > pause)) {
      out.push_back(it->first);
      e = {std::nullopt, now};
    }
    const bool forget = !e.due && (e.told > now || now - e.told >= pause);
    it = forget ? entries_.erase(it) : std::next(it);
  }
  return out;
}

std::optional<Instant> ChangedIncidents::next() const {
  std::optional<Instant> out;
  for (const auto& [id, e] : entries_)
    if (e.due) out = std::min(out.value_or(*e.due), *e.due);
  return out;
}

}  // namespace livlina::server
