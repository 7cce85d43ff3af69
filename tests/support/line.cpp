#include "tests/support/line.hpp"

#include <algorithm>

namespace livlina::testing::sim {

void Lines::send(Flight flight, Instant now, Duration delay) {
  Instant at = now + delay;
  for (const auto& [arrival, other] : under_way_)
    if (other.session == flight.session && other.to_server == flight.to_server)
      at = std::max(at, arrival);
  under_way_.emplace(at, std::move(flight));
}

std::optional<Flight> Lines::arrived(Instant now) {
  const auto first = under_way_.begin();
  if (first == under_way_.end() || first->first > now) return std::nullopt;
  Flight out = std::move(first->second);
  under_way_.erase(first);
  return out;
}

std::optional<Instant> Lines::next() const {
  if (under_way_.empty()) return std::nullopt;
  return under_way_.begin()->first;
}

void Lines::drop(std::uint64_t session) {
  std::erase_if(under_way_, [&](const auto& entry) { return entry.second.session == session; });
}

}  // namespace livlina::testing::sim
