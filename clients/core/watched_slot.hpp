// One due check-in as a member's own client sees it: what was verified, what the server said, and
// the one state that follows from both. Pure.
#pragma once

#include <optional>

#include "crypto/core/hash.hpp"
#include "crypto/core/ids.hpp"
#include "crypto/core/time.hpp"
#include "protocol/records/checkin_record.hpp"

namespace livlina::client {

// The numbers of CheckinView.state.
enum class SlotView : std::uint8_t {
  waiting = 1,
  verified_ok = 2,
  verified_talk = 3,
  verified_not_ok = 4,
  server_says_ok = 5,
  server_reports_miss = 6,
  nothing_came = 7,
  server_contradicts = 8,
  excused = 9,
  verified_late = 10,
};

// What the server said of the slot; the numbers of OccurrenceWord.state.
enum class ServerWord : std::uint8_t { none = 0, answered = 2, missed = 3, excused = 4 };

struct WatchedSlot {
  ScheduleId schedule;
  Instant opens_at = 0;
  Instant due = 0;
  Instant deadline = 0;     // by the signed plan
  std::uint8_t answer = 0;  // of the verified record, 0: none came
  bool late = false;        // the record arrived after the deadline
  bool by_shadow = false;
  Instant answered_at = 0;  // the server's time of arrival
  crypto::Hash note_ref{};
  ServerWord word = ServerWord::none;
  Duration waited = 0;   // after the deadline, over earlier connections
  bool moved = false;    // the server's deadline differs from the plan's
  bool warned = false;   // this client has said that nothing came
  bool expected = true;  // by the plan; false: only the server spoke of it

  [[nodiscard]] bool in_time() const { return answer != 0 && !late; }
};

// `due_record`: this member would have got the record by now if there were one (it has the alarm
// scope, was connected with its queue drained, and the wait has passed).
[[nodiscard]] SlotView view_of(const WatchedSlot& slot, bool due_record);

// What a warning about the slot names: its schedule, then its due instant.
[[nodiscard]] Bytes warning_subject(const WatchedSlot& slot);

// ver u8 | the fields in order; strict.
[[nodiscard]] Bytes encode(const WatchedSlot& slot);
[[nodiscard]] std::optional<WatchedSlot> parse_watched_slot(ByteView bytes);

}  // namespace livlina::client
