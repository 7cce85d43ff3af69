// Staff who join while the server is killed: one after another is invited by the desk, enrols,
// compares the words and is confirmed, each step given again until it is answered.
#pragma once

#include <optional>
#include <string>

#include "tests/smoke/net_town.hpp"

namespace livlina::testing {

class KillEnrolment {
 public:
  static constexpr std::size_t most = 12;  // each is one more client that connects again and again

  explicit KillEnrolment(NetTown& town) : town_(town) {}

  // Takes the next step of whoever is joining, or begins with the next person.
  void give();
  [[nodiscard]] bool idle() const { return step_ == Step::none; }
  // How many were told on both sides that they are confirmed.
  [[nodiscard]] std::size_t confirmed() const { return confirmed_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  enum class Step : std::uint8_t { none, inviting, joining, newcomer_says, desk_says };
  // The end of what was given last: nothing yet; else whether it ended well.
  [[nodiscard]] std::optional<bool> ended(NetClient& who);
  void confirm(NetClient& who);
  [[nodiscard]] bool has_words(NetClient& who) const;

  NetTown& town_;
  Step step_ = Step::none;
  std::uint64_t command_ = 0;
  std::string invite_;  // id
  std::size_t confirmed_ = 0;
  std::string problem_;
};

}  // namespace livlina::testing
