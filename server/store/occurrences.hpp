// Table occurrence: each due check-in is a row of its own.
#pragma once

#include <vector>

#include "server/policy/occurrence.hpp"
#include "server/store/db.hpp"
#include "server/store/part.hpp"

namespace livlina::server::store {

struct OccurrenceRow {
  std::int64_t id = 0;
  CircleId circle;
  std::int64_t schedule = 0;  // the version that made it
  ScheduleId schedule_id;
  std::int32_t day = 0;
  int slot = 0;
  policy::Occurrence o;
  std::optional<std::int64_t> answered_by;  // the record that counted
  std::optional<Instant> answered_at;
  Instant made_at = 0;  // by the server's clock
  std::int64_t version = 1;
};

class Occurrences {
 public:
  explicit Occurrences(Db& db) : db_(db) {}
  // Sets row.id. False, and nothing done, when the slot is there: of this version, or due at the
  // same instant from an older version of the schedule.
  [[nodiscard]] bool insert(OccurrenceRow& row);
  // Claims `row.version`, then raises it.
  void save(OccurrenceRow& row);
  // Deletes the row with its notices. Nothing else may name it.
  void remove(std::int64_t id);

  // What an answer for "all open slots" meets: open ones, ended ones whose time still runs, and
  // missed ones of an unresolved incident; by due.
  [[nodiscard]] std::vector<OccurrenceRow> answerable(const CircleId& circle, Instant now);
  // What an answer for one slot meets.
  [[nodiscard]] std::optional<OccurrenceRow> of_slot(const CircleId& circle,
                                                     const ScheduleId& schedule, Instant due);
  [[nodiscard]] std::vector<OccurrenceRow> overdue(Instant now, std::size_t most);
  [[nodiscard]] std::vector<OccurrenceRow> to_remind(Instant now, std::size_t most);
  // Open ones that overlap [from, to] and were not extended yet.
  [[nodiscard]] std::vector<OccurrenceRow> to_extend(Instant from, Instant to, std::size_t most);
  // Open, missed, excused by an outage, or whatever became of those that open after `at`; made
  // after `at`, in the order (made_at, id) behind the place given.
  struct Place {
    Instant made_at = 0;
    std::int64_t id = 0;
  };
  [[nodiscard]] std::vector<OccurrenceRow> made_after(Instant at, const Place& place,
                                                      std::size_t most);
  // Open ones whose deadline is later than both `at` and their schedule's own.
  [[nodiscard]] std::vector<OccurrenceRow> open_beyond(Instant at, std::size_t most);
  // Missed ones whose deadline is after `at`.
  [[nodiscard]] std::vector<OccurrenceRow> missed_before_their_time(Instant at, std::size_t most);
  [[nodiscard]] std::vector<OccurrenceRow> of_circle(const CircleId& circle, Instant since,
                                                     std::size_t most);
  [[nodiscard]] std::vector<OccurrenceRow> answered_by(std::int64_t record);
  [[nodiscard]] std::optional<OccurrenceRow> get(std::int64_t id);
  // The earliest due of an open one that is not in `but`.
  [[nodiscard]] std::optional<Instant> next_due(const CircleId& circle,
                                                const std::vector<std::int64_t>& but);
  [[nodiscard]] std::optional<Instant> next();
  // Deletes what ended before `before` and is named by nothing; a missed one goes with its trigger.
  void drop_ended(Part& part, Instant before);

 private:
  Db& db_;
};

}  // namespace livlina::server::store
