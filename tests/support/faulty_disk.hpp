// A disk under SQLite that fails, fills up, loses its power and lies: a shim over the default VFS,
// which keeps beside each file what a power cut would leave of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tests/support/seeded_random.hpp"
#include "tests/support/written_file.hpp"

struct sqlite3_vfs;

namespace livlina::testing {

class FaultyDisk {
 public:
  // Its files are in a folder of its own, which ends with it.
  explicit FaultyDisk(std::uint64_t seed);
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;
  // What a Db opens.
  [[nodiscard]] std::string uri() const;
  [[nodiscard]] std::string file() const { return (folder_ / "livlina.db").string(); }

  // Writes, truncations and syncs so far: the moments at which something can go wrong.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }

  enum class Fault : std::uint8_t {
    io_error,     // nothing is done
    full,         // nothing is done: no space
    short_write,  // half of it is done, then no space
  };
  // `times` changes fail so, from the n-th from now on. A sync that fails says so, and loses some.
  void fail_at(std::uint64_t n, Fault fault, std::uint64_t times = 1);
  void heal() { failing_.reset(); }

  // The n-th change from now is cut off, and nothing works until restore_power().
  void lose_power_at(std::uint64_t n) { power_left_ = n; }
  [[nodiscard]] bool power() const { return power_; }
  // The power goes, if it has not, and comes back: files are what the disk had. No Db may be open.
  void restore_power();

  // From now on syncs succeed and nothing reaches the disk: a power cut leaves what was there now.
  void lie() { lying_ = true; }

  // All files together may have this many bytes.
  void bound(std::optional<std::uint64_t> bytes) { bound_ = bytes; }
  // Holds so much of the bound; false: it is not there.
  [[nodiscard]] bool reserve(std::uint64_t bytes);
  [[nodiscard]] std::uint64_t used() const;

 private:
  friend struct FaultyDiskMethods;
  enum class Outcome : std::uint8_t { works, fails, full, tears, dies };
  [[nodiscard]] Outcome next(bool sync);

  std::string name_;
  std::filesystem::path folder_;
  SeededRandom random_;
  std::unique_ptr<sqlite3_vfs> vfs_;
  std::map<std::string, WrittenFile> files_;
  std::map<std::string, WrittenFile> removed_;  // a power cut may bring them back
  struct Failing {
    std::uint64_t from = 0;  // in changes()
    std::uint64_t times = 1;
    Fault fault = Fault::io_error;
  };
  std::optional<Failing> failing_;
  std::optional<std::uint64_t> power_left_;
  bool power_ = true;
  bool lying_ = false;
  std::optional<std::uint64_t> bound_;
  std::uint64_t reserved_ = 0;
  std::uint64_t changes_ = 0;
  int system_error_ = 0;
};

}  // namespace livlina::testing
