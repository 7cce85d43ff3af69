// Drives the client core with a vault, a socket and the clock: stores before it sends or shows.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "clients/cli/failure.hpp"
#include "clients/cli/socket.hpp"
#include "clients/core/core.hpp"
#include "crypto/e2ee/vault.hpp"
#include "protocol/proto.hpp"

namespace livlina::cli {

class Driver {
 public:
  // Every event that comes, in order, after what caused it was stored. True: a person can see it
  // now. What must be seen (Event.confirm) is kept and said again by the next process otherwise.
  using OnEvent = std::function<bool(const v1::Event&)>;

  // `vault` is the opened realm. Throws Failure when the core cannot read what is stored.
  Driver(crypto::Vault vault, const std::string& ca_file, OnEvent on_event);
  ~Driver();

  // What listen() says of the connection, so that silence never reads as "all well".
  struct Link {
    enum class State : std::uint8_t { lost, still_lost, back };
    State state;
    Instant since;    // when the connection was lost, or listen() began without one
    std::string why;  // the last reason, one plain sentence
  };
  using OnLink = std::function<void(const Link&)>;

  // Connects and logs in; false when the server cannot be reached by `until` (why() says why).
  [[nodiscard]] bool go_online(Instant until);
  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] bool online() const { return logged_in_; }
  // A connection to the server has stood: its certificate was accepted.
  [[nodiscard]] bool reached() const { return reached_; }

  // Gives one command to the core and runs until its Finished event, or until `until`: then a
  // Finished with the error "timeout" is returned. Without a connection the core says what it can
  // do alone.
  [[nodiscard]] v1::Finished run(v1::Command command, Instant until);
  // Runs until `enough` says true (asked after every event), `until`, or a signal. False: not
  // enough. Connects again by itself after a loss, waiting 1 s, 2 s, 4 s to 30 s, and says so at
  // once and every link_reminder. Throws Failure when the server wants this device to stay away
  // (wire.md, "Close codes").
  [[nodiscard]] bool listen(Instant until, const std::function<bool()>& enough,
                            const OnLink& on_link);
  // Exchanges everything queued on both sides, at most until `until`; then says goodbye.
  void finish(Instant until);
  // The opened realm; the core's own changes come only from the calls above.
  [[nodiscard]] const crypto::Vault& vault() const { return vault_; }
  [[nodiscard]] bool interrupted() const { return interrupted_; }

 private:
  void flush();  // store, then send, then show, then confirm what was shown
  [[nodiscard]] v1::Command take_step();
  void stay_away(std::string_view code);
  void step(Instant until);  // one wait and what it brought
  void watch_link(const OnLink& on_link);
  void handle(const SocketEvent& event);
  void connect();

  crypto::Vault vault_;
  Socket socket_;
  std::unique_ptr<client::Core> core_;
  OnEvent on_event_;
  std::string why_;
  std::optional<Instant> wake_at_;
  std::uint64_t next_id_ = 1;
  std::optional<v1::Finished> finished_;
  std::uint64_t awaited_ = 0;
  std::string stay_away_;  // why this device must not connect again by itself; empty: it may
  std::optional<Instant> lost_since_;  // as listen() said last; nothing: connected
  Instant link_said_at_ = 0;
  bool logged_in_ = false;
  bool connecting_ = false;
  bool reached_ = false;
  bool interrupted_ = false;
};

inline constexpr Duration link_reminder = 3 * minute;

}  // namespace livlina::cli
