// A door that shows one certificate and lets nobody in: what a client says of certificates with
// which no honest server would start.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace livlina::testing {

class TlsDoor {
 public:
  // Shows this certificate; an empty name: answers without TLS. `only_tls12`: speaks nothing newer.
  TlsDoor(const std::string& certificate_file, const std::string& key_file,
          bool only_tls12 = false);
  ~TlsDoor();
  TlsDoor(const TlsDoor&) = delete;
  TlsDoor& operator=(const TlsDoor&) = delete;

  [[nodiscard]] std::string port() const { return std::to_string(port_); }
  // Handshakes that the other side finished: it accepted the certificate.
  [[nodiscard]] int accepted() const { return accepted_; }

 private:
  void run(const std::string& certificate_file, const std::string& key_file, bool only_tls12);
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_ = 0;
  std::thread thread_;
};

}  // namespace livlina::testing
