#include "clients/core/text_store.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace livlina::client {

namespace {

constexpr std::uint8_t version = 2;
constexpr std::string_view prefix = "text/";
constexpr std::size_t most_text = 65536;

std::string key(std::uint64_t order) {
  ByteArray<8> big_endian;
  for (std::size_t i = 0; i < 8; ++i)
    big_endian[i] = static_cast<std::uint8_t>(order >> (56 - 8 * i));
  return std::string(prefix) + hex(big_endian);
}

Bytes write(const Text& text) {
  ByteWriter w(160 + text.text.size() + 33 * text.to.size());
  w.u8(version).bytes(text.id.view()).bytes(text.circle.view());
  w.u8(text.from ? 1 : 0);
  if (text.from) w.bytes(text.from->view());
  w.bytes(text.from_device.view()).u8(static_cast<std::uint8_t>(text.to.size()));
  for (std::size_t i = 0; i < text.to.size(); ++i)
    w.bytes(text.to[i].view()).u8(i < text.reached.size() ? text.reached[i] : 0);
  w.u32(text.counter).i64(text.sent_at).i64(text.received_at);
  w.u8(static_cast<std::uint8_t>(text.state)).u8(text.under_duress ? 1 : 0).sized(view(text.text));
  return w.take();
}

crypto::Result<Text> read(ByteView value) {
  ByteReader r(value);
  if (r.u8() != version) return crypto::Error::bad_version;
  Text out;
  out.id.bytes = r.array<16>();
  out.circle.bytes = r.array<16>();
  if (r.u8() == 1) {
    LIVLINA_TRY(from, crypto::parse_sign_key(r.view(32)));
    out.from = from;
  }
  out.from_device.bytes = r.array<16>();
  const std::size_t accounts = r.u8();
  for (std::size_t i = 0; i < accounts; ++i) {
    LIVLINA_TRY(account, crypto::parse_sign_key(r.view(32)));
    out.to.push_back(account);
    out.reached.push_back(r.u8());
  }
  out.counter = r.u32();
  out.sent_at = r.i64();
  out.received_at = r.i64();
  const std::uint8_t state = r.u8();
  out.under_duress = r.u8() == 1;
  out.text = to_string(r.sized(most_text));
  if (!r.done() || state < 1 || state > 5) return crypto::Error::bad_format;
  out.state = static_cast<TextState>(state);
  return out;
}

}  // namespace

crypto::Status TextStore::load() {
  texts_.clear();
  ours_.clear();
  theirs_.clear();
  said_.clear();
  for (const std::string& k : store_.keys(prefix)) {
    const Bytes number = unhex(std::string_view(k).substr(prefix.size()));
    if (number.size() != 8) return crypto::Error::bad_format;
    LIVLINA_TRY(text, read(store_.get(k)));
    for (const std::uint8_t b : number) text.order = text.order << 8 | b;
    index(text);
    texts_.emplace(text.order, std::move(text));
  }
  return crypto::done();
}

void TextStore::index(const Text& text) {
  (text.from ? theirs_ : ours_).emplace(text.id, text.order);
  if (text.from) said_.emplace(Said{text.circle, text.from_device, text.counter}, text.order);
}

Text& TextStore::add(Text text) {
  text.order = texts_.empty() ? 1 : texts_.rbegin()->first + 1;
  Text& kept = texts_.emplace(text.order, std::move(text)).first->second;
  index(kept);
  save(kept);
  return kept;
}

void TextStore::save(const Text& text) {
  Bytes bytes = write(text);
  store_.put(key(text.order), bytes);
  crypto::wipe(bytes);
}

Text* TextStore::ours(const MessageId& id) {
  const auto it = ours_.find(id);
  return it == ours_.end() ? nullptr : &texts_.find(it->second)->second;
}

Text* TextStore::theirs(const MessageId& id) {
  const auto it = theirs_.find(id);
  return it == theirs_.end() ? nullptr : &texts_.find(it->second)->second;
}

const Text* TextStore::next_of(const Text& text) const {
  const auto it = said_.find(Said{text.circle, text.from_device, text.counter + 1});
  return it == said_.end() ? nullptr : &texts_.find(it->second)->second;
}

bool TextStore::gap_before(const Text& text) const {
  if (!text.from || text.counter <= 1) return false;
  return said_.find(Said{text.circle, text.from_device, text.counter - 1}) == said_.end();
}

std::vector<const Text*> TextStore::list(const CircleId* circle, Instant since) const {
  std::vector<const Text*> out;
  // The places of each device's texts, to be filled in the order of their numbers.
  std::map<std::pair<CircleId, DeviceId>, std::vector<std::size_t>> places;
  for (const auto& [order, text] : texts_) {
    if (circle != nullptr && text.circle != *circle) continue;
    if ((text.from ? text.received_at : text.sent_at) < since) continue;
    if (text.from) places[{text.circle, text.from_device}].push_back(out.size());
    out.push_back(&text);
  }
  for (const auto& [sender, at] : places) {
    std::vector<const Text*> theirs;
    for (const std::size_t i : at) theirs.push_back(out[i]);
    std::sort(theirs.begin(), theirs.end(), [](const Text* a, const Text* b) {
      return std::tie(a->counter, a->order) < std::tie(b->counter, b->order);
    });
    for (std::size_t i = 0; i < at.size(); ++i) out[at[i]] = theirs[i];
  }
  return out;
}

}  // namespace livlina::client
