// Which row a job of the watch is at, so that one that cannot be worked on keeps nobody else's
// waiting.
#pragma once

#include <compare>
#include <cstdint>
#include <exception>

#include "crypto/core/ids.hpp"

namespace livlina::server {

enum class RowOf : std::uint8_t {
  device,  // that came: its notices go again
  circle,  // to judge anew
  record,
  occurrence,  // past its deadline
  reminder,    // of an occurrence
  incident,
  notification,
  schedule,
};

struct RowKey {
  RowOf of = RowOf::record;
  ByteArray<16> id{};  // a row number stands in its last eight bytes
  auto operator<=>(const RowKey&) const = default;
};
[[nodiscard]] inline RowKey row_key(RowOf of, std::int64_t row) {
  RowKey key{of, {}};
  auto rest = static_cast<std::uint64_t>(row);
  for (std::size_t at = 16; at > 8; rest >>= 8) key.id[--at] = static_cast<std::uint8_t>(rest);
  return key;
}
template <class Tag>
[[nodiscard]] RowKey row_key(RowOf of, const Id<Tag>& id) {
  return {of, id.bytes};
}

// Kept by the engine.
class Progress {
 public:
  virtual ~Progress() = default;
  // False: this row failed before and waits for its next try; leave it out.
  [[nodiscard]] virtual bool begins(const RowKey& key) = 0;
  virtual void ends() = 0;
};

// The work on one row: while it lives, what is thrown is this row's fault. False: leave it out.
// `progress` may be null.
class AtRow {
 public:
  template <class Row>
  AtRow(Progress* progress, RowOf of, const Row& row)
      : progress_(progress),
        unwinding_(std::uncaught_exceptions()),
        may_(progress == nullptr || progress->begins(row_key(of, row))) {}
  ~AtRow() {
    if (progress_ != nullptr && may_ && std::uncaught_exceptions() == unwinding_) progress_->ends();
  }
  AtRow(const AtRow&) = delete;
  AtRow& operator=(const AtRow&) = delete;
  explicit operator bool() const { return may_; }

 private:
  Progress* progress_;
  int unwinding_;
  bool may_;
};

}  // namespace livlina::server
