// Table schedule: the schedules of accepted plans, and when each makes its next occurrence.
#pragma once

#include <string>
#include <vector>

#include "protocol/records/plan.hpp"
#include "server/store/db.hpp"

namespace livlina::server::store {

enum class ScheduleState : std::uint8_t { running = 1, resting = 2, ended = 3 };

struct ScheduleRow {
  std::int64_t id = 0;
  CircleId circle;
  std::uint32_t plan_version = 1;
  protocol::Schedule schedule;
  ScheduleState state = ScheduleState::resting;
  std::optional<Instant> next_at;  // opening of the first slot after the last one made
  // The zone cannot be read: the slots that open from here on are owed, and next_at is the next
  // try.
  std::optional<Instant> owed_from;

  [[nodiscard]] Instant not_made_from() const { return owed_from.value_or(next_at.value_or(0)); }
};

class Schedules {
 public:
  explicit Schedules(Db& db) : db_(db) {}
  void insert(const ScheduleRow& row);  // `id` is given by the table
  // Those that have not ended.
  [[nodiscard]] std::vector<ScheduleRow> live(const CircleId& circle);
  // Running ones whose next_at is not after `now`, the earliest first.
  [[nodiscard]] std::vector<ScheduleRow> due(Instant now, std::size_t most);
  // The same in one circle: all of them, in an order that is the same in every run.
  [[nodiscard]] std::vector<ScheduleRow> due_of(const CircleId& circle, Instant now);
  // A row's schedule stays for as long as the row: throws Failure when there is none.
  [[nodiscard]] ScheduleRow get(std::int64_t id);
  // Of the newest plans of watched circles, running or ended: those after this row.
  [[nodiscard]] std::vector<ScheduleRow> of_newest_plans(std::int64_t after, std::size_t most);
  // Whether this one is among them. One of an older plan was ended for good by its successor.
  [[nodiscard]] bool of_newest_plan(std::int64_t id);
  // Writes state, next_at and owed_from: the latter two go with running, and only with it. Throws
  // when the row has ended meanwhile: an end is final for everything but a clock that went back.
  void set(const ScheduleRow& row);
  // The same for a row that may have ended: the clock went back behind its last slot.
  void revive(const ScheduleRow& row);
  // A new plan takes their place.
  void end_all(const CircleId& circle);
  // Running or resting: without any the circle asks for nothing any more.
  [[nodiscard]] bool any_live(const CircleId& circle);
  // Of the running ones, each once.
  [[nodiscard]] std::vector<std::string> zones();
  [[nodiscard]] std::optional<Instant> next();

 private:
  Db& db_;
};

}  // namespace livlina::server::store
