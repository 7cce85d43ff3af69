// A client in this process against a real server: the core, the command line's own socket, and a
// map in the vault's place (no Argon2). It notes what it was told, to be compared with the truth.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "clients/cli/moment.hpp"
#include "clients/cli/socket.hpp"
#include "clients/core/core.hpp"
#include "protocol/proto.hpp"

namespace livlina::testing {

class NetClient {
 public:
  NetClient(std::string name, const std::string& ca_file);

  // The server listens there now; nothing: it is down.
  void server_at(std::optional<std::uint16_t> port) { port_ = port; }
  // Does what can be done now without blocking; false: nothing.
  bool pump();
  // Connects by itself from now on, whenever the server is up.
  void go_online() { wants_connection_ = true; }
  // The process ends and begins anew from what is stored. False when the core cannot read it.
  [[nodiscard]] bool reopen();

  // Gives a command; its end is in finished() later.
  std::uint64_t give(v1::Command command);
  [[nodiscard]] const v1::Finished* finished(std::uint64_t id) const;
  [[nodiscard]] bool logged_in() const { return logged_in_; }
  [[nodiscard]] bool attached() const { return attempt_; }  // connected, or about to be

  // The newest event of a kind, or nullptr.
  [[nodiscard]] const v1::Event* last(v1::Event::EventCase which) const;
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] v1::Status status();  // what the core knows by itself

  // ---- frames of a test's own, beside those of the core ----

  static constexpr std::uint64_t raw_ids = std::uint64_t{1} << 40;  // and above
  void send_raw(std::string frame) { socket_->send(std::move(frame)); }
  std::map<std::uint64_t, v1::ServerFrame> raw_replies;  // to ids from raw_ids on, or 0 for errors
  bool remember_requests = false;
  std::vector<v1::Request> requests;  // what the core sent meanwhile
  std::string closed_because;

  // ---- the ledger ----

  std::map<std::string, std::uint32_t> sent;              // own text -> the highest state told
  std::vector<std::string> came;                          // texts of others, as they came
  std::set<std::string> gaps;                             // those behind a gap mark
  std::map<std::uint64_t, v1::CheckinAccepted> accepted;  // seq -> the reply
  std::map<std::string, int> warnings;                    // code -> how often

 private:
  void step();
  void note(const v1::Event& event);
  void look(const std::string& frame);
  void handle(const cli::SocketEvent& event);

  std::string name_;
  std::string ca_file_;
  std::unique_ptr<cli::Socket> socket_;
  crypto::Vault::Values values_;
  crypto::Vault::Values decoy_;
  std::unique_ptr<client::Core> core_;
  std::optional<std::uint16_t> port_;
  std::optional<Instant> wake_at_;
  Instant retry_at_ = 0;
  std::uint64_t next_command_ = 1;
  bool wants_connection_ = false;
  bool attempt_ = false;
  bool logged_in_ = false;
  std::set<std::string> seen_;  // ids of messages of others
  std::map<std::uint64_t, v1::Finished> finished_;
  std::map<int, v1::Event> last_;
};

}  // namespace livlina::testing
