// Runs the server until a signal ends it.
#pragma once

#include <iosfwd>

#include "server/app/config.hpp"

namespace livlina::server {

// Returns after a graceful stop: SIGTERM and SIGINT stop, SIGHUP reads the certificate again,
// SIGUSR1 switches the log between its level and debug. Ends the process with code 1 if stopping
// takes over 10 s. Throws StartRefused. Prints "listening on ADDRESS port N" to `out` when
// connections are accepted.
void serve(const Config& config, std::ostream& out);

}  // namespace livlina::server
