// Table schedule: the schedules of accepted plans, and when each makes its next occurrence.
#pragma once

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
};

class Schedules {
 public:
  explicit Schedules(Db& db) : db_(db) {}
  void insert(const ScheduleRow& row);  // `id` is given by the table
  // Those that have not ended.
  [[nodiscard]] std::vector<ScheduleRow> live(const CircleId& circle);
  // Running ones whose next_at is not after `now`, the earliest first.
  [[nodiscard]] std::vector<ScheduleRow> due(Instant now, std::size_t most);
  [[nodiscard]] ScheduleRow get(std::int64_t id);
  // next_at goes with running, and only with it.
  void set(std::int64_t id, ScheduleState state, std::optional<Instant> next_at);
  void end_all(const CircleId& circle);
  [[nodiscard]] std::optional<Instant> next();

 private:
  Db& db_;
};

}  // namespace livlina::server::store
