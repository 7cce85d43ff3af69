#include "server/app/operator_command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "server/log/log.hpp"

namespace livlina::server {

namespace {

// Everything posix_spawn needs so that the command sees nothing of ours: no descriptors, no blocked
// signals, a process group of its own.
class SpawnSetting {
 public:
  SpawnSetting() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSetting() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetting(const SpawnSetting&) = delete;
  SpawnSetting& operator=(const SpawnSetting&) = delete;

  // The process's number, or nothing when it cannot be started.
  [[nodiscard]] std::optional<pid_t> start(std::vector<std::string> arguments) const {
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    char language[] = "LANG=C.UTF-8";
    char* environment[] = {path, language, nullptr};
    pid_t pid = 0;
    const int e = ::posix_spawn(&pid, argv[0], &actions_, &attributes_, argv.data(), environment);
    if (e == 0) return pid;
    log::error("operator_command_not_started", {{"error", e}});
    return std::nullopt;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

enum class Wait : std::uint8_t { ended, too_long, stopped };

// Needs no descriptor of its own: the operator must be told also when there is none left.
constexpr Duration look_every = 20;

Wait wait_for(pid_t pid, int stop_event, Duration limit, int& status) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(limit);
  while (true) {
    if (::waitpid(pid, &status, WNOHANG) != 0) return Wait::ended;
    if (std::chrono::steady_clock::now() >= until) return Wait::too_long;
    pollfd stop{stop_event, POLLIN, 0};
    if (::poll(&stop, 1, static_cast<int>(look_every)) > 0) return Wait::stopped;
  }
}

}  // namespace

OperatorCommand::OperatorCommand(std::vector<std::string> command, Done done,
                                 OperatorCommandLimits limits)
    : command_(std::move(command)),
      done_(std::move(done)),
      limits_(limits),
      stop_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  for (unsigned i = 0; i < limits_.at_once; ++i) threads_.emplace_back([this] { work(); });
}

OperatorCommand::~OperatorCommand() {
  stop();
  if (stop_event_ >= 0) (void)::close(stop_event_);
}

void OperatorCommand::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  const std::uint64_t one = 1;
  (void)!::write(stop_event_, &one, sizeof one);  // stays readable: it stops every wait
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void OperatorCommand::send(const OperatorNotice& notice) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_ || !known_.insert(notice.id).second) return;
    waiting_.push_back(notice);
  }
  wake_.notify_one();
}

void OperatorCommand::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const OperatorNotice notice = waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    const bool delivered = run(notice);
    lock.lock();
    known_.erase(notice.id);  // first: the engine may send it again from within done
    if (stopping_) return;
    lock.unlock();
    done_(notice.id, delivered);
    lock.lock();
  }
}

bool OperatorCommand::run(const OperatorNotice& notice) const {
  std::vector<std::string> arguments = command_;
  arguments.push_back(notice.incident.hex());
  arguments.push_back(std::to_string(notice.severity));
  arguments.emplace_back(notice.code);
  const SpawnSetting setting;
  const std::optional<pid_t> pid = setting.start(std::move(arguments));
  if (!pid) return false;
  int status = 1 << 8;  // as of one that failed, should it be unknown how this one ended
  const Wait wait = wait_for(*pid, stop_event_, limits_.time, status);
  if (wait != Wait::ended) {
    (void)::kill(-*pid, SIGKILL);
    (void)::waitpid(*pid, &status, 0);
  }
  const bool delivered = wait == Wait::ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (!delivered)
    log::warning("operator_command_failed",
                 {{"incident", notice.incident},
                  {"timeout", wait == Wait::too_long},
                  {"exit_code", WIFEXITED(status) ? WEXITSTATUS(status) : -1}});
  return delivered;
}

}  // namespace livlina::server
