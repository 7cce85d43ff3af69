#include "crypto/e2ee/vault_format.hpp"

#include <sodium.h>

#include <algorithm>

#include "crypto/core/hash.hpp"
#include "crypto/e2ee/seal.hpp"

namespace livlina::crypto::vault {

namespace {

constexpr std::string_view magic = "VAULT\r\n\x1a";  // says nothing of whose it is
constexpr std::string_view slot_tag = "livlina/1/slot";
constexpr std::uint8_t version = 1;
constexpr std::uint8_t alone = 0;  // share_mode: the only one there is
constexpr std::uint64_t most_passes = 16;
constexpr std::size_t least_memory = std::size_t{8} << 10;  // libsodium's own minimum
constexpr std::size_t most_memory = std::size_t{256} << 20;

Bytes slot_ad(ByteView header, std::uint8_t place) {
  ByteWriter w(header_size + 1);
  w.bytes(header).u8(place);
  return w.take();
}

bool all_zero(ByteView b) {
  return std::all_of(b.begin(), b.end(), [](std::uint8_t v) { return v == 0; });
}

}  // namespace

std::uint32_t pages_in(std::uint64_t size) {
  if (size < file_size(fewest_pages)) return 0;
  std::uint32_t pages = fewest_pages;
  while (pages < most_pages && file_size(pages * 2) <= size) pages *= 2;
  return pages;
}

bool sane(const VaultCost& cost) {
  return cost.passes >= 1 && cost.passes <= most_passes && cost.memory >= least_memory &&
         cost.memory <= most_memory && cost.memory % 1024 == 0;
}

Bytes encode(const Header& header) {
  ByteWriter w(header_size);
  w.str(magic).u8(version).u8(alone).u16(0);
  w.u32(static_cast<std::uint32_t>(header.cost.passes));
  w.u32(static_cast<std::uint32_t>(header.cost.memory / 1024));
  w.bytes(header.salt).zeros(header_size - w.size());
  return w.take();
}

Result<Header> parse_header(ByteView bytes) {
  if (bytes.size() != header_size) return Error::bad_format;
  ByteReader r(bytes);
  if (text(r.view(magic.size())) != magic) return Error::bad_format;
  if (r.u8() != version || r.u8() != alone) return Error::bad_version;
  const std::uint16_t zero = r.u16();
  Header out;
  out.cost.passes = r.u32();
  out.cost.memory = std::size_t{r.u32()} * 1024;
  out.salt = r.array<16>();
  if (zero != 0 || !all_zero(r.view(r.left())) || !sane(out.cost)) return Error::bad_format;
  return out;
}

Result<Secret<32>> slot_key(const Header& header, ByteView pin, const Secret<32>& device_secret) {
  Secret<64> ikm;
  // libsodium wants an address even for no characters.
  const char* const typed = pin.empty() ? "" : text(pin).data();
  if (crypto_pwhash(ikm.data(), 32, typed, pin.size(), header.salt.data(), header.cost.passes,
                    header.cost.memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
    return Error::out_of_memory;
  std::memcpy(ikm.data() + 32, device_secret.data(), 32);
  return hkdf<32>(header.salt, ikm.expose(), view(slot_tag));
}

Bytes seal_slot(const Secret<32>& key, ByteView header, std::uint8_t place, const Slot& slot,
                Random& random) {
  Secret<slot_plain_size> plain;
  std::memcpy(plain.data(), slot.realm_key.data(), 32);
  plain.data()[32] = slot.set;
  return seal(key, SealPurpose::vault_slot, slot_ad(header, place), plain.expose(), random);
}

Result<Slot> open_slot(const Secret<32>& key, ByteView header, std::uint8_t place,
                       ByteView sealed) {
  LIVLINA_TRY(plain, open(key, SealPurpose::vault_slot, slot_ad(header, place), sealed));
  ByteReader r(plain.expose());
  Slot out;
  out.realm_key = Secret<32>(r.view(32));
  out.set = r.u8();
  if (plain.size() != slot_plain_size || out.set > 1) return Error::bad_format;
  return out;
}

}  // namespace livlina::crypto::vault
