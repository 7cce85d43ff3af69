// The note that goes end to end beside a signed record or act, which holds only its hash.
#pragma once

#include <optional>
#include <string>

#include "clients/core/store.hpp"
#include "crypto/core/hash.hpp"
#include "crypto/core/random.hpp"
#include "crypto/core/time.hpp"

namespace livlina::client {

// So that every note of a check-in or alarm fits the one padding class of 1024 bytes.
inline constexpr std::size_t max_note = 900;

struct Note {
  ByteArray<32> salt{};
  std::string text;  // perhaps empty: a record without words has an empty note

  // What note_ref of the record or act must be: SHA-256("livlina/1/note" || salt || text).
  [[nodiscard]] crypto::Hash ref() const;
};

[[nodiscard]] Note make_note(std::string_view text, crypto::Random& random);
// ver u8 | salt 32 | text, u32 sized.
[[nodiscard]] Bytes encode(const Note& note);
[[nodiscard]] std::optional<Note> parse_note(ByteView plain);

// Notes and the records they belong to come by different ways: each is kept under the hash until
// both are there, and for as long as anybody looks back. Stored under "note/<ref>"; an empty note
// says nothing and is not kept.
inline constexpr Duration note_memory = 90 * day;
void store_note(Store& store, const Note& note, Instant now);
[[nodiscard]] std::optional<std::string> stored_note(const Store& store, const crypto::Hash& ref);
// Erases those that came before now - note_memory; bad_format for one that cannot be read.
[[nodiscard]] crypto::Status expire_notes(Store& store, Instant now);

}  // namespace livlina::client
