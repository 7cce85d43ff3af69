#include "tests/support/faulty_disk.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <new>

namespace livlina::testing {

namespace {

// SQLite gives room for this and, behind it, for the file of the VFS below.
struct ShimFile {
  sqlite3_file base;
  FaultyDisk* disk;
  WrittenFile* written;  // nullptr: a temporary file
  sqlite3_file* below;
};

ShimFile& shim(sqlite3_file* f) { return *reinterpret_cast<ShimFile*>(f); }
sqlite3_file* below(sqlite3_file* f) { return shim(f).below; }
sqlite3_vfs* below(sqlite3_vfs*) { return sqlite3_vfs_find(nullptr); }

ByteView bytes_of(const void* data, int size) {
  return {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)};
}

}  // namespace

struct FaultyDiskMethods {
  using Outcome = FaultyDisk::Outcome;
  static FaultyDisk& disk(sqlite3_vfs* v) { return *static_cast<FaultyDisk*>(v->pAppData); }

  // ---- a file ----

  static int close(sqlite3_file* f) { return below(f)->pMethods->xClose(below(f)); }

  static int read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
    if (!shim(f).disk->power_) return SQLITE_IOERR_READ;
    return below(f)->pMethods->xRead(below(f), to, n, at);
  }

  // Whether the file may become so long.
  static bool room(const ShimFile& s, std::uint64_t end) {
    const FaultyDisk& d = *s.disk;
    if (!d.bound_ || end <= s.written->size()) return true;
    return d.used() - s.written->size() + end + d.reserved_ <= *d.bound_;
  }

  static int write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
    ShimFile& s = shim(f);
    if (s.written == nullptr) return s.below->pMethods->xWrite(s.below, from, n, at);
    if (!s.disk->power_) return SQLITE_IOERR_WRITE;
    Outcome outcome = s.disk->next(false);
    const auto offset = static_cast<std::uint64_t>(at);
    if (outcome == Outcome::works && !room(s, offset + static_cast<std::uint64_t>(n)))
      outcome = Outcome::full;
    if (outcome == Outcome::fails) return SQLITE_IOERR_WRITE;
    if (outcome == Outcome::full) return SQLITE_FULL;
    const int done = outcome == Outcome::works ? n : n / 2;
    // What is cut off is pending as a whole: the power cut decides what of it is there.
    if (!s.disk->lying_)
      s.written->write(offset, bytes_of(from, outcome == Outcome::dies ? n : done));
    if (outcome == Outcome::dies) return SQLITE_IOERR_WRITE;
    const int code = s.below->pMethods->xWrite(s.below, from, done, at);
    if (code != SQLITE_OK) return code;
    return outcome == Outcome::tears ? SQLITE_FULL : SQLITE_OK;
  }

  static int truncate(sqlite3_file* f, sqlite3_int64 size) {
    ShimFile& s = shim(f);
    if (s.written != nullptr) {
      if (!s.disk->power_ || s.disk->next(false) != Outcome::works) return SQLITE_IOERR_TRUNCATE;
      if (!s.disk->lying_) s.written->truncate(static_cast<std::uint64_t>(size));
    }
    return s.below->pMethods->xTruncate(s.below, size);
  }

  // Nothing below is synced: what is durable is what this disk says.
  static int sync(sqlite3_file* f, int) {
    const ShimFile& s = shim(f);
    if (s.written == nullptr) return SQLITE_OK;
    if (!s.disk->power_) return SQLITE_IOERR_FSYNC;
    const Outcome outcome = s.disk->next(true);
    if (outcome == Outcome::dies) return SQLITE_IOERR_FSYNC;
    if (outcome != Outcome::works) {
      s.written->sync_failed(s.disk->random_);
      return SQLITE_IOERR_FSYNC;
    }
    if (s.disk->lying_) return SQLITE_OK;
    s.written->sync();
    s.disk->removed_.clear();
    return SQLITE_OK;
  }

  static int size(sqlite3_file* f, sqlite3_int64* out) {
    return below(f)->pMethods->xFileSize(below(f), out);
  }
  static int lock(sqlite3_file* f, int how) { return below(f)->pMethods->xLock(below(f), how); }
  static int unlock(sqlite3_file* f, int how) { return below(f)->pMethods->xUnlock(below(f), how); }
  static int reserved_lock(sqlite3_file* f, int* out) {
    return below(f)->pMethods->xCheckReservedLock(below(f), out);
  }
  static int control(sqlite3_file* f, int what, void* with) {
    return below(f)->pMethods->xFileControl(below(f), what, with);
  }
  static int sector_size(sqlite3_file* f) { return below(f)->pMethods->xSectorSize(below(f)); }
  static int abilities(sqlite3_file* f) {
    return below(f)->pMethods->xDeviceCharacteristics(below(f));
  }
  static int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
    return below(f)->pMethods->xShmMap(below(f), page, size, extend, out);
  }
  static int shm_lock(sqlite3_file* f, int offset, int n, int flags) {
    return below(f)->pMethods->xShmLock(below(f), offset, n, flags);
  }
  static void shm_barrier(sqlite3_file* f) { below(f)->pMethods->xShmBarrier(below(f)); }
  static int shm_unmap(sqlite3_file* f, int remove) {
    return below(f)->pMethods->xShmUnmap(below(f), remove);
  }

  // ---- the file system ----

  static int open(sqlite3_vfs* v, const char* name, sqlite3_file* f, int flags, int* out_flags) {
    static const sqlite3_io_methods methods = {
        2,        close,       read,          write,   truncate,    sync,      size,
        lock,     unlock,      reserved_lock, control, sector_size, abilities, shm_map,
        shm_lock, shm_barrier, shm_unmap,     nullptr, nullptr};
    auto* s = new (f) ShimFile{};
    s->disk = &disk(v);
    s->below = reinterpret_cast<sqlite3_file*>(s + 1);
    if (!s->disk->power_) return SQLITE_CANTOPEN;
    const int code = below(v)->xOpen(below(v), name, s->below, flags, out_flags);
    if (code != SQLITE_OK) return code;
    constexpr int kept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
    if (name != nullptr && (flags & kept) != 0) s->written = &s->disk->files_[name];
    s->base.pMethods = &methods;
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* v, const char* name, int sync_folder) {
    FaultyDisk& d = disk(v);
    if (!d.power_) return SQLITE_IOERR_DELETE;
    if (const auto it = d.files_.find(name); it != d.files_.end() && !d.lying_) {
      if (sync_folder == 0) d.removed_.insert_or_assign(name, it->second);
      d.files_.erase(it);
    }
    return below(v)->xDelete(below(v), name, sync_folder);
  }

  static int exists(sqlite3_vfs* v, const char* name, int flags, int* out) {
    return below(v)->xAccess(below(v), name, flags, out);
  }
  static int full_name(sqlite3_vfs* v, const char* name, int n, char* out) {
    return below(v)->xFullPathname(below(v), name, n, out);
  }
  static int randomness(sqlite3_vfs* v, int n, char* out) {
    return below(v)->xRandomness(below(v), n, out);
  }
  static int sleep(sqlite3_vfs*, int) { return 0; }  // no test waits
  static int now(sqlite3_vfs* v, double* out) { return below(v)->xCurrentTime(below(v), out); }
  static int last_error(sqlite3_vfs* v, int, char*) { return disk(v).system_error_; }
};

