#include "server/engine/jobs.hpp"

#include <algorithm>

#include "server/store/db.hpp"

namespace livlina::server {

namespace {

std::optional<Instant> earlier(std::optional<Instant> a, std::optional<Instant> b) {
  return a && b ? std::min(*a, *b) : (a ? a : b);
}

}  // namespace

bool Jobs::may(Work work, Instant now) const {
  const auto it = failing_.find(work);
  // A wait longer than there can be is one by a clock that was set back since.
  return it == failing_.end() || now >= it->second.after ||
         it->second.after - now > retry_pause_of_job;
}

void Jobs::failed(Work work, store::Fault fault, std::optional<Instant> unserved, Instant now) {
  Failing& f = failing_.try_emplace(work, Failing{now, now, {}, fault}).first->second;
  f.fault = fault;
  f.after = now + retry_pause_of_job;
  f.unserved = earlier(f.unserved, unserved);
}

void Jobs::try_now(Work work, Instant now) {
  if (const auto it = failing_.find(work); it != failing_.end()) it->second.after = now;
}

bool Jobs::stalled(Work work, Instant now) const {
  const auto it = failing_.find(work);
  return it != failing_.end() && now - it->second.since >= stalled_after;
}

bool Jobs::hopeless(Work work, Instant now) const {
  if (!stalled(work, now)) return false;
  const store::Fault fault = failing_.at(work).fault;
  return fault != store::Fault::full && fault != store::Fault::busy;
}

bool Jobs::any_stalled(Instant now) const {
  return std::any_of(failing_.begin(), failing_.end(),
                     [&](const auto& f) { return stalled(f.first, now); });
}

std::optional<Instant> Jobs::unserved() const {
  std::optional<Instant> out;
  for (const auto& [work, f] : failing_) out = earlier(out, f.unserved);
  return out;
}

std::optional<Instant> Jobs::next_try() const {
  std::optional<Instant> out;
  for (const auto& [work, f] : failing_) out = earlier(out, f.after);
  return out;
}

void Jobs::clock_set(Instant now) {
  for (auto& [work, f] : failing_) {
    f.after = now;
    f.since = std::min(f.since, now);
    if (f.unserved) f.unserved = std::min(*f.unserved, now);
  }
}

}  // namespace livlina::server
