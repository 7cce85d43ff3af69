#include "server/services/incident_view.hpp"

#include <algorithm>

#include "protocol/proto.hpp"
#include "server/services/reach.hpp"
#include "server/services/watch.hpp"
#include "server/store/incident_log.hpp"

namespace livlina::server {

namespace {

constexpr std::size_t most_listed = 200;         // rows of one circle
constexpr std::size_t list_bytes = 256 * 1024;   // stays below a frame
constexpr Duration cancelled_shown = 24 * hour;  // rule 8: stays on the board

template <class I>
std::string str(const I& id) {
  return to_string(id.view());
}

// Whether the caller may see incidents of this circle's lane.
bool may_see(const Caller& caller, const CircleFacts& circle, const Helpers& helpers,
             policy::Lane lane) {
  if (caller.account == circle.participant) return !caller.shadow && lane != policy::Lane::silent;
  return helpers.may_act(caller.account.bytes(), caller.device);
}

void show_head(const store::IncidentRow& row, v1::Incident& out) {
  out.set_incident_id(str(row.id));
  out.set_circle_id(str(row.circle));
  out.set_lane(static_cast<std::uint32_t>(row.i.lane));
  out.set_state(static_cast<std::uint32_t>(row.i.state));
  out.set_severity(static_cast<std::uint32_t>(row.i.severity));
  out.set_calm(row.i.calm);
  out.set_step(static_cast<std::uint32_t>(row.i.step));
  out.set_round(static_cast<std::uint32_t>(row.i.round));
  if (row.i.holder) out.set_holder(to_string(ByteView(*row.i.holder)));
  out.set_lease_until(row.i.lease_until);
  out.set_opened_at(row.opened_at);
  out.set_next_at(row.i.next_at.value_or(0));
  if (row.previous) out.set_previous_id(str(*row.previous));
  out.set_head(to_string(ByteView(row.head)));
  out.set_reason(static_cast<std::uint32_t>(row.reason));
  out.set_version(static_cast<std::uint64_t>(row.version));
}

void show(const store::TriggerView& t, v1::Trigger& out) {
  out.set_kind(static_cast<std::uint32_t>(t.kind));
  out.set_severity(static_cast<std::uint32_t>(t.severity));
  out.set_at(t.at);
  out.set_record(to_string(t.record));
  if (t.schedule) out.set_schedule_id(str(*t.schedule));
  out.set_due(t.due);
}

void show(const store::EventView& e, v1::IncidentEvent& out) {
  out.set_kind(static_cast<std::uint32_t>(e.kind));
  out.set_at(e.at);
  out.set_record(to_string(e.record));
  out.set_step(static_cast<std::uint32_t>(e.step));
  out.set_round(static_cast<std::uint32_t>(e.round));
}

// The newest of each, and whether there are more.
void show_newest(Turn& turn, const store::IncidentRow& row, v1::Incident& out) {
  constexpr std::size_t most = details_in_push;
  show_head(row, out);
  store::IncidentLog log(turn.db);
  const auto triggers = log.triggers(row.id, most + 1);
  const auto events = log.events(row.id, most + 1, false);
  for (std::size_t k = triggers.size() > most ? 1 : 0; k < triggers.size(); ++k)
    show(triggers[k], *out.add_triggers());
  for (std::size_t k = events.size() > most ? 1 : 0; k < events.size(); ++k)
    show(events[k], *out.add_events());
  out.set_partial(triggers.size() > most || events.size() > most);
}

}  // namespace

void show(Turn& turn, const store::IncidentRow& row, std::size_t details, v1::Incident& out) {
  show_head(row, out);
  store::IncidentLog log(turn.db);
  for (const store::TriggerView& t : log.triggers(row.id, details)) show(t, *out.add_triggers());
  for (const store::EventView& e : log.events(row.id, details, true)) show(e, *out.add_events());
}

void tell_incident(Turn& turn, const IncidentId& incident) {
  const auto row = store::Incidents(turn.db).get(incident);
  const auto circle = row ? circle_facts(turn, row->circle) : std::nullopt;
  if (!circle) return;
  const Helpers who = helpers(turn, *circle, row->i.lane);
  std::vector<DeviceId> to;
  const auto add = [&](const DeviceId& id) {
    if (turn.presence.online(id) && std::find(to.begin(), to.end(), id) == to.end())
      to.push_back(id);
  };
  for (const Member& m : who.lines) std::for_each(m.devices.begin(), m.devices.end(), add);
  for (const Member& m : who.desk) std::for_each(m.devices.begin(), m.devices.end(), add);
  if (row->i.lane != policy::Lane::silent) add(circle->primary);
  if (to.empty()) return;
  v1::ServerFrame frame;
  show_newest(turn, *row, *frame.mutable_incident_changed()->mutable_incident());
  for (const DeviceId& id : to) turn.out.push(id, frame);
}

Answer<v1::Incidents> list_incidents(Turn& turn, const Caller& caller,
                                     const v1::ListIncidents& request) {
  std::vector<CircleId> circles;
  if (request.circle_id().empty()) {
    circles = circles_for(turn, caller.account);
  } else {
    const auto wanted = CircleId::from(request.circle_id());
    if (!wanted) return refuse(Code::malformed);
    const auto circle = circle_facts(turn, *wanted);
    if (!circle || !may_see_circle(turn, *circle, caller)) return refuse(Code::forbidden);
    circles = {*wanted};
  }
  std::vector<store::IncidentRow> rows;
  for (const CircleId& id : circles) {
    const auto circle = circle_facts(turn, id);
    if (!circle) continue;
    const Helpers who = helpers(turn, *circle, policy::Lane::open);
    const Helpers of_silent = helpers(turn, *circle, policy::Lane::silent);
    for (const store::IncidentRow& row : store::Incidents(turn.db).of_circle(
             id, request.resolved_too(), turn.now - cancelled_shown, most_listed))
      if (may_see(caller, *circle, row.i.lane == policy::Lane::silent ? of_silent : who,
                  row.i.lane))
        rows.push_back(row);
  }
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    const bool open_a = policy::unresolved(a.i.state);
    const bool open_b = policy::unresolved(b.i.state);
    if (open_a != open_b) return open_a;
    if (open_a && a.i.severity != b.i.severity) return a.i.severity > b.i.severity;
    return a.opened_at != b.opened_at ? a.opened_at > b.opened_at : a.id > b.id;
  });
  v1::Incidents out;
  std::size_t bytes = 0;
  for (const store::IncidentRow& row : rows) {
    v1::Incident shown;
    show(turn, row, details_in_lists, shown);
    bytes += shown.ByteSizeLong();
    if (bytes > list_bytes) break;
    *out.add_incidents() = std::move(shown);
  }
  return out;
}

Answer<v1::Incident> get_incident(Turn& turn, const Caller& caller,
                                  const v1::GetIncident& request) {
  const auto id = IncidentId::from(request.incident_id());
  if (!id) return refuse(Code::malformed);
  const auto row = store::Incidents(turn.db).get(*id);
  if (!row) return refuse(Code::forbidden);
  const auto circle = circle_facts(turn, row->circle);
  if (!circle || !may_see(caller, *circle, helpers(turn, *circle, row->i.lane), row->i.lane))
    return refuse(Code::forbidden);
  v1::Incident out;
  show(turn, *row, details_in_full, out);
  return out;
}

}  // namespace livlina::server
