// What became of the participant's own alarm, around raising and taking back: by this device's own
// receipts, and by the incident that is shown of it where one is. Both realms say the same in the
// same time (T30).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "clients/cli/client.hpp"

namespace livlina::cli {

// The note as far as an alarm can carry it: whole characters, at most 900 bytes. A note that is too
// long must never keep an alarm from being raised.
[[nodiscard]] std::string fitting_note(const std::string& note);
// Whether an alarm that the server has just accepted acts at once, because another incident of this
// person is open already (watch.md, rule 8).
[[nodiscard]] bool acts_at_once(Client& client, const v1::CheckinAccepted& alarm);

struct TakenBack {
  enum class Result : std::uint8_t {
    taken_back,  // in time: nobody was called
    too_late,    // people are called, or have it
    never_sent,  // it had not left this device, and does not any more
    noted,       // said to be a mistake; closes nothing
    nothing      // no alarm of theirs is open
  };
  Result result = Result::nothing;
  std::string holder;  // who has it, once somebody does
};
// What became of a cancel or mistake that the server has accepted. Always waits a second for the
// server to judge it.
[[nodiscard]] TakenBack what_became(Client& client, const v1::CheckinAccepted& said);
[[nodiscard]] std::string_view word_of(TakenBack::Result result);  // stable, for --json
[[nodiscard]] std::string text_of(const TakenBack& taken);

}  // namespace livlina::cli
