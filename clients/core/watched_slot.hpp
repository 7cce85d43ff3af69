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
  not_connected = 11,         // this client could not know
  pressed_other_time = 12,    // a signed record names the slot, and was pressed before it opened
  verified_ok_unmarked = 13,  // a verified ok; whether said under duress cannot be told
  not_watched = 14  // pressed ok, but the circle was armed too late for it: nobody asks for it
};

// What the server said of the slot; the numbers of OccurrenceWord.state.
enum class ServerWord : std::uint8_t { none = 0, answered = 2, missed = 3, excused = 4 };

// How far a signed record answers a slot; the higher goes before the lower.
enum class Credit : std::uint8_t {
  none = 0,
  other_time = 1,  // names the slot, but was pressed before it opened by the phone's own clock
  late = 2,        // arrived after the deadline, or not when the server says that it did
  in_time = 3,
};

struct WatchedSlot {
  ScheduleId schedule;
  Instant opens_at = 0;
  Instant due = 0;
  Instant deadline = 0;     // by the signed plan
  std::uint8_t answer = 0;  // of the verified record, 0: none came
  Credit credit = Credit::none;
  Instant pressed_at = 0;   // by the participant's phone, signed
  Instant answered_at = 0;  // the server's time of arrival
  crypto::Hash note_ref{};
  DeviceId device;        // whose record is the answer; zeros: none came
  DeviceId other_device;  // another whose record spoke of the slot; nobody has more than two
  ServerWord word = ServerWord::none;
  Duration waited = 0;    // after the deadline, while a record would have come
  Instant warned_at = 0;  // when this client said that nothing came, by the server's clock while it
                          // agrees with ours, else by ours; 0: never
  bool moved = false;     // the server's deadline differs from the plan's
  bool blind = false;     // this client has said that it was not connected
  bool expected = true;   // by the plan; false: only the server spoke of it

  // Something that people can take for an answer has come: silence is over.
  [[nodiscard]] bool answered() const { return answer != 0; }
  [[nodiscard]] bool warned() const { return warned_at != 0; }
  [[nodiscard]] bool spoken_by(const DeviceId& who) const {
    return !who.zero() && (device == who || other_device == who);
  }
};

// What a member knows besides.
struct Sight {
  // It would have got the record by now if there were one (it has the alarm scope, was connected
  // with its queue drained, and the wait has passed).
  bool due_record = false;
  // The time is over, and it could not have got one; nor does the server's word have to do for it.
  bool blind = false;
  bool unwatched = false;  // it had opened when the circle was armed, or the plan signed
  bool unmarked = false;   // which of the participant's devices is the shadow is not known
};
[[nodiscard]] SlotView view_of(const WatchedSlot& slot, const Sight& sight);

// Whether the signed record was pressed for this slot: not before it opened, by the phone's own
// clock (protocol::press_slack). One that was pressed for an earlier slot and came late (or was
// withheld, T35) says nothing of a slot that opened since, whatever slot it names: that name may
// come from a clock which a server has moved. A server that asks by the name (pressed_for) counts
// more than members do; what it counts and they do not they show.
[[nodiscard]] bool covers(const protocol::CheckinRecord& record, const ScheduleId& schedule,
                          Instant opens_at);
// It names the slot all the same, and was pressed before: shown, and never as an answer.
[[nodiscard]] bool names_early(const protocol::CheckinRecord& record, const ScheduleId& schedule,
                               Instant opens_at, Instant due);

// Whether what the server says of a record's arrival can be: not before it was pressed, and not
// before the moment at which this client knew that nothing had come (`warned_at`, 0: it did not).
[[nodiscard]] bool arrival_possible(const protocol::CheckinRecord& record, Instant received_at,
                                    Instant warned_at);

// What a warning about the slot names: its schedule, then its due instant.
[[nodiscard]] Bytes warning_subject(const WatchedSlot& slot);

// ver u8 | the fields in order; strict.
[[nodiscard]] Bytes encode(const WatchedSlot& slot);
[[nodiscard]] std::optional<WatchedSlot> parse_watched_slot(ByteView bytes);

}  // namespace livlina::client
