#include "clients/cli/small_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "clients/cli/failure.hpp"

namespace livlina::cli {

std::string why() { return std::generic_category().message(errno); }

std::optional<Bytes> read_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  Bytes out(4096);
  const ssize_t n = ::read(fd, out.data(), out.size());
  ::close(fd);
  if (n < 0) return std::nullopt;
  out.resize(static_cast<std::size_t>(n));
  return out;
}

void write_file(const std::string& path, ByteView content) {
  const std::string next = path + ".new";
  const int fd = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool good = fd >= 0;
  if (good) {
    good = ::write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
           ::fsync(fd) == 0;
    good = ::close(fd) == 0 && good;
  }
  if (!good || ::rename(next.c_str(), path.c_str()) != 0)
    throw Failure(
        Exit::failed,
        "Cannot write " + path + ": " + why() + ". Is the disk full or the folder read-only?",
        "storage");
}

void sync_folder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  (void)::fsync(fd);
  ::close(fd);
}

}  // namespace livlina::cli
