#include "server/store/circles.hpp"

#include <algorithm>

namespace livlina::server::store {

namespace {

Link link(const Query& q) {
  return {static_cast<std::uint32_t>(q.integer(0)), q.bytes(1), q.array<32>(2)};
}

// Whether a line holds at the bound instant: in force, or in its incident_grace while an incident
// of one of the lanes that opened before its end is unresolved.
#define LIVLINA_LINE_HOLDS(l, now, lanes)                                                \
  l ".not_before <= " now " AND (" l ".not_after > " now " OR (" l ".grace_until > " now \
    " AND EXISTS (SELECT 1 FROM incident WHERE circle = " l                              \
    ".circle AND state IN (1, 2)"                                                        \
    " AND lane IN " lanes " AND opened_at < " l ".not_after)))"
#define LIVLINA_ANY_LANE "(1, 2, 3)"
#define LIVLINA_TOLD_LANES "(1, 3)"  // not the silent one
#define LIVLINA_SUPPORTER(account) \
  "EXISTS (SELECT 1 FROM account WHERE pk = " account " AND purpose = 1)"
// How a line l reaches a person p of its desk: desk line and roster, or pool line and a mentor.
#define LIVLINA_LINE_REACHES \
  "((p.kind = 1 AND l.type = 2) OR (p.kind = 2 AND p.role = 3 AND l.type = 3))"

}  // namespace

void Circles::add(const CircleRow& row) {
  db_.run("INSERT INTO circle (id, participant, state, category, recheck) VALUES (?, ?, ?, ?, 0)",
          row.id, row.participant, row.state, row.category);
}

std::optional<CircleRow> Circles::find(const CircleId& id) const {
  Query q = db_.query("SELECT participant, state, category FROM circle WHERE id = ?");
  if (!q.bind(id).step()) return std::nullopt;
  return CircleRow{id, q.array<32>(0), static_cast<int>(q.integer(1)),
                   static_cast<int>(q.integer(2))};
}

std::optional<CircleId> Circles::of_participant(const Key& account) const {
  Query q = db_.query("SELECT id FROM circle WHERE participant = ?");
  if (!q.bind(account).step()) return std::nullopt;
  return q.id<CircleId>(0);
}

void Circles::set_state(const CircleId& id, int state) {
  db_.run("UPDATE circle SET state = ?2 WHERE id = ?1", id, state);
}

void Circles::set_category(const CircleId& id, int category) {
  db_.run("UPDATE circle SET category = ?2 WHERE id = ?1", id, category);
}

void Circles::put_confirm(const CircleId& id, const ConfirmRow& row) {
  db_.run("INSERT INTO confirm (circle, participant, signer, record) VALUES (?, ?, ?, ?)", id,
          row.participant, row.signer, row.record);
}

void Circles::drop_unused_confirms(const Key& signer, const Key& participant) {
  db_.run(
      "DELETE FROM confirm WHERE participant = ? AND signer = ? "
      "AND NOT EXISTS (SELECT 1 FROM circle c WHERE c.id = confirm.circle)",
      participant, signer);
}

std::optional<ConfirmRow> Circles::confirm(const CircleId& id) const {
  Query q = db_.query("SELECT participant, signer, record FROM confirm WHERE circle = ?");
  if (!q.bind(id).step()) return std::nullopt;
  return ConfirmRow{q.array<32>(0), q.array<32>(1), q.bytes(2)};
}

void Circles::add_manifest(const CircleId& id, const Link& manifest,
                           const std::vector<LineRow>& lines) {
  db_.run("INSERT INTO manifest (circle, seq, record, hash) VALUES (?, ?, ?, ?)", id,
          manifest.version, manifest.record, manifest.hash);
  db_.run("DELETE FROM circle_line WHERE circle = ?", id);
  for (const LineRow& l : lines)
    db_.run(
        "INSERT INTO circle_line (circle, type, key, not_before, not_after, grace_until)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        id, l.type, l.key, l.not_before, l.not_after, l.grace_until);
}

std::optional<Link> Circles::newest_manifest(const CircleId& id) const {
  Query q = db_.query(
      "SELECT seq, record, hash FROM manifest WHERE circle = ? ORDER BY seq DESC LIMIT 1");
  if (!q.bind(id).step()) return std::nullopt;
  return link(q);
}

std::optional<crypto::Hash> Circles::manifest_hash(const CircleId& id, std::uint32_t seq) const {
  Query q = db_.query("SELECT hash FROM manifest WHERE circle = ? AND seq = ?");
  if (!q.bind(id, seq).step()) return std::nullopt;
  return q.array<32>(0);
}

std::vector<Link> Circles::manifests(const CircleId& id, std::uint32_t from, int most) const {
  std::vector<Link> out;
  Query q = db_.query(
      "SELECT seq, record, hash FROM manifest WHERE circle = ? AND seq >= ? ORDER BY seq LIMIT ?");
  q.bind(id, from, most);
  while (q.step()) out.push_back(link(q));
  return out;
}

void Circles::add_plan(const CircleId& id, const PlanRow& plan) {
  Query q = db_.query(
      "INSERT INTO plan (circle, version, record, hash, approval) VALUES (?, ?, ?, ?, ?)");
  q.bind(id, plan.link.version, plan.link.record, plan.link.hash);
  if (plan.approval.empty())
    q.bind(nullptr).run();
  else
    q.bind(plan.approval).run();
}

std::optional<PlanRow> Circles::newest_plan(const CircleId& id) const {
  Query q = db_.query(
      "SELECT version, record, hash, approval FROM plan WHERE circle = ? ORDER BY version DESC"
      " LIMIT 1");
  if (!q.bind(id).step()) return std::nullopt;
  return PlanRow{link(q), q.bytes(3)};
}

std::optional<crypto::Hash> Circles::plan_hash(const CircleId& id, std::uint32_t version) const {
  Query q = db_.query("SELECT hash FROM plan WHERE circle = ? AND version = ?");
  if (!q.bind(id, version).step()) return std::nullopt;
  return q.array<32>(0);
}

std::vector<Link> Circles::last_plans(const CircleId& id, int most) const {
  std::vector<Link> out;
  Query q = db_.query(
      "SELECT version, record, hash FROM plan WHERE circle = ? ORDER BY version DESC LIMIT ?");
  q.bind(id, most);
  while (q.step()) out.push_back(link(q));
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<CircleHeadRow> Circles::heads_for(const Key& account, Instant now) const {
  std::vector<CircleHeadRow> out;
  Query q = db_.query(
      "WITH mine (circle, desk) AS ("
      " SELECT id, NULL FROM circle WHERE participant = ?1"
      " UNION SELECT l.circle, NULL FROM circle_line l WHERE l.key = ?1 AND l.type = 1"
      "  AND " LIVLINA_SUPPORTER("?1") " AND " LIVLINA_LINE_HOLDS("l", "?2", LIVLINA_ANY_LANE)
      " UNION SELECT l.circle, CASE p.kind WHEN 1 THEN p.desk END FROM desk_person p"
      "  JOIN circle_line l ON l.key = p.desk WHERE p.account = ?1"
      "  AND " LIVLINA_SUPPORTER("?1")
      "  AND ((p.kind = 1 AND l.type = 0) OR (" LIVLINA_LINE_REACHES
      "   AND " LIVLINA_LINE_HOLDS("l", "?2", LIVLINA_ANY_LANE) ")))"
      " SELECT c.id, c.participant, m.seq, m.hash, c.state, mine.desk FROM mine JOIN circle c"
      " ON c.id = mine.circle JOIN manifest m ON m.circle = c.id AND m.seq ="
      " (SELECT max(seq) FROM manifest WHERE circle = c.id) ORDER BY c.id, mine.desk NULLS FIRST");
  q.bind(account, now);
  while (q.step()) {
    const auto id = q.id<CircleId>(0);
    if (out.empty() || out.back().id != id)
      out.push_back({id,
                     q.array<32>(1),
                     static_cast<std::uint32_t>(q.integer(2)),
                     q.array<32>(3),
                     static_cast<int>(q.integer(4)),
                     {}});
    else if (out.back().desks.empty())
      continue;  // not by a roster alone
    if (!q.null(5)) out.back().desks.push_back(q.array<32>(5));
  }
  return out;
}

bool Circles::covers(const CircleId& id, const Key& account, Instant now) const {
  Query q = db_.query(
      "SELECT 1 WHERE " LIVLINA_SUPPORTER("?2") " AND (EXISTS ("
      " SELECT 1 FROM circle_line l WHERE l.circle = ?1 AND l.type = 1 AND l.key = ?2"
      "  AND " LIVLINA_LINE_HOLDS("l", "?3", LIVLINA_TOLD_LANES)
      ") OR EXISTS ("
      " SELECT 1 FROM desk_person p JOIN circle_line l ON l.circle = ?1"
      "  AND l.key = p.desk AND " LIVLINA_LINE_REACHES
      "  WHERE p.account = ?2 AND " LIVLINA_LINE_HOLDS("l", "?3", LIVLINA_TOLD_LANES) "))");
  return q.bind(id, account, now).step();
}

std::vector<CircleId> Circles::with_both(const Key& a, const Key& b, Instant now, int most) const {
  std::vector<CircleId> out;
  Query q = db_.query(
      "WITH cover (who, circle) AS ("
      " SELECT l.key, l.circle FROM circle_line l WHERE l.key IN (?1, ?2) AND l.type = 1"
      "  AND " LIVLINA_LINE_HOLDS("l", "?3", LIVLINA_ANY_LANE)
      " UNION ALL SELECT p.account, l.circle FROM desk_person p JOIN circle_line l"
      "  ON l.key = p.desk AND " LIVLINA_LINE_REACHES
      "  WHERE p.account IN (?1, ?2) AND " LIVLINA_LINE_HOLDS("l", "?3", LIVLINA_ANY_LANE) ")"
      " SELECT DISTINCT x.circle FROM cover x JOIN cover y ON y.circle = x.circle"
      " WHERE x.who = ?1 AND y.who = ?2"
      " AND " LIVLINA_SUPPORTER("?1") " AND " LIVLINA_SUPPORTER("?2") " LIMIT ?4");
  q.bind(a, b, now, most);
  while (q.step()) out.push_back(q.id<CircleId>(0));
  return out;
}

bool Circles::looked_after(const Key& of, const Key& by) const {
  Query q = db_.query(
      "SELECT 1 FROM (SELECT id AS circle FROM circle WHERE participant = ?1"
      " UNION SELECT circle FROM circle_line WHERE key = ?1 AND type = 1) o"
      " JOIN circle_line l ON l.circle = o.circle AND l.type = 0"
      " JOIN desk_person p ON p.account = ?2 AND p.desk = l.key AND p.kind = 1"
      " WHERE " LIVLINA_SUPPORTER("?2") " LIMIT 1");
  return q.bind(of, by).step();
}

bool Circles::names_desk(const CircleId& id, const Key& desk) const {
  return db_.query("SELECT 1 FROM circle_line WHERE circle = ? AND type IN (0, 2, 3) AND key = ?")
      .bind(id, desk)
      .step();
}

std::vector<Key> Circles::participants_naming(const Key& desk) const {
  std::vector<Key> out;
  Query q = db_.query(
      "SELECT DISTINCT c.participant FROM circle_line l JOIN circle c ON c.id = l.circle"
      " WHERE l.key = ? AND l.type IN (0, 2, 3)");
  q.bind(desk);
  while (q.step()) out.push_back(q.array<32>(0));
  return out;
}

std::vector<CircleId> Circles::degraded_of(const Key& desk) const {
  std::vector<CircleId> out;
  Query q = db_.query(
      "SELECT c.id FROM circle_line l JOIN circle c ON c.id = l.circle"
      " WHERE l.key = ? AND l.type = 0 AND c.state = 3");
  q.bind(desk);
  while (q.step()) out.push_back(q.id<CircleId>(0));
  return out;
}

void Circles::recheck_desk(const Key& desk) {
  db_.run(
      "UPDATE circle SET recheck = 1 WHERE id IN (SELECT circle FROM circle_line WHERE key = ?)",
      desk);
}

void Circles::recheck_account(const Key& account) {
  db_.run(
      "UPDATE circle SET recheck = 1 WHERE id IN (SELECT circle FROM circle_line WHERE key = ?1"
      " UNION SELECT l.circle FROM desk_person p JOIN circle_line l ON l.key = p.desk"
      " WHERE p.account = ?1) OR participant = ?1",
      account);
}

std::vector<CircleId> Circles::to_recheck(Instant now, int most) const {
  std::vector<CircleId> out;
  Query q = db_.query(
      "SELECT id FROM circle WHERE recheck = 1 UNION "
      "SELECT id FROM circle WHERE line_at IS NOT NULL AND line_at <= ? LIMIT ?");
  q.bind(now, most);
  while (q.step()) out.push_back(q.id<CircleId>(0));
  return out;
}

void Circles::rechecked(const CircleId& id, Instant now) {
  db_.run(
      "UPDATE circle SET recheck = 0, line_at = (SELECT min(at) FROM"
      " (SELECT not_before AS at FROM circle_line WHERE circle = ?1 AND not_before > ?2 UNION ALL"
      "  SELECT not_after FROM circle_line WHERE circle = ?1 AND not_after > ?2)) WHERE id = ?1",
      id, now);
}

std::optional<Instant> Circles::next_recheck() const {
  if (db_.query("SELECT 1 FROM circle WHERE recheck = 1 LIMIT 1").step()) return 0;
  Query q = db_.query("SELECT min(line_at) FROM circle WHERE line_at IS NOT NULL");
  if (!q.step() || q.null(0)) return std::nullopt;
  return q.integer(0);
}

}  // namespace livlina::server::store
