#include "clients/core/incident_memory.hpp"

#include <algorithm>
#include <tuple>

namespace livlina::client {

namespace {

constexpr std::string_view prefix = "incident/";
constexpr std::uint8_t version = 1;

std::string key(const IncidentId& id) { return std::string(prefix) + id.hex(); }

}  // namespace

crypto::Status IncidentMemory::load() {
  known_.clear();
  for (const std::string& k : store_.keys(prefix)) {
    const auto id = IncidentId::from(unhex(std::string_view(k).substr(prefix.size())));
    ByteReader r(store_.get(k));
    const bool known = r.u8() == version;
    RememberedIncident out;
    out.circle = CircleId{r.array<16>()};
    out.lane = r.u8();
    out.head = r.array<32>();
    out.newest_act = r.i64();
    out.ended = r.u8() == 1;
    out.at = r.i64();
    if (!id || !known || !r.done()) return crypto::Error::bad_format;
    known_.insert_or_assign(*id, out);
  }
  return crypto::done();
}

const RememberedIncident* IncidentMemory::find(const IncidentId& id) const {
  const auto it = known_.find(id);
  return it == known_.end() ? nullptr : &it->second;
}

// An act names its incident, so a server cannot invent many that bear one.
void IncidentMemory::make_room(const CircleId& circle) {
  std::size_t count = 0;
  auto least = known_.end();
  const auto worth = [](const RememberedIncident& i) {
    return std::tuple(i.newest_act != 0, i.head != crypto::Hash{}, i.at);
  };
  for (auto it = known_.begin(); it != known_.end(); ++it) {
    if (it->second.circle != circle) continue;
    ++count;
    if (least == known_.end() || worth(it->second) < worth(least->second)) least = it;
  }
  if (count < most_remembered) return;
  store_.erase(key(least->first));
  known_.erase(least);
}

void IncidentMemory::remember(const IncidentId& id, const RememberedIncident& incident) {
  if (known_.count(id) == 0) make_room(incident.circle);
  const auto [it, fresh] = known_.try_emplace(id, incident);
  if (!fresh && it->second == incident) return;
  it->second = incident;
  ByteWriter w;
  w.u8(version).bytes(incident.circle.view()).u8(static_cast<std::uint8_t>(incident.lane));
  w.bytes(incident.head).i64(incident.newest_act).u8(incident.ended ? 1 : 0).i64(incident.at);
  store_.put(key(id), w.get());
}

void IncidentMemory::expire(Instant now) {
  for (auto it = known_.begin(); it != known_.end();) {
    if (it->second.at >= now - incident_memory) {
      ++it;
      continue;
    }
    store_.erase(key(it->first));
    it = known_.erase(it);
  }
}

Instant IncidentMemory::newest_act() const {
  Instant out = 0;
  for (const auto& [id, incident] : known_) out = std::max(out, incident.newest_act);
  return out;
}

}  // namespace livlina::client
