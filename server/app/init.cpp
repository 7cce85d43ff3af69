#include "server/app/init.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

#include "server/app/private_file.hpp"
#include "server/app/server.hpp"
#include "server/services/first_invite.hpp"
#include "server/store/db.hpp"
#include "server/store/lock_file.hpp"
#include "server/store/schema.hpp"

namespace livlina::server {

namespace {

using Why = StartRefused::Why;

// QR = ver u8 | P u8 | host_len u8 | host:port | server_pk 32 | desk fingerprint 32 | s 16; P = 1,
// staff, and zeros for the desk that does not exist yet (protocol/spec/e2ee.md, Enrolment).
std::string code_of(const std::string& address, const SignPublic& key, const FirstInvite& invite) {
  ByteWriter out;
  out.u8(1).u8(1).u8(static_cast<std::uint8_t>(address.size())).str(address);
  out.bytes(key.view()).zeros(32).bytes(invite.s.expose());
  return hex(out.get());
}

InitDone done(const Config& config, const SignPublic& key, const FirstInvite& invite, Instant now) {
  return {config.database,        config.server_key_file(),
          config.reachable_at(),  code_of(config.reachable_at(), key, invite),
          hex(invite.s.expose()), hex(key.view()),
          now + first_invite_life};
}

// Files under their temporary names; removed unless kept.
class Unfinished {
 public:
  explicit Unfinished(std::string file) : file_(std::move(file)) { remove(); }
  ~Unfinished() { remove(); }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  [[nodiscard]] const std::string& file() const { return file_; }
  void rename_to(const std::string& final_name) const {
    if (::rename(file_.c_str(), final_name.c_str()) != 0)
      throw FileRefused(final_name + ": cannot be made: " + std::generic_category().message(errno));
  }

 private:
  void remove() const {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"})
      (void)::unlink((file_ + suffix).c_str());
  }
  std::string file_;
};

// Whether a file looks like a database of this program: SQLite's, with our mark in its header.
bool looks_ours(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string header(100, '\0');
  in.read(header.data(), static_cast<std::streamsize>(header.size()));
  return in && header.compare(0, 16, std::string("SQLite format 3\0", 16)) == 0 &&
         header.compare(68, 4, "LVLN") == 0;
}

void refuse_existing_database(const std::string& file) {
  std::error_code e;
  if (std::filesystem::exists(file, e) && !looks_ours(file))
    throw StartRefused(Why::circumstances,
                       file +
                           ": is there already and is no database of livlina-server; it was not "
                           "changed: name another file as server.database");
}

void refuse_existing(const std::string& file) {
  std::error_code e;
  if (std::filesystem::exists(std::filesystem::symlink_status(file, e)))
    throw StartRefused(Why::circumstances,
                       file +
                           ": is there already, and init never overwrites; for another first "
                           "code run livlina-server init --new-code");
}

// Everything that can fail by the state of files or the disk, as one line.
template <class Step>
InitDone guarded(const Config& config, Step step) {
  try {
    return step();
  } catch (const store::AlreadyRunning& e) {
    throw StartRefused(Why::circumstances, e.what());
  } catch (const store::Failure& e) {
    throw StartRefused(Why::circumstances, config.database + ": " + e.what());
  } catch (const store::SchemaRefused& e) {
    throw StartRefused(Why::circumstances, config.database + ": " + e.what());
  } catch (const FileRefused& e) {
    throw StartRefused(Why::circumstances, e.what());
  } catch (const std::system_error& e) {
    throw StartRefused(Why::circumstances, e.what());
  }
}

std::string directory_of(const std::string& file) {
  const auto parent = std::filesystem::path(file).parent_path();
  return parent.empty() ? "." : parent.string();
}

}  // namespace

InitDone init(const Config& config, Instant now) {
  return guarded(config, [&] {
    const std::string directory = directory_of(config.database);
    const std::string key_file = config.server_key_file();
    refuse_existing_database(config.database);
    refuse_existing(config.database);
    refuse_existing(key_file);
    (void)make_directory(directory);
    check_directory(directory);
    const store::LockFile lock(config.database);
    const Unfinished new_database(config.database + ".init");
    const Unfinished new_key(key_file + ".init");
    const auto identity = crypto::SignKeyPair::generate(crypto::system_random());
    const FirstInvite invite = make_first_invite(crypto::system_random());
    {
      store::Db db(new_database.file());
      store::migrate(db);
      (void)init_server(db, identity.public_key(), invite, now, crypto::system_random());
    }  // closed: its log is in the file now
    (void)::chmod(new_database.file().c_str(), 0600);
    write_private(new_key.file(), identity.seed().expose());
    new_key.rename_to(key_file);
    try {
      new_database.rename_to(config.database);
    } catch (const FileRefused&) {
      (void)::unlink(key_file.c_str());  // ours, made a line above
      throw;
    }
    sync_directory(directory);
    sync_directory(directory_of(key_file));
    return done(config, identity.public_key(), invite, now);
  });
}

InitDone new_first_code(const Config& config, Instant now) {
  return guarded(config, [&] {
    const auto identity = read_identity(config.server_key_file());
    const store::LockFile lock(config.database);
    store::Db db(config.database, store::Db::Mode::open_existing);
    store::migrate(db);
    const FirstInvite invite = make_first_invite(crypto::system_random());
    switch (init_server(db, identity.public_key(), invite, now, crypto::system_random())) {
      case InitResult::done:
        break;
      case InitResult::other_key:
        throw StartRefused(
            Why::circumstances,
            config.server_key_file() + ": is not the key of the server in " + config.database);
      case InitResult::has_a_desk:
        throw StartRefused(Why::circumstances,
                           "a desk is set up: its coordinators invite from now on");
    }
    return done(config, identity.public_key(), invite, now);
  });
}

}  // namespace livlina::server
