// Table channel_failure: webhooks that failed for good, and when each is tried again.
#pragma once

#include <optional>
#include <vector>

#include "crypto/core/time.hpp"
#include "server/policy/words.hpp"
#include "server/store/db.hpp"

namespace livlina::server::store {

class ChannelFailures {
 public:
  explicit ChannelFailures(Db& db) : db_(db) {}
  [[nodiscard]] bool failed(const policy::Person& person);
  // False, and nothing done: it is marked already.
  [[nodiscard]] bool mark(const policy::Person& person, Instant now, Instant next_at);
  // It works, or is no longer there.
  void clear(const policy::Person& person);
  void set_next(const policy::Person& person, Instant next_at);
  [[nodiscard]] std::vector<policy::Person> all();
  [[nodiscard]] std::vector<policy::Person> due(Instant now);
  // None waits beyond `latest`.
  void clamp(Instant latest);
  [[nodiscard]] std::optional<Instant> next();

 private:
  Db& db_;
};

}  // namespace livlina::server::store
