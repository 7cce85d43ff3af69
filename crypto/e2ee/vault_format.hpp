// The fixed places of a vault's file: the header, the two slots, and where every page of both sets
// lies (protocol/spec/e2ee.md, Vault).
//
//   0     header 64: magic "VAULT\r\n\x1a" | ver u8 = 1 | share_mode u8 = 0 | 0 0 | passes u32 |
//                    memory_kib u32 | salt 16 | 0..
//   64    slot 0 (256), slot 1 (256): seal(KS, 4, header || i, realm_key 32 | set u8 | 0.. (184))
//   576   random bytes up to 4096, so that no page shares a sector with another
//   4096  page 0 of set 0, page 0 of set 1, page 1 of set 0, page 1 of set 1, ...
//
// The sets lie interleaved: they grow together by appending, and equal sizes need no bookkeeping.
#pragma once

#include "crypto/e2ee/vault.hpp"

namespace livlina::crypto::vault {

inline constexpr std::size_t header_size = 64;
inline constexpr std::size_t slot_size = 256;
inline constexpr std::size_t slot_plain_size = 184;
inline constexpr std::size_t front_size = header_size + 2 * slot_size;
inline constexpr std::size_t page_size = 4096;
inline constexpr std::size_t page_plain_size = 4024;  // counter u64, then the data
inline constexpr std::size_t page_data_size = 4016;
inline constexpr std::uint32_t fewest_pages = 64;  // of each set: a new vault has 516 KiB
inline constexpr std::uint32_t most_pages = fewest_pages << 11;  // 512 MiB each, see vault_set.hpp

// Where a page lies in the file.
[[nodiscard]] constexpr std::uint64_t page_offset(std::uint8_t set, std::uint32_t page) {
  return page_size * (1 + 2 * std::uint64_t{page} + set);
}
// The size of a file whose sets have `pages` pages each.
[[nodiscard]] constexpr std::uint64_t file_size(std::uint32_t pages) {
  return page_offset(0, pages);
}
// How many pages each set has in a file of this size: 64 doubled any number of times. A growth that
// a crash cut off does not count, and is done again from its start. 0: too small for a vault.
[[nodiscard]] std::uint32_t pages_in(std::uint64_t size);

struct Header {
  VaultCost cost;
  ByteArray<16> salt{};
};
// Costs this code makes and opens: 1 to 16 passes; memory in whole KiB, 8 KiB to 256 MiB. A vault
// that somebody else wrote cannot make the phone run out of memory or time.
[[nodiscard]] bool sane(const VaultCost& cost);
[[nodiscard]] Bytes encode(const Header& header);
// bad_version: a version or share_mode not known here; bad_format: anything else, costs included.
[[nodiscard]] Result<Header> parse_header(ByteView bytes);

// KS = HKDF(salt, Argon2id(PIN, salt) || device_secret, "livlina/1/slot", 32); out_of_memory.
[[nodiscard]] Result<Secret<32>> slot_key(const Header& header, ByteView pin,
                                          const Secret<32>& device_secret);

// What a slot gives to whoever has its PIN.
struct Slot {
  Secret<32> realm_key;
  std::uint8_t set = 0;
};
// `place` is 0 or 1: a slot opens at its own place under its own header only.
[[nodiscard]] Bytes seal_slot(const Secret<32>& key, ByteView header, std::uint8_t place,
                              const Slot& slot, Random& random);
[[nodiscard]] Result<Slot> open_slot(const Secret<32>& key, ByteView header, std::uint8_t place,
                                     ByteView sealed);

}  // namespace livlina::crypto::vault
