// What people and desks may be called, so that a name in a command means one of them.
#pragma once

#include <string>

namespace livlina::cli {

// Throws Failure (bad_argument): it is empty, "all" or "desk", has a colon, or what no screen
// shows.
void need_good_name(const std::string& name);

}  // namespace livlina::cli
