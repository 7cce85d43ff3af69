// A server that speaks TLS and WebSocket by hand and says what no honest one does: what a client
// makes of it.
#pragma once

#include <cstdint>
#include <string>
#include <thread>

namespace livlina::testing {

class WsDoor {
 public:
  // To its one guest: the answer to the upgrade with these header lines more, then these bytes.
  WsDoor(const std::string& certificate_file, const std::string& key_file, std::string more_headers,
         std::string bytes);
  ~WsDoor();
  WsDoor(const WsDoor&) = delete;
  WsDoor& operator=(const WsDoor&) = delete;

  [[nodiscard]] std::string port() const { return std::to_string(port_); }
  // Until the guest has gone; what it asked in the upgrade, and what it sent afterwards.
  struct Guest {
    std::string upgrade;
    std::string after;
  };
  [[nodiscard]] Guest guest();

 private:
  void run(const std::string& certificate_file, const std::string& key_file);
  const std::string more_headers_;
  const std::string bytes_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  Guest guest_;
  std::thread thread_;
};

}  // namespace livlina::testing
