// Preloaded into the server's process (LD_PRELOAD): counts fsync and fdatasync by the kind of file,
// and passes them on.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/bench/flush_counts.hpp"

namespace {

using livlina::bench::FlushCounts;
using Flush = int (*)(int);

FlushCounts* shared() {
  static FlushCounts* const counts = []() -> FlushCounts* {
    const char* file = std::getenv(livlina::bench::flush_counts_variable);
    const int fd = file == nullptr ? -1 : ::open(file, O_RDWR | O_CLOEXEC);
    if (fd < 0) return nullptr;
    void* page = ::mmap(nullptr, sizeof(FlushCounts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)::close(fd);
    return page == MAP_FAILED ? nullptr : static_cast<FlushCounts*>(page);
  }();
  return counts;
}

void count(int fd) {
  FlushCounts* counts = shared();
  if (counts == nullptr) return;
  std::array<char, 64> link{};
  std::array<char, 4096> name{};
  (void)std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", fd);
  const ssize_t size = ::readlink(link.data(), name.data(), name.size());
  const std::string_view path(name.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  if (path.ends_with(".db-wal")) counts->log.fetch_add(1);
  if (path.ends_with(".db")) counts->database.fetch_add(1);
}

int passed_on(const char* name, int fd) {
  count(fd);
  return reinterpret_cast<Flush>(::dlsym(RTLD_NEXT, name))(fd);
}

}  // namespace

extern "C" int fsync(int fd) { return passed_on("fsync", fd); }
extern "C" int fdatasync(int fd) { return passed_on("fdatasync", fd); }
