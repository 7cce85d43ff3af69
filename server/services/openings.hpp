// Slots become occurrences: in their time, or after a time in which nobody could be asked (rule
// 17).
#pragma once

#include <map>

#include "server/services/people.hpp"
#include "server/store/schedules.hpp"

namespace livlina::server {

// Makes occurrences of slots whose opening has come, and moves their schedules on. A slot that is
// made late is treated by G6: over already, the newest of its schedule is asked again and the older
// are excused; still running, it is extended once.
class Openings {
 public:
  // At most about `most` rows in all: what is left stays due.
  Openings(Turn& turn, std::size_t most);

  // One schedule that is due. Rests it when its circle is not watched.
  void run(store::ScheduleRow row);
  [[nodiscard]] bool spent() const { return left_ == 0; }
  // H08: one digest for each desk, however many were excused. Last of all.
  void finish();

 private:
  void make(const CircleFacts& circle, const store::ScheduleRow& row,
            const std::vector<protocol::Slot>& slots, std::size_t most);

  Turn& turn_;
  std::size_t left_;
  CirclesOfRows circles_;
  std::map<ByteArray<32>, CircleFacts> digest_;
};

// Slots of all circles whose opening has come, at most about `most` rows. True: more is waiting
// than those that failed before.
[[nodiscard]] bool open_due(Turn& turn, std::size_t most);
// ensure_open: what opens up to now in this circle is made before anything asks for it.
void ensure_open(Turn& turn, const CircleFacts& circle);

// Where a schedule of a watched circle goes on: its first slot that opens after `after`. Nothing is
// written; `row.state` is running or ended. A zone that cannot be read is told, and tried again in
// a minute.
void run_after(Turn& turn, const CircleFacts& circle, store::ScheduleRow& row, Instant after);

// The last schedule of a watched circle has ended: its desk is told. Called after it was written.
void tell_if_ended(Turn& turn, const CircleFacts& circle, const store::ScheduleRow& row);

}  // namespace livlina::server
