// How often the PIN was wrong, and how long the next try has to wait (e2ee.md, "Vault").
#pragma once

#include <cstdint>
#include <string>

#include "crypto/core/time.hpp"

namespace livlina::cli {

// A moment on a clock that nobody can set: milliseconds since this boot, and which boot it is.
struct Boot {
  std::string id;  // 36 characters
  Duration uptime = 0;
};
[[nodiscard]] Boot boot_now();

// The count stands in a file beside the vault. A right PIN takes back its own try and no other, so
// that whoever was given one of the two PINs does not guess the other one any faster with it; it
// forgets the wrong ones an hour after the newest. It does the same for both PINs, and so tells
// nothing of the realm (T30).
class PinTries {
 public:
  explicit PinTries(std::string file) : file_(std::move(file)) {}

  // For a vault that is made: there were none.
  void begin();
  // Counts a try, on the disk when it returns, so that ending the process gives no free one.
  // Throws Failure ("wait") while one has to wait: then nothing is counted. After a restart of the
  // machine a wait begins anew. A file that is missing or damaged counts as very many.
  void count(const Boot& now);
  // The try that was counted last was right.
  void right(const Boot& now);

 private:
  struct Wrong {
    std::uint32_t tries = 0;
    Duration last = 0;  // uptime at the newest
  };
  [[nodiscard]] Wrong read(const Boot& now) const;
  void write(const Wrong& wrong, const Boot& now) const;
  std::string file_;
  Wrong before_;  // without the try that was counted last
};

}  // namespace livlina::cli
