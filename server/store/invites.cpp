#include "server/store/invites.hpp"

namespace livlina::server::store {

void Invites::add(const InviteRow& row, Instant keep_until) {
  db_.run(
      "INSERT INTO invite (id, auth_hash, purpose, expires_at, sealed_i, inviter, inviter_device,"
      " keep_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      row.id, row.auth_hash, row.purpose, row.expires_at, row.sealed_i, row.inviter,
      row.inviter_device, keep_until);
}

std::optional<InviteRow> Invites::find(const InviteId& id) const {
  Query q = db_.query(
      "SELECT auth_hash, purpose, expires_at, sealed_i, inviter, inviter_device, claim, joined,"
      " sealed_j, refused FROM invite WHERE id = ?");
  if (!q.bind(id).step()) return std::nullopt;
  InviteRow out;
  out.id = id;
  out.auth_hash = q.array<32>(0);
  out.purpose = static_cast<int>(q.integer(1));
  out.expires_at = q.integer(2);
  out.sealed_i = q.bytes(3);
  if (!q.null(4)) out.inviter = q.array<32>(4);
  if (!q.null(5)) out.inviter_device = q.id<DeviceId>(5);
  if (!q.null(6)) out.claim = q.id<ClaimId>(6);
  if (!q.null(7)) out.joined = q.array<32>(7);
  out.sealed_j = q.bytes(8);
  out.refused = q.integer(9) != 0;
  return out;
}

Invites::Open Invites::open(const Key& inviter, Instant now) const {
  Query q = db_.query(
      "SELECT count(*), min(expires_at) FROM invite WHERE inviter = ? AND joined IS NULL AND"
      " refused = 0 AND expires_at > ?");
  if (!q.bind(inviter, now).step() || q.integer(0) == 0) return {};
  return {static_cast<std::uint32_t>(q.integer(0)), q.integer(1)};
}

bool Invites::claim(const InviteId& id, const ClaimId& claim) {
  return db_.run("UPDATE invite SET claim = ?2 WHERE id = ?1 AND (claim IS NULL OR claim = ?2)", id,
                 claim) == 1;
}

bool Invites::join(const InviteId& id, const Key& account, ByteView sealed_j, Instant keep_until) {
  return db_.run(
             "UPDATE invite SET joined = ?2, sealed_j = ?3, keep_until = ?4 WHERE id = ?1 AND"
             " joined IS NULL",
             id, account, sealed_j, keep_until) == 1;
}

void Invites::refuse(const InviteId& id) {
  db_.run("UPDATE invite SET refused = 1 WHERE id = ?", id);
}

bool Invites::refused(const Key& inviter, const Key& joined) const {
  return db_.query("SELECT 1 FROM invite WHERE joined = ? AND inviter = ? AND refused = 1")
      .bind(joined, inviter)
      .step();
}

bool Invites::refused(const Key& joined) const {
  return db_.query("SELECT 1 FROM invite WHERE joined = ? AND refused = 1").bind(joined).step();
}

bool Invites::between(const Key& a, const Key& b, Instant now) const {
  Query q = db_.query(
      "SELECT 1 FROM invite WHERE joined = ?1 AND inviter = ?2 AND keep_until > ?3 AND refused = 0"
      " UNION ALL SELECT 1 FROM invite WHERE joined = ?2 AND inviter = ?1 AND keep_until > ?3"
      " AND refused = 0 LIMIT 1");
  return q.bind(a, b, now).step();
}

bool Invites::invited(const Key& inviter, const Key& joined) const {
  return db_.query("SELECT 1 FROM invite WHERE joined = ? AND inviter = ?")
      .bind(joined, inviter)
      .step();
}

void Invites::drop_unused_first() {
  db_.run("DELETE FROM invite WHERE inviter IS NULL AND joined IS NULL");
}

int Invites::expire(Instant now, int most) {
  return db_.run(
      "DELETE FROM invite WHERE id IN (SELECT id FROM invite WHERE keep_until <= ? LIMIT ?)", now,
      most);
}

std::optional<Instant> Invites::next_end() const {
  Query q = db_.query("SELECT min(keep_until) FROM invite");
  if (!q.step() || q.null(0)) return std::nullopt;
  return q.integer(0);
}

}  // namespace livlina::server::store
