// Desks: the chains of rosters and directories, and whom the newest of each names.
#pragma once

#include <optional>
#include <vector>

#include "crypto/core/roles.hpp"
#include "server/store/db.hpp"
#include "server/store/link.hpp"

namespace livlina::server::store {

enum class DeskKind : std::uint8_t { roster = 1, directory = 2 };

struct DeskPerson {
  Key account{};
  Role role = Role::coordinator;
};

class Desks {
 public:
  explicit Desks(Db& db) : db_(db) {}

  void add(const Key& desk, const Key& creator);
  [[nodiscard]] bool exists(const Key& desk) const;
  [[nodiscard]] bool created_one(const Key& account) const;
  [[nodiscard]] bool any() const;

  void add_record(const Key& desk, DeskKind kind, const Link& record,
                  const std::vector<DeskPerson>& people);
  [[nodiscard]] std::optional<Link> newest(const Key& desk, DeskKind kind) const;
  [[nodiscard]] std::optional<crypto::Hash> hash(const Key& desk, DeskKind kind,
                                                 std::uint32_t serial) const;
  [[nodiscard]] std::vector<Link> records(const Key& desk, DeskKind kind, std::uint32_t from,
                                          int most) const;

  // Desks whose newest roster (or directory) names the account.
  [[nodiscard]] std::vector<Key> desks_of(const Key& account, DeskKind kind) const;
  [[nodiscard]] std::vector<Key> people(const Key& desk) const;  // both kinds
  [[nodiscard]] bool is_person(const Key& desk, const Key& account) const;
  [[nodiscard]] bool share(const Key& a, const Key& b) const;

 private:
  Db& db_;
};

}  // namespace livlina::server::store
