#include "server/store/mailbox.hpp"

#include <algorithm>

namespace livlina::server::store {

namespace {

ByteArray<16> digest(const DeviceId& device, const MessageId& message) {
  const crypto::Hash h = crypto::sha256({device.view(), message.view()});
  ByteArray<16> out;
  std::copy_n(h.begin(), out.size(), out.begin());
  return out;
}

}  // namespace

bool Mailbox::append(const DeviceId& device, Rank rank, int kind, ByteView content,
                     Instant expires_at, std::uint32_t limit) {
  std::int64_t row = 0;
  std::int64_t seq = 0;
  {
    // Not by RETURNING, which makes a table of its own for the one row.
    Query q = db_.query(
        "SELECT rowid, next_seq FROM device WHERE id = ? AND queued < ? AND listed = 1"
        " AND shadow = 0");
    if (!q.bind(device, limit).step()) return false;
    row = q.integer(0);
    seq = q.integer(1);
  }
  db_.run("UPDATE device SET next_seq = ?2, queued = queued + 1 WHERE rowid = ?1", row, seq + 1);
  db_.run(
      "INSERT INTO mailbox (device, rank, seq, kind, content, expires_at) VALUES (?, ?, ?, ?, ?, "
      "?)",
      device, static_cast<int>(rank), seq, kind, content, expires_at);
  return true;
}

std::vector<MailRow> Mailbox::read(const DeviceId& device, Rank rank, std::uint64_t after,
                                   std::size_t most) const {
  std::vector<MailRow> out;
  Query q = db_.query(
      "SELECT seq, kind, content FROM mailbox WHERE device = ? AND rank = ? AND seq > ?"
      " ORDER BY seq LIMIT ?");
  q.bind(device, static_cast<int>(rank), after, static_cast<std::uint64_t>(most));
  while (q.step())
    out.push_back(
        {static_cast<std::uint64_t>(q.integer(0)), static_cast<int>(q.integer(1)), q.bytes(2)});
  return out;
}

int Mailbox::remove(const DeviceId& device, const std::vector<std::uint64_t>& seqs) {
  int removed = 0;
  for (const std::uint64_t seq : seqs)
    removed += db_.run("DELETE FROM mailbox WHERE device = ? AND rank IN (0, 1, 2) AND seq = ?",
                       device, seq);
  if (removed > 0)
    db_.run("UPDATE device SET queued = max(0, queued - ?2) WHERE id = ?1", device, removed);
  return removed;
}

bool Mailbox::remove_if_possible(const DeviceId& device, const std::vector<std::uint64_t>& seqs) {
  db_.run("SAVEPOINT one_mailbox");
  bool done = true;
  try {
    (void)remove(device, seqs);
  } catch (const Failure& failure) {
    if (failure.fault() == Fault::full || !db_.in_transaction()) throw;
    db_.run("ROLLBACK TO one_mailbox");
    done = false;
  }
  db_.run("RELEASE one_mailbox");
  return done;
}

std::uint32_t Mailbox::queued(const DeviceId& device) const {
  Query q = db_.query("SELECT queued FROM device WHERE id = ?");
  return q.bind(device).step() ? static_cast<std::uint32_t>(q.integer(0)) : 0;
}

std::optional<Instant> Mailbox::accepted_at(const DeviceId& device,
                                            const MessageId& message) const {
  Query q = db_.query("SELECT received_at FROM accepted WHERE digest = ?");
  if (!q.bind(digest(device, message)).step()) return std::nullopt;
  return q.integer(0);
}

void Mailbox::accept(const DeviceId& device, const MessageId& message, Instant now) {
  db_.run("INSERT INTO accepted (digest, received_at) VALUES (?, ?)", digest(device, message), now);
}

int Mailbox::expire(Instant now, Instant accepted_before, int most) {
  db_.run(
      "UPDATE device SET queued = max(0, queued - n) FROM (SELECT device AS d, count(*) AS n FROM"
      " (SELECT device FROM mailbox WHERE expires_at <= ?1 ORDER BY expires_at, id LIMIT ?2)"
      " GROUP BY device) WHERE id = d",
      now, most);
  int gone = db_.run(
      "DELETE FROM mailbox WHERE id IN (SELECT id FROM mailbox WHERE expires_at <= ?1"
      " ORDER BY expires_at, id LIMIT ?2)",
      now, most);
  gone += db_.run(
      "DELETE FROM accepted WHERE digest IN (SELECT digest FROM accepted WHERE received_at < ?1"
      " ORDER BY received_at LIMIT ?2)",
      accepted_before, most);
  return gone;
}

std::optional<Instant> Mailbox::next_end(Duration keep) const {
  std::optional<Instant> out;
  Query rows = db_.query("SELECT min(expires_at) FROM mailbox");
  if (rows.step() && !rows.null(0)) out = rows.integer(0);
  Query notes = db_.query("SELECT min(received_at) FROM accepted");
  if (notes.step() && !notes.null(0)) {
    const Instant end = notes.integer(0) + keep;
    out = out ? std::min(*out, end) : end;
  }
  return out;
}

void Mailbox::clamp(Instant now, Instant end) {
  db_.run("UPDATE mailbox SET expires_at = ?1 WHERE expires_at > ?1", end);
  db_.run("UPDATE accepted SET received_at = ?1 WHERE received_at > ?1", now);
}

}  // namespace livlina::server::store
