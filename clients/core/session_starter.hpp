// Starts sessions with other devices, when there is none to say something with.
#pragma once

#include <functional>

#include "clients/core/footing.hpp"
#include "clients/core/prekey_requests.hpp"
#include "clients/core/session_store.hpp"

namespace livlina::client {

class SessionStarter {
 public:
  // `started` is told of every new session before anything else is encrypted with it, `settled`
  // after each answer of the server.
  SessionStarter(Messaging& m, SessionStore& sessions, std::function<void(Peer&)> started,
                 std::function<void()> settled)
      : m_(m),
        sessions_(sessions),
        started_(std::move(started)),
        requests_(
            m, [this](const auto& wanted, const auto& bundle) { return start(wanted, bundle); },
            std::move(settled)) {}

  enum class Answer : std::uint8_t {
    ready,     // a session for this kind is here
    fetching,  // it is being set up: `settled` will be called
    cannot,    // no session, and none can be had now
  };
  // For a device of the newest list to which outbound() allows to write. Notes whom to ask for;
  // send() asks.
  [[nodiscard]] Answer prepare(const SignPublic& account, const protocol::Device& device,
                               crypto::Kind kind);
  void send() { requests_.send(); }

  void online() { requests_.online(); }
  [[nodiscard]] bool idle() const { return requests_.idle(); }
  [[nodiscard]] bool fetching(const DeviceId& device) const { return requests_.fetching(device); }
  // When a device whose prekeys could not be had is asked for again.
  [[nodiscard]] std::optional<Instant> retry_at() const { return requests_.retry_at(); }

 private:
  [[nodiscard]] bool start(const PrekeyRequests::Wanted& wanted, const v1::PrekeyBundle& bundle);

  Messaging& m_;
  SessionStore& sessions_;
  std::function<void(Peer&)> started_;
  PrekeyRequests requests_;
};

// Kinds that always carry the init part, so that both of a participant's devices look alike.
[[nodiscard]] constexpr bool always_init(crypto::Kind kind) {
  return kind == crypto::Kind::alarm || kind == crypto::Kind::checkin_note;
}
// Encrypts with the session that prepare() found ready and stores it advanced.
[[nodiscard]] crypto::Result<Bytes> seal_frame(const Messaging& m, SessionStore& sessions,
                                               Peer& peer, crypto::Kind kind,
                                               const CircleId& circle, const Outbound& footing,
                                               const crypto::SecretBytes& plain);

}  // namespace livlina::client
