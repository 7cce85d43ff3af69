#include "server/store/accounts.hpp"

namespace livlina::server::store {

namespace {

Link link(const Query& q) {
  return {static_cast<std::uint32_t>(q.integer(0)), q.bytes(1), q.array<32>(2)};
}

}  // namespace

void Accounts::add(const Key& account, const AccountRow& row) {
  db_.run("INSERT INTO account (pk, purpose, setup) VALUES (?, ?, ?)", account, row.purpose,
          row.setup);
}

std::optional<AccountRow> Accounts::find(const Key& account) const {
  Query q = db_.query("SELECT purpose, setup FROM account WHERE pk = ?");
  if (!q.bind(account).step()) return std::nullopt;
  return AccountRow{static_cast<int>(q.integer(0)), q.integer(1) != 0};
}

void Accounts::add_list(const Key& account, const Link& list) {
  db_.run("INSERT INTO device_list (account, version, record, hash) VALUES (?, ?, ?, ?)", account,
          list.version, list.record, list.hash);
}

std::optional<Link> Accounts::newest_list(const Key& account) const {
  Query q = db_.query(
      "SELECT version, record, hash FROM device_list WHERE account = ? ORDER BY version DESC"
      " LIMIT 1");
  if (!q.bind(account).step()) return std::nullopt;
  return link(q);
}

std::optional<crypto::Hash> Accounts::list_hash(const Key& account, std::uint32_t version) const {
  Query q = db_.query("SELECT hash FROM device_list WHERE account = ? AND version = ?");
  if (!q.bind(account, version).step()) return std::nullopt;
  return q.array<32>(0);
}

std::vector<Link> Accounts::lists(const Key& account, std::uint32_t from, int most) const {
  std::vector<Link> out;
  Query q = db_.query(
      "SELECT version, record, hash FROM device_list WHERE account = ? AND version >= ?"
      " ORDER BY version LIMIT ?");
  q.bind(account, from, most);
  while (q.step()) out.push_back(link(q));
  return out;
}

bool Accounts::add_device(const DeviceId& id, const Key& account, bool shadow) {
  return db_.run(
             "INSERT INTO device (id, account, listed, shadow, login_counter, last_seen, next_seq,"
             " queued, spk_id, opk_top) VALUES (?, ?, 1, ?, 0, 0, 1, 0, 0, 0)"
             " ON CONFLICT DO NOTHING",
             id, account, shadow) == 1;
}

void Accounts::unlist_device(const DeviceId& id) {
  db_.run("DELETE FROM one_time_key WHERE device = ?", id);
  db_.run("DELETE FROM mailbox WHERE device = ?", id);
  db_.run("UPDATE device SET listed = 0, queued = 0, spk_record = NULL WHERE id = ?", id);
}

std::optional<DeviceRow> Accounts::device(const DeviceId& id) const {
  Query q = db_.query("SELECT account, listed, shadow, last_seen, queued FROM device WHERE id = ?");
  if (!q.bind(id).step()) return std::nullopt;
  return DeviceRow{q.array<32>(0), q.integer(1) != 0, q.integer(2) != 0, q.integer(3),
                   static_cast<std::uint32_t>(q.integer(4))};
}

std::vector<DeviceName> Accounts::devices(const Key& account) const {
  std::vector<DeviceName> out;
  Query q = db_.query("SELECT id, shadow FROM device WHERE account = ? AND listed = 1");
  q.bind(account);
  while (q.step()) out.push_back({q.id<DeviceId>(0), q.integer(1) != 0});
  return out;
}

std::optional<std::vector<DeviceId>> Accounts::supporter_devices(const Key& account) const {
  Query q = db_.query(
      "SELECT d.id FROM account a LEFT JOIN device d ON d.account = a.pk AND d.listed = 1"
      " AND d.shadow = 0 WHERE a.pk = ? AND a.purpose = 1");
  q.bind(account);
  std::optional<std::vector<DeviceId>> out;
  while (q.step()) {
    if (!out) out.emplace();
    if (!q.null(0)) out->push_back(q.id<DeviceId>(0));
  }
  return out;
}

bool Accounts::raise_login_counter(const DeviceId& id, std::uint64_t counter, Instant now) {
  return db_.run(
             "UPDATE device SET login_counter = ?2, last_seen = ?3 WHERE id = ?1 AND"
             " login_counter < ?2",
             id, counter, now) == 1;
}

void Accounts::seen(const DeviceId& id, Instant now) {
  db_.run("UPDATE device SET last_seen = max(last_seen, ?2) WHERE id = ?1", id, now);
}

void Accounts::clamp(Instant now) {
  db_.run("UPDATE device SET last_seen = ?1 WHERE last_seen > ?1", now);
}

}  // namespace livlina::server::store
