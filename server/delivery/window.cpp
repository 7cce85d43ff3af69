#include "server/delivery/window.hpp"

#include <algorithm>
#include <utility>

namespace livlina::server {

std::size_t Window::room(store::Rank rank) const {
  const std::size_t places =
      rank == store::Rank::urgent ? max_outstanding : max_outstanding - urgent_places;
  return places - std::min(places, outstanding_.size());
}

std::uint64_t Window::last(store::Rank rank) const { return last_[static_cast<std::size_t>(rank)]; }

void Window::handed(store::Rank rank, std::uint64_t seq) {
  last_[static_cast<std::size_t>(rank)] = seq;
  outstanding_.insert(seq);
}

std::size_t Window::acknowledged(const std::vector<std::uint64_t>& seqs) {
  std::size_t were = 0;
  for (const std::uint64_t seq : seqs) were += outstanding_.erase(seq);
  return were;
}

bool Window::may_have(store::Rank rank) const { return may_have_[static_cast<std::size_t>(rank)]; }

bool Window::may_have_any() const {
  return std::any_of(may_have_.begin(), may_have_.end(), [](bool may) { return may; });
}

void Window::came(store::Rank rank) { read(rank, true); }

void Window::read(store::Rank rank, bool more) { may_have_[static_cast<std::size_t>(rank)] = more; }

bool Window::reached_end() { return !std::exchange(end_said_, true); }

}  // namespace livlina::server
