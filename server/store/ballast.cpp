#include "server/store/ballast.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace livlina::server::store {

namespace {

constexpr std::uint64_t block = 512;  // what st_blocks counts

bool whole(const struct stat& s, std::uint64_t bytes) {
  return S_ISREG(s.st_mode) && static_cast<std::uint64_t>(s.st_size) == bytes &&
         static_cast<std::uint64_t>(s.st_blocks) * block >= bytes;
}

// Takes the room for twice as much and keeps half of it.
bool reserve(int file, std::uint64_t bytes) {
  struct stat s{};
  if (::fstat(file, &s) != 0) return false;
  if (whole(s, bytes)) return true;
  return ::posix_fallocate(file, 0, static_cast<off_t>(2 * bytes)) == 0 &&
         ::ftruncate(file, static_cast<off_t>(bytes)) == 0;
}

}  // namespace

BallastFile::BallastFile(const std::string& database, std::uint64_t bytes)
    : path_(database + ".ballast"), bytes_(bytes) {}

bool BallastFile::take() {
  const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return held_ = false;
  held_ = reserve(file, bytes_);
  ::close(file);
  if (!held_) give_up();
  return held_;
}

void BallastFile::give_up() {
  // Emptied first: whoever reads it (a backup) would otherwise keep its room.
  (void)!::truncate(path_.c_str(), 0);
  ::unlink(path_.c_str());
  held_ = false;
}

bool BallastFile::there() const {
  struct stat s{};
  return ::lstat(path_.c_str(), &s) == 0 && whole(s, bytes_);
}

std::optional<std::uint64_t> BallastFile::room() const {
  struct statvfs s{};
  const std::string folder = path_.substr(0, path_.rfind('/') + 1);
  if (::statvfs(folder.empty() ? "." : folder.c_str(), &s) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(s.f_bavail) * s.f_frsize;
}

}  // namespace livlina::server::store
