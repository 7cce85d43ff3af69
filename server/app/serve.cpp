#include "server/app/serve.hpp"

#include <signal.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <ostream>
#include <thread>

#include "server/app/descriptors.hpp"
#include "server/app/server.hpp"
#include "server/log/log.hpp"

namespace livlina::server {

namespace {

constexpr auto stop_bound = std::chrono::seconds(10);

// Ends the process when stopping hangs (a disk that does not answer): what was acknowledged is
// committed.
class StopBound {
 public:
  StopBound() : thread_([this] { wait(); }) {}
  ~StopBound() {
    {
      const std::scoped_lock lock(mutex_);
      over_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  StopBound(const StopBound&) = delete;
  StopBound& operator=(const StopBound&) = delete;

 private:
  void wait() {
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, stop_bound, [this] { return over_; })) return;
    log::error("stop_took_too_long");
    std::_Exit(1);
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  bool over_ = false;
  std::thread thread_;  // last: it uses the others
};

// Blocked in every thread that is started later, so that only sigwait sees them.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int s : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set, s);
  (void)::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  (void)::signal(SIGPIPE, SIG_IGN);
  // A bound on the size of files (LimitFSIZE) is then a full disk for one write, not the end of
  // all.
  (void)::signal(SIGXFSZ, SIG_IGN);
  return set;
}

// With fewer places than configured rather than without the descriptors to write.
Config bounded(Config config) {
  raise_descriptor_limit();
  const std::uint64_t most = most_connections();
  if (config.net.connections <= most) return config;
  log::warning("connections_bounded", {{"configured", config.net.connections}, {"possible", most}});
  config.net.connections = static_cast<std::uint32_t>(most);
  return config;
}

}  // namespace

void serve(const Config& config, std::ostream& out) {
  const sigset_t signals = block_signals();
  log::open(config.log_json, config.log_level);
  // It may be installed later, and everything else works meanwhile.
  if (!operator_command_problem(config).empty())
    log::warning("operator_command_unusable", {{"try", log::Word("check_config")}});
  if (!readiness_of_webhooks(config).empty())
    log::warning("webhook_unusable", {{"try", log::Word("check_config")}});
  Server server(bounded(config));
  server.start();
  out << "listening on " << config.net.address << " port " << server.port() << '\n' << std::flush;
  while (true) {
    int signal = 0;
    if (::sigwait(&signals, &signal) != 0) continue;
    if (signal == SIGHUP) {
      server.reload_certificate();
    } else if (signal == SIGUSR1) {
      const bool quiet = log::level() != log::Level::debug;
      log::set_level(quiet ? log::Level::debug : config.log_level);
    } else {
      break;
    }
  }
  const StopBound bound;
  server.stop();
}

}  // namespace livlina::server
