// The options that every command shares.
#pragma once

#include <string>

#include "crypto/core/time.hpp"

namespace livlina::cli {

struct Options {
  std::string state;     // folder; default $LIVLINA_STATE, else ~/.local/share/livlina
  std::string ca;        // certificate authority file; remembered in the state folder
  std::string pin_file;  // default $LIVLINA_PIN_FILE; empty: ask on the terminal
  bool json = false;
  int timeout_s = 30;  // how long a command may wait for the server

  [[nodiscard]] Duration timeout() const { return timeout_s * second; }
};

// Fills in what the command line left open from the environment.
void complete(Options& options);

}  // namespace livlina::cli
