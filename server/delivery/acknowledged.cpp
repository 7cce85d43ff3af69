#include "server/delivery/acknowledged.hpp"

#include <algorithm>

namespace livlina::server {

void Acknowledged::add(const DeviceId& mailbox, const std::vector<std::uint64_t>& seqs,
                       std::size_t handed, Instant now) {
  if (seqs.empty() || size_ >= most_kept) return;
  if (of_.empty()) since_ = now;
  Rows& rows = of_[mailbox];
  size_ -= rows.seqs.size();
  rows.seqs.insert(seqs.begin(), seqs.end());
  size_ += rows.seqs.size();
  rows.counted += static_cast<std::uint32_t>(handed);
}

bool Acknowledged::has(const DeviceId& mailbox, std::uint64_t seq) const {
  const auto it = of_.find(mailbox);
  return it != of_.end() && it->second.seqs.contains(seq);
}

std::size_t Acknowledged::rows(const DeviceId& mailbox) const {
  const auto it = of_.find(mailbox);
  return it == of_.end() ? 0 : it->second.seqs.size();
}

std::uint32_t Acknowledged::counted(const DeviceId& mailbox) const {
  const auto it = of_.find(mailbox);
  return it == of_.end() ? 0 : it->second.counted;
}

std::optional<Instant> Acknowledged::due() const {
  if (of_.empty()) return std::nullopt;
  return std::max(size_ >= most_rows ? since_ : since_ + longest_wait, after_);
}

bool Acknowledged::may(Instant now) const { return now >= after_; }

void Acknowledged::deleted() {
  of_.clear();
  size_ = 0;
  after_ = 0;
  failed_ = false;
}

void Acknowledged::failed(Instant now) {
  after_ = now + second;
  failed_ = true;
}

void Acknowledged::clock_set(Instant now) {
  since_ = std::min(since_, now);
  after_ = std::min(after_, now);
}

}  // namespace livlina::server
