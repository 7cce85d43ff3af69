// The shadow's outgoing sessions, set up by the real realm of a participant for the decoy realm, so
// that there nothing has to be asked of the server (protocol/spec/e2ee.md, Duress).
#pragma once

#include <map>
#include <set>

#include "clients/core/sender.hpp"

namespace livlina::client {

class ShadowSessions {
 public:
  ShadowSessions(Messaging& m, Sender& sender) : m_(m), sender_(sender) {}

  // Starts a session to every device of a line with the alarm scope that has none or one of 90
  // days; stores it in the decoy realm and ships its first frame. Nothing in a decoy realm, on a
  // device of staff, or without a connection.
  void renew();
  // To be called in a step after the one that stored sessions: both realms have them now.
  void settle();
  [[nodiscard]] bool unsettled() const { return !given_.empty(); }
  [[nodiscard]] bool idle() const { return asked_.empty(); }
  // When a device whose prekeys could not be had is asked for again.
  [[nodiscard]] std::optional<Instant> retry_at() const;

 private:
  struct Wanted {
    SignPublic account;
    protocol::Device device;
  };
  // What the decoy realm was given for a device, as it was then: its own copy advances, and this
  // one is kept only so that the next session counts on (it is never given again).
  struct Given {
    Peer peer;
    Instant at = 0;
    // A later step began, so both realms have it. Without that a crash may have come between their
    // commits, and the session is started anew.
    bool settled = false;
  };
  [[nodiscard]] std::optional<Given> given(const SignPublic& account, const DeviceId& device) const;
  void save(const Given& given);
  [[nodiscard]] std::vector<Wanted> reachable(const Circle& circle) const;
  [[nodiscard]] bool due(const Wanted& wanted) const;
  void ask(std::vector<Wanted> batch);
  void answered(const std::vector<Wanted>& batch, const v1::ServerFrame* reply);
  [[nodiscard]] bool start(const Wanted& wanted, const v1::PrekeyBundle& received);
  [[nodiscard]] bool ship_first(Given& given);

  Messaging& m_;
  Sender& sender_;
  std::set<DeviceId> asked_;
  std::map<DeviceId, SignPublic> given_;  // in the step before, with the owners
  std::map<DeviceId, Instant> failed_;
};

}  // namespace livlina::client
