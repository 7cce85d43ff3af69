// The checker itself: each of its rules finds a violation of it. A rule that finds nothing would
// let every simulation pass.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/services/watch_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using protocol::Act;
using protocol::Reason;
using protocol::RecordType;

struct Violation {
  const char* text;
  const char* sql;
};

// A copy of one row under another id, for what an index forbids.
#define COPY(table, where, change)                                 \
  "CREATE TEMP TABLE copy AS SELECT * FROM " table " WHERE " where \
  " LIMIT 1;"                                                      \
  "UPDATE copy SET " change "; INSERT INTO " table " SELECT * FROM copy; DROP TABLE copy;"

constexpr Violation violations[] = {
    {"I1 a missed occurrence without exactly one trigger",
     "DELETE FROM trigger_row WHERE occurrence IS NOT NULL"},
    {"I1 a trigger of an occurrence that was not missed, or of another circle's incident",
     "UPDATE occurrence SET state = 4 WHERE state = 3"},
    {"I1 the same schedule is due twice at one instant",
     COPY("occurrence", "state = 2", "id = 999, day = day + 1000")},
    {"rule 1: two unresolved incidents in one lane of a circle",
     "DROP INDEX incident_one_unresolved;" COPY("incident", "state = 1", "id = randomblob(16)")},
    {"I3 an unresolved incident without a next step within its bound",
     "UPDATE incident SET next_at = next_at + 5 * 3600000 WHERE state = 1"},
    {"I3 holder set but not taken, or taken without holder",
     "UPDATE incident SET holder = NULL WHERE state = 2"},
    {"I4 resolved without the committed act of a named human with a reason",
     "UPDATE act SET outcome = 2 WHERE act = 9"},
    {"I4 cancelled without the primary's record, or after a step has fired",
     "UPDATE checkin_record SET shadow = 1 WHERE kind = 3"},
    {"I5 a notice about an incident for a participant",
     "UPDATE notification SET person = (SELECT participant FROM circle) WHERE rowid = "
     "(SELECT min(rowid) FROM notification WHERE incident IS NOT NULL)"},
    {"I6 a page is pending while the incident is taken",
     "UPDATE incident SET state = 2, holder = randomblob(32) WHERE state = 1"},
    {"I6 a page is pending after the incident has ended",
     "UPDATE incident SET state = 3 WHERE state = 1"},
    {"I6 a page for somebody whom neither manifest nor desk names",
     "UPDATE notification SET person = randomblob(32) WHERE rowid = "
     "(SELECT min(rowid) FROM notification WHERE kind = 1)"},
    {"I6 a notice by a webhook for another desk than the circle's, or for one device",
     "UPDATE notification SET channel = 2, device = NULL WHERE rowid = "
     "(SELECT min(rowid) FROM notification WHERE circle IS NOT NULL)"},
    {"I6 a webhook is told what neither wakes nor warns anybody",
     "UPDATE notification SET channel = 2, kind = 2 WHERE rowid = "
     "(SELECT min(rowid) FROM notification)"},
    {"I7 a channel with receipts was accepted or failed, or one without was received",
     "UPDATE notification SET state = 3, next_at = NULL WHERE rowid = "
     "(SELECT min(rowid) FROM notification)"},
    {"I7 something waits for a webhook that failed, but the notice that tries it",
     "UPDATE notification SET channel = 2 WHERE rowid = (SELECT min(rowid) FROM notification WHERE "
     "state = 1); INSERT INTO channel_failure SELECT person, 1, 1 FROM notification WHERE channel "
     "= "
     "2 AND state = 1 LIMIT 1"},
    {"I7 a pending notification without a next instant within 5 minutes",
     "UPDATE notification SET next_at = next_at + 3600000 WHERE state = 1"},
    {"I7 an ended notification that would be sent again",
     "UPDATE notification SET state = 2 WHERE state = 1"},
    {"I7 two pending for one incident, person and channel",
     "DROP INDEX notification_one_pending;" COPY("notification",
                                                 "state = 1 AND incident IS NOT NULL",
                                                 "id = randomblob(16), cause = randomblob(16)")},
    {"I7 a pending operator's line without a next instant within 5 minutes",
     "INSERT INTO operator_notice (id, cause, code, severity, at, state, attempts, next_at, "
     "version, channel) VALUES (randomblob(16), randomblob(16), 4, 0, 0, 1, 0, 1 << 50, 1, 1)"},
    {"I9 answered without the record that answered it in time",
     "UPDATE checkin_record SET received_at = received_at + 86400000 WHERE kind = 1"},
    {"I10 something by the shadow made a trigger outside the silent lane",
     "UPDATE checkin_record SET shadow = 1 WHERE kind = 2"},
    {"I10 a judged record by the shadow made no trigger", "DELETE FROM trigger_row WHERE kind = 6"},
    {"a judged talk, not_ok or alarm made no trigger", "DELETE FROM trigger_row WHERE kind = 7"},
    {"I2 an occurrence is open past its deadline",
     "UPDATE occurrence SET state = 1, deadline = due + 1 WHERE state = 2"},
    {"I2 a slot whose opening has come was not made", "UPDATE schedule SET next_at = 1"},
    {"a record was left unjudged", "UPDATE checkin_record SET judged = 0"},
    {"I3 an incident's step is overdue", "UPDATE incident SET next_at = 1 WHERE state = 1"},
    {"I7 a notification is overdue", "UPDATE notification SET next_at = 1 WHERE state = 1"},
    {"I9 received, but the row is not there", "DELETE FROM checkin_record WHERE answer = 1"},
};
#undef COPY

