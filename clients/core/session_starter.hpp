// Gets prekeys of other devices from the server and starts sessions with them.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "clients/core/footing.hpp"
#include "clients/core/session_store.hpp"

namespace livlina::v1 {
class PrekeyBundle;
}  // namespace livlina::v1

namespace livlina::client {

class SessionStarter {
 public:
  // `started` is told of every new session before anything else is encrypted with it, `settled`
  // after each answer of the server.
  SessionStarter(Messaging& m, SessionStore& sessions, std::function<void(Peer&)> started,
                 std::function<void()> settled)
      : m_(m), sessions_(sessions), started_(std::move(started)), settled_(std::move(settled)) {}

  enum class Answer : std::uint8_t {
    ready,     // a session for this kind is here
    fetching,  // it is being set up: `settled` will be called
    cannot,    // no session, and none can be had now
  };
  // For a device of the newest list to which outbound() allows to write. Notes whom to ask for;
  // send() asks.
  [[nodiscard]] Answer prepare(const SignPublic& account, const protocol::Device& device,
                               crypto::Kind kind);
  void send();

  void online() { failed_.clear(); }
  [[nodiscard]] bool idle() const { return wanted_.empty() && asked_.empty(); }
  [[nodiscard]] bool fetching(const DeviceId& device) const {
    return wanted_.count(device) != 0 || asked_.count(device) != 0;
  }
  // When a device whose prekeys could not be had is asked for again.
  [[nodiscard]] std::optional<Instant> retry_at() const;

 private:
  struct Wanted {
    SignPublic account;
    protocol::Device device;
  };
  void ask(std::vector<Wanted> batch);
  void answered(const std::vector<Wanted>& batch, const v1::ServerFrame* reply);
  [[nodiscard]] bool start(const Wanted& wanted, const v1::PrekeyBundle& bundle);

  Messaging& m_;
  SessionStore& sessions_;
  std::function<void(Peer&)> started_;
  std::function<void()> settled_;
  std::map<DeviceId, Wanted> wanted_;
  std::set<DeviceId> asked_;
  std::map<DeviceId, Instant> failed_;
};

// The public prekeys of a bundle once its signature was checked and no rollback is seen; nothing,
// and a warning, when the server gave something else (T1).
[[nodiscard]] std::optional<crypto::Bundle> verify_bundle(const Messaging& m,
                                                          const SignPublic& account,
                                                          const protocol::Device& device,
                                                          std::uint32_t lowest_spk,
                                                          const v1::PrekeyBundle& bundle);

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
