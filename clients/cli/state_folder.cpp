#include "clients/cli/state_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "clients/cli/pin_tries.hpp"
#include "clients/cli/small_file.hpp"

namespace livlina::cli {

namespace {

// Random bytes over the whole file, so that what was sealed under old PINs is not left on the disk
// (as far as the disk writes in place). False: not done.
bool overwrite(FileStorage& storage) {
  const auto size = storage.size();
  if (!size.ok()) return false;
  Bytes chunk(std::size_t{1} << 16);
  for (std::uint64_t at = 0; at < *size; at += chunk.size()) {
    const auto part = std::span(chunk).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), *size - at)));
    crypto::system_random().fill(part);
    if (!storage.write(at, part).ok()) return false;
  }
  return storage.sync().ok();
}

// With the folders above it: a new user has no ~/.local/share yet. False, with errno: not made.
bool make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return true;
  if (errno != ENOENT) return false;
  for (auto end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1))
    (void)::mkdir(path.substr(0, end).c_str(), 0700);
  return ::mkdir(path.c_str(), 0700) == 0;
}

}  // namespace

FileStorage::FileStorage(const std::string& path)
    : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (fd_ < 0) throw Failure(Exit::failed, "Cannot open " + path + ": " + why() + ".", "storage");
}

FileStorage::~FileStorage() { ::close(fd_); }

crypto::Result<std::uint64_t> FileStorage::size() {
  struct stat info{};
  if (::fstat(fd_, &info) != 0) return crypto::Error::storage;
  return static_cast<std::uint64_t>(info.st_size);
}

crypto::Status FileStorage::read(std::uint64_t offset, std::span<std::uint8_t> out) {
  std::size_t had = 0;
  while (had < out.size()) {
    const ssize_t n =
        ::pread(fd_, out.data() + had, out.size() - had, static_cast<off_t>(offset + had));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return crypto::Error::storage;
    had += static_cast<std::size_t>(n);
  }
  return crypto::done();
}

