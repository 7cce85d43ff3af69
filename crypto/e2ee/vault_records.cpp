#include "crypto/e2ee/vault_records.hpp"

#include <algorithm>

namespace livlina::crypto::vault {

namespace {

constexpr std::size_t page_head = 2;    // count
constexpr std::size_t piece_head = 11;  // key_len, total, offset, size
constexpr std::size_t most_value = most_data_pages * page_data_size;

}  // namespace

// The pages while changes are laid out: a page is copied when it is first touched.
class Records::Layout {
 public:
  Layout(const std::vector<Page>& old, std::map<std::uint32_t, Page>& staged)
      : old_(old), staged_(staged) {}

  void erase(const std::string& key, const std::vector<std::uint32_t>& places) {
    for (const std::uint32_t at : places) {
      Page& page = touch(at);
      page.erase(
          std::remove_if(page.begin(), page.end(), [&key](const Piece& p) { return p.key == key; }),
          page.end());
    }
  }

  // The pages that the value's pieces went to. Only the last piece shares a page.
  std::vector<std::uint32_t> place(const std::string& key, std::size_t size) {
    const std::size_t whole = page_data_size - page_head - cost(key, 0);
    std::vector<std::uint32_t> places;
    std::size_t offset = 0;
    while (size - offset > whole) {
      places.push_back(put(next_empty(), key, offset, whole));
      offset += whole;
    }
    const std::size_t last = size - offset;
    places.push_back(put(with_room(cost(key, last)), key, offset, last));
    return places;
  }

 private:
  const Page* find(std::uint32_t at) const {
    const auto it = staged_.find(at);
    if (it != staged_.end()) return &it->second;
    return at < old_.size() ? &old_[at] : nullptr;
  }
  Page& touch(std::uint32_t at) {
    const auto it = staged_.find(at);
    if (it != staged_.end()) return it->second;
    return staged_.emplace(at, at < old_.size() ? old_[at] : Page{}).first->second;
  }
  std::uint32_t put(std::uint32_t at, const std::string& key, std::size_t offset,
                    std::size_t size) {
    touch(at).push_back(
        {key, static_cast<std::uint32_t>(offset), static_cast<std::uint16_t>(size)});
    return at;
  }
  // The first page without pieces. Pages only fill up while values are placed, so the search goes
  // on from where it stopped.
  std::uint32_t next_empty() {
    for (const Page* page = find(cursor_); page && !page->empty(); page = find(cursor_)) ++cursor_;
    return cursor_;
  }
  // A page that is written anyway, else any with room, else an empty one.
  std::uint32_t with_room(std::size_t need) {
    for (const auto& [at, page] : staged_)
      if (room(page) >= need) return at;
    for (std::uint32_t at = 0; at < old_.size(); ++at)
      if (!old_[at].empty() && room(old_[at]) >= need && staged_.count(at) == 0) return at;
    return next_empty();
  }

  const std::vector<Page>& old_;
  std::map<std::uint32_t, Page>& staged_;
  std::uint32_t cursor_ = 0;
};

std::size_t Records::cost(std::string_view key, std::size_t size) {
  return piece_head + key.size() + size;
}

std::size_t Records::room(const Page& page) {
  std::size_t left = page_data_size - page_head;
  for (const Piece& piece : page) left -= cost(piece.key, piece.size);
  return left;
}

Status Records::add_page(std::uint32_t page, ByteView data) {
  ByteReader r(data);
  const std::uint16_t count = r.u16();
  if (page >= pages_.size()) pages_.resize(page + std::size_t{1});
  for (std::uint16_t i = 0; i < count; ++i) {
    Piece piece;
    const std::size_t key_length = r.u8();
    piece.key = to_string(r.view(key_length));
    const std::uint32_t total = r.u32();
    piece.offset = r.u32();
    piece.size = r.u16();
    const ByteView bytes = r.view(piece.size);
    if (!r.ok() || piece.key.empty() || total > most_value || piece.offset > total ||
        piece.size > total - piece.offset)
      return Error::bad_format;

    SecretBytes& value = home(piece.key).try_emplace(piece.key, total).first->second;
    std::size_t& missing = missing_.try_emplace(piece.key, total).first->second;
    if (value.size() != total || missing < piece.size) return Error::bad_format;
    missing -= piece.size;
    if (!bytes.empty()) std::memcpy(value.data() + piece.offset, bytes.data(), bytes.size());
    places_[piece.key].push_back(page);
    pages_[page].push_back(std::move(piece));
  }
  return done();
}

Status Records::finish() {
  const bool whole = std::all_of(missing_.begin(), missing_.end(),
                                 [](const auto& left) { return left.second == 0; });
  missing_.clear();
  return whole ? done() : Error::bad_format;
}

const SecretBytes* Records::own(const std::string& key) const {
  const auto it = own_.find(key);
  return it == own_.end() ? nullptr : &it->second;
}

const SecretBytes& Records::value(const std::string& key, const Vault::Changes& changes) const {
  const auto changed = changes.find(key);
  if (changed != changes.end()) return *changed->second;
  return key.front() == own_prefix ? own_.at(key) : values_.at(key);
}

SecretBytes Records::serialise(const Page& page, const Vault::Changes& changes) const {
  SecretBytes out(page_data_size);
  std::size_t at = 0;
  const auto append = [&](ByteView bytes) {
    if (!bytes.empty()) std::memcpy(out.data() + at, bytes.data(), bytes.size());
    at += bytes.size();
  };
  append(ByteWriter().u16(static_cast<std::uint16_t>(page.size())).get());
  for (const Piece& piece : page) {
    const SecretBytes& whole = value(piece.key, changes);
    ByteWriter head(piece_head + piece.key.size());
    head.u8(static_cast<std::uint8_t>(piece.key.size())).str(piece.key);
    head.u32(static_cast<std::uint32_t>(whole.size())).u32(piece.offset).u16(piece.size);
    append(head.get());
    append(whole.expose().subspan(piece.offset, piece.size));
  }
  return out;
}

Result<Records::Plan> Records::plan(Vault::Changes changes) const {
  Plan out;
  out.changes_ = std::move(changes);
  Layout layout(pages_, out.staged_);
  for (const auto& [key, value] : out.changes_) {
    if (value && value->size() > most_value) return Error::too_large;
    const auto old = places_.find(key);
    if (old != places_.end()) layout.erase(key, old->second);
  }
  for (const auto& [key, value] : out.changes_)
    if (value) out.places_[key] = layout.place(key, value->size());
  for (const auto& [at, page] : out.staged_)
    out.sealed_[at] = page.empty() ? std::nullopt : std::optional(serialise(page, out.changes_));
  return out;
}

void Records::apply(Plan plan) {
  for (auto& [at, page] : plan.staged_) {
    if (at >= pages_.size()) pages_.resize(at + std::size_t{1});
    pages_[at] = std::move(page);
  }
  for (auto& [key, value] : plan.changes_) {
    if (value) {
      home(key).insert_or_assign(key, std::move(*value));
      places_[key] = std::move(plan.places_[key]);
    } else {
      home(key).erase(key);
      places_.erase(key);
    }
  }
}

}  // namespace livlina::crypto::vault
