#include "server/services/people.hpp"

#include <algorithm>

#include "server/services/reach.hpp"
#include "server/services/records.hpp"
#include "server/store/accounts.hpp"
#include "server/store/circles.hpp"
#include "server/store/desks.hpp"
#include "server/store/incidents.hpp"
#include "server/store/mailbox.hpp"

namespace livlina::server {

namespace {

using protocol::Line;
using protocol::LineType;

// The devices with which a supporter acts; nothing: the account is none.
std::optional<std::vector<DeviceId>> devices_of(Turn& turn, const SignPublic& account) {
  return store::Accounts(turn.db).supporter_devices(account.bytes());
}

// Of a coordinator: what the roster names and the account's own newest list still has.
std::optional<std::vector<DeviceId>> devices_of(Turn& turn, const protocol::RosterEntry& entry) {
  auto out = devices_of(turn, entry.account);
  if (out)
    std::erase_if(*out, [&](const DeviceId& id) {
      return std::find(entry.devices.begin(), entry.devices.end(), id) == entry.devices.end();
    });
  return out;
}

// When the first of the unresolved incidents opened that `grace` counts.
std::optional<Instant> open_since(Turn& turn, const CircleId& circle, Grace grace) {
  std::optional<Instant> since;
  if (grace == Grace::none) return since;
  for (const store::IncidentRow& row : store::Incidents(turn.db).unresolved_of(circle))
    if (grace == Grace::all || row.i.lane != policy::Lane::silent)
      since = std::min(since.value_or(row.opened_at), row.opened_at);
  return since;
}

bool in_force(const Line& line, Instant now, std::optional<Instant> incident_since) {
  return (now >= line.not_before && now < line.not_after) ||
         protocol::scope_at(line, now, incident_since) != scope_none;
}

// Collects members in the order account, desk, pool: the first line that covers an account is the
// one it acts under.
class Gathering {
 public:
  Gathering(Turn& turn, const CircleFacts& circle, Grace grace)
      : turn_(turn),
        manifest_(**circle.manifest),
        incident_since_(open_since(turn, circle.id, grace)) {}

  // `only`: look for one account; null: for everybody.
  std::vector<Member> run(const SignPublic* only) {
    only_ = only;
    for (const Line& l : manifest_.lines)
      if (l.type == LineType::account && wanted(l.key) && holds(l))
        add(l, l.key, l.role, false, l.key);
    for (const Line& l : manifest_.lines)
      if (l.type == LineType::desk && holds(l)) desk(l);
    for (const Line& l : manifest_.lines)
      if (l.type == LineType::pool && holds(l)) pool(l);
    return std::move(out_);
  }

 private:
  bool wanted(const SignPublic& account) const { return only_ == nullptr || *only_ == account; }
  bool holds(const Line& l) const { return in_force(l, turn_.now, incident_since_); }

  void desk(const Line& l) {
    const auto roster = newest_roster(turn_, l.key.bytes());
    if (!roster) return;
    for (const protocol::RosterEntry& e : (*roster)->coordinators)
      if (wanted(e.account)) add(l, e.account, Role::coordinator, true, e);
  }

  void pool(const Line& l) {
    const auto directory = newest_directory(turn_, l.key.bytes());
    if (!directory) return;
    for (const protocol::StaffEntry& e : (*directory)->staff)
      if (e.role == Role::mentor && wanted(e.account)) add(l, e.account, e.role, false, e.account);
  }

  // `who`: whose devices_of() they act with.
  template <class Who>
  void add(const Line& l, const SignPublic& account, Role role, bool by_desk, const Who& who) {
    const auto same = [&](const Member& m) { return m.account == account; };
    if (std::any_of(out_.begin(), out_.end(), same)) return;
    auto devices = devices_of(turn_, who);
    if (!devices) return;
    out_.push_back({account, role, protocol::scope_at(l, turn_.now, incident_since_), by_desk,
                    std::move(*devices)});
  }