crypto::Status FileStorage::write(std::uint64_t offset, ByteView data) {
  std::size_t done = 0;
  while (done < data.size()) {
    const ssize_t n =
        ::pwrite(fd_, data.data() + done, data.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return crypto::Error::storage;
    done += static_cast<std::size_t>(n);
  }
  return crypto::done();
}

crypto::Status FileStorage::sync() {
  if (::fdatasync(fd_) != 0) return crypto::Error::storage;
  return crypto::done();
}

bool has_vault(const std::string& path) {
  struct stat info{};
  return ::stat((path + "/vault").c_str(), &info) == 0 && info.st_size > 0;
}

StateFolder::StateFolder(std::string path, bool create) : path_(std::move(path)) {
  made_folder_ = create && make_folder(path_);
  if (create && !made_folder_ && errno != EEXIST)
    throw Failure(Exit::failed, "Cannot make the folder " + path_ + ": " + why() + ".", "storage");
  struct stat info{};
  const bool is_there = ::stat(path_.c_str(), &info) == 0;
  if (!is_there && errno != ENOENT && errno != ENOTDIR)
    throw Failure(Exit::locked, "The state folder " + path_ + " cannot be opened: " + why() + ".",
                  "other_owner");
  if (is_there && !S_ISDIR(info.st_mode))
    throw Failure(
        Exit::usage,
        "There is no state folder " + path_ + ": a file has this name. Name another with --state.",
        "not_enrolled");
  if (!is_there)
    throw Failure(Exit::usage,
                  "There is no state folder " + path_ +
                      ". Run `livlina enrol` first (participants: `livlina pair`), or name the "
                      "folder with --state.",
                  "not_enrolled");
  if (info.st_uid != ::geteuid())
    throw Failure(Exit::locked,
                  "The folder " + path_ +
                      " belongs to another user. Run livlina as that user, or name your own folder "
                      "with --state.",
                  "other_owner");
  if ((info.st_mode & 077) != 0)
    throw Failure(Exit::locked,
                  "The folder " + path_ + " can be opened by others. Run: chmod 700 " + path_,
                  "open_to_others");
  lock_ = ::open(file("lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0 || ::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    if (lock_ >= 0) ::close(lock_);
    throw Failure(
        Exit::locked,
        "Another livlina is using " + path_ + " (perhaps `livlina listen`). End it first.",
        "in_use");
  }
}

StateFolder::~StateFolder() {
  storage_.reset();
  if (made_folder_ && !has_vault()) {
    for (const char* name : {"vault.new", "ca", "lock"}) ::unlink(file(name).c_str());
    ::rmdir(path_.c_str());  // not when somebody put something else there
  }
  ::close(lock_);
}

std::string StateFolder::file(const char* name) const { return path_ + "/" + name; }

bool StateFolder::has_vault() const { return cli::has_vault(path_); }

namespace {

// Nothing here can mend it. An older copy is refused by the server as a clone (e2ee.md, log-in), so
// the advice names which copy helps.
Failure damaged(const std::string& path, std::string_view how) {
  return {Exit::failed,
          path + " is damaged or missing (" + std::string(how) +
              "), and what is stored here cannot be read without it. Put the whole folder back "
              "from a copy that was made after the last command here: the server refuses an older "
              "one. If there is none, ask for a new invitation, join again with another --state "
              "folder, and tell your contact person or the desk that this one is lost. "
              "Participants drop you with `livlina circle sign --drop NAME`, a keeper with "
              "`livlina desk renew --remove NAME`.",
          "corrupt"};
}

}  // namespace

crypto::Secret<32> StateFolder::device_secret(bool create) {
  const std::string path = file("device_secret");
  if (create) {
    const auto fresh = crypto::system_random().secret<32>();
    write_file(path, fresh.expose());
  }
  std::optional<Bytes> bytes = read_file(path);
  if (!bytes || bytes->size() != 32) throw damaged(path, "no device secret");
  crypto::Secret<32> out{ByteView(*bytes)};
  crypto::wipe(*bytes);
  return out;
}

namespace {

void need_good_pins(const crypto::SecretBytes& pin, const crypto::SecretBytes& duress_pin) {
  if (crypto::check_pins(pin.expose(), duress_pin.expose()).ok()) return;
  throw Failure(Exit::usage,
                "A PIN has six digits or more; the duress PIN as many, with at least two of them "
                "different.",
                "bad_pin");
}

// Copies one storage into an empty one. False: it cannot be read or written.
bool copy_storage(crypto::VaultStorage& from, crypto::VaultStorage& to) {
  const auto size = from.size();
  if (!size.ok()) return false;
  Bytes chunk(std::size_t{1} << 16);
  for (std::uint64_t at = 0; at < *size; at += chunk.size()) {
    const auto part = std::span(chunk).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), *size - at)));
    if (!from.read(at, part).ok() || !to.write(at, part).ok()) return false;
  }
  return true;
}

}  // namespace

crypto::Vault StateFolder::create_vault(const crypto::SecretBytes& pin,
                                        const crypto::SecretBytes& duress_pin) {
  if (has_vault())
    throw Failure(Exit::usage,
                  "Somebody is enrolled in " + path_ + " already. Use another --state folder.",
                  "already_enrolled");
  need_good_pins(pin, duress_pin);
  auto& random = crypto::system_random();
  const crypto::Secret<32> secret = device_secret(true);
  PinTries(file("pin_tries")).begin();  // before the vault: missing beside one it counts as damaged
  // Beside its place until it is whole: what a crash leaves is no vault, and is made again.
  const std::string unfinished = file("vault.new");
  ::unlink(unfinished.c_str());
  storage_ = std::make_unique<FileStorage>(unfinished);
  const auto made =
      crypto::Vault::create(*storage_, pin.expose(), duress_pin.expose(), secret, {}, {}, random);
  if (!made.ok() || ::rename(unfinished.c_str(), file("vault").c_str()) != 0) {
    discard_vault();
    throw Failure(Exit::failed, "The vault could not be made in " + path_ + ": is the disk full?",
                  made.ok() ? "storage" : std::string(name(made.error())));
  }
  sync_folder(path_);
  return open_vault(pin);
}

