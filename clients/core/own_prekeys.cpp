// Our own prekeys: made here, published by whoever has the connection, erased when their time is
// over (protocol/spec/e2ee.md, Keys).
#include "clients/core/identity.hpp"
#include "livlina/directory.pb.h"

namespace livlina::client {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::string_view state_key = "prekeys/state";
constexpr std::string_view signed_prefix = "prekeys/signed/";
constexpr std::string_view one_time_prefix = "prekeys/one_time/";
constexpr std::string_view init_prefix = "prekeys/init/";

constexpr Duration signed_life = 7 * day;
constexpr Duration kept_after = 38 * day;  // the mailbox's 30 days, a week of use, and a day
// Private one-time keys kept: a key that was handed out may be used for as long as a message may
// wait, and nobody tells us which were. Ten circles of ten devices take this many in 30 days, as
// each pair gets one a day at most.
constexpr std::size_t most_one_time = 3000;

// Sorts as the number does.
std::string number(std::uint32_t id) {
  const ByteArray<4> big_endian{static_cast<std::uint8_t>(id >> 24),
                                static_cast<std::uint8_t>(id >> 16),
                                static_cast<std::uint8_t>(id >> 8), static_cast<std::uint8_t>(id)};
  return hex(big_endian);
}
std::string signed_name(std::uint32_t id) { return std::string(signed_prefix) + number(id); }
std::string one_time_name(std::uint32_t id) { return std::string(one_time_prefix) + number(id); }
std::string init_name(std::uint32_t id) { return std::string(init_prefix) + number(id) + "/"; }

struct State {
  std::uint32_t signed_id = 0;  // of the current one; 0: none yet
  std::uint32_t one_time_id = 0;
  bool published = false;
};

State read_state(const Store& store) {
  ByteReader r(store.get(state_key));
  const std::uint8_t v = r.u8();
  const State out{r.u32(), r.u32(), r.u8() == 1};
  return r.done() && v == version ? out : State{};
}

void write_state(Store& store, const State& state) {
  ByteWriter w;
  w.u8(version).u32(state.signed_id).u32(state.one_time_id).u8(state.published ? 1 : 0);
  store.put(state_key, w.get());
}

struct SignedKey {
  crypto::DhKeyPair key;
  Instant issued_at = 0;
  Instant replaced_at = 0;  // 0: not yet
};

std::optional<SignedKey> read_signed(const Store& store, std::string_view key) {
  ByteReader r(store.get(key));
  const std::uint8_t v = r.u8();
  crypto::Secret<32> scalar(r.view(32));
  const Instant issued_at = r.i64();
  const Instant replaced_at = r.i64();
  if (!r.done() || v != version) return std::nullopt;
  return SignedKey{crypto::DhKeyPair::from_secret(std::move(scalar)), issued_at, replaced_at};
}

void write_signed(Store& store, std::string_view key, const SignedKey& value) {
  ByteWriter w(64);
  w.u8(version).bytes(value.key.secret().expose()).i64(value.issued_at).i64(value.replaced_at);
  Bytes bytes = w.take();
  store.put(key, bytes);
  crypto::wipe(bytes);
}

void write_one_time(Store& store, std::uint32_t id, const crypto::DhKeyPair& key) {
  ByteWriter w(64);
  w.u8(version).bytes(key.secret().expose());
  Bytes bytes = w.take();
  store.put(one_time_name(id), bytes);
  crypto::wipe(bytes);
}

void erase_all(Store& store, const std::string& prefix) {
  for (const std::string& key : store.keys(prefix)) store.erase(key);
}

}  // namespace

std::optional<crypto::DhKeyPair> OwnPrekeys::signed_key(const Store& store, std::uint32_t id) {
  auto found = read_signed(store, signed_name(id));
  if (!found) return std::nullopt;
  return std::move(found->key);
}

std::optional<crypto::DhKeyPair> OwnPrekeys::one_time_key(const Store& store, std::uint32_t id) {
  ByteReader r(store.get(one_time_name(id)));
  const std::uint8_t v = r.u8();
  crypto::Secret<32> scalar(r.view(32));
  if (!r.done() || v != version) return std::nullopt;
  return crypto::DhKeyPair::from_secret(std::move(scalar));
}

void OwnPrekeys::erase_one_time(Store& store, std::uint32_t id) { store.erase(one_time_name(id)); }

v1::PutPrekeys OwnPrekeys::make(Store& store, crypto::Random& random,
                                const crypto::SignKeyPair& device, const DeviceId& device_id,
                                Instant now, unsigned one_time_count) {
  State state = read_state(store);
  auto current = read_signed(store, signed_name(state.signed_id));
  if (!current || now - current->issued_at >= signed_life) {
    current = SignedKey{crypto::DhKeyPair::generate(random), now, 0};
    ++state.signed_id;
    state.published = false;
    write_signed(store, signed_name(state.signed_id), *current);
  }
  v1::PutPrekeys out;
  if (!state.published) {
    const protocol::SignedPrekey record{device_id, state.signed_id, current->key.public_key(),
                                        current->issued_at};
    out.set_spk_record(to_string(protocol::sign_prekey(record, device)));
  }
  for (unsigned i = 0; i < one_time_count; ++i) {
    const auto key = crypto::DhKeyPair::generate(random);
    write_one_time(store, ++state.one_time_id, key);
    v1::OneTimeKey& one = *out.add_one_time();
    one.set_id(state.one_time_id);
    one.set_key(to_string(key.public_key().view()));
  }
  write_state(store, state);
  return out;
}

void OwnPrekeys::published(Store& store, Instant now) {
  State state = read_state(store);
  if (state.signed_id == 0 || state.published) return;
  state.published = true;
  write_state(store, state);
  const std::string current = signed_name(state.signed_id);
  for (const std::string& key : store.keys(signed_prefix)) {
    auto old = read_signed(store, key);
    if (key == current || !old || old->replaced_at != 0) continue;
    old->replaced_at = now;
    write_signed(store, key, *old);
  }
}

bool OwnPrekeys::due(const Store& store, Instant now) {
  const auto at = due_at(store);
  return !at || *at <= now || !read_state(store).published;
}

std::optional<Instant> OwnPrekeys::due_at(const Store& store) {
  const auto current = read_signed(store, signed_name(read_state(store).signed_id));
  if (!current) return std::nullopt;
  return current->issued_at + signed_life;
}

void OwnPrekeys::expire(Store& store, Instant now) {
  for (const std::string& key : store.keys(signed_prefix)) {
    const auto old = read_signed(store, key);
    if (!old || old->replaced_at == 0 || now - old->replaced_at < kept_after) continue;
    erase_all(store, std::string(init_prefix) + key.substr(signed_prefix.size()) + "/");
    store.erase(key);
  }
  const auto one_time = store.keys(one_time_prefix);  // oldest first
  for (std::size_t i = 0; i + most_one_time < one_time.size(); ++i) store.erase(one_time[i]);
}

bool OwnPrekeys::init_seen(const Store& store, std::uint32_t signed_id,
                           const crypto::Hash& fingerprint) {
  return store.has(init_name(signed_id) + hex(fingerprint));
}

void OwnPrekeys::remember_init(Store& store, std::uint32_t signed_id,
                               const crypto::Hash& fingerprint) {
  static constexpr ByteArray<1> known{version};
  store.put(init_name(signed_id) + hex(fingerprint), known);
}

}  // namespace livlina::client
