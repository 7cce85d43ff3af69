// Makes a new server: directory, database, signing key, and the code for the first person.
#pragma once

#include <string>

#include "server/app/config.hpp"

namespace livlina::server {

struct InitDone {
  std::string database;
  std::string identity_file;
  std::string address;  // "host:port" of the code
  std::string code;     // what clients scan, in hex: ver | P | host_len | host:port | key | 0 | s
  std::string secret;   // s alone, in hex
  std::string server_key;  // the public key, in hex: what people compare by eye
  Instant expires_at = 0;
};

// Refuses to touch what is there, and leaves nothing half-made when it fails. Throws StartRefused.
[[nodiscard]] InitDone init(const Config& config, Instant now);
// For an initialised server without a desk yet: another first code, which ends the one before. The
// server must be stopped. Throws StartRefused.
[[nodiscard]] InitDone new_first_code(const Config& config, Instant now);

}  // namespace livlina::server
