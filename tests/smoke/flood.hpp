// What a server has to bear while an alarm must pass: devices that write as much as they are let,
// and strangers who connect and go, from a thread of its own.
#pragma once

#include <atomic>
#include <exception>
#include <thread>
#include <vector>

#include "tests/bench/device.hpp"

namespace livlina::testing {

class Flood {
 public:
  // Each of these keeps `at_once` messages under way, each for all of `to`; `strangers` connections
  // are always in their TLS handshake. The writers outlive it.
  Flood(std::uint16_t port, std::vector<TestDevice*> writers, std::vector<DeviceId> to,
        std::size_t at_once, std::size_t strangers);
  ~Flood();
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

  [[nodiscard]] std::uint64_t stored() const { return stored_; }
  [[nodiscard]] std::uint64_t handshakes() const { return handshakes_; }
  // Ends it; throws what ended it before.
  void stop();

 private:
  void run();
  const std::uint16_t port_;
  const std::vector<TestDevice*> writers_;
  const std::vector<DeviceId> to_;
  const std::size_t at_once_;
  const std::size_t strangers_;
  std::atomic<std::uint64_t> stored_ = 0;
  std::atomic<std::uint64_t> handshakes_ = 0;
  std::atomic<bool> over_ = false;
  std::exception_ptr failed_;
  std::thread thread_;
};

}  // namespace livlina::testing
