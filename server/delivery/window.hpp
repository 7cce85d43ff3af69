// What one session was handed of a mailbox and has not yet acknowledged.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "server/store/mailbox.hpp"

namespace livlina::server {

// A slow or silent client holds back its own mail only, and little memory of ours.
inline constexpr std::size_t max_outstanding = 32;
// Of them for urgent rows alone, so that an alarm does not wait behind a backlog of messages.
inline constexpr std::size_t urgent_places = 8;

class Window {
 public:
  // How many rows of the rank may be handed out now.
  [[nodiscard]] std::size_t room(store::Rank rank) const;
  // The last seq handed out of the rank: what is above it is new to this session.
  [[nodiscard]] std::uint64_t last(store::Rank rank) const;
  void handed(store::Rank rank, std::uint64_t seq);
  // How many of them were outstanding.
  std::size_t acknowledged(const std::vector<std::uint64_t>& seqs);

  // Whether the mailbox may have rows of the rank that are new to this session: after log-in, when
  // some came, and when there were more than there was room for.
  [[nodiscard]] bool may_have(store::Rank rank) const;
  [[nodiscard]] bool may_have_any() const;
  void came(store::Rank rank);
  // It was read; `more`: not to its end.
  void read(store::Rank rank, bool more);
  // The mailbox was read to its end; true when that has to be said: after log-in, and after a
  // backlog that did not fit.
  [[nodiscard]] bool reached_end();
  void backlog() { end_said_ = false; }

 private:
  std::array<std::uint64_t, 3> last_{};
  std::array<bool, 3> may_have_{true, true, true};
  std::set<std::uint64_t> outstanding_;
  bool end_said_ = false;
};

}  // namespace livlina::server
