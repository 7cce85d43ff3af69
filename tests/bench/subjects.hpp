// What can be measured, one file each. Every one starts what it needs, ends it, and adds its
// figures.
#pragma once

#include "tests/bench/report.hpp"
#include "tests/bench/scale.hpp"

namespace livlina::bench {

void measure_acks(const Scale& scale, Report& report);
void measure_steady(const Scale& scale, Report& report);
void measure_idle(const Scale& scale, Report& report);
void measure_handshakes(const Scale& scale, Report& report);
void measure_crypto(const Scale& scale, Report& report);
void measure_misses(const Scale& scale, Report& report);

}  // namespace livlina::bench
