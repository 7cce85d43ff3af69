// Values laid out on the numbered pages of a page set: each value is cut into pieces, small ones
// share a page, and a change touches only pages that hold a piece of a changed key (and pages with
// room for the new ones).
//
//   page   count u16 | count times: key_len u8 | key | total u32 | offset u32 | size u16 | bytes
//
// Everything is in memory; nothing is read or written here.
#pragma once

#include "crypto/e2ee/vault_set.hpp"

namespace livlina::crypto::vault {

inline constexpr std::size_t longest_key = 255;
// Keys that begin with a zero byte are the vault's own; they are never among values().
inline constexpr char own_prefix = '\0';

class Records {
 public:
  // What a commit does: new pages for the set, and what to keep once they are durable.
  class Plan;

  // Takes in one page, then, after all of them, finish(): bad_format unless every value is whole.
  [[nodiscard]] Status add_page(std::uint32_t page, ByteView data);
  [[nodiscard]] Status finish();

  [[nodiscard]] const Vault::Values& values() const { return values_; }
  // A value of the vault's own, or nullptr.
  [[nodiscard]] const SecretBytes* own(const std::string& key) const;

  // Lays the changes out; too_large when a value is beyond what any vault holds. Changes nothing.
  [[nodiscard]] Result<Plan> plan(Vault::Changes changes) const;
  // Makes a plan the present state.
  void apply(Plan plan);

 private:
  // Part of a value on a page; its bytes are those of the value.
  struct Piece {
    std::string key;
    std::uint32_t offset = 0;
    std::uint16_t size = 0;
  };
  using Page = std::vector<Piece>;
  class Layout;

  [[nodiscard]] static std::size_t cost(std::string_view key, std::size_t size);
  [[nodiscard]] static std::size_t room(const Page& page);
  [[nodiscard]] const SecretBytes& value(const std::string& key,
                                         const Vault::Changes& changes) const;
  [[nodiscard]] SecretBytes serialise(const Page& page, const Vault::Changes& changes) const;
  [[nodiscard]] Vault::Values& home(const std::string& key) {
    return key.front() == own_prefix ? own_ : values_;
  }

  std::vector<Page> pages_;
  std::map<std::string, std::vector<std::uint32_t>> places_;  // the pages with pieces of a key
  std::map<std::string, std::size_t> missing_;  // bytes of a value not yet seen while loading
  Vault::Values values_;
  Vault::Values own_;
};

class Records::Plan {
 public:
  // For PageSet::commit; empty: nothing changes.
  [[nodiscard]] const PageSet::Changes& pages() const { return sealed_; }

 private:
  friend class Records;
  Vault::Changes changes_;
  std::map<std::uint32_t, Page> staged_;
  std::map<std::string, std::vector<std::uint32_t>> places_;
  PageSet::Changes sealed_;
};

}  // namespace livlina::crypto::vault
