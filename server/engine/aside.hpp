// Rows that a job of the watch could not work on: left out until their next try, so that everybody
// else's go on. In memory only: a restart tries them at once.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "crypto/core/time.hpp"
#include "server/services/progress.hpp"

namespace livlina::server {

class Aside final : public Progress {
 public:
  static constexpr Duration longest_pause = 5 * minute;  // after 1, 2, 4 ... seconds

  // A transaction begins, at `now`.
  void begin(Instant now);
  [[nodiscard]] bool begins(const RowKey& key) override;
  void ends() override { at_.reset(); }
  // It is in the database: how many rows were worked on. Those that were set aside are well again.
  std::size_t committed();
  struct Failed {
    RowKey row;
    int times = 0;
  };
  // It was rolled back. Sets the row aside at which it was, and says which; nothing: at none.
  std::optional<Failed> failed();

  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  // A row waits for so long, and no other of its kind was worked on meanwhile: it is not the row.
  [[nodiscard]] bool stalled(Duration so_long, Instant now) const;
  void clock_set(Instant now);

 private:
  struct Row {
    int failures = 0;
    Instant since = 0;
    Instant until = 0;
  };
  std::map<RowKey, Row> rows_;
  std::map<RowOf, Instant> worked_;  // when the last one of this kind was
  Instant now_ = 0;
  std::optional<RowKey> at_;
  std::vector<RowKey> begun_;
};

}  // namespace livlina::server
