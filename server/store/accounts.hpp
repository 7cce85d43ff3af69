// Accounts, their chains of device lists, and devices.
#pragma once

#include <optional>
#include <vector>

#include "crypto/core/time.hpp"
#include "server/store/db.hpp"
#include "server/store/link.hpp"

namespace livlina::server::store {

struct AccountRow {
  int purpose = 1;     // of the invite it joined by: 1 staff, 2 participant
  bool setup = false;  // joined by the server's own first invite
};

struct DeviceRow {
  Key account{};
  bool listed = false;
  bool shadow = false;
  Instant last_seen = 0;
  std::uint32_t queued = 0;
};

struct DeviceName {
  DeviceId id;
  bool shadow = false;
};

class Accounts {
 public:
  explicit Accounts(Db& db) : db_(db) {}

  void add(const Key& account, const AccountRow& row);
  [[nodiscard]] std::optional<AccountRow> find(const Key& account) const;

  void add_list(const Key& account, const Link& list);
  [[nodiscard]] std::optional<Link> newest_list(const Key& account) const;
  [[nodiscard]] std::optional<crypto::Hash> list_hash(const Key& account,
                                                      std::uint32_t version) const;
  // Oldest first from `from`, at most `most`.
  [[nodiscard]] std::vector<Link> lists(const Key& account, std::uint32_t from, int most) const;

  // A device id that was ever used is never used again: false.
  [[nodiscard]] bool add_device(const DeviceId& id, const Key& account, bool shadow);
  // Out of the newest list: its prekeys and mailbox go, its name stays taken.
  void unlist_device(const DeviceId& id);
  [[nodiscard]] std::optional<DeviceRow> device(const DeviceId& id) const;
  // Those in the newest list.
  [[nodiscard]] std::vector<DeviceName> devices(const Key& account) const;

  // Those of an account that joined by a staff invite, without shadows; nothing: it is none.
  [[nodiscard]] std::optional<std::vector<DeviceId>> supporter_devices(const Key& account) const;

  // Claims `counter`: false when it is not above the last one.
  [[nodiscard]] bool raise_login_counter(const DeviceId& id, std::uint64_t counter, Instant now);
  void seen(const DeviceId& id, Instant now);
  // The clock went back to `now`: nobody was seen later.
  void clamp(Instant now);

 private:
  Db& db_;
};

}  // namespace livlina::server::store
