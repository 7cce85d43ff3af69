#include "clients/core/identity.hpp"

namespace livlina::client {

namespace {

constexpr std::string_view identity_key = "identity";
constexpr std::string_view shadow_key = "shadow";
constexpr std::uint8_t version = 1;
constexpr std::size_t max_text = 1024;

// Which optional fields follow, and what kind of realm this is.
enum Flag : std::uint8_t { has_account_key = 1, has_desk = 2, is_participant = 4, is_decoy = 8 };

// Secrets are written here and wiped by the caller with the writer's buffer.
void write_keys(ByteWriter& w, const crypto::SignKeyPair& sig, const crypto::DhKeyPair& ik) {
  w.bytes(sig.seed().expose()).bytes(ik.secret().expose());
}

void put_and_wipe(Store& store, std::string_view key, ByteWriter w) {
  Bytes bytes = w.take();
  store.put(key, bytes);
  crypto::wipe(bytes);
}

struct DeviceKeys {
  crypto::SignKeyPair sig;
  crypto::DhKeyPair ik;
  DeviceId id;
};

DeviceKeys read_keys(ByteReader& r) {
  auto sig = crypto::SignKeyPair::from_seed(crypto::Secret<32>(r.view(32)));
  auto ik = crypto::DhKeyPair::from_secret(crypto::Secret<32>(r.view(32)));
  const DeviceId id = protocol::device_id(sig.public_key(), ik.public_key());
  return {std::move(sig), std::move(ik), id};
}

bool language_known(std::uint8_t v) { return v == 1 || v == 2; }

}  // namespace

crypto::Party Identity::party() const {
  return {account, device, device_key.public_key(), ik.public_key()};
}

namespace {

void write_identity(ByteWriter& w, const Identity& id) {
  const auto flags =
      static_cast<std::uint8_t>((id.account_key ? has_account_key : 0) | (id.desk ? has_desk : 0) |
                                (id.participant ? is_participant : 0) | (id.decoy ? is_decoy : 0));
  w.u8(version).u8(flags).bytes(id.account.view());
  write_keys(w, id.device_key, id.ik);
  if (id.account_key) w.bytes(id.account_key->seed().expose());
  if (id.desk) w.bytes(id.desk->view());
  w.sized(view(id.name)).sized(view(id.organisation)).u8(static_cast<std::uint8_t>(id.language));
  w.sized(view(id.host)).bytes(id.server_pk);
}

}  // namespace

crypto::Result<std::optional<Identity>> load_identity(const Store& store) {
  if (!store.has(identity_key)) return std::optional<Identity>();
  ByteReader r(store.get(identity_key));
  const std::uint8_t v = r.u8();
  const std::uint8_t flags = r.u8();
  if (v != version) return crypto::Error::bad_format;
  const auto account = crypto::parse_sign_key(r.view(32));
  if (!account.ok() || r.left() < 64) return crypto::Error::bad_format;
  DeviceKeys keys = read_keys(r);
  std::optional<crypto::SignKeyPair> account_key;
  if ((flags & has_account_key) != 0)
    account_key = crypto::SignKeyPair::from_seed(crypto::Secret<32>(r.view(32)));
  std::optional<SignPublic> desk;
  if ((flags & has_desk) != 0) {
    const auto parsed = crypto::parse_sign_key(r.view(32));
    if (!parsed.ok()) return crypto::Error::bad_format;
    desk = *parsed;
  }
  Identity out{*account,
               std::move(account_key),
               std::move(keys.sig),
               std::move(keys.ik),
               keys.id,
               to_string(r.sized(max_text)),
               to_string(r.sized(max_text)),
               crypto::Language::english,
               {},
               {},
               desk,
               (flags & is_participant) != 0,
               (flags & is_decoy) != 0};
  const std::uint8_t language = r.u8();
  out.host = to_string(r.sized(max_text));
  out.server_pk = r.array<32>();
  const bool own_key = !out.account_key || out.account_key->public_key() == out.account;
  if (!r.done() || !language_known(language) || !own_key) return crypto::Error::bad_format;
  out.language = static_cast<crypto::Language>(language);
  return std::optional<Identity>(std::move(out));
}

void save_identity(Store& store, const Identity& identity) {
  ByteWriter w(1024);  // room for everything, so that no outgrown buffer keeps a key
  write_identity(w, identity);
  put_and_wipe(store, identity_key, std::move(w));
}

void save_decoy_identity(Store& store, const Identity& identity) {
  ByteWriter w(1024);
  write_identity(w, identity);
  Bytes bytes = w.take();
  store.put_decoy(identity_key, bytes);
  crypto::wipe(bytes);
}

crypto::Result<std::optional<Shadow>> load_shadow(const Store& store) {
  if (!store.has(shadow_key)) return std::optional<Shadow>();
  ByteReader r(store.get(shadow_key));
  const std::uint8_t v = r.u8();
  if (v != version || r.left() != 64) return crypto::Error::bad_format;
  DeviceKeys keys = read_keys(r);
  return std::optional<Shadow>(Shadow{std::move(keys.sig), std::move(keys.ik), keys.id});
}

void save_shadow(Store& store, const Shadow& shadow) {
  ByteWriter w(128);
  w.u8(version);
  write_keys(w, shadow.device_key, shadow.ik);
  put_and_wipe(store, shadow_key, std::move(w));
}

}  // namespace livlina::client
