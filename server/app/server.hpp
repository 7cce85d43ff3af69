// The whole server put together: opens everything in order, runs it, stops it in order.
#pragma once

#include <memory>
#include <stdexcept>

#include "server/app/config.hpp"
#include "server/app/database_thread.hpp"
#include "server/time/clocks.hpp"

namespace livlina::server {

// Why the server does not start: one line that says what is wrong, where, and what to do.
class StartRefused : public std::runtime_error {
 public:
  enum class Why : std::uint8_t { configuration, circumstances };
  StartRefused(Why why, const std::string& line) : std::runtime_error(line), why_(why) {}
  [[nodiscard]] Why why() const { return why_; }

 private:
  Why why_;
};

class Server {
 public:
  // Opens files, database and port; serves nobody yet. Throws StartRefused. `clocks` outlives the
  // server.
  explicit Server(const Config& config, const Clocks& clocks = system_clocks());
  ~Server();  // stop()

  void start();
  // New connections get the certificate as it is on the disk now; a bad one is logged and ignored.
  void reload_certificate();
  // Accepts nothing new, commits and answers what was read, says goodbye, ends. At most about 8 s,
  // unless the disk does not answer.
  void stop();

  [[nodiscard]] std::uint16_t port() const;
  // For tests, as in DatabaseThread.
  [[nodiscard]] RoundFigures figures() const;
  void look_again();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace livlina::server