  Turn& turn_;
  const protocol::Manifest& manifest_;
  std::optional<Instant> incident_since_;
  const SignPublic* only_ = nullptr;
  std::vector<Member> out_;
};

}  // namespace

std::optional<CircleFacts> circle_facts(Turn& turn, const CircleId& id) {
  const auto row = store::Circles(turn.db).find(id);
  if (!row) return std::nullopt;
  auto manifest = newest_manifest(turn, id);
  if (!manifest) return std::nullopt;
  CircleFacts out{id,
                  (*manifest)->participant,
                  {},
                  {},
                  static_cast<CircleState>(row->state),
                  static_cast<std::uint8_t>(row->category),
                  std::move(manifest)};
  for (const store::DeviceName& d : store::Accounts(turn.db).devices(row->participant))
    (d.shadow ? out.shadow : out.primary) = d.id;
  return out;
}

CircleFacts its_circle(Turn& turn, const CircleId& id, const char* table) {
  auto facts = circle_facts(turn, id);
  if (!facts) throw store::Failure(store::Fault::other, table, "its circle is gone");
  return std::move(*facts);
}

const CircleFacts& CirclesOfRows::get(const CircleId& id) {
  if (const auto it = known_.find(id); it != known_.end()) return it->second;
  return known_.emplace(id, its_circle(turn_, id, table_)).first->second;
}

std::optional<CircleId> circle_of(Turn& turn, const SignPublic& participant) {
  return store::Circles(turn.db).of_participant(participant.bytes());
}

std::vector<Member> members(Turn& turn, const CircleFacts& circle, std::uint16_t scope,
                            Grace grace) {
  auto out = Gathering(turn, circle, grace).run(nullptr);
  if (scope != 0) std::erase_if(out, [&](const Member& m) { return (m.scope & scope) == 0; });
  return out;
}

std::optional<Member> member(Turn& turn, const CircleFacts& circle, const SignPublic& account,
                             Grace grace) {
  auto out = Gathering(turn, circle, grace).run(&account);
  if (out.empty()) return std::nullopt;
  return std::move(out.front());
}

bool acts_with(const Member& member, const DeviceId& device) {
  return std::find(member.devices.begin(), member.devices.end(), device) != member.devices.end();
}

std::vector<Member> coordinators(Turn& turn, const SignPublic& desk) {
  std::vector<Member> out;
  const auto roster = newest_roster(turn, desk.bytes());
  if (!roster) return out;
  for (const protocol::RosterEntry& e : (*roster)->coordinators)
    if (auto devices = devices_of(turn, e))
      out.push_back({e.account, Role::coordinator, scope_none, true, std::move(*devices)});
  return out;
}

bool is_coordinator(Turn& turn, const SignPublic& desk, const SignPublic& account,
                    const DeviceId& device) {
  const auto roster = newest_roster(turn, desk.bytes());
  const protocol::RosterEntry* entry = roster ? (*roster)->find(account) : nullptr;
  if (entry == nullptr) return false;
  const auto devices = devices_of(turn, *entry);
  return devices && std::find(devices->begin(), devices->end(), device) != devices->end();
}

std::vector<CircleId> circles_for(Turn& turn, const SignPublic& account) {
  std::vector<CircleId> out;
  for (const store::CircleHeadRow& c : store::Circles(turn.db).heads_for(account.bytes(), turn.now))
    out.push_back(c.id);
  return out;
}

void set_category(Turn& turn, const CircleId& id, int category) {
  store::Circles(turn.db).set_category(id, category);
}

std::optional<KnownDevice> known_device(Turn& turn, const DeviceId& id) {
  const auto row = store::Accounts(turn.db).device(id);
  if (!row || !row->listed) return std::nullopt;
  const auto list = newest_list(turn, row->account);
  const protocol::Device* device = list ? (*list)->find(id) : nullptr;
  if (device == nullptr) return std::nullopt;
  return KnownDevice{*device, (*list)->account, row->shadow,
                     turn.presence.online(id) ? turn.now : row->last_seen};
}

bool post_mail(Turn& turn, const DeviceId& to, MailKind kind, ByteView content, bool urgent) {
  const auto rank = urgent ? store::Rank::urgent : store::Rank::normal;
  if (store::Mailbox(turn.db).append(to, rank, static_cast<int>(kind), content, mail_end(turn),
                                     places(turn, to, urgent))) {
    turn.out.mail(to, rank);
    return true;
  }
  const auto row = store::Accounts(turn.db).device(to);
  return !row || !row->listed || row->shadow;
}

std::uint32_t places(const Turn& turn, const DeviceId& device, bool urgent) {
  const Settings& s = turn.settings;
  return (urgent ? s.max_queue : s.max_queue - s.reserved_queue) +
         turn.presence.acknowledged(device);
}

Instant mail_end(const Turn& turn) {
  const Instant end = turn.now + turn.settings.message_ttl;
  return (end / hour + 1) * hour;
}

}  // namespace livlina::server
