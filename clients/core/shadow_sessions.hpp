// The shadow's outgoing sessions, set up by the real realm of a participant for the decoy realm, so
// that there nothing has to be asked of the server (protocol/spec/e2ee.md, Duress).
#pragma once

#include <map>

#include "clients/core/prekey_requests.hpp"
#include "clients/core/sender.hpp"

namespace livlina::client {

class ShadowSessions {
 public:
  ShadowSessions(Messaging& m, Sender& sender)
      : m_(m),
        sender_(sender),
        requests_(
            m, [this](const auto& wanted, const auto& bundle) { return start(wanted, bundle); },
            [this] { sender_.post_parcels(); }) {}

  // Starts a session to every device of a line with the alarm scope that has none or one of 90
  // days; stores it in the decoy realm and ships its first frame. Nothing in a decoy realm, on a
  // device of staff, or without a connection.
  void renew();
  // To be called in a step after the one that stored sessions: both realms have them now.
  void settle();
  [[nodiscard]] bool unsettled() const { return !given_.empty(); }
  void online() { requests_.online(); }
  [[nodiscard]] bool idle() const { return requests_.idle(); }
  // When a device whose prekeys could not be had is asked for again.
  [[nodiscard]] std::optional<Instant> retry_at() const { return requests_.retry_at(); }

 private:
  using Wanted = PrekeyRequests::Wanted;
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
  [[nodiscard]] bool start(const Wanted& wanted, const v1::PrekeyBundle& received);
  [[nodiscard]] bool ship_first(Given& given);

  Messaging& m_;
  Sender& sender_;
  PrekeyRequests requests_;
  std::map<DeviceId, SignPublic> given_;  // in the step before, with the owners
};

}  // namespace livlina::client
