// What the server's incidents say of the participant's own alarm, around raising and taking back.
#pragma once

#include <string>
#include <string_view>

#include "clients/cli/client.hpp"

namespace livlina::cli {

// The note as far as an alarm can carry it: whole characters, at most 900 bytes. A note that is too
// long must never keep an alarm from being raised.
[[nodiscard]] std::string fitting_note(const std::string& note);
// Whether an unresolved incident that this person may see began before `raised_at`: an alarm then
// acts at once (watch.md, rule 8).
[[nodiscard]] bool has_older_incident(Client& client, Instant raised_at);

struct TakenBack {
  enum class Result {
    taken_back,  // in time: nobody was called
    too_late,    // people are called, or have it
    never_sent,  // it had not left this device, and does not any more
    noted,       // said to be a mistake; closes nothing
    nothing      // no alarm of theirs is open
  };
  Result result = Result::nothing;
  std::string holder;  // who has it, once somebody does
};
// What the server made of a word that it received at `said_at`; waits up to two seconds for that.
[[nodiscard]] TakenBack what_became(Client& client, Instant said_at);
[[nodiscard]] std::string_view word_of(TakenBack::Result result);  // stable, for --json
[[nodiscard]] std::string text_of(const TakenBack& taken);

}  // namespace livlina::cli
