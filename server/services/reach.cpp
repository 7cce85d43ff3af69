#include "server/services/reach.hpp"

#include <algorithm>

#include "server/store/accounts.hpp"
#include "server/store/circles.hpp"
#include "server/store/desks.hpp"
#include "server/store/invites.hpp"

namespace livlina::server {

bool may_reach(Turn& turn, const Key& from, const Key& to) {
  if (from == to) return true;
  const store::Circles circles(turn.db);
  // One of the two is nearly always a participant, who has one circle: two short look-ups.
  if (const auto circle = circles.of_participant(from);
      circle && circles.covers(*circle, to, turn.now))
    return true;
  if (const auto circle = circles.of_participant(to);
      circle && circles.covers(*circle, from, turn.now))
    return true;
  return store::Desks(turn.db).share(from, to) || circles.share_as_lines(from, to, turn.now) ||
         store::Invites(turn.db).between(from, to, turn.now);
}

bool may_see_desk(Turn& turn, const Key& asker, const Key& desk) {
  const store::Desks desks(turn.db);
  if (!desks.exists(desk)) return false;
  if (desks.is_person(desk, asker)) return true;
  const store::Circles circles(turn.db);
  for (const store::CircleHeadRow& c : circles.heads_for(asker, turn.now))
    if (circles.names_desk(c.id, desk)) return true;
  const store::Invites invites(turn.db);
  const auto people = desks.people(desk);
  return std::any_of(people.begin(), people.end(),
                     [&](const Key& p) { return invites.between(asker, p, turn.now); });
}

bool may_see_lists(Turn& turn, const Key& asker, const Key& of) {
  if (may_reach(turn, asker, of)) return true;
  const store::Desks desks(turn.db);
  for (const auto kind : {store::DeskKind::roster, store::DeskKind::directory})
    for (const Key& desk : desks.desks_of(of, kind))
      if (may_see_desk(turn, asker, desk)) return true;
  return false;
}

bool may_see_circle(Turn& turn, const CircleFacts& circle, const Caller& asker) {
  if (asker.account == circle.participant) return true;
  const auto line = member(turn, circle, asker.account, Grace::all);
  return (line && acts_with(*line, asker.device)) ||
         is_coordinator(turn, (*circle.manifest)->recovery.desk, asker.account, asker.device);
}

bool is_listed_staff(Turn& turn, const Key& account) {
  return !store::Desks(turn.db).desks_of(account, store::DeskKind::directory).empty();
}

bool is_any_coordinator(Turn& turn, const SignPublic& account, const DeviceId& device) {
  for (const Key& desk : store::Desks(turn.db).desks_of(account.bytes(), store::DeskKind::roster)) {
    const auto roster = newest_roster(turn, desk);
    if (roster && is_coordinator(turn, (*roster)->desk, account, device)) return true;
  }
  return false;
}

}  // namespace livlina::server
