#include "clients/core/outbox.hpp"

#include <algorithm>

#include "crypto/core/secret.hpp"

namespace livlina::client {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::string_view letter_prefix = "letter/";
constexpr std::string_view parcel_prefix = "parcel/";
constexpr std::size_t most_text = 65536;
constexpr std::size_t most_frame = 128 * 1024;

// Sorts as the number does.
std::string key(std::string_view prefix, std::uint64_t order) {
  ByteArray<8> big_endian;
  for (std::size_t i = 0; i < 8; ++i)
    big_endian[i] = static_cast<std::uint8_t>(order >> (56 - 8 * i));
  return std::string(prefix) + hex(big_endian);
}

std::optional<std::uint64_t> order_of(std::string_view prefix, std::string_view stored_key) {
  const Bytes bytes = unhex(stored_key.substr(prefix.size()));
  if (bytes.size() != 8) return std::nullopt;
  std::uint64_t out = 0;
  for (const std::uint8_t b : bytes) out = out << 8 | b;
  return out;
}

Bytes write(const Letter& letter) {
  std::size_t size = 64 + letter.body.size();
  for (const Addressee& a : letter.to) size += 40 + 17 * a.targets.size();
  ByteWriter w(size);  // never outgrown, so no copy of the body stays behind
  w.u8(version).bytes(letter.id.view()).u8(static_cast<std::uint8_t>(letter.kind));
  w.bytes(letter.circle.view()).i64(letter.posted_at).sized(letter.body);
  w.u16(static_cast<std::uint16_t>(letter.to.size()));
  for (const Addressee& a : letter.to) {
    w.bytes(a.account.view()).u32(a.counter).u8(a.resolved ? 1 : 0);
    w.u8(static_cast<std::uint8_t>(a.targets.size()));
    for (const Target& t : a.targets)
      w.bytes(t.device.view()).u8(static_cast<std::uint8_t>(t.progress));
  }
  return w.take();
}

crypto::Result<Addressee> read_addressee(ByteReader& r) {
  LIVLINA_TRY(account, crypto::parse_sign_key(r.view(32)));
  Addressee out{account};
  out.counter = r.u32();
  out.resolved = r.u8() == 1;
  const std::size_t targets = r.u8();
  for (std::size_t i = 0; i < targets; ++i) {
    Target t;
    t.device.bytes = r.array<16>();
    const std::uint8_t progress = r.u8();
    if (!r.ok() || progress < 1 || progress > 6) return crypto::Error::bad_format;
    t.progress = static_cast<Progress>(progress);
    out.targets.push_back(t);
  }
  return out;
}

crypto::Result<Letter> read_letter(ByteView value) {
  ByteReader r(value);
  if (r.u8() != version) return crypto::Error::bad_version;
  Letter out;
  out.id.bytes = r.array<16>();
  const std::uint8_t kind = r.u8();
  if (crypto::rule(kind) == nullptr) return crypto::Error::bad_format;
  out.kind = static_cast<crypto::Kind>(kind);
  out.circle.bytes = r.array<16>();
  out.posted_at = r.i64();
  out.body = to_bytes(r.sized(most_text));
  const std::size_t accounts = r.u16();
  for (std::size_t i = 0; i < accounts; ++i) {
    LIVLINA_TRY(addressee, read_addressee(r));
    out.to.push_back(std::move(addressee));
  }
  if (!r.done()) return crypto::Error::bad_format;
  return out;
}

Bytes write(const Parcel& parcel) {
  ByteWriter w;
  w.u8(version).bytes(parcel.id.view()).u16(static_cast<std::uint16_t>(parcel.items.size()));
  for (const Parcel::Item& item : parcel.items)
    w.bytes(item.letter.view()).bytes(item.device.view()).sized(item.frame);
  return w.take();
}

crypto::Result<Parcel> read_parcel(ByteView value) {
  ByteReader r(value);
  if (r.u8() != version) return crypto::Error::bad_version;
  Parcel out;
  out.id.bytes = r.array<16>();
  const std::size_t items = r.u16();
  for (std::size_t i = 0; r.ok() && i < items; ++i) {
    Parcel::Item item;
    item.letter.bytes = r.array<16>();
    item.device.bytes = r.array<16>();
    item.frame = to_bytes(r.sized(most_frame));
    out.items.push_back(std::move(item));
  }
  if (!r.done()) return crypto::Error::bad_format;
  return out;
}

template <class Map>
std::uint64_t after_last(const Map& map) {
  return map.empty() ? 1 : map.rbegin()->first + 1;
}

}  // namespace

namespace {
bool any_below(const std::vector<Addressee>& to, Progress bound) {
  return std::any_of(to.begin(), to.end(), [bound](const Addressee& a) {
    return !a.resolved || std::any_of(a.targets.begin(), a.targets.end(),
                                      [bound](const Target& t) { return t.progress < bound; });
  });
}
}  // namespace

bool Letter::waiting() const { return any_below(to, Progress::sealed); }
bool Letter::unstored() const { return any_below(to, Progress::stored); }

bool Letter::finished() const { return !any_below(to, Progress::delivered); }

bool Letter::addressed_to(const SignPublic& account) const {
  return std::any_of(to.begin(), to.end(),
                     [&account](const Addressee& a) { return a.account == account; });
}

crypto::Status Outbox::load() {
  letters_.clear();
  by_id_.clear();
  parcels_.clear();
  for (const std::string& k : store_.keys(letter_prefix)) {
    const auto order = order_of(letter_prefix, k);
    if (!order) return crypto::Error::bad_format;
    LIVLINA_TRY(letter, read_letter(store_.get(k)));
    letter.order = *order;
    by_id_.emplace(letter.id, *order);
    letters_.emplace(*order, std::move(letter));
  }
  for (const std::string& k : store_.keys(parcel_prefix)) {
    const auto order = order_of(parcel_prefix, k);
    if (!order) return crypto::Error::bad_format;
    LIVLINA_TRY(parcel, read_parcel(store_.get(k)));
    parcel.order = *order;
    parcels_.emplace(*order, std::move(parcel));
  }
  return crypto::done();
}

Letter& Outbox::add(Letter letter) {
  letter.order = after_last(letters_);
  by_id_.emplace(letter.id, letter.order);
  Letter& kept = letters_.emplace(letter.order, std::move(letter)).first->second;
  save(kept);
  return kept;
}

void Outbox::save(const Letter& letter) {
  Bytes bytes = write(letter);
  store_.put(key(letter_prefix, letter.order), bytes);
  crypto::wipe(bytes);
}

void Outbox::erase(std::uint64_t order) {
  const auto it = letters_.find(order);
  if (it == letters_.end()) return;
  by_id_.erase(it->second.id);
  crypto::wipe(it->second.body);
  letters_.erase(it);
  store_.erase(key(letter_prefix, order));
}

Letter* Outbox::find(const MessageId& id) {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : &letters_.find(it->second)->second;
}

Parcel& Outbox::ship(Parcel parcel) {
  parcel.order = after_last(parcels_);
  store_.put(key(parcel_prefix, parcel.order), write(parcel));
  return parcels_.emplace(parcel.order, std::move(parcel)).first->second;
}

void Outbox::remove(std::uint64_t order) {
  if (parcels_.erase(order) != 0) store_.erase(key(parcel_prefix, order));
}

}  // namespace livlina::client
