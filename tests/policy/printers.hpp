// How GoogleTest writes the rows and effects of the policy: by their names, so that a failing test
// says which effect is missing. Everything in tests/policy that prints one of them includes this.
#pragma once

#include <ostream>

#include "server/policy/incident.hpp"
#include "server/policy/occurrence.hpp"

namespace livlina::server::policy {

void PrintTo(Outcome outcome, std::ostream* out);
void PrintTo(const Effect& effect, std::ostream* out);
void PrintTo(const Incident& incident, std::ostream* out);
void PrintTo(const Occurrence& occurrence, std::ostream* out);

}  // namespace livlina::server::policy
