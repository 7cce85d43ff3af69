// What a reply of the server means for the command that waits for it.
#pragma once

#include <string>

#include "clients/core/context.hpp"

namespace livlina::client {

struct Outcome {
  Status status = Unit{};
  std::string detail;  // the server's stable word, and its own detail after a colon

  [[nodiscard]] bool ok() const { return status.ok(); }
};

// nullptr: offline. An error of the server: invite_gone, conflict, wrong_state, or refused.
[[nodiscard]] Outcome outcome(const v1::ServerFrame* reply);
// True when nothing was decided: the connection ended, or the server cannot take or tell it now.
// The same again, later.
[[nodiscard]] bool no_answer(const v1::ServerFrame* reply);
// True for FORBIDDEN.
[[nodiscard]] bool is_forbidden(const v1::ServerFrame* reply);
// True for CONFLICT and FORK: the server holds another record in this place; perhaps our own, when
// a reply was lost.
[[nodiscard]] bool is_conflict(const v1::ServerFrame* reply);

}  // namespace livlina::client
