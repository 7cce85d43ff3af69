// Room on the disk that is held in reserve: given up when the disk is full, so that alarms and
// check-ins can still be written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace livlina::server::store {

class Ballast {
 public:
  virtual ~Ballast() = default;
  [[nodiscard]] virtual bool held() const = 0;
  // Holds it from now on. False: there is no room for twice as much, and nothing is held. Twice, so
  // that it is not given up again with the next message. Does not throw.
  [[nodiscard]] virtual bool take() = 0;
  // Leaves the room to whoever writes next. Does not throw.
  virtual void give_up() = 0;
};

// <database>.ballast, a file of so many bytes without content. It stays when the process ends, so
// that nobody else takes the room meanwhile. It reserves nothing where the file system compresses.
class BallastFile final : public Ballast {
 public:
  BallastFile(const std::string& database, std::uint64_t bytes);
  [[nodiscard]] bool held() const override { return held_; }
  [[nodiscard]] bool take() override;
  void give_up() override;

  // Whether a whole one is there, without touching it.
  [[nodiscard]] bool there() const;
  // Bytes that this user may still write to the disk of the database; nothing: it cannot be told.
  [[nodiscard]] std::optional<std::uint64_t> room() const;

 private:
  std::string path_;
  std::uint64_t bytes_;
  bool held_ = false;
};

}  // namespace livlina::server::store
