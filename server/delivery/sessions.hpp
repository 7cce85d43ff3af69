// The live sessions, in memory only: who is connected, as which device, handed what. The newest
// session of a device wins.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "server/delivery/acknowledged.hpp"
#include "server/delivery/in_flight.hpp"
#include "server/delivery/window.hpp"
#include "server/services/log_in.hpp"
#include "server/services/turn.hpp"

namespace livlina::server {

struct Live {
  SessionId id = 0;
  ByteArray<32> server_nonce{};  // of its challenge
  std::optional<Caller> caller;  // after log-in
  DeviceId mailbox;              // whose rows it is handed: for a shadow the primary's
  Window window;
};

class Sessions final : public Presence {
 public:
  void open(SessionId id, const ByteArray<32>& server_nonce);
  [[nodiscard]] Live* find(SessionId id);
  // The session becomes the device's. Returns the one that it replaces, which is then closed here.
  std::optional<SessionId> log_in(SessionId id, const LoggedIn& who);
  // The device whose live session ended with it, if any.
  std::optional<DeviceId> close(SessionId id);

  [[nodiscard]] bool online(const DeviceId& device) const override {
    return by_device_.contains(device);
  }
  [[nodiscard]] std::uint32_t acknowledged(const DeviceId& device) const override {
    return acknowledged_.counted(device);
  }
  [[nodiscard]] bool busy(const ByteArray<32>& webhook) const override {
    return in_flight_.busy(webhook);
  }
  [[nodiscard]] InFlight& in_flight() { return in_flight_; }
  [[nodiscard]] const InFlight& in_flight() const { return in_flight_; }
  [[nodiscard]] Acknowledged& acknowledged() { return acknowledged_; }
  [[nodiscard]] const Acknowledged& acknowledged() const { return acknowledged_; }
  [[nodiscard]] Live* of(const DeviceId& device);
  // Sessions that are handed this device's rows: its own, and its shadow's.
  [[nodiscard]] std::vector<Live*> readers(const DeviceId& mailbox);
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

 private:
  std::unordered_map<SessionId, Live> sessions_;
  std::unordered_map<DeviceId, SessionId> by_device_;
  std::multimap<DeviceId, SessionId> by_mailbox_;
  Acknowledged acknowledged_;
  InFlight in_flight_;
};

}  // namespace livlina::server
