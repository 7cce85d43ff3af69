// The lock beside the database that keeps a second server process away from it (H15).
#pragma once

#include <stdexcept>
#include <string>

namespace livlina::server::store {

class AlreadyRunning : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Holds <database>.lock for as long as it lives; the system releases it when the process ends,
// however it ends. The file stays: removing it would let two processes lock two files.
class LockFile {
 public:
  // Throws AlreadyRunning when another process holds it, std::system_error when it cannot be made.
  explicit LockFile(const std::string& database);
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&&) = delete;
  ~LockFile();

 private:
  int file_ = -1;
};

}  // namespace livlina::server::store
