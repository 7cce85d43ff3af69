#include "clients/core/pairing.hpp"

#include "livlina/core.pb.h"

namespace livlina::client {

namespace {

constexpr std::string_view key = "pairing";
constexpr std::string_view decoy_key = "shown/invite";
constexpr std::uint8_t version = 1;
constexpr std::size_t max_host = 255;
constexpr std::size_t max_join = 64 * 1024;
constexpr std::size_t max_shown = 1024;

void write_optional(ByteWriter& w, const std::optional<ByteArray<32>>& v) {
  w.u8(v ? 1 : 0);
  if (v) w.bytes(*v);
}

std::optional<ByteArray<32>> read_optional(ByteReader& r) {
  if (r.u8() == 0) return std::nullopt;
  return r.array<32>();
}

// The first invitation has no inviter: its id is all that there is.
v1::InviteInfo first_pairing(const Pairing& p) {
  v1::InviteInfo out;
  out.set_invite_id(to_string(p.keys().invite_id.view()));
  return out;
}

}  // namespace

std::optional<Invitation> Pairing::invitation() const {
  if (sealed_i.empty()) return std::nullopt;
  const auto plain = crypto::open_inviter(purpose, keys(), sealed_i);
  if (!plain.ok()) return std::nullopt;
  auto parsed = parse_invitation(plain->expose());
  if (!parsed.ok()) return std::nullopt;
  return std::move(*parsed);
}

Role Pairing::role() const {
  const auto i = invitation();
  return i ? i->role : Role::coordinator;
}

crypto::Result<std::optional<Pairing>> load_pairing(const Store& store) {
  if (!store.has(key)) return std::optional<Pairing>();
  ByteReader r(store.get(key));
  const std::uint8_t v = r.u8();
  const std::uint8_t phase = r.u8();
  const std::uint8_t purpose = r.u8();
  Pairing p;
  p.s = crypto::Secret<16>(r.view(16));
  p.host = to_string(r.sized(max_host));
  p.server_pk = read_optional(r);
  p.desk_fingerprint = read_optional(r);
  p.claim = ClaimId{r.array<16>()};
  p.name = to_string(r.sized(max_name));
  p.organisation = to_string(r.sized(max_name));
  const std::uint8_t language = r.u8();
  p.sealed_i = to_bytes(r.sized(max_sealed_invite));
  p.join = to_string(r.sized(max_join));
  p.tx = r.array<32>();
  p.shown = to_string(r.sized(max_shown));
  if (!r.done() || v != version || phase < 1 || phase > 5 || purpose < 1 || purpose > 2 ||
      language < 1 || language > 2)
    return crypto::Error::bad_format;
  p.phase = static_cast<Pairing::Phase>(phase);
  p.purpose = static_cast<crypto::InvitePurpose>(purpose);
  p.language = static_cast<crypto::Language>(language);
  return std::optional<Pairing>(std::move(p));
}

void save_pairing(Store& store, const Pairing& p) {
  ByteWriter w(1024 + p.sealed_i.size() + p.join.size());
  w.u8(version).u8(static_cast<std::uint8_t>(p.phase)).u8(static_cast<std::uint8_t>(p.purpose));
  w.bytes(p.s.expose()).sized(view(p.host));
  write_optional(w, p.server_pk);
  write_optional(w, p.desk_fingerprint);
  w.bytes(p.claim.view()).sized(view(p.name)).sized(view(p.organisation));
  w.u8(static_cast<std::uint8_t>(p.language)).sized(p.sealed_i).sized(view(p.join)).bytes(p.tx);
  w.sized(view(p.shown));
  Bytes bytes = w.take();
  store.put(key, bytes);
  crypto::wipe(bytes);
}

v1::SafetyWords safety_words_of(const Pairing& p) {
  v1::SafetyWords out;
  const auto i = p.invitation();
  out.set_invite_id(to_string(p.keys().invite_id.view()));
  out.set_words(safety_text(i ? i->language : p.language, p.tx));
  out.set_purpose(static_cast<std::uint32_t>(p.purpose));
  out.set_role(static_cast<std::uint32_t>(p.role()));
  if (i) out.set_name(i->name);
  if (i) out.set_account(to_string(i->account.view()));
  return out;
}

InviteId Pairing::id() const {
  v1::InviteInfo info;
  if (shown.empty() || !info.ParseFromString(shown)) return keys().invite_id;
  return InviteId::from(info.invite_id()).value_or(InviteId{});
}

void forget_secrets(Store& store, Pairing& p) {
  if (!p.shown.empty()) return;
  save_pairing(store, p);
  auto info = own_pairing(store);
  if (!info) info = first_pairing(p);
  p.shown = info->SerializeAsString();
  p.s.wipe();
  crypto::wipe(p.sealed_i);
  p.sealed_i.clear();
  p.join.clear();
  save_pairing(store, p);
}

void mirror_pairing(Store& store) {
  auto info = own_pairing(store);
  if (!info) return;
  info->set_name(info->name().substr(0, info->name().find(' ')));
  store.put_decoy(decoy_key, view(info->SerializeAsString()));
}

std::optional<Status> pretend_confirm(Store& store, const InviteId& id, bool match) {
  constexpr std::uint32_t paired = 3, confirmed = 5, refused = 6;  // as in own_pairing()
  auto info = own_pairing(store);
  if (!info || info->invite_id() != to_string(id.view())) return std::nullopt;
  if (info->state() != paired) return Status(Error::wrong_state);
  info->set_state(match ? confirmed : refused);
  info->clear_words();
  store.put(decoy_key, view(info->SerializeAsString()));
  return match ? Status(Unit{}) : Status(Error::cancelled);
}

std::optional<v1::InviteInfo> own_pairing(const Store& store) {
  if (store.has(decoy_key)) {
    v1::InviteInfo out;
    const ByteView kept = store.get(decoy_key);
    if (!out.ParseFromArray(kept.data(), static_cast<int>(kept.size()))) return std::nullopt;
    return out;
  }
  const auto p = load_pairing(store);
  if (!p.ok() || !*p) return std::nullopt;
  if (!(*p)->shown.empty()) {
    v1::InviteInfo out;
    if (!out.ParseFromString((*p)->shown) || out.name().empty()) return std::nullopt;
    return out;
  }
  const auto i = (*p)->invitation();
  if (!i || (*p)->phase == Pairing::Phase::claiming) return std::nullopt;
  v1::InviteInfo out;
  const v1::SafetyWords words = safety_words_of(**p);
  out.set_invite_id(words.invite_id());
  out.set_purpose(words.purpose());
  out.set_role(words.role());
  out.set_name(words.name());
  out.set_expires_at(i->expires_at);
  switch ((*p)->phase) {
    case Pairing::Phase::claiming:
    case Pairing::Phase::joining:
      out.set_state(1);
      break;
    case Pairing::Phase::paired:
      out.set_state(3);
      break;
    case Pairing::Phase::confirmed:
      out.set_state(5);
      break;
    case Pairing::Phase::refused:
      out.set_state(6);
      break;
  }
  if (out.state() == 3) out.set_words(words.words());
  return out;
}

}  // namespace livlina::client
