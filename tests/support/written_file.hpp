// A file as programs see it, and as the disk has it: what a power cut leaves is between the two.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "crypto/core/bytes.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {

class WrittenFile {
 public:
  void write(std::uint64_t offset, ByteView data);
  void truncate(std::uint64_t size);
  // What is pending is on the disk from now on.
  void sync();
  // The disk refused: some of what is pending is on it, the rest never will be, though programs go
  // on seeing it.
  void sync_failed(SeededRandom& random);
  // What a power cut leaves: all that was synced, and of each change since then nothing, all, or a
  // part that ends at a sector. Nothing: the file itself is gone.
  [[nodiscard]] std::optional<Bytes> after_power_cut(SeededRandom& random) const;
  [[nodiscard]] std::uint64_t size() const { return size_; }  // as programs see it

 private:
  struct Change {
    std::uint64_t at = 0;  // of a truncation: the new size
    std::optional<Bytes> data;
  };
  static void apply(Bytes& image, const Change& change);

  Bytes durable_;
  std::vector<Change> pending_;
  std::uint64_t size_ = 0;
  bool synced_ = false;  // ever
};

}  // namespace livlina::testing
