// How an invitation of ours is stored, and who was compared with.
#include "clients/core/invite_store.hpp"

namespace livlina::client {

namespace {

constexpr std::string_view prefix = "invite/";
constexpr std::uint8_t version = 2;
constexpr std::uint8_t without_made_at = 1;  // as if this device's clock had been the server's
constexpr std::size_t max_record = 4096;

std::string key(const InviteId& id) { return std::string(prefix) + id.hex(); }
std::string verified_key(const SignPublic& a) { return "verified/" + hex(a.view()); }

void write_joiner(ByteWriter& w, const Joiner& j) {
  w.bytes(j.account.view()).sized(j.device_list).bytes(j.primary.view()).sized(j.shadow_mark);
  w.sized(view(j.name)).sized(view(j.organisation));
}

crypto::Result<Joiner> read_joiner(ByteReader& r) {
  const auto account = crypto::parse_sign_key(r.view(32));
  if (!account.ok()) return crypto::Error::bad_format;
  return Joiner{*account,
                to_bytes(r.sized(max_record)),
                DeviceId{r.array<16>()},
                to_bytes(r.sized(max_record)),
                to_string(r.sized(max_name)),
                to_string(r.sized(max_name))};
}

bool state_known(std::uint8_t s) { return s <= 8 && s != 2; }

crypto::Result<OpenInvite> read(const InviteId& id, ByteView stored) {
  ByteReader r(stored);
  const std::uint8_t v = r.u8();
  OpenInvite out;
  out.id = id;
  const std::uint8_t state = r.u8();
  const std::uint8_t purpose = r.u8();
  const std::uint8_t role = r.u8();
  const std::uint8_t language = r.u8();
  out.expires_at = r.i64();
  const Instant made_at = v == without_made_at ? 0 : r.i64();
  out.circle = CircleId{r.array<16>()};
  if (r.u8() != 0) out.s = crypto::Secret<16>(r.view(16));
  out.sealed_i = to_bytes(r.sized(max_sealed_invite));
  out.tx = r.array<32>();
  if (r.u8() != 0) {
    LIVLINA_TRY(joiner, read_joiner(r));
    out.joiner = std::move(joiner);
  }
  out.confirm = to_bytes(r.sized(max_record));
  if (!r.done() || v < without_made_at || v > version || !state_known(state) || purpose < 1 ||
      purpose > 2 || !role_known(role) || language < 1 || language > 2)
    return crypto::Error::bad_format;
  out.state = static_cast<OpenInvite::State>(state);
  out.purpose = static_cast<crypto::InvitePurpose>(purpose);
  out.made_at = v == without_made_at ? out.expires_at - life_of(out.purpose) : made_at;
  out.role = static_cast<Role>(role);
  out.language = static_cast<crypto::Language>(language);
  return out;
}

}  // namespace

void save_invite(Store& store, const OpenInvite& i) {
  ByteWriter w(1024 + i.sealed_i.size());
  w.u8(version).u8(static_cast<std::uint8_t>(i.state)).u8(static_cast<std::uint8_t>(i.purpose));
  w.u8(static_cast<std::uint8_t>(i.role)).u8(static_cast<std::uint8_t>(i.language));
  w.i64(i.expires_at).i64(i.made_at).bytes(i.circle.view()).u8(i.s ? 1 : 0);
  if (i.s) w.bytes(i.s->expose());
  w.sized(i.sealed_i).bytes(i.tx).u8(i.joiner ? 1 : 0);
  if (i.joiner) write_joiner(w, *i.joiner);
  w.sized(i.confirm);
  Bytes bytes = w.take();
  store.put(key(i.id), bytes);
  crypto::wipe(bytes);
}

void erase_invite(Store& store, const InviteId& id) { store.erase(key(id)); }

crypto::Result<std::map<InviteId, OpenInvite>> load_invites(const Store& store) {
  std::map<InviteId, OpenInvite> out;
  for (const std::string& k : store.keys(prefix)) {
    const auto id = InviteId::from(unhex(std::string_view(k).substr(prefix.size())));
    if (!id) return crypto::Error::bad_format;
    LIVLINA_TRY(invite, read(*id, store.get(k)));
    out.emplace(*id, std::move(invite));
  }
  return out;
}

void mark_verified(Store& store, const SignPublic& account) {
  store.put(verified_key(account), ByteWriter().u8(version).get());
}

void unmark_verified(Store& store, const SignPublic& account) {
  if (is_verified(store, account)) store.erase(verified_key(account));
}

void mirror_verified(Store& store, const SignPublic& account) {
  if (is_verified(store, account))
    store.put_decoy(verified_key(account), store.get(verified_key(account)));
}

bool is_verified(const Store& store, const SignPublic& account) {
  return store.has(verified_key(account));
}

}  // namespace livlina::client
