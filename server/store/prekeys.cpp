#include "server/store/prekeys.hpp"

namespace livlina::server::store {

SignedPrekeyRow Prekeys::signed_prekey(const DeviceId& device) const {
  Query q = db_.query("SELECT spk_id, spk_record FROM device WHERE id = ?");
  if (!q.bind(device).step()) return {};
  return {static_cast<std::uint32_t>(q.integer(0)), q.bytes(1)};
}

void Prekeys::put_signed_prekey(const DeviceId& device, const SignedPrekeyRow& row) {
  db_.run("UPDATE device SET spk_id = ?2, spk_record = ?3 WHERE id = ?1", device, row.id,
          row.record);
}

void Prekeys::add_one_time_key(const DeviceId& device, const OneTimeKeyRow& key) {
  if (db_.run("UPDATE device SET opk_top = ?2 WHERE id = ?1 AND opk_top < ?2", device, key.id) == 0)
    return;
  db_.run("INSERT INTO one_time_key (device, id, key) VALUES (?, ?, ?)", device, key.id, key.key);
}

std::optional<OneTimeKeyRow> Prekeys::take_one_time_key(const DeviceId& device, const Key& asker,
                                                        Instant now) {
  OneTimeKeyRow out;
  {
    Query q = db_.query("SELECT id, key FROM one_time_key WHERE device = ? ORDER BY id LIMIT 1");
    if (!q.bind(device).step()) return std::nullopt;
    out = {static_cast<std::uint32_t>(q.integer(0)), q.array<32>(1)};
  }
  if (db_.run("INSERT INTO handed_out (asker, device, day) VALUES (?1, ?2, ?3)"
              " ON CONFLICT DO UPDATE SET day = ?3 WHERE day <> ?3",
              asker, device, now / day) == 0)
    return std::nullopt;
  db_.run("DELETE FROM one_time_key WHERE device = ? AND id = ?", device, out.id);
  return out;
}

std::uint32_t Prekeys::stock(const DeviceId& device) const {
  Query q = db_.query("SELECT count(*) FROM one_time_key WHERE device = ?");
  return q.bind(device).step() ? static_cast<std::uint32_t>(q.integer(0)) : 0;
}

}  // namespace livlina::server::store
