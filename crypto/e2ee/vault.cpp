#include "crypto/e2ee/vault.hpp"

#include <algorithm>

#include "crypto/e2ee/vault_records.hpp"

namespace livlina::crypto {

using vault::PageSet;
using vault::Records;
using vault::Slot;

namespace {

// The vault's own value in every realm: realm u8 | other set u8 | other realm's key 32. In the
// decoy realm the last two are random, so that both are alike in size and nothing leads to the real
// one.
const std::string realm_key_name{vault::own_prefix, 'r', 'e', 'a', 'l', 'm'};
constexpr std::size_t realm_value_size = 34;

SecretBytes realm_value(Realm realm, const Slot& other) {
  SecretBytes out(realm_value_size);
  out.data()[0] = static_cast<std::uint8_t>(realm);
  out.data()[1] = other.set;
  std::memcpy(out.data() + 2, other.realm_key.data(), 32);
  return out;
}

Slot random_slot(std::uint8_t set, Random& random) { return {random.secret<32>(), set}; }

bool good_key(const std::string& key) {
  return !key.empty() && key.size() <= vault::longest_key && key.front() != vault::own_prefix;
}

template <class Map>
bool good_keys(const Map& map) {
  return std::all_of(map.begin(), map.end(),
                     [](const auto& entry) { return good_key(entry.first); });
}

// Writes a realm's first contents into its still random set.
Status fill_realm(VaultStorage& storage, const Slot& slot, SecretBytes own,
                  const Vault::Values& values, Random& random) {
  Vault::Changes first;
  first.emplace(realm_key_name, std::move(own));
  for (const auto& [key, value] : values) first.emplace(key, value.copy());
  LIVLINA_TRY(plan, Records().plan(std::move(first)));
  return PageSet(storage, slot.realm_key.copy(), slot.set).commit(plan.pages(), random);
}

std::size_t slot_offset(std::uint8_t place) {
  return vault::header_size + place * vault::slot_size;
}

// Both slots, each at its place. Which one is the real one is `real_place`.
Result<Bytes> sealed_slots(const vault::Header& header, ByteView header_bytes, ByteView pin,
                           ByteView duress_pin, const Secret<32>& device_secret, const Slot& real,
                           const Slot& decoy, std::uint8_t real_place, Random& random) {
  const std::uint8_t decoy_place = 1 - real_place;
  LIVLINA_TRY(real_key, vault::slot_key(header, pin, device_secret));
  const Bytes ours = vault::seal_slot(real_key, header_bytes, real_place, real, random);
  Bytes other(vault::slot_size);
  random.fill(other);
  if (!duress_pin.empty()) {
    LIVLINA_TRY(decoy_key, vault::slot_key(header, duress_pin, device_secret));
    other = vault::seal_slot(decoy_key, header_bytes, decoy_place, decoy, random);
  }
  ByteWriter w(2 * vault::slot_size);
  w.bytes(real_place == 0 ? ours : other).bytes(real_place == 0 ? other : ours);
  return w.take();
}

}  // namespace

struct Vault::State {
  VaultStorage* storage;
  Slot slot;
  std::uint8_t place;
  PageSet set;
  Records records;
  std::optional<Slot> other;               // the decoy realm's, in the real realm only
  std::unique_ptr<Vault> decoy = nullptr;  // once asked for

