#include "clients/core/note.hpp"

#include "protocol/records/checkin_record.hpp"

namespace livlina::client {

namespace {
constexpr std::uint8_t note_version = 1;
constexpr const char* note_prefix = "note/";
std::string note_key(const crypto::Hash& ref) { return note_prefix + hex(ref); }

// ver u8 | came at i64 | text, u32 sized.
struct Kept {
  Instant at = 0;
  std::string text;
};

std::optional<Kept> parse_kept(ByteView value) {
  ByteReader r(value);
  const bool known = r.u8() == note_version;
  Kept out{r.i64(), livlina::to_string(r.sized(max_note))};
  if (!known || !r.done()) return std::nullopt;
  return out;
}
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

void store_note(Store& store, const Note& note, Instant now) {
  if (note.text.empty()) return;
  ByteWriter w;
  store.put(note_key(note.ref()), w.u8(note_version).i64(now).sized(view(note.text)).get());
}

std::optional<std::string> stored_note(const Store& store, const crypto::Hash& ref) {
  const std::string key = note_key(ref);
  if (!store.has(key)) return std::nullopt;
  auto kept = parse_kept(store.get(key));
  if (!kept) return std::nullopt;
  return std::move(kept->text);
}

crypto::Status expire_notes(Store& store, Instant now) {
  for (const std::string& key : store.keys(note_prefix)) {
    const auto kept = parse_kept(store.get(key));
    if (!kept) return crypto::Error::bad_format;
    if (kept->at < now - note_memory) store.erase(key);
  }
  return crypto::done();
}

}  // namespace livlina::client