FaultyDisk::FaultyDisk(std::uint64_t seed) : random_(seed), vfs_(std::make_unique<sqlite3_vfs>()) {
  static int count = 0;
  name_ = "livlina-disk-" + std::to_string(++count);
  folder_ = std::filesystem::temp_directory_path() / (name_ + "-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder_);
  const sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
  using M = FaultyDiskMethods;
  std::memset(vfs_.get(), 0, sizeof(sqlite3_vfs));
  vfs_->iVersion = 1;
  vfs_->szOsFile = static_cast<int>(sizeof(ShimFile)) + real->szOsFile;
  vfs_->mxPathname = real->mxPathname;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->xOpen = M::open;
  vfs_->xDelete = M::remove;
  vfs_->xAccess = M::exists;
  vfs_->xFullPathname = M::full_name;
  vfs_->xRandomness = M::randomness;
  vfs_->xSleep = M::sleep;
  vfs_->xCurrentTime = M::now;
  vfs_->xGetLastError = M::last_error;
  sqlite3_vfs_register(vfs_.get(), 0);
}

FaultyDisk::~FaultyDisk() {
  sqlite3_vfs_unregister(vfs_.get());
  std::error_code none;
  std::filesystem::remove_all(folder_, none);
}

std::string FaultyDisk::uri() const { return "file:" + file() + "?vfs=" + name_; }

FaultyDisk::Outcome FaultyDisk::next(bool sync) {
  system_error_ = EIO;
  const std::uint64_t number = changes_++;
  if (power_left_ && (*power_left_)-- == 0) {
    power_left_.reset();
    power_ = false;
    return Outcome::dies;
  }
  if (!failing_ || number < failing_->from || number - failing_->from >= failing_->times) {
    system_error_ = 0;
    return Outcome::works;
  }
  if (sync || failing_->fault == Fault::io_error) return Outcome::fails;
  system_error_ = ENOSPC;
  return failing_->fault == Fault::full ? Outcome::full : Outcome::tears;
}

void FaultyDisk::fail_at(std::uint64_t n, Fault fault, std::uint64_t times) {
  failing_ = Failing{changes_ + n, times, fault};
}

void FaultyDisk::restore_power() {
  for (auto& [name, file] : removed_)
    if (random_.array<1>()[0] % 2 == 0) files_.try_emplace(name, std::move(file));
  removed_.clear();
  std::map<std::string, WrittenFile> left;
  std::error_code none;
  for (const auto& [name, file] : files_) {
    std::filesystem::remove(name, none);
    const auto image = file.after_power_cut(random_);
    if (!image) continue;
    std::ofstream(name, std::ios::binary)
        .write(reinterpret_cast<const char*>(image->data()),
               static_cast<std::streamsize>(image->size()));
    WrittenFile& there = left[name];
    there.write(0, *image);
    there.sync();
  }
  files_ = std::move(left);
  std::filesystem::remove(file() + "-shm", none);
  failing_.reset();
  power_left_.reset();
  power_ = true;
  lying_ = false;
}

bool FaultyDisk::reserve(std::uint64_t bytes) {
  if (bound_ && used() + bytes > *bound_) return false;
  reserved_ = bytes;
  return true;
}

std::uint64_t FaultyDisk::used() const {
  std::uint64_t sum = 0;
  for (const auto& [name, file] : files_) sum += file.size();
  return sum;
}

}  // namespace livlina::testing