  static Result<std::unique_ptr<State>> load(VaultStorage& storage, const Slot& slot,
                                             std::uint8_t place) {
    auto state = std::make_unique<State>(State{&storage,
                                               Slot{slot.realm_key.copy(), slot.set},
                                               place,
                                               PageSet(storage, slot.realm_key.copy(), slot.set),
                                               {},
                                               {}});
    LIVLINA_CHECK(state->set.load([&state](std::uint32_t page, ByteView data) {
      return state->records.add_page(page, data);
    }));
    LIVLINA_CHECK(state->records.finish());
    const SecretBytes* own = state->records.own(realm_key_name);
    if (own == nullptr || own->size() != realm_value_size) return Error::bad_format;
    ByteReader r(own->expose());
    if (r.u8() == static_cast<std::uint8_t>(Realm::real)) {
      Slot other;
      other.set = r.u8();
      other.realm_key = Secret<32>(r.view(32));
      state->other = std::move(other);
    }
    return state;
  }
};

Vault::Vault(std::unique_ptr<State> state) : state_(std::move(state)) {}
Vault::Vault(Vault&&) noexcept = default;
Vault& Vault::operator=(Vault&&) noexcept = default;
Vault::~Vault() = default;

Status Vault::create(VaultStorage& storage, ByteView pin, ByteView duress_pin,
                     const Secret<32>& device_secret, const Values& real, const Values& decoy,
                     Random& random, VaultCost cost) {
  LIVLINA_CHECK(check_pins(pin, duress_pin));
  LIVLINA_TRY(size, storage.size());
  if (size != 0 || !vault::sane(cost) || !good_keys(real) || !good_keys(decoy))
    return Error::bad_format;

  const vault::Header header{cost, random.array<16>()};
  const Bytes header_bytes = vault::encode(header);
  const ByteArray<2> coins = random.array<2>();
  const auto real_set = static_cast<std::uint8_t>(coins[0] & 1);
  const auto real_place = static_cast<std::uint8_t>(coins[1] & 1);
  const Slot real_slot = random_slot(real_set, random);
  const Slot decoy_slot = random_slot(1 - real_set, random);
  LIVLINA_TRY(slots, sealed_slots(header, header_bytes, pin, duress_pin, device_secret, real_slot,
                                  decoy_slot, real_place, random));

  LIVLINA_CHECK(vault::fill_random(storage, 0, vault::fewest_pages, random));
  LIVLINA_CHECK(fill_realm(storage, real_slot, realm_value(Realm::real, decoy_slot), real, random));
  LIVLINA_CHECK(fill_realm(storage, decoy_slot,
                           realm_value(Realm::decoy, random_slot(real_set, random)), decoy,
                           random));
  // The header last, and the sets are on the disk by now, since a commit ends with a sync: what a
  // crash leaves before is no vault, and is made again.
  ByteWriter front(vault::front_size);
  front.bytes(header_bytes).bytes(slots);
  LIVLINA_CHECK(storage.write(0, front.get()));
  return storage.sync();
}

Result<Vault> Vault::open(VaultStorage& storage, ByteView pin, const Secret<32>& device_secret,
                          Random& random) {
  LIVLINA_TRY(size, storage.size());
  if (vault::pages_in(size) == 0) return Error::bad_format;
  Bytes front(vault::front_size);
  LIVLINA_CHECK(storage.read(0, front));
  const ByteView header_bytes = ByteView(front).first(vault::header_size);
  LIVLINA_TRY(header, vault::parse_header(header_bytes));

  LIVLINA_TRY(key, vault::slot_key(header, pin, device_secret));
  const auto try_slot = [&](std::uint8_t place) {
    return vault::open_slot(key, header_bytes, place,
                            ByteView(front).subspan(slot_offset(place), vault::slot_size));
  };
  const Result<Slot> slots[] = {try_slot(0), try_slot(1)};
  const std::uint8_t place = slots[0].ok() ? 0 : 1;
  if (!slots[place].ok()) return Error::wrong_pin;

  LIVLINA_TRY(state, State::load(storage, *slots[place], place));
  const std::uint8_t beside = 1 - place;
  if (!state->other && slots[beside].ok()) {
    // Somebody gave the decoy the real realm's PIN. Nobody is locked out by that.
    LIVLINA_TRY(real, State::load(storage, *slots[beside], beside));
    state = std::move(real);
  }
  LIVLINA_CHECK(state->set.read_unused());
  LIVLINA_CHECK(state->set.commit({}, random));
  return Vault(std::move(state));
}

const Vault::Values& Vault::values() const { return state_->records.values(); }

Status Vault::commit(Changes changes, Random& random) {
  if (!good_keys(changes)) return Error::bad_format;
  LIVLINA_TRY(plan, state_->records.plan(std::move(changes)));
  if (plan.pages().empty()) return done();
  LIVLINA_CHECK(state_->set.commit(plan.pages(), random));
  state_->records.apply(std::move(plan));
  return done();
}

Status Vault::change_pins(VaultStorage& copy, ByteView pin, ByteView duress_pin,
                          const Secret<32>& device_secret, Random& random) const {
  LIVLINA_CHECK(check_pins(pin, duress_pin));
  LIVLINA_TRY(size, copy.size());
  if (vault::pages_in(size) == 0) return Error::bad_format;
  Bytes front(vault::front_size);
  LIVLINA_CHECK(copy.read(0, front));
  const ByteView header_bytes = ByteView(front).first(vault::header_size);
  LIVLINA_TRY(header, vault::parse_header(header_bytes));

  const bool real = state_->other.has_value();
  const Slot none;  // sealed and thrown away: only the cost is wanted
  LIVLINA_TRY(slots,
              sealed_slots(header, header_bytes, pin, duress_pin, device_secret, state_->slot,
                           real ? *state_->other : none, state_->place, random));
  const std::uint8_t beside = 1 - state_->place;
  if (!real) {
    const auto kept = ByteView(front).subspan(slot_offset(beside), vault::slot_size);
    std::copy(kept.begin(), kept.end(),
              slots.begin() + static_cast<std::ptrdiff_t>(beside * vault::slot_size));
  }
  LIVLINA_CHECK(copy.write(vault::header_size, slots));
  return copy.sync();
}

Vault* Vault::decoy() {
  if (!state_->other) return nullptr;
  if (!state_->decoy) {
    auto state = State::load(*state_->storage, *state_->other, 1 - state_->place);
    if (!state.ok()) return nullptr;
    state_->decoy.reset(new Vault(std::move(state).value()));
  }
  return state_->decoy.get();
}

}  // namespace livlina::crypto