// A day with something of everything: a cancelled alarm, a resolved drill, an answer, a taken
// incident of the silent lane, a miss that is being escalated.
class SeededTown : public WatchTown {
 public:
  SeededTown() {
    accept_plan({daily_at(12 * 60), daily_at(14 * 60)});
    (void)answer({.type = RecordType::alarm, .answer = 2});
    (void)answer({.type = RecordType::cancel, .named = 1});
    round();
    (void)answer({.type = RecordType::alarm, .answer = 3});
    round();
    const IncidentId drill = unresolved(policy::Lane::drill)->id;
    EXPECT_EQ(act(mentor, drill, {.act = Act::take}), 1);
    EXPECT_EQ(act(mentor, drill, {.act = Act::resolve, .reason = Reason::drill_done}), 1);
    advance_to(town_start + 4 * hour);
    (void)answer({});
    (void)answer({}, 1);
    round();
    advance_to(town_start + 6 * hour + 30 * minute + second);
    EXPECT_EQ(act(contact, unresolved(policy::Lane::silent)->id, {.act = Act::take}), 1)
        << "the first lease has ended";
    round();
  }
  std::vector<std::string> broken() {
    return broken_invariants(db, now, {.settled = true, .received = told, .lists_since = 0});
  }
};

TEST(WatchInvariants, I1_to_I10_every_rule_finds_its_violation) {
  std::set<std::string> proved;
  for (const Violation& v : violations) {
    SeededTown town;
    ASSERT_EQ(town.broken(), std::vector<std::string>{}) << "before " << v.text;
    town.db.exec("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON");
    town.db.exec(v.sql);
    const auto found = town.broken();
    EXPECT_TRUE(std::any_of(found.begin(), found.end(), [&](const std::string& line) {
      return line.rfind(std::string(v.text) + ": ", 0) == 0;
    })) << v.text;
    proved.insert(v.text);
  }
  for (const std::string& text : invariant_texts()) EXPECT_EQ(proved.count(text), 1u) << text;
}

// What a simulation by the wall clock asks: whole lives later, not at the very instant.
TEST(WatchInvariants, I6_is_asked_of_every_page_since_the_lists_are_as_they_are) {
  SeededTown town;
  town.now += 7;
  const auto found = [&](std::optional<Instant> since) {
    return broken_invariants(town.db, town.now,
                             {.settled = false, .received = {}, .lists_since = since})
        .size();
  };
  town.db.exec(
      "UPDATE notification SET person = randomblob(32) WHERE rowid = "
      "(SELECT min(rowid) FROM notification WHERE kind = 1)");
  EXPECT_EQ(found(std::nullopt), 0u) << "of this instant there is none";
  EXPECT_EQ(found(0), 1u);
}

}  // namespace
}  // namespace livlina::testing
