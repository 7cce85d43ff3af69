#include "server/services/tell.hpp"

#include "protocol/proto.hpp"
#include "server/store/accounts.hpp"
#include "server/store/circles.hpp"
#include "server/store/desks.hpp"

namespace livlina::server {

std::set<DeviceId> supporters_of(Turn& turn, const CircleFacts& circle) {
  std::set<DeviceId> out;
  for (const Member& m : members(turn, circle, 0, Grace::none))
    out.insert(m.devices.begin(), m.devices.end());
  for (const Member& m : coordinators(turn, (*circle.manifest)->recovery.desk))
    out.insert(m.devices.begin(), m.devices.end());
  return out;
}

void tell_circle(Turn& turn, const CircleFacts& circle, const std::set<DeviceId>& dropped) {
  v1::ServerFrame frame;
  auto& said = *frame.mutable_circle_changed();
  said.set_circle_id(to_string(circle.id.view()));
  said.set_manifest_seq((*circle.manifest)->seq);
  if (const auto plan = store::Circles(turn.db).newest_plan(circle.id))
    said.set_plan_version(plan->link.version);
  said.set_state(static_cast<std::uint32_t>(circle.state));
  turn.out.push(circle.primary, frame);
  turn.out.push(circle.shadow, frame);
  std::set<DeviceId> to = supporters_of(turn, circle);
  to.insert(dropped.begin(), dropped.end());
  for (const DeviceId& d : to) turn.out.push(d, frame);
}

void tell_desk(Turn& turn, const Key& desk) {
  const store::Desks desks(turn.db);
  v1::ServerFrame frame;
  auto& said = *frame.mutable_desk_changed();
  said.set_desk_pk(to_string(ByteView(desk)));
  if (const auto r = desks.newest(desk, store::DeskKind::roster))
    said.set_roster_serial(r->version);
  if (const auto d = desks.newest(desk, store::DeskKind::directory))
    said.set_directory_serial(d->version);
  std::set<Key> accounts;
  for (const Key& k : desks.people(desk)) accounts.insert(k);
  for (const Key& k : store::Circles(turn.db).participants_naming(desk)) accounts.insert(k);
  const store::Accounts all(turn.db);
  for (const Key& k : accounts)
    for (const store::DeviceName& d : all.devices(k))
      if (turn.presence.online(d.id)) turn.out.push(d.id, frame);
}

}  // namespace livlina::server
