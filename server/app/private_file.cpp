#include "server/app/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace livlina::server {

namespace {

[[noreturn]] void refuse(const std::string& file, const std::string& what) {
  throw FileRefused(file + ": " + what);
}

std::string reason(int error) { return std::generic_category().message(error); }

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) (void)::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

crypto::SignKeyPair read_identity(const std::string& file) {
  const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0)
    refuse(file, "the server's key cannot be read: " + reason(errno) +
                     (errno == ENOENT
                          ? "; restore it from the backup: clients trust no other. Where there is "
                            "no database yet, run livlina-server init"
                          : "; chown it to this user"));
  struct stat s{};
  if (::fstat(fd.get(), &s) != 0 || !S_ISREG(s.st_mode)) refuse(file, "is no regular file");
  if ((s.st_mode & 077) != 0)
    refuse(file, "the server's key is open to other users; chmod 0600 it");
  if (s.st_uid != ::geteuid() && s.st_uid != 0)
    refuse(file, "the server's key belongs to another user; chown it to this user");
  crypto::Secret<32> seed;
  std::uint8_t more = 0;
  if (s.st_size != 32 || ::read(fd.get(), seed.data(), 32) != 32 || ::read(fd.get(), &more, 1) != 0)
    refuse(file, "is no server key: it has not exactly 32 bytes; restore it from the backup");
  return crypto::SignKeyPair::from_seed(std::move(seed));
}

crypto::SecretBytes read_private(const std::string& file, const std::string& what,
                                 std::size_t most) {
  const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0)
    refuse(file, what + " cannot be read: " + reason(errno) +
                     (errno == ENOENT ? "; make it" : "; chown it to this user"));
  struct stat s{};
  if (::fstat(fd.get(), &s) != 0 || !S_ISREG(s.st_mode)) refuse(file, "is no regular file");
  if ((s.st_mode & 077) != 0) refuse(file, what + " is open to other users; chmod 0600 it");
  if (s.st_uid != ::geteuid() && s.st_uid != 0)
    refuse(file, what + " belongs to another user; chown it to this user");
  if (s.st_size < 0 || static_cast<std::size_t>(s.st_size) > most)
    refuse(file, "is longer than " + what + " can be");
  crypto::SecretBytes out(static_cast<std::size_t>(s.st_size));
  const ssize_t n = ::read(fd.get(), out.data(), out.size());
  if (n != s.st_size) refuse(file, what + " cannot be read whole");
  return out;
}

void write_private(const std::string& file, ByteView content) {
  const Descriptor fd(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (fd.get() < 0) refuse(file, "cannot be created: " + reason(errno));
  const bool written =
      ::write(fd.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
      ::fsync(fd.get()) == 0;
  if (written) return;
  const int why = errno;
  (void)::unlink(file.c_str());
  refuse(file, "cannot be written: " + reason(why));
}

void check_directory(const std::string& directory) {
  struct stat s{};
  if (::stat(directory.c_str(), &s) != 0)
    refuse(directory, reason(errno) + "; livlina-server init creates it");
  if (!S_ISDIR(s.st_mode)) refuse(directory, "is no directory; set server.database");
  if ((s.st_mode & S_IWOTH) != 0)
    refuse(directory, "every user may change what is in it; chmod 0700 it");
  if (::access(directory.c_str(), W_OK | X_OK) != 0)
    refuse(directory, "cannot be written by this user: " + reason(errno) + "; chown it");
}

bool make_directory(const std::string& directory) {
  std::error_code e;
  if (std::filesystem::is_directory(directory, e)) return false;
  const auto above = std::filesystem::path(directory).parent_path();
  if (!above.empty()) std::filesystem::create_directories(above, e);
  if (::mkdir(directory.c_str(), 0700) != 0)
    refuse(directory,
           "cannot be created: " + reason(errno) + "; create it as root and chown it to this user");
  return true;
}

void sync_directory(const std::string& directory) {
  const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0)
    refuse(directory, "cannot be forced to the disk: " + reason(errno));
}

}  // namespace livlina::server
