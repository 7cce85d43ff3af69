#include "server/services/reach.hpp"

#include <algorithm>
#include <set>

#include "server/store/circles.hpp"
#include "server/store/desks.hpp"
#include "server/store/invites.hpp"

namespace livlina::server {

namespace {

// Desks whose newest roster names the caller's account, but not this device for it.
std::set<Key> desks_without(Turn& turn, const Caller& caller) {
  std::set<Key> out;
  for (const Key& desk :
       store::Desks(turn.db).desks_of(caller.account.bytes(), store::DeskKind::roster)) {
    const auto roster = newest_roster(turn, desk);
    if (!roster || !is_coordinator(turn, (*roster)->desk, caller.account, caller.device))
      out.insert(desk);
  }
  return out;
}

}  // namespace

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
  return store::Desks(turn.db).share(from, to) ||
         !circles.with_both(from, to, turn.now, 1).empty() ||
         store::Invites(turn.db).between(from, to, turn.now);
}

bool may_write_to(Turn& turn, const Caller& from, const Key& to) {
  const Key& account = from.account.bytes();
  if (!may_reach(turn, account, to)) return false;
  if (account == to) return true;
  const auto uncertified = desks_without(turn, from);
  if (uncertified.empty()) return true;  // nearly always
  const store::Desks desks(turn.db);
  const store::Circles circles(turn.db);
  if (circles.of_participant(account) || store::Invites(turn.db).between(account, to, turn.now))
    return true;
  for (const auto kind : {store::DeskKind::roster, store::DeskKind::directory})
    for (const Key& desk : desks.desks_of(account, kind))
      if (!uncertified.contains(desk) && desks.is_person(desk, to)) return true;
  const auto acts_in = [&](const CircleId& id, Grace grace) {
    const auto circle = circle_facts(turn, id);
    const auto line = circle ? member(turn, *circle, from.account, grace) : std::nullopt;
    return line && acts_with(*line, from.device);
  };
  if (const auto circle = circles.of_participant(to)) return acts_in(*circle, Grace::told);
  const auto both = circles.with_both(account, to, turn.now, -1);
  return std::any_of(both.begin(), both.end(),
                     [&](const CircleId& id) { return acts_in(id, Grace::all); });
}

bool may_be_written_to(Turn& turn, const DeviceId& device, const store::DeviceRow& row,
                       const Key& by) {
  if (!row.listed || row.shadow) return false;
  const Key& account = row.account;
  if (account == by || store::Desks(turn.db).desks_of(account, store::DeskKind::roster).empty())
    return true;  // nearly always
  const auto list = newest_list(turn, account);
  return list && may_write_to(turn, {device, (*list)->account}, by);
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
  return store::Circles(turn.db).looked_after(of, asker);
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
