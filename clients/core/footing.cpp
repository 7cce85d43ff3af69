#include "clients/core/footing.hpp"

namespace livlina::client {

namespace {

const crypto::KindRule& rule_of(crypto::Kind kind) {
  return *crypto::rule(static_cast<std::uint8_t>(kind));
}

// Lines that stand for whoever the desk names today say nothing new once that word has run out.
bool fresh(const Trust& trust, const Standing& standing, Instant now) {
  switch (standing.type) {
    case protocol::LineType::desk:
      return trust.roster_fresh(now);
    case protocol::LineType::pool:
      return trust.directory_fresh(now);
    case protocol::LineType::account:
      break;
  }
  return true;
}

// A coordinator who acts for the desk does so with the devices of today's roster only.
bool covers(const Trust& trust, const Standing& standing, const SignPublic& account,
            const DeviceId& device) {
  return standing.type != protocol::LineType::desk || trust.on_roster(account, device);
}

bool has_scope(const crypto::KindRule& rule, const Standing& standing) {
  return (standing.scope & rule.scope) == rule.scope;
}

Outbound desk_outbound(const Messaging& m, const crypto::KindRule& rule, const SignPublic& to,
                       const DeviceId& device) {
  Outbound out;
  const Desk& desk = *m.trust.desk();
  const auto us = m.trust.desk_role(m.self->account);
  const auto them = m.trust.desk_role(to);
  if (!us || !them) return out;
  if (*them == Role::coordinator && !m.trust.on_roster(to, device)) return out;
  out.covered = true;
  out.us = *us;
  out.them = *them;
  if (desk.directory) {
    out.version = (*desk.directory)->serial;
    out.hash = desk.directory->hash();
  }
  out.allowed = !desk.frozen && !m.trust.frozen(to) && crypto::allows(rule.senders, *us) &&
                crypto::allows(rule.receivers, *them);
  return out;
}

Inbound refuse(std::string_view code) {
  Inbound out;
  out.code = code;
  return out;
}

Inbound fetch() {
  Inbound out;
  out.answer = Inbound::Answer::fetch;
  return out;
}

// Only the newest directory is kept, so its roles serve for every serial: should a role have
// changed since, the body does not open, and the reset makes the other say it again.
Inbound desk_inbound(const Messaging& m, const crypto::Header& header, const SignPublic& from,
                     const DeviceId& device) {
  const Desk& desk = *m.trust.desk();
  const std::uint32_t serial = desk.directory ? (*desk.directory)->serial : 0;
  if (header.manifest_version > serial) return fetch();
  if (header.manifest_version == serial && desk.directory &&
      header.manifest_hash != desk.directory->hash())
    return refuse("fork");
  const auto us = m.trust.desk_role(m.self->account);
  const auto them = m.trust.desk_role(from);
  if (!us || !them) return refuse("not_in_circle");
  if (*them == Role::coordinator && !m.trust.on_roster(from, device))
    return refuse("not_in_circle");
  Inbound out;
  out.answer = Inbound::Answer::open;
  out.roles = {*them, *us};
  return out;
}

// The newest manifest decides what is accepted; nothing when it does.
std::optional<std::string_view> objection(const Messaging& m, const Circle& circle,
                                          const crypto::KindRule& rule, const SignPublic& from,
                                          const DeviceId& device) {
  const auto them = m.trust.standing(circle, from, m.context.now);
  const auto us = m.trust.standing(circle, m.self->account, m.context.now);
  if (!them || !us || !covers(m.trust, *them, from, device)) return "not_in_circle";
  if (!has_scope(rule, *them) || !has_scope(rule, *us) ||
      !crypto::allows(rule.senders, them->role) || !crypto::allows(rule.receivers, us->role))
    return "refused_kind";
  return std::nullopt;
}

}  // namespace

bool is_desk(const Trust& trust, const CircleId& circle) {
  return trust.desk() != nullptr && protocol::desk_circle(trust.desk()->key) == circle;
}

Outbound outbound(const Messaging& m, crypto::Kind kind, const CircleId& id, const SignPublic& to,
                  const DeviceId& device) {
  const crypto::KindRule& rule = rule_of(kind);
  if (is_desk(m.trust, id)) return desk_outbound(m, rule, to, device);
  Outbound out;
  const Circle* circle = m.trust.circle(id);
  if (circle == nullptr || circle->newest() == nullptr) return out;
  const auto us = m.trust.standing(*circle, m.self->account, m.context.now);
  const auto them = m.trust.standing(*circle, to, m.context.now);
  if (!us || !them || !has_scope(rule, *us) || !has_scope(rule, *them)) return out;
  if (!covers(m.trust, *them, to, device)) return out;
  if (!crypto::allows(rule.senders, us->role) || !crypto::allows(rule.receivers, them->role))
    return out;
  out.covered = true;
  out.version = (*circle->newest())->seq;
  out.hash = circle->newest()->hash();
  out.us = us->role;
  out.them = them->role;
  out.allowed = !circle->frozen && !m.trust.frozen(to) && fresh(m.trust, *them, m.context.now);
  return out;
}

Inbound inbound(const Messaging& m, const crypto::Header& header, const SignPublic& from,
                const DeviceId& device) {
  if (is_desk(m.trust, header.circle)) return desk_inbound(m, header, from, device);
  const Circle* circle = m.trust.circle(header.circle);
  if (circle == nullptr || circle->newest() == nullptr) return fetch();
  if (header.manifest_version > (*circle->newest())->seq) return fetch();
  const auto named = circle->manifests.find(header.manifest_version);
  if (named == circle->manifests.end()) return refuse("not_in_circle");
  if (named->second->hash() != header.manifest_hash) return refuse("fork");
  const auto them = m.trust.standing_at(*circle, header.manifest_version, from);
  const auto us = m.trust.standing_at(*circle, header.manifest_version, m.self->account);
  if (!them || !us) return refuse("not_in_circle");

  Inbound out;
  out.roles = {them->role, us->role};
  out.from_shadow = circle->shadow && *circle->shadow == device;
  const auto no = objection(m, *circle, *crypto::rule(header.kind), from, device);
  out.answer = no ? Inbound::Answer::open_refused : Inbound::Answer::open;
  if (no) out.code = *no;
  return out;
}

Inbound unproved(const Messaging& m, const crypto::Header& header, const SignPublic& from) {
  const Circle* circle = m.trust.circle(header.circle);
  const bool known = is_desk(m.trust, header.circle)
                         ? m.trust.desk_role(from).has_value()
                         : circle != nullptr && m.trust.standing(*circle, from, m.context.now);
  return refuse(known ? "manifest_withheld" : "not_in_circle");
}

std::optional<CircleId> shared_place(const Messaging& m, const SignPublic& other) {
  for (const Circle* circle : m.trust.circles())
    if (circle->newest() != nullptr && m.trust.standing(*circle, other, m.context.now) &&
        m.trust.standing(*circle, m.self->account, m.context.now))
      return circle->id;
  const Desk* desk = m.trust.desk();
  if (desk != nullptr && m.trust.desk_role(other) && m.trust.desk_role(m.self->account))
    return protocol::desk_circle(desk->key);
  return std::nullopt;
}

std::optional<std::vector<protocol::Device>> writable_devices(const Messaging& m,
                                                              const SignPublic& account) {
  const auto* list = m.trust.device_list(account);
  if (list == nullptr) return std::nullopt;
  const Circle* own_circle = m.trust.circle_of(account);
  // Until we know which of a participant's devices is the shadow, none is written to.
  if (own_circle != nullptr && !own_circle->shadow) return std::nullopt;
  std::vector<protocol::Device> out;
  for (const protocol::Device& device : (*list)->devices) {
    if (device.id == m.self->device) continue;
    if (own_circle != nullptr && *own_circle->shadow == device.id) continue;
    out.push_back(device);
  }
  return out;
}

}  // namespace livlina::client
