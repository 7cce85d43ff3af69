// Rows that devices have acknowledged and that are not deleted yet: their deletion waits for the
// next commit that happens anyway, and not for long. In memory only: after a crash the rows are
// handed out once more, and clients drop what they know (M2).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "crypto/core/ids.hpp"
#include "crypto/core/time.hpp"

namespace livlina::server {

class Acknowledged {
 public:
  static constexpr Duration longest_wait = second;
  static constexpr std::size_t most_rows = 1000;  // then they are deleted at once: 10 ms of work
  // While nothing can be written; what comes then is handed out once more.
  static constexpr std::size_t most_kept = 50'000;

  // `handed`: how many of them were handed out and not acknowledged before, so that they are in the
  // mailbox and in its count.
  void add(const DeviceId& mailbox, const std::vector<std::uint64_t>& seqs, std::size_t handed,
           Instant now);
  [[nodiscard]] bool has(const DeviceId& mailbox, std::uint64_t seq) const;
  // Of one mailbox: all, and those that stand in its count.
  [[nodiscard]] std::size_t rows(const DeviceId& mailbox) const;
  [[nodiscard]] std::uint32_t counted(const DeviceId& mailbox) const;

  [[nodiscard]] bool empty() const { return of_.empty(); }
  // They may go with somebody else's transaction: not when they have failed, nor when very many
  // have gathered meanwhile.
  [[nodiscard]] bool may_ride() const { return !failed_ && size_ <= 2 * most_rows; }
  // When they should be deleted at the latest; nothing: there are none.
  [[nodiscard]] std::optional<Instant> due() const;
  // They may be tried: after a failure only a second later.
  [[nodiscard]] bool may(Instant now) const;

  struct Rows {
    std::set<std::uint64_t> seqs;
    std::uint32_t counted = 0;
  };
  [[nodiscard]] const std::map<DeviceId, Rows>& all() const { return of_; }
  // They are deleted, or could not be.
  void deleted();
  void failed(Instant now);
  // The wall clock is another one now: no wait may be longer than by the old one.
  void clock_set(Instant now);

 private:
  std::map<DeviceId, Rows> of_;
  std::size_t size_ = 0;
  Instant since_ = 0;  // the first of them
  Instant after_ = 0;
  bool failed_ = false;  // since they were last deleted
};

}  // namespace livlina::server
