#include "tests/support/invariants.hpp"

namespace livlina::testing {

namespace {

enum class Bound : std::uint8_t { now, lists_since };

struct Rule {
  const char* text;
  // Counts what is wrong; ?1 is now, or since when the lists are as they are. A chain's newest
  // record outlives its incident, which is deleted two years after its end.
  const char* sql;
  Bound bound = Bound::now;
};

constexpr Rule always[] = {
    {"I1 a missed occurrence without exactly one trigger",
     "SELECT count(*) FROM occurrence o WHERE o.state = 3 AND "
     "(SELECT count(*) FROM trigger_row t WHERE t.occurrence = o.id) <> 1 AND ?1 = ?1"},
    {"I1 a trigger of an occurrence that was not missed, or of another circle's incident",
     "SELECT count(*) FROM trigger_row t JOIN occurrence o ON o.id = t.occurrence "
     "JOIN incident i ON i.id = t.incident "
     "WHERE (o.state <> 3 OR i.circle <> o.circle OR i.lane <> 1) AND ?1 = ?1"},
    {"I1 the same schedule is due twice at one instant",
     "SELECT count(*) FROM (SELECT 1 FROM occurrence GROUP BY circle, schedule_id, due "
     "HAVING count(*) > 1) WHERE ?1 = ?1"},
    {"rule 1: two unresolved incidents in one lane of a circle",
     "SELECT count(*) FROM (SELECT 1 FROM incident WHERE state IN (1, 2) GROUP BY circle, lane "
     "HAVING count(*) > 1) WHERE ?1 = ?1"},
    {"I3 an unresolved incident without a next step within its bound",
     "SELECT count(*) FROM incident WHERE (state = 1 AND (next_at IS NULL OR next_at > ?1 + "
     "3600000)) OR (state = 2 AND (next_at IS NULL OR next_at > ?1 + 14400000))"},
    {"I3 holder set but not taken, or taken without holder",
     "SELECT count(*) FROM incident WHERE (holder IS NOT NULL) <> (state = 2) AND ?1 = ?1"},
    {"I4 resolved without the committed act of a named human with a reason",
     "SELECT count(*) FROM incident i WHERE i.state = 3 AND (i.reason = 0 OR NOT EXISTS "
     "(SELECT 1 FROM incident_event e JOIN act a ON a.id = e.act WHERE e.incident = i.id "
     "AND e.kind = 20 AND a.incident = i.id AND a.act = 9 AND a.outcome = 1)) AND ?1 = ?1"},
    {"I4 cancelled without the primary's record, or after a step has fired",
     "SELECT count(*) FROM incident i WHERE i.state = 4 AND (NOT EXISTS "
     "(SELECT 1 FROM incident_event e JOIN checkin_record r ON r.id = e.record "
     "WHERE e.incident = i.id AND e.kind = 21 AND r.kind = 3 AND r.shadow = 0) OR EXISTS "
     "(SELECT 1 FROM incident_event e WHERE e.incident = i.id AND e.kind = 6)) AND ?1 = ?1"},
    {"I5 a notice about an incident for a participant",
     "SELECT count(*) FROM notification n JOIN circle c ON c.participant = n.person "
     "WHERE n.incident IS NOT NULL AND ?1 = ?1"},
    {"I6 a page is pending while the incident is taken",
     "SELECT count(*) FROM notification n JOIN incident i ON i.id = n.incident "
     "WHERE n.next_at IS NOT NULL AND n.state = 1 AND n.kind = 1 AND n.code NOT IN (4, 8, 9, 11) "
     "AND i.state = 2 AND ?1 = ?1"},
    {"I6 a page is pending after the incident has ended",
     "SELECT count(*) FROM notification n JOIN incident i ON i.id = n.incident "
     "WHERE n.next_at IS NOT NULL AND n.state = 1 AND n.kind = 1 AND i.state IN (3, 4) "
     "AND ?1 = ?1"},
    {"I6 a page for somebody whom neither manifest nor desk names",
     "SELECT count(*) FROM notification n WHERE n.kind = 1 AND n.channel = 1 AND n.at >= ?1 AND "
     "NOT EXISTS "
     "(SELECT 1 FROM circle_line l WHERE l.circle = n.circle AND ("
     "(l.type = 1 AND l.key = n.person) OR (l.type IN (0, 2) AND EXISTS (SELECT 1 FROM desk_person "
     "p "
     "WHERE p.desk = l.key AND p.account = n.person AND p.kind = 1)) OR (l.type = 3 AND EXISTS "
     "(SELECT 1 FROM desk_person p WHERE p.desk = l.key AND p.account = n.person AND p.kind = "
     "2))))",
     Bound::lists_since},
    {"I6 a notice by a webhook for another desk than the circle's, or for one device",
     "SELECT count(*) FROM notification n WHERE n.channel = 2 AND n.at >= ?1 AND (n.device IS NOT "
     "NULL OR (n.circle IS NOT NULL AND NOT EXISTS (SELECT 1 FROM circle_line l WHERE l.circle = "
     "n.circle AND l.type = 0 AND l.key = n.person)))",
     Bound::lists_since},
    {"I6 a webhook is told what neither wakes nor warns anybody",
     "SELECT count(*) FROM notification WHERE channel = 2 AND kind NOT IN (1, 4, 5) AND ?1 = ?1"},
    {"I7 a channel with receipts was accepted or failed, or one without was received",
     "SELECT count(*) FROM notification WHERE (channel = 1) = (state IN (3, 4)) AND state IN (2, "
     "3, "
     "4) AND ?1 = ?1"},
    {"I7 something waits for a webhook that failed, but the notice that tries it",
     "SELECT count(*) FROM notification n JOIN channel_failure f ON f.person = n.person "
     "WHERE n.channel = 2 AND n.state = 1 AND n.code <> 28 AND ?1 = ?1"},
    {"I7 a pending notification without a next instant within 5 minutes",
     "SELECT count(*) FROM notification WHERE state = 1 AND (next_at IS NULL OR next_at > ?1 + "
     "300000)"},
    {"I7 an ended notification that would be sent again",
     "SELECT count(*) FROM notification WHERE state <> 1 AND next_at IS NOT NULL AND ?1 = ?1"},
    {"I7 two pending for one incident, person and channel",
     "SELECT count(*) FROM (SELECT 1 FROM notification WHERE state = 1 AND incident IS NOT NULL "
     "GROUP BY incident, person, channel HAVING count(*) > 1) WHERE ?1 = ?1"},
    {"I7 a pending operator's line without a next instant within 5 minutes",
     "SELECT count(*) FROM operator_notice WHERE state = 1 AND (next_at IS NULL OR next_at > ?1 + "
     "300000)"},
    {"I9 answered without the record that answered it in time",
     "SELECT count(*) FROM occurrence o WHERE o.state = 2 AND NOT EXISTS (SELECT 1 FROM "
     "checkin_record r WHERE r.id = o.answered_by AND r.circle = o.circle AND r.kind = 1 "
     "AND r.received_at BETWEEN o.opens_at AND o.deadline) AND ?1 = ?1"},
    {"I10 something by the shadow made a trigger outside the silent lane",
     "SELECT count(*) FROM trigger_row t JOIN checkin_record r ON r.id = t.record "
     "JOIN incident i ON i.id = t.incident "
     "WHERE r.shadow = 1 AND (i.lane <> 2 OR t.kind <> 6) AND ?1 = ?1"},
    {"I10 a judged record by the shadow made no trigger",
     "SELECT count(*) FROM checkin_record r WHERE r.shadow = 1 AND r.judged = 1 AND r.kind <> 6 "
     "AND NOT EXISTS (SELECT 1 FROM trigger_row t WHERE t.record = r.id) "
     "AND r.received_at > ?1 - 63072000000"},
    {"a judged talk, not_ok or alarm made no trigger",
     "SELECT count(*) FROM checkin_record r WHERE r.judged = 1 AND ((r.kind = 1 AND r.answer > 1) "
     "OR r.kind = 2) AND NOT EXISTS (SELECT 1 FROM trigger_row t WHERE t.record = r.id) "
     "AND r.received_at > ?1 - 63072000000"},
};

constexpr Rule when_settled[] = {
    {"I2 an occurrence is open past its deadline",
     "SELECT count(*) FROM occurrence WHERE state = 1 AND deadline < ?1"},
    {"I2 a slot whose opening has come was not made",
     "SELECT count(*) FROM schedule WHERE next_at IS NOT NULL AND next_at <= ?1"},
    {"a record was left unjudged",
     "SELECT count(*) FROM checkin_record WHERE judged = 0 AND received_at <= ?1 - 250"},
    {"I3 an incident's step is overdue",
     "SELECT count(*) FROM incident WHERE next_at IS NOT NULL AND next_at <= ?1"},
    {"I7 a notification is overdue",
     "SELECT count(*) FROM notification WHERE next_at IS NOT NULL AND next_at <= ?1 "
     "AND channel = 1"},
};

constexpr const char* row_is_lost = "I9 received, but the row is not there";

void check(server::store::Db& db, Instant now, const InvariantOptions& options, const Rule& rule,
           std::vector<std::string>& out) {
  auto q = db.query(rule.sql);
  q.bind(rule.bound == Bound::now ? now : options.lists_since.value_or(now));
  const std::int64_t n = q.step() ? q.integer(0) : -1;
  if (n != 0) out.push_back(std::string(rule.text) + ": " + std::to_string(n));
}

}  // namespace

std::vector<std::string> broken_invariants(server::store::Db& db, Instant now,
                                           const InvariantOptions& options) {
  std::vector<std::string> out;
  for (const Rule& rule : always) check(db, now, options, rule, out);
  if (options.settled)
    for (const Rule& rule : when_settled) check(db, now, options, rule, out);
  std::int64_t lost = 0;
  for (const ToldReceived& told : options.received) {
    auto q = db.query("SELECT 1 FROM checkin_record WHERE device = ? AND hash = ?");
    q.bind(told.device, told.hash);
    if (!q.step()) ++lost;
  }
  if (lost != 0) out.push_back(row_is_lost + (": " + std::to_string(lost)));
  return out;
}

std::vector<std::string> invariant_texts() {
  std::vector<std::string> out;
  for (const Rule& rule : always) out.emplace_back(rule.text);
  for (const Rule& rule : when_settled) out.emplace_back(rule.text);
  out.emplace_back(row_is_lost);
  return out;
}

}  // namespace livlina::testing