crypto::Vault StateFolder::open_vault(const crypto::SecretBytes& pin) {
  if (!has_vault())
    throw Failure(Exit::usage,
                  "Nobody is enrolled in " + path_ +
                      ": there is no vault in it. Run `livlina enrol` first (participants: "
                      "`livlina pair`).",
                  "not_enrolled");
  if (pin.expose().empty())
    throw Failure(Exit::usage, "No PIN was given: the first line of the PIN file is empty.",
                  "bad_pin");
  PinTries tries(file("pin_tries"));
  tries.count(boot_now());
  clear_leftovers();
  if (!storage_) storage_ = std::make_unique<FileStorage>(file("vault"));
  auto vault =
      crypto::Vault::open(*storage_, pin.expose(), device_secret(false), crypto::system_random());
  if (!vault.ok()) {
    if (vault.error() == crypto::Error::wrong_pin)
      throw Failure(Exit::locked, "Wrong PIN.", "wrong_pin");
    if (vault.error() == crypto::Error::storage)
      throw Failure(Exit::failed,
                    "The vault " + file("vault") + " cannot be read or written: is the disk full?",
                    "storage");
    if (vault.error() == crypto::Error::out_of_memory)
      throw Failure(Exit::failed,
                    "The vault " + file("vault") +
                        " needs 64 MiB of memory to be opened. End another program, then repeat "
                        "this.",
                    "out_of_memory");
    throw damaged(file("vault"), name(vault.error()));
  }
  tries.right(boot_now());
  return std::move(vault).value();
}

void StateFolder::change_pins(const crypto::Vault& vault, const crypto::SecretBytes& pin,
                              const crypto::SecretBytes& duress_pin) {
  need_good_pins(pin, duress_pin);
  clear_leftovers();
  const std::string current = file("vault");
  const std::string next = file("vault.new");
  const std::string old = file("vault.old");
  FileStorage copy(next);
  const bool sealed = copy_storage(*storage_, copy) &&
                      vault
                          .change_pins(copy, pin.expose(), duress_pin.expose(),
                                       device_secret(false), crypto::system_random())
                          .ok();
  // A second name, so that a crash before it is overwritten leaves something to find. Where there
  // are no second names the file is overwritten all the same, through its descriptor.
  if (sealed) (void)!::link(current.c_str(), old.c_str());
  if (!sealed || ::rename(next.c_str(), current.c_str()) != 0) {
    ::unlink(old.c_str());
    (void)overwrite(copy);
    ::unlink(next.c_str());
    throw Failure(
        Exit::failed,
        "The PINs could not be changed in " + path_ + ": is the disk full? The old ones hold on.",
        "storage");
  }
  storage_->swap(copy);
  sync_folder(path_);
  (void)overwrite(copy);
  ::unlink(old.c_str());
}

// Of a change of PINs that was cut off: an image beside the vault tells whoever compares the two
// which pages change, and opens with the old PINs.
void StateFolder::clear_leftovers() {
  struct stat vault{};
  const bool has = ::stat(file("vault").c_str(), &vault) == 0;
  for (const char* name : {"vault.new", "vault.old"}) {
    const std::string path = file(name);
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0) continue;
    // Cut off before the rename: a second name of the vault itself.
    const bool itself = has && info.st_ino == vault.st_ino && info.st_dev == vault.st_dev;
    if (!itself && S_ISREG(info.st_mode)) {
      FileStorage left(path);
      (void)overwrite(left);
    }
    ::unlink(path.c_str());
  }
}

void StateFolder::discard_vault() {
  storage_.reset();
  ::unlink(file("vault").c_str());
  ::unlink(file("vault.new").c_str());
  ::unlink(file("device_secret").c_str());
  ::unlink(file("pin_tries").c_str());
  ::unlink(file("ca").c_str());
}

std::string StateFolder::setting(const std::string& name) const {
  const auto bytes = read_file(file(name.c_str()));
  return bytes ? livlina::to_string(*bytes) : std::string{};
}

void StateFolder::set_setting(const std::string& name, const std::string& value) {
  write_file(file(name.c_str()), view(value));
}

}  // namespace livlina::cli
