// Which webhooks have a notice on their way, or rest after one that failed: each gets one at a
// time. In memory only: after a restart what is pending goes again.
#pragma once

#include <map>
#include <optional>

#include "crypto/core/ids.hpp"
#include "server/policy/notification.hpp"
#include "server/policy/words.hpp"

namespace livlina::server {

class InFlight {
 public:
  // Longer than a sender takes: it is as good as lost then.
  static constexpr Duration given_up = 15 * second;

  // `to`: a desk; zeros: the operator.
  void began(const policy::Person& to, const NoticeId& id, Instant now);
  // After a failure the channel rests for the first backoff, or as long as it asked for.
  void ended(const NoticeId& id, const policy::Delivery& delivery, Instant now);
  [[nodiscard]] bool busy(const policy::Person& to) const { return channels_.contains(to); }
  // Whoever has waited long enough is free: true, if there was anybody.
  bool free_by(Instant now);
  // When the next of them is.
  [[nodiscard]] std::optional<Instant> next() const;
  // The wall clock is another one now: no wait may be longer than by the old one.
  void clock_set(Instant now);

 private:
  struct Use {
    std::optional<NoticeId> id;  // nothing: it rests
    Instant until = 0;
  };
  std::map<policy::Person, Use> channels_;
};

}  // namespace livlina::server
