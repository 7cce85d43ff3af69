// What people press, as commands of the client core in one line each.
#pragma once

#include <cstdint>
#include <string>

#include "livlina/core.pb.h"

namespace livlina::testing {

[[nodiscard]] inline v1::Command press(std::uint32_t answer, const std::string& note = {}) {
  v1::Command c;
  c.mutable_check_in()->set_answer(answer);
  c.mutable_check_in()->set_note(note);
  return c;
}

[[nodiscard]] inline v1::Command alarm(std::uint32_t kind = 2, const std::string& note = {}) {
  v1::Command c;
  c.mutable_raise_alarm()->set_kind(kind);
  c.mutable_raise_alarm()->set_note(note);
  return c;
}

// One on which a human practises.
[[nodiscard]] inline v1::Command drill() { return alarm(3); }

// `number`: protocol::Act. `reason`: of a resolution.
[[nodiscard]] inline v1::Command act(std::uint32_t number, const std::string& incident,
                                     std::uint32_t reason = 0, const std::string& note = {}) {
  v1::Command c;
  c.mutable_do_act()->set_act(number);
  c.mutable_do_act()->set_incident_id(incident);
  c.mutable_do_act()->set_reason(reason);
  c.mutable_do_act()->set_note(note);
  return c;
}

}  // namespace livlina::testing
