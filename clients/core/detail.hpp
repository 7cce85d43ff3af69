// Names and wordings that travel end to end only: a signed record holds their commitment, and the
// client keeps each detail under it (protocol/spec/e2ee.md, "detail").
#pragma once

#include <optional>
#include <string>

#include "clients/core/store.hpp"
#include "crypto/core/hash.hpp"
#include "crypto/core/random.hpp"
#include "crypto/core/result.hpp"

namespace livlina::client {

inline constexpr std::size_t max_name = 200;      // bytes of a name or an organisation
inline constexpr std::size_t max_wording = 4000;  // bytes of a purpose or a wording

struct Detail {
  ByteArray<32> salt{};
  std::string name;
  std::string organisation;
  std::string purpose;
  std::string wording;
  std::uint8_t language = 1;

  // SHA-256(salt || the rest).
  [[nodiscard]] crypto::Hash commit() const;
};

// salt 32 | name | organisation | purpose | wording, each u32 sized | language u8.
void write(ByteWriter& w, const Detail& detail);
// Makes the reader not ok() for a text beyond its bound.
[[nodiscard]] Detail read_detail(ByteReader& r);

// Stored under "detail/<commit>", so that it does not matter whether it or the record comes first.
void store_detail(Store& store, const Detail& detail);
[[nodiscard]] std::optional<Detail> stored_detail(const Store& store, const crypto::Hash& commit);

}  // namespace livlina::client
