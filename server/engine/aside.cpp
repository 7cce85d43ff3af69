#include "server/engine/aside.hpp"

#include <algorithm>
#include <utility>

namespace livlina::server {

namespace {

// What nobody asked for any more so long after its next try is no longer due, or no longer there.
constexpr Duration forgotten = 10 * minute;

Duration pause(int failures) {
  return failures > 9 ? Aside::longest_pause
                      : std::min(second << (failures - 1), Aside::longest_pause);
}

}  // namespace

void Aside::begin(Instant now) {
  now_ = now;
  at_.reset();
  begun_.clear();
  std::erase_if(rows_, [&](const auto& r) { return now - r.second.until > forgotten; });
}

bool Aside::begins(const RowKey& key) {
  const auto it = rows_.find(key);
  if (it != rows_.end() && now_ < it->second.until && it->second.until - now_ <= longest_pause)
    return false;
  at_ = key;
  begun_.push_back(key);
  return true;
}

std::size_t Aside::committed() {
  for (const RowKey& key : begun_) {
    rows_.erase(key);
    worked_[key.of] = now_;
  }
  return std::exchange(begun_, {}).size();
}

std::optional<Aside::Failed> Aside::failed() {
  begun_.clear();
  if (!at_) return std::nullopt;
  Row& row = rows_.try_emplace(*at_, Row{0, now_, now_}).first->second;
  row.until = now_ + pause(++row.failures);
  return Failed{*std::exchange(at_, std::nullopt), row.failures};
}

bool Aside::stalled(Duration so_long, Instant now) const {
  return std::any_of(rows_.begin(), rows_.end(), [&](const auto& r) {
    const auto it = worked_.find(r.first.of);
    const bool others = it != worked_.end() && it->second >= r.second.since;
    return !others && now - r.second.since >= so_long;
  });
}

void Aside::clock_set(Instant now) {
  now_ = now;
  worked_.clear();
  for (auto& [key, row] : rows_) {
    row.until = now;
    row.since = std::min(row.since, now);
  }
}

}  // namespace livlina::server
