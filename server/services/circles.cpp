// Circles: the inviter's Confirm, the participant's chain of manifests, arming.
#include "server/store/circles.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "protocol/proto.hpp"
#include "server/services/channels.hpp"
#include "server/services/handlers.hpp"
#include "server/services/notices.hpp"
#include "server/services/occurrences.hpp"
#include "server/services/reach.hpp"
#include "server/services/records.hpp"
#include "server/services/tell.hpp"
#include "server/services/watch.hpp"
#include "server/store/accounts.hpp"
#include "server/store/invites.hpp"

namespace livlina::server {

namespace {

constexpr int category_support = 2;  // until a coordinator's signed act says otherwise
constexpr std::size_t bytes_per_answer = 300'000;
constexpr int manifests_per_answer = 64;
constexpr int plans_per_answer = 16;

// A circle is made by the participant, and only after somebody whom a desk lists has met them.
bool confirmed(Turn& turn, const protocol::Manifest& first) {
  const auto confirm = store::Circles(turn.db).confirm(first.circle);
  return confirm && confirm->participant == first.participant.bytes() &&
         is_listed_staff(turn, confirm->signer);
}

// What the step armed 0 -> 1 waits for (watch.md, CIRCLE).
std::optional<Refusal> check_arming(Turn& turn, const CircleFacts& circle) {
  if (!practice_alarm_taken(turn, circle.id)) return refuse(Code::not_ready, "practice_alarm");
  if (!backup_rule_holds(turn, circle)) return refuse(Code::not_ready, "backup_rule");
  if (circle.category == 1 &&
      !reached_without_device(turn, (*circle.manifest)->recovery.desk.bytes()))
    return refuse(Code::not_ready, "desk_channel");
  return std::nullopt;
}

// What a manifest may do to the one before it. Dropping lines and scopes is never among what is
// refused (watch.md, rule 13).
std::optional<Refusal> check_change(Turn& turn, const CircleFacts& before,
                                    const Record<protocol::Manifest>& next) {
  if (before.state == CircleState::closed) return refuse(Code::wrong_state, "closed");
  const protocol::Manifest& old = **before.manifest;
  if (!old.armed) {
    if (!(*next)->armed) return std::nullopt;
    CircleFacts armed = before;
    armed.manifest = next;
    return check_arming(turn, armed);
  }
  // Whoever holds the phone cannot stop the watch: a plan or a close needs a second signature, and
  // so does another desk: that of a coordinator of this one, in a handover (H32).
  if (!(*next)->armed) return refuse(Code::wrong_state, "armed");
  if ((*next)->recovery.desk != old.recovery.desk) return refuse(Code::not_ready, "desk_handover");
  return std::nullopt;
}

std::vector<store::LineRow> lines_of(const protocol::Manifest& m) {
  std::vector<store::LineRow> out;
  out.reserve(m.lines.size() + 1);
  for (const protocol::Line& l : m.lines)
    out.push_back({static_cast<int>(l.type), l.key.bytes(), l.not_before, l.not_after,
                   l.not_after + l.incident_grace_h * hour});
  out.push_back({0, m.recovery.desk.bytes(), 0, 0, 0});
  return out;
}

void store_manifest(Turn& turn, const CircleFacts& circle, const std::set<DeviceId>& dropped) {
  store::Circles circles(turn.db);
  const auto& manifest = *circle.manifest;
  circles.add_manifest(circle.id, {manifest->seq, manifest.record(), manifest.hash()},
                       lines_of(*manifest));
  circle_changed(turn, circle, dropped);
  circles.rechecked(circle.id, turn.now);
}

// A successor. Those who could see the circle until now are told as well, and the desk of a watched
// one by a notice, when somebody loses something.
void change_manifest(Turn& turn, const CircleFacts& before,
                     const Record<protocol::Manifest>& next) {
  const std::set<DeviceId> until_now = supporters_of(turn, before);
  CircleFacts circle = before;
  circle.manifest = next;
  store_manifest(turn, circle, until_now);
  if (is_watched(before.state) && protocol::takes_away(**before.manifest, **next, turn.now))
    warn_desk(turn, circle, policy::NotificationKind::warning, policy::NoticeCode::lines_dropped,
              cause_of("lines dropped", ByteView(circle.id.bytes), (*next)->seq));
}

}  // namespace

Answer<Unit> put_confirm(Turn& turn, const Caller& caller, const v1::PutConfirm& request) {
  const auto confirm = protocol::verify_confirm(field(request.record()));
  if (!confirm.ok()) return refuse(Code::bad_record);
  const protocol::Confirm& c = **confirm;
  const Key& participant = c.participant.bytes();
  const auto account = store::Accounts(turn.db).find(participant);
  // Only for somebody whom this very account has invited and who joined.
  if (c.signer != caller.account || !account || account->purpose != 2 ||
      !store::Invites(turn.db).invited(caller.account.bytes(), participant))
    return refuse(Code::forbidden);
  if (store::Invites(turn.db).refused(caller.account.bytes(), participant))
    return refuse(Code::wrong_state, "refused");
  store::Circles circles(turn.db);
  if (const auto old = circles.confirm(c.circle))
    return old->record == confirm->record() ? Answer<Unit>(Unit{}) : refuse(Code::conflict);
  if (circles.find(c.circle) || circles.of_participant(participant)) return refuse(Code::conflict);
  circles.put_confirm(c.circle, {participant, caller.account.bytes(), confirm->record()});
  // The participant's phone may go on at once with the first manifest.
  v1::ServerFrame frame;
  frame.mutable_circle_changed()->set_circle_id(to_string(c.circle.view()));
  frame.mutable_circle_changed()->set_state(static_cast<std::uint32_t>(CircleState::setup));
  for (const store::DeviceName& d : store::Accounts(turn.db).devices(participant))
    turn.out.push(d.id, frame);
  return Unit{};
}

Answer<Unit> put_manifest(Turn& turn, const Caller& caller, const v1::PutManifest& request) {
  auto opened = protocol::verify_manifest(field(request.record()));
  if (!opened.ok()) return refuse(Code::bad_record);
  const auto manifest =
      std::make_shared<const protocol::Verified<protocol::Manifest>>(std::move(opened).value());
  const protocol::Manifest& next = **manifest;
  if (next.participant != caller.account && !caller.any_key) return refuse(Code::forbidden);
  store::Circles circles(turn.db);
  auto circle = circle_facts(turn, next.circle);
  // Another's is as none at all to the caller, and never theirs (T23).
  const bool anothers = circle && circle->participant != caller.account;
  if (anothers) circle.reset();
  const auto known = circle ? circle->manifest : nullptr;
  // One that stands on others of the decoy realm, which were taken back, follows them there.
  const bool on_pretended = caller.any_key && known && next.seq > (*known)->seq + 1;
  const auto step =
      on_pretended
          ? Answer<Step>(Step::next)
          : chain_step(known ? (*known)->seq : 0, known ? &known->hash() : nullptr, next.seq,
                       next.prev, manifest->hash(),
                       anothers ? std::nullopt : circles.manifest_hash(next.circle, next.seq));
  if (!step.ok()) return step.error();
  if (*step == Step::repeat) return Unit{};

  if (!circle) {
    if (circles.of_participant(caller.account.bytes())) return refuse(Code::conflict, "circle");
    if (store::Invites(turn.db).refused(caller.account.bytes()))
      return refuse(Code::wrong_state, "pairing_refused");
    if (anothers || !confirmed(turn, next)) return refuse(Code::not_ready, "confirm");
    if (next.armed) return refuse(Code::not_ready, "practice_alarm");
    CircleFacts made{next.circle,        caller.account,   caller.device, {},
                     CircleState::setup, category_support, manifest};
    for (const store::DeviceName& d : store::Accounts(turn.db).devices(caller.account.bytes()))
      (d.shadow ? made.shadow : made.primary) = d.id;
    circles.add(
        {made.id, made.participant.bytes(), static_cast<int>(made.state), int{made.category}});
    store_manifest(turn, made, {});
    return Unit{};
  }
  if (const auto why = check_change(turn, *circle, manifest)) return *why;
  change_manifest(turn, *circle, manifest);
  return Unit{};
}

Answer<v1::Circle> get_circle(Turn& turn, const Caller& caller, const v1::GetCircle& request) {
  const auto id = CircleId::from(request.circle_id());
  if (!id) return refuse(Code::malformed, "circle_id");
  const auto circle = circle_facts(turn, *id);
  if (!circle || !may_see_circle(turn, *circle, caller)) return refuse(Code::forbidden);
  const store::Circles circles(turn.db);
  v1::Circle out;
  out.set_circle_id(request.circle_id());
  std::size_t total = 0;
  const std::uint32_t from =
      request.manifest_from() == 0 ? (*circle->manifest)->seq : request.manifest_from();
  for (const store::Link& l : circles.manifests(*id, from, manifests_per_answer)) {
    total += l.record.size();
    if (total > bytes_per_answer && out.manifests_size() > 0) break;
    out.add_manifests(to_string(ByteView(l.record)));
  }
  if (const auto confirm = circles.confirm(*id))
    out.set_confirm(to_string(ByteView(confirm->record)));
  if (const auto plan = circles.newest_plan(*id)) {
    out.set_plan(to_string(ByteView(plan->link.record)));
    out.set_plan_approval(to_string(ByteView(plan->approval)));
  }
  for (const store::Link& l : circles.last_plans(*id, plans_per_answer))
    out.add_plans(to_string(ByteView(l.record)));
  out.set_state(static_cast<std::uint32_t>(circle->state));
  out.set_category(circle->category);
  return out;
}

Answer<v1::CircleHeads> list_circles(Turn& turn, const Caller& caller) {
  v1::CircleHeads out;
  std::map<Key, bool> certified;  // by which desks' rosters, this very device
  const auto acts_for = [&](const Key& desk) {
    const auto [it, fresh] = certified.try_emplace(desk, false);
    if (fresh)
      if (const auto roster = newest_roster(turn, desk))
        it->second = is_coordinator(turn, (*roster)->desk, caller.account, caller.device);
    return it->second;
  };
  for (const store::CircleHeadRow& c :
       store::Circles(turn.db).heads_for(caller.account.bytes(), turn.now)) {
    if (!c.desks.empty() && std::none_of(c.desks.begin(), c.desks.end(), acts_for)) continue;
    auto& head = *out.add_circles();
    head.set_circle_id(to_string(c.id.view()));
    head.set_participant(to_string(ByteView(c.participant)));
    head.set_manifest_seq(c.seq);
    head.set_manifest_hash(to_string(ByteView(c.hash)));
    head.set_state(static_cast<std::uint32_t>(c.state));
  }
  return out;
}

bool recheck_circles(Turn& turn, std::size_t most) {
  store::Circles circles(turn.db);
  const auto ids = circles.to_recheck(turn.now, static_cast<int>(most));
  for (const CircleId& id : ids) {
    const AtRow at(turn.progress, RowOf::circle, id);
    if (!at) continue;
    circles.rechecked(id, turn.now);
    if (const auto circle = circle_facts(turn, id)) circle_changed(turn, *circle);
  }
  return ids.size() == most;
}

}  // namespace livlina::server
