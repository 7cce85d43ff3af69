// Prekeys of other devices: asked of the server, checked, handed on to whoever starts sessions.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "clients/core/messaging.hpp"
#include "crypto/e2ee/x3dh.hpp"

namespace livlina::v1 {
class PrekeyBundle;
}  // namespace livlina::v1

namespace livlina::client {

class PrekeyRequests {
 public:
  struct Wanted {
    SignPublic account;
    protocol::Device device;
  };
  // `start` begins a session with what came, or says that it cannot be used; `settled` is called
  // after each answer, and when the connection ended first.
  using Start = std::function<bool(const Wanted&, const v1::PrekeyBundle&)>;
  PrekeyRequests(Messaging& m, Start start, std::function<void()> settled)
      : m_(m), start_(std::move(start)), settled_(std::move(settled)) {}

  // Notes whom to ask for; send() asks.
  void want(const SignPublic& account, const protocol::Device& device);
  void send();
  // Noted, or asked for.
  [[nodiscard]] bool fetching(const DeviceId& device) const {
    return wanted_.count(device) != 0 || asked_.count(device) != 0;
  }
  // No session could be started a moment ago, for whatever reason: not to be asked for again before
  // retry_at() or the next log-in.
  [[nodiscard]] bool failed(const DeviceId& device) const;
  void online() { failed_.clear(); }
  [[nodiscard]] bool idle() const { return wanted_.empty() && asked_.empty(); }
  [[nodiscard]] std::optional<Instant> retry_at() const;

 private:
  void ask(std::vector<Wanted> batch);
  void answered(const std::vector<Wanted>& batch, const v1::ServerFrame* reply);

  Messaging& m_;
  Start start_;
  std::function<void()> settled_;
  std::map<DeviceId, Wanted> wanted_;
  std::set<DeviceId> asked_;
  std::map<DeviceId, Instant> failed_;
};

// The signed list names suite 1, the only one that this version speaks. With an account that has
// withdrawn it nothing new begins, in either direction (T15).
[[nodiscard]] bool speaks_our_suite(const protocol::DeviceList& list);

// The public prekeys of a bundle once its signature was checked and no rollback is seen; nothing,
// and a warning, when the server gave something else (T1).
[[nodiscard]] std::optional<crypto::Bundle> verify_bundle(const Messaging& m,
                                                          const SignPublic& account,
                                                          const protocol::Device& device,
                                                          std::uint32_t lowest_spk,
                                                          const v1::PrekeyBundle& bundle);

}  // namespace livlina::client
