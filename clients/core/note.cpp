#include "clients/core/note.hpp"

#include "protocol/records/checkin_record.hpp"

namespace livlina::client {

namespace {
constexpr std::uint8_t note_version = 1;
std::string note_key(const crypto::Hash& ref) { return "note/" + hex(ref); }
}  // namespace

crypto::Hash Note::ref() const { return protocol::note_ref(salt, view(text)); }

Note make_note(std::string_view text, crypto::Random& random) {
  return {random.array<32>(), std::string(text)};
}

Bytes encode(const Note& note) {
  return ByteWriter().u8(note_version).bytes(note.salt).sized(view(note.text)).take();
}

std::optional<Note> parse_note(ByteView plain) {
  ByteReader r(plain);
  const bool known = r.u8() == note_version;
  Note out{r.array<32>(), livlina::to_string(r.sized(max_note))};
  if (!known || !r.done()) return std::nullopt;
  return out;
}

void store_note(Store& store, const Note& note) {
  store.put(note_key(note.ref()), view(note.text));
}

std::optional<std::string> stored_note(const Store& store, const crypto::Hash& ref) {
  const std::string key = note_key(ref);
  if (!store.has(key)) return std::nullopt;
  return livlina::to_string(store.get(key));
}

}  // namespace livlina::client
