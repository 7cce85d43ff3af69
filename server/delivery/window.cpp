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

void Window::acknowledged(const std::vector<std::uint64_t>& seqs) {
  for (const std::uint64_t seq : seqs) outstanding_.erase(seq);
}

bool Window::reached_end() { return !std::exchange(end_said_, true); }

}  // namespace livlina::server
