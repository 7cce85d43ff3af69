#include "tests/crypto/vault_fixture.hpp"

#include <algorithm>

namespace livlina::testing {

using crypto::Error;
using crypto::SecretBytes;
using crypto::Vault;

crypto::Status FakeStorage::read(std::uint64_t offset, std::span<std::uint8_t> out) {
  log.push_back({Access::Kind::read, offset, out.size()});
  if (offset > seen.size() || seen.size() - offset < out.size()) return Error::storage;
  std::copy_n(seen.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
  return crypto::done();
}

crypto::Status FakeStorage::write(std::uint64_t offset, ByteView data) {
  log.push_back({Access::Kind::write, offset, data.size()});
  const Outcome outcome = next();
  if (outcome == Outcome::refuses) return Error::storage;
  const ByteView written = outcome == Outcome::tears ? data.first(data.size() / 2) : data;
  put(seen, offset, written);
  pending_.push_back({offset, to_bytes(written)});
  if (outcome == Outcome::tears) return Error::storage;
  return crypto::done();
}

crypto::Status FakeStorage::sync() {
  log.push_back({Access::Kind::sync, 0, 0});
  if (next() != Outcome::works) return Error::storage;
  if (lying_) return crypto::done();
  durable = seen;
  pending_.clear();
  return crypto::done();
}

FakeStorage::Outcome FakeStorage::next() {
  if (dead_) return Outcome::refuses;
  if (!fails_in_) return Outcome::works;
  if (*fails_in_ > 0) {
    --*fails_in_;
    return Outcome::works;
  }
  fails_in_.reset();
  failed_ = true;
  dead_ = for_good_;
  return Outcome::tears;
}

void FakeStorage::put(Bytes& image, std::uint64_t offset, ByteView data) {
  if (image.size() < offset + data.size()) image.resize(offset + data.size());
  std::copy(data.begin(), data.end(), image.begin() + static_cast<std::ptrdiff_t>(offset));
}

Bytes FakeStorage::after_power_cut(std::uint64_t seed) const {
  Bytes image = durable;
  if (seed == 0) return image;
  if (seed == 1) {
    if (!pending_.empty()) put(image, pending_.back().offset, pending_.back().data);
    return image;
  }
  SeededRandom random(seed);
  for (const Pending& write : pending_) {
    const ByteArray<2> luck = random.array<2>();
    if (luck[0] % 3 == 0) continue;
    const ByteView data = write.data;
    const bool torn = luck[0] % 3 == 1;
    const std::size_t sectors = data.size() / 512 + 1;
    const std::size_t kept =
        torn ? std::min<std::size_t>(luck[1] % sectors * 512, data.size()) : data.size();
    // Either the beginning or the end of a torn write arrives.
    if (luck[1] % 2 == 0)
      put(image, write.offset, data.first(kept));
    else
      put(image, write.offset + data.size() - kept, data.last(kept));
  }
  return image;
}

crypto::Secret<32> device_secret() { return crypto::Secret<32>(Bytes(32, 0x5d)); }

SecretBytes secret_text(std::string_view text) { return SecretBytes(view(text)); }

SecretBytes noise(std::size_t size, std::uint64_t seed) {
  SecretBytes out(size);
  if (size > 0) SeededRandom(seed).fill({out.data(), size});
  return out;
}

Model model(const Vault::Values& values) {
  Model out;
  for (const auto& [key, value] : values) out[key] = to_bytes(value.expose());
  return out;
}

Vault::Values values(const Model& model) {
  Vault::Values out;
  for (const auto& [key, value] : model) out.emplace(key, SecretBytes(ByteView(value)));
  return out;
}

Vault::Changes changes(std::initializer_list<std::pair<std::string, std::string_view>> puts) {
  Vault::Changes out;
  for (const auto& [key, value] : puts) out[key] = secret_text(value);
  return out;
}

Vault::Changes erase(const std::string& key) {
  Vault::Changes out;
  out[key] = std::nullopt;
  return out;
}

void make_vault(FakeStorage& storage, const Model& real, const Model& decoy, std::uint64_t seed,
                ByteView duress) {
  SeededRandom random(seed);
  const auto made = Vault::create(storage, real_pin, duress, device_secret(), values(real),
                                  values(decoy), random, cheap);
  ASSERT_TRUE(made.ok()) << name(made.error());
}

crypto::Result<Vault> open_vault(FakeStorage& storage, ByteView pin, std::uint64_t seed) {
  SeededRandom random(seed);
  return Vault::open(storage, pin, device_secret(), random);
}

std::optional<Opened> open_slots(ByteView image, ByteView pin) {
  const ByteView header_bytes = image.first(crypto::vault::header_size);
  const auto header = crypto::vault::parse_header(header_bytes);
  if (!header.ok()) return std::nullopt;
  const auto key = crypto::vault::slot_key(*header, pin, device_secret());
  for (std::uint8_t place = 0; place < 2; ++place) {
    auto slot =
        crypto::vault::open_slot(*key, header_bytes, place, image.subspan(64 + 256u * place, 256));
    if (slot.ok()) return Opened{place, std::move(slot).value()};
  }
  return std::nullopt;
}

Place place_of(std::uint64_t offset) {
  const std::uint64_t n = offset / 4096 - 1;
  return {static_cast<std::uint8_t>(n % 2), static_cast<std::uint32_t>(n / 2)};
}

}  // namespace livlina::testing
