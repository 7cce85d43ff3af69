// What a device remembers of its newest alarm, by the server's receipts alone: so that taking it
// back is told in the same words in both realms, whatever incidents each of them is shown (T30).
#pragma once

#include <cstdint>
#include <optional>

#include "clients/core/store.hpp"
#include "crypto/core/time.hpp"
#include "protocol/records/checkin_record.hpp"

namespace livlina::client {

inline constexpr Duration take_back_time = 5 * second;  // watch.md, rule 8
// So long an alarm that was not taken back is spoken of as open.
inline constexpr Duration alarm_is_open = 1 * hour;

// CheckinAccepted.own_alarm
enum class AlarmWord : std::uint8_t {
  none = 0,        // neither an alarm nor about one
  waits = 1,       // an alarm: it can be taken back
  at_once = 2,     // an alarm beside one that is open: it cannot
  taken_back = 3,  // taken back in time
  too_late = 4,    // taken back too late
  noted = 5,       // said to be a mistake
  nothing = 6,     // no alarm of this person is open
};

struct AlarmTold {
  AlarmWord word = AlarmWord::none;
  Instant alarm_at = 0;  // when the server had the alarm that is spoken of; 0: none is
};

class AlarmMemory {
 public:
  // `mirror`: of a real realm, whose decoy realm shall tell of its alarms as well.
  AlarmMemory(Store& store, bool mirror) : store_(store), mirror_(mirror) {}

  // Whether there is an alarm that a person may speak of taking back.
  [[nodiscard]] bool has_alarm() const { return newest().has_value(); }
  // The server had a record of this type and answer at `at`; remembers it. The decoy realm takes
  // back there alone: nothing leads from it to the real one.
  AlarmTold heard(protocol::RecordType type, std::uint8_t answer, Instant at);

 private:
  struct Alarm {
    Instant at = 0;
    bool loud = true;
    bool at_once = false;
    bool taken_back = false;
    Instant loud_at = 0;  // of the newest loud one that was not taken back; 0: none
  };
  [[nodiscard]] std::optional<Alarm> read(std::string_view key) const;
  [[nodiscard]] std::optional<Alarm> newest() const;
  void write(const Alarm& alarm);
  AlarmTold raised(bool loud, Instant at);
  AlarmTold taken_back(bool mistake, Instant at);

  Store& store_;
  bool mirror_;
};

}  // namespace livlina::client
