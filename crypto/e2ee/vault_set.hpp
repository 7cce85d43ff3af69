// One page set of a vault: numbered pages of data, replaced together or not at all. It knows keys
// of realms and places in the file, nothing of what the pages hold.
//
// A page is seal(realm_key, 5, set u8 || location u32, counter u64 || data 4016). Locations 0 and 1
// hold two copies of the root:
//   root   pages u32 | for each index page: location u32, counter u64 | 0..
//   index  for each of 334 pages: location u32 (0: no such page), counter u64 | 0..
// so a page is found only where its index says and with the counter its index says: a single page
// put back from an older image does not open. Changed pages and their index pages are written to
// free locations, synced, and then one copy of the root, and synced, and then the other copy; the
// valid root with the highest counter counts. A cut anywhere leaves the old state or the new one.
// The counter rises by a random step at every attempt, so that a page left by an attempt that was
// cut off never bears a counter that a later index expects.
//
// Locations given up by a commit are overwritten with random bytes after it; after a crash some
// keep their old content, sealed under the realm key, until they are used again. So erased content
// goes soon on storage that overwrites in place, and stays for whoever copied the storage before.
#pragma once

#include <functional>
#include <vector>

#include "crypto/e2ee/vault_format.hpp"

namespace livlina::crypto::vault {

inline constexpr std::size_t refs_per_index = 334;
// 334 index pages in the root, 334 pages in each: 427 MiB of data.
inline constexpr std::size_t most_data_pages = refs_per_index * refs_per_index;
static_assert(most_data_pages * page_data_size >= std::size_t{256} << 20);
static_assert(most_data_pages + refs_per_index + 2 < most_pages);

// Fills the file with random bytes up to `pages` pages a set, from `from` on, and syncs. The last
// page is written only when the rest is durable, so the file has a whole size only if it is whole.
[[nodiscard]] Status fill_random(VaultStorage& storage, std::uint64_t from, std::uint32_t pages,
                                 Random& random);

class PageSet {
 public:
  using Sink = std::function<Status(std::uint32_t page, ByteView data)>;
  // New data (at most 4016 bytes) for a page, or its removal.
  using Changes = std::map<std::uint32_t, std::optional<SecretBytes>>;

  // An empty set; `storage` must outlive it.
  PageSet(VaultStorage& storage, Secret<32> realm_key, std::uint8_t set)
      : storage_(&storage), key_(std::move(realm_key)), set_(set) {}

  // Reads the newest state and hands every page to `sink`. bad_format: no root opens, or a page is
  // altered, missing, or older than its index says; storage; or the sink's error.
  [[nodiscard]] Status load(const Sink& sink);
  // Opens the locations that hold nothing, too, and ignores the outcome: with it, a load costs the
  // same whatever the set holds. storage.
  [[nodiscard]] Status read_unused();
  // Applies the changes in one durable, atomic write; none at all rewrites exactly 4 pages (an
  // index page, the root twice, the index page's old location). On an error (storage; too_large:
  // the largest vault is full) this object keeps the old state and may be used on; a later load
  // finds the old or the new one.
  [[nodiscard]] Status commit(const Changes& changes, Random& random);

 private:
  struct Ref {
    std::uint32_t location = 0;
    std::uint64_t counter = 0;
  };
  // Everything the root and the index pages say.
  struct State {
    std::vector<Ref> pages;
    std::vector<Ref> indexes;
  };

  [[nodiscard]] Result<std::uint32_t> capacity();
  [[nodiscard]] Result<SecretBytes> read_page(std::uint32_t location);
  [[nodiscard]] Result<SecretBytes> read_ref(const Ref& ref, std::uint32_t capacity);
  [[nodiscard]] Status write_page(const Ref& ref, ByteView data, Random& random);
  [[nodiscard]] Result<SecretBytes> newest_root();
  [[nodiscard]] Status write_roots(const State& next, std::uint64_t counter, Random& random);
  [[nodiscard]] std::vector<bool> used(std::uint32_t capacity) const;
  [[nodiscard]] Result<std::vector<std::uint32_t>> free_locations(std::size_t count,
                                                                  Random& random);

  VaultStorage* storage_;
  Secret<32> key_;
  std::uint8_t set_;
  State state_;
  std::uint64_t counter_ = 0;  // of the last attempt
  std::uint32_t newest_ = 0;   // the root copy known to be durable and newest
  // What was loaded may have been written by a process that ended before its sync. A commit
  // overwrites what only an older root needs, so the loaded root must be durable first.
  bool settled_ = true;
  std::vector<std::uint32_t> doubt_;  // locations of commits whose root may have become durable
};

}  // namespace livlina::crypto::vault
