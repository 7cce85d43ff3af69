#include "crypto/e2ee/vault_set.hpp"

#include <algorithm>
#include <set>

#include "crypto/e2ee/seal.hpp"

namespace livlina::crypto::vault {

namespace {

constexpr std::uint32_t root_copies = 2;  // at locations 0 and 1
constexpr std::size_t fill_chunk = 16 * page_size;

Bytes page_ad(std::uint8_t set, std::uint32_t location) {
  ByteWriter w(5);
  w.u8(set).u32(location);
  return w.take();
}

std::size_t indexes_for(std::size_t pages) { return (pages + refs_per_index - 1) / refs_per_index; }

std::uint64_t counter_of(const SecretBytes& plain) { return ByteReader(plain.expose()).u64(); }

// Writes random bytes over [from, to).
Status scatter(VaultStorage& storage, std::uint64_t from, std::uint64_t to, Random& random) {
  Bytes chunk;
  while (from < to) {
    chunk.resize(static_cast<std::size_t>(std::min<std::uint64_t>(fill_chunk, to - from)));
    random.fill(chunk);
    LIVLINA_CHECK(storage.write(from, chunk));
    from += chunk.size();
  }
  return done();
}

}  // namespace

Status fill_random(VaultStorage& storage, std::uint64_t from, std::uint32_t pages, Random& random) {
  const std::uint64_t end = file_size(pages);
  LIVLINA_CHECK(scatter(storage, from, end - page_size, random));
  LIVLINA_CHECK(storage.sync());
  LIVLINA_CHECK(scatter(storage, end - page_size, end, random));
  return storage.sync();
}

Result<std::uint32_t> PageSet::capacity() {
  LIVLINA_TRY(size, storage_->size());
  return pages_in(size);
}

Result<SecretBytes> PageSet::read_page(std::uint32_t location) {
  Bytes sealed(page_size);
  LIVLINA_CHECK(storage_->read(page_offset(set_, location), sealed));
  return open(key_, SealPurpose::vault_page, page_ad(set_, location), sealed);
}

Result<SecretBytes> PageSet::read_ref(const Ref& ref, std::uint32_t capacity) {
  if (ref.location < root_copies || ref.location >= capacity) return Error::bad_format;
  auto plain = read_page(ref.location);
  if (!plain.ok() && plain.error() == Error::storage) return Error::storage;
  if (!plain.ok() || counter_of(*plain) != ref.counter) return Error::bad_format;
  return plain;
}

Status PageSet::write_page(const Ref& ref, ByteView data, Random& random) {
  SecretBytes plain(page_plain_size);  // zeros after the data
  ByteWriter counter(8);
  counter.u64(ref.counter);
  std::memcpy(plain.data(), counter.get().data(), 8);
  std::memcpy(plain.data() + 8, data.data(), data.size());
  const Bytes sealed =
      seal(key_, SealPurpose::vault_page, page_ad(set_, ref.location), plain.expose(), random);
  return storage_->write(page_offset(set_, ref.location), sealed);
}

// Sets newest_ and counter_.
Result<SecretBytes> PageSet::newest_root() {
  std::optional<SecretBytes> newest;
  for (std::uint32_t copy = 0; copy < root_copies; ++copy) {
    auto plain = read_page(copy);
    if (!plain.ok() && plain.error() == Error::storage) return Error::storage;
    if (!plain.ok() || (newest && counter_of(*plain) <= counter_)) continue;
    counter_ = counter_of(*plain);
    newest_ = copy;
    newest = std::move(plain).value();
  }
  if (!newest) return Error::bad_format;
  return std::move(*newest);
}

Status PageSet::load(const Sink& sink) {
  LIVLINA_TRY(pages_there, capacity());
  LIVLINA_TRY(root, newest_root());
  ByteReader r(root.expose().subspan(8));
  const auto read_refs = [](ByteReader& in, std::vector<Ref>& out) {
    for (Ref& ref : out) {
      ref.location = in.u32();
      ref.counter = in.u64();
    }
  };
  const std::uint32_t count = r.u32();
  if (count > most_data_pages) return Error::bad_format;
  state_.pages.assign(count, {});
  state_.indexes.assign(indexes_for(count), {});
  read_refs(r, state_.indexes);

  for (std::uint32_t page = 0; page < count; ++page) {
    if (page % refs_per_index == 0) {
      LIVLINA_TRY(index, read_ref(state_.indexes[page / refs_per_index], pages_there));
      ByteReader in(index.expose().subspan(8));
      std::vector<Ref> refs(std::min<std::size_t>(refs_per_index, count - page));
      read_refs(in, refs);
      std::copy(refs.begin(), refs.end(), state_.pages.begin() + static_cast<std::ptrdiff_t>(page));
    }
    if (state_.pages[page].location == 0) continue;
    LIVLINA_TRY(plain, read_ref(state_.pages[page], pages_there));
    LIVLINA_CHECK(sink(page, plain.expose().subspan(8)));
  }
  settled_ = false;
  return done();
}

std::vector<bool> PageSet::used(std::uint32_t capacity) const {
  std::vector<bool> out(capacity, false);
  const auto mark = [&out](std::uint32_t location) {
    if (location < out.size()) out[location] = true;
  };
  for (std::uint32_t copy = 0; copy < root_copies; ++copy) mark(copy);
  for (const Ref& ref : state_.pages) mark(ref.location);
  for (const Ref& ref : state_.indexes) mark(ref.location);
  for (const std::uint32_t location : doubt_) mark(location);
  return out;
}

Status PageSet::read_unused() {
  LIVLINA_TRY(pages_there, capacity());
  const std::vector<bool> taken = used(pages_there);
  for (std::uint32_t location = 0; location < pages_there; ++location) {
    if (taken[location]) continue;
    const auto plain = read_page(location);
    if (!plain.ok() && plain.error() == Error::storage) return Error::storage;
  }
  return done();
}

Result<std::vector<std::uint32_t>> PageSet::free_locations(std::size_t count, Random& random) {
  while (true) {
    LIVLINA_TRY(pages_there, capacity());
    const std::vector<bool> taken = used(pages_there);
    std::vector<std::uint32_t> out;
    for (std::uint32_t at = 0; at < pages_there && out.size() < count; ++at)
      if (!taken[at]) out.push_back(at);
    if (out.size() == count) return out;
    if (pages_there == 0) return Error::storage;
    if (pages_there * 2 > most_pages) return Error::too_large;
    LIVLINA_CHECK(fill_random(*storage_, file_size(pages_there), pages_there * 2, random));
  }
}

Status PageSet::commit(const Changes& changes, Random& random) {
  const std::uint64_t counter = counter_ + 1 + (ByteReader(random.array<4>()).u32());
  counter_ = counter;

  State next = state_;
  std::set<std::size_t> touched;  // index pages to write
  if (changes.empty()) touched.insert(0);
  for (const auto& [page, data] : changes) {
    if (page >= most_data_pages) return Error::too_large;
    touched.insert(page / refs_per_index);
  }
  if (!settled_) {
    LIVLINA_CHECK(storage_->sync());
    settled_ = true;
  }
  LIVLINA_TRY(free, free_locations(changes.size() + touched.size(), random));
  std::vector<std::uint32_t> given_up = doubt_;
  std::vector<std::uint32_t> taken;
  const auto move = [&](Ref& ref) {
    if (ref.location != 0) given_up.push_back(ref.location);
    ref = {free.back(), counter};
    taken.push_back(free.back());
    free.pop_back();
  };

  for (const auto& [page, data] : changes) {
    if (page >= next.pages.size()) next.pages.resize(page + std::size_t{1});
    Ref& ref = next.pages[page];
    if (data) {
      move(ref);
      LIVLINA_CHECK(write_page(ref, data->expose(), random));
    } else if (ref.location != 0) {
      given_up.push_back(ref.location);
      ref = {};
    }
  }
  while (!next.pages.empty() && next.pages.back().location == 0) next.pages.pop_back();
  const std::size_t index_count = indexes_for(next.pages.size());
  for (std::size_t i = index_count; i < next.indexes.size(); ++i)
    given_up.push_back(next.indexes[i].location);
  next.indexes.resize(index_count);

  for (const std::size_t i : touched) {
    if (i >= index_count) continue;
    ByteWriter w(page_data_size);
    const std::size_t end = std::min(next.pages.size(), (i + 1) * refs_per_index);
    for (std::size_t page = i * refs_per_index; page < end; ++page)
      w.u32(next.pages[page].location).u64(next.pages[page].counter);
    move(next.indexes[i]);
    LIVLINA_CHECK(write_page(next.indexes[i], w.get(), random));
  }
  LIVLINA_CHECK(storage_->sync());

  doubt_.insert(doubt_.end(), taken.begin(), taken.end());
  LIVLINA_CHECK(write_roots(next, counter, random));
  doubt_.clear();
  state_ = std::move(next);
  // The new state is durable and stands whatever becomes of the old pages.
  for (const std::uint32_t location : given_up) {
    const std::uint64_t at = page_offset(set_, location);
    if (!scatter(*storage_, at, at + page_size, random).ok()) break;
  }
  return done();
}

// The older copy first, so that at any moment one whole root is durable. Once the first is, the
// commit stands: a failure to write the second is no failure of the commit.
Status PageSet::write_roots(const State& next, std::uint64_t counter, Random& random) {
  ByteWriter w(page_data_size);
  w.u32(static_cast<std::uint32_t>(next.pages.size()));
  for (const Ref& ref : next.indexes) w.u32(ref.location).u64(ref.counter);

  const std::uint32_t first = 1 - newest_;
  LIVLINA_CHECK(write_page({first, counter}, w.get(), random));
  LIVLINA_CHECK(storage_->sync());
  const std::uint32_t second = newest_;
  newest_ = first;
  (void)write_page({second, counter}, w.get(), random).ok();
  return done();
}

}  // namespace livlina::crypto::vault
