#include "server/delivery/in_flight.hpp"

#include <algorithm>

namespace livlina::server {

void InFlight::began(const policy::Person& to, const NoticeId& id, Instant now) {
  channels_[to] = {id, now + given_up};
}

void InFlight::ended(const NoticeId& id, const policy::Delivery& delivery, Instant now) {
  const auto it = std::find_if(channels_.begin(), channels_.end(),
                               [&](const auto& use) { return use.second.id == id; });
  if (it == channels_.end()) return;
  if (delivery.what != policy::Delivery::What::later) {
    channels_.erase(it);
    return;
  }
  it->second = {std::nullopt, now + std::max(policy::first_backoff, delivery.retry_after)};
}

bool InFlight::free_by(Instant now) {
  return std::erase_if(channels_, [&](const auto& use) { return use.second.until <= now; }) > 0;
}

std::optional<Instant> InFlight::next() const {
  std::optional<Instant> out;
  for (const auto& [to, use] : channels_) out = std::min(out.value_or(use.until), use.until);
  return out;
}

void InFlight::clock_set(Instant now) {
  for (auto& [to, use] : channels_)
    use.until = std::min(use.until, now + (use.id ? given_up : policy::last_backoff));
}

}  // namespace livlina::server
