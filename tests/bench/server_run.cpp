#include "tests/bench/server_run.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "server/store/db.hpp"
#include "tests/bench/failed.hpp"

namespace livlina::bench {

namespace {

// All are settings that the server's configuration documents.
constexpr const char* limits =
    "[limits]\nconnections = 50000\nconnections_per_address = 50000\n"
    "arrivals_per_second = 1000000\narrival_burst = 1000000\n"
    "requests_per_second = 1000000\nburst = 1000000\nin_flight = 10000\nidle_seconds = 3600\nqueue "
    "= 1000000\n"
    "login_seconds = 120\nopening_seconds = 120\n";

FlushCounts* share(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, sizeof(FlushCounts)) != 0) throw Failed("cannot make " + file);
  void* page = ::mmap(nullptr, sizeof(FlushCounts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  (void)::close(fd);
  if (page == MAP_FAILED) throw Failed("cannot map " + file);
  return static_cast<FlushCounts*>(page);
}

}  // namespace

Used operator+(const Used& one, const Used& more) {
  return {one.cpu + more.cpu, one.log_flushes + more.log_flushes,
          one.checkpoints + more.checkpoints};
}

Used operator-(const Used& later, const Used& earlier) {
  return {later.cpu - earlier.cpu, later.log_flushes - earlier.log_flushes,
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

std::uint64_t ServerRun::resident_kib() const { return resident_kib_of(server_.pid()); }

}  // namespace livlina::bench
