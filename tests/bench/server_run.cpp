#include "tests/bench/server_run.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "server/store/db.hpp"
#include "tests/bench/failed.hpp"

namespace livlina::bench {

namespace {

// All are settings that the server's configuration documents.
constexpr const char* limits =
    "[limits]\nconnections = 50000\nconnections_per_address = 50000\n"
    "requests_per_second = 1000000\nburst = 1000000\nidle_seconds = 3600\nqueue = 1000000\n"
    "login_seconds = 120\nopening_seconds = 120\n";

FlushCounts* share(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, sizeof(FlushCounts)) != 0) throw Failed("cannot make " + file);
  void* page = ::mmap(nullptr, sizeof(FlushCounts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  (void)::close(fd);
  if (page == MAP_FAILED) throw Failed("cannot map " + file);
  return static_cast<FlushCounts*>(page);
}

// The kernel's own account, in nanoseconds: /proc/PID/stat has the same in hundredths of a second.
std::uint64_t cpu_of(int pid) {
  std::uint64_t sum = 0;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    std::ifstream in(task.path() / "schedstat");
    std::uint64_t ns = 0;
    if (in >> ns) sum += ns;
  }
  if (sum == 0) throw Failed("this kernel does not tell CPU time (schedstat)");
  return sum;
}

}  // namespace

Used operator-(const Used& later, const Used& earlier) {
  return {later.cpu_ns - earlier.cpu_ns, later.log_flushes - earlier.log_flushes,
          later.checkpoints - earlier.checkpoints};
}

ServerRun::ServerRun(const std::function<void(server::store::Db&)>& fill)
    : server_(limits), counts_file_(server_.dir().file("flushes")), counts_(share(counts_file_)) {
  if (server_.init().empty()) throw Failed("livlina-server init failed");
  with_database(fill);
}

ServerRun::~ServerRun() {
  stop();
  (void)::munmap(counts_, sizeof(FlushCounts));
}

void ServerRun::with_database(const std::function<void(server::store::Db&)>& write) {
  server::store::Db db(server_.database(), server::store::Db::Mode::open_existing);
  write(db);
  (void)db.checkpoint();
}

void ServerRun::start() {
  // Only this process gets them.
  (void)::setenv("LD_PRELOAD", LIVLINA_FLUSH_COUNT, 1);
  (void)::setenv(flush_counts_variable, counts_file_.c_str(), 1);
  const bool started = server_.start();
  (void)::unsetenv("LD_PRELOAD");
  (void)::unsetenv(flush_counts_variable);
  if (!started) throw Failed("livlina-server does not start");
  running_ = true;
}

void ServerRun::stop() {
  if (!running_) return;
  running_ = false;
  server_.signal(SIGTERM);
  if (!server_.wait()) server_.signal(SIGKILL);
}

Used ServerRun::used() const {
  return {cpu_of(server_.pid()), counts_->log.load(), counts_->database.load()};
}

std::uint64_t ServerRun::resident_kib() const {
  std::ifstream in("/proc/" + std::to_string(server_.pid()) + "/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6));
  throw Failed("this kernel does not tell memory (VmRSS)");
}

}  // namespace livlina::bench
