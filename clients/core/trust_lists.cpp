// DeviceLists: pinned by the account's key, chained from version 1, a fork freezes.
#include <algorithm>

#include "clients/core/trust_state.hpp"

namespace livlina::client {

namespace {

constexpr std::string_view prefix = "list/";
constexpr std::size_t max_past = 64;
constexpr std::size_t max_record = 4096;

std::string key(const SignPublic& account) { return std::string(prefix) + hex(account.view()); }

Shared<protocol::DeviceList> share(protocol::Verified<protocol::DeviceList> v) {
  return std::make_shared<const protocol::Verified<protocol::DeviceList>>(std::move(v));
}

}  // namespace

bool Trust::State::KnownList::has_new_device() const {
  const auto& devices = (*newest)->devices;
  return std::any_of(devices.begin(), devices.end(),
                     [this](const protocol::Device& d) { return accepted.count(d.id) == 0; });
}

crypto::Status Trust::State::load_lists() {
  for (const std::string& k : context.store.keys(prefix)) {
    ByteReader r(context.store.get(k));
    const std::uint8_t v = r.u8();
    KnownList known;
    known.frozen = r.u8() != 0;
    auto list = protocol::verify_device_list(r.sized(max_record));
    const std::size_t count = r.u16();
    for (std::size_t i = 0; i < count && r.ok(); ++i) {
      const std::uint32_t version = r.u32();
      known.past[version] = r.array<32>();
    }
    const std::size_t accepted = r.u16();
    for (std::size_t i = 0; i < accepted && r.ok(); ++i)
      known.accepted.insert(DeviceId{r.array<16>()});
    if (!r.done() || v != trust_version || !list.ok() || key((*list)->account) != k)
      return crypto::Error::bad_format;
    adopt_list(known, share(std::move(*list)));
    lists[known.newest->operator*().account] = known;
  }
  return crypto::done();
}

void Trust::State::adopt_list(KnownList& known, Shared<protocol::DeviceList> next) {
  if (known.newest && known.newest->hash() != next->hash()) {
    for (const protocol::Device& d : (*known.newest)->devices) owners.erase(d.id);
    known.past[(*known.newest)->version] = known.newest->hash();
    if (known.past.size() > max_past) known.past.erase(known.past.begin());
  }
  for (const protocol::Device& d : (*next)->devices)
    owners.insert_or_assign(d.id, (*next)->account);
  known.newest = std::move(next);
}

void Trust::State::save_list(const SignPublic& account, const KnownList& known) {
  ByteWriter w;
  w.u8(trust_version).u8(known.frozen ? 1 : 0).sized(known.newest->record());
  w.u16(static_cast<std::uint16_t>(known.past.size()));
  for (const auto& [version, hash] : known.past) w.u32(version).bytes(hash);
  w.u16(static_cast<std::uint16_t>(known.accepted.size()));
  for (const DeviceId& device : known.accepted) w.bytes(device.view());
  put(key(account), w.get());
}

// Device keys are public: whoever lists the device of somebody else would act in their name.
bool Trust::State::claims_foreign_device(const protocol::DeviceList& list) const {
  for (const protocol::Device& d : list.devices) {
    const auto it = owners.find(d.id);
    if (it != owners.end() && it->second != list.account) return true;
  }
  return false;
}

Status Trust::State::freeze_list(const SignPublic& account, KnownList& known) {
  known.frozen = true;
  save_list(account, known);
  ++revision;
  return refuse("fork", {}, account.view());
}

Status Trust::State::accept_list(ByteView record) {
  auto verified = protocol::verify_device_list(record);
  if (!verified.ok()) return refuse("not_verified", {}, crypto::sha256(record));
  const protocol::DeviceList& list = **verified;
  const SignPublic account = list.account;
  if (claims_foreign_device(list)) return refuse("device_claimed", {}, verified->hash());
  const auto it = lists.find(account);
  if (it == lists.end()) {
    // A later one at first sight needs its chain: whoever fetches asks from version 1.
    if (list.version != 1) return Error::not_trusted;
    KnownList known;
    adopt_list(known, share(std::move(*verified)));
    for (const protocol::Device& d : (*known.newest)->devices) known.accepted.insert(d.id);
    save_list(account, known);
    lists.emplace(account, std::move(known));
    ++revision;
    return Unit{};
  }
  KnownList& known = it->second;
  const std::uint32_t newest = (*known.newest)->version;
  if (verified->hash() == known.newest->hash()) return Unit{};
  if (known.frozen) return Error::not_trusted;
  if (list.version < newest) {
    const auto old = known.past.find(list.version);
    if (old == known.past.end()) return refuse("rollback", {}, verified->hash(), true);
    if (old->second != verified->hash()) return freeze_list(account, known);
    return Error::not_trusted;  // an honest one that was on its way for long
  }
  if (list.version > newest + 1) return Error::not_trusted;  // the ones between first
  if (!protocol::check_successor(*known.newest, *verified).ok()) return freeze_list(account, known);
  adopt_list(known, share(std::move(*verified)));
  // Only of those that still stand: one that comes again is new again.
  for (auto d = known.accepted.begin(); d != known.accepted.end();)
    d = (*known.newest)->find(*d) == nullptr ? known.accepted.erase(d) : std::next(d);
  save_list(account, known);
  ++revision;
  // A thief of the account key lists a device of their own; the server alone must not be the one
  // to tell (T20).
  if (known.has_new_device())
    context.warn("device_added", {}, known.newest->hash(), person(account).name);
  return Unit{};
}

Status Trust::State::accept_lists(const SignPublic& account, std::uint32_t from,
                                  const std::vector<ByteView>& records) {
  std::uint32_t newest_told = 0;
  for (const ByteView record : records) {
    const auto verified = protocol::verify_device_list(record);
    if (!verified.ok() || (*verified)->account != account)
      return refuse("not_verified", {}, crypto::sha256(record));
    newest_told = (*verified)->version;
    const Status accepted = accept_list(record);
    const auto known = lists.find(account);
    // What was accepted while we asked is newer than the answer.
    const bool passed = known != lists.end() && newest_told >= from &&
                        newest_told < (*known->second.newest)->version;
    if (!accepted.ok() && !passed) return accepted;
  }
  if (lists.count(account) == 0) return Error::not_trusted;
  if (newest_told < from) return refuse("rollback", {}, account.view(), true);
  return Unit{};
}

}  // namespace livlina::client
