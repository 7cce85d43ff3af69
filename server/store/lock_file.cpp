#include "server/store/lock_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace livlina::server::store {

LockFile::LockFile(const std::string& database) {
  const std::string path = database + ".lock";
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file_ < 0) throw std::system_error(errno, std::generic_category(), "open " + path);
  if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
  const int why = errno;
  ::close(file_);
  file_ = -1;
  if (why == EWOULDBLOCK)
    throw AlreadyRunning("another server process uses this database (" + path +
                         " is locked): stop it first");
  throw std::system_error(why, std::generic_category(), "lock " + path);
}

LockFile::LockFile(LockFile&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

LockFile::~LockFile() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace livlina::server::store
