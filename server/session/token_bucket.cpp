#include "server/session/token_bucket.hpp"

#include <algorithm>

namespace livlina::server {

namespace {
constexpr std::int64_t token = 1000;
}

TokenBucket::TokenBucket(std::uint32_t per_second, std::uint32_t burst, Duration now)
    : rate_(std::max<std::int64_t>(per_second, 1)),
      most_(std::max<std::int64_t>(burst, 1) * token),
      level_(most_),
      last_(now) {}

void TokenBucket::refill(Duration now) {
  if (now <= last_) return;
  // A day's worth fills any bucket; the bound keeps the product small.
  level_ = std::min(most_, level_ + std::min<Duration>(now - last_, day) * rate_);
  last_ = now;
}

void TokenBucket::lower_to(std::uint32_t tokens, Duration now) {
  refill(now);
  level_ = std::min(level_, std::int64_t{tokens} * token);
}

bool TokenBucket::full(Duration now) const {
  return level_ + std::clamp<Duration>(now - last_, 0, day) * rate_ >= most_;
}

bool TokenBucket::take(Duration now) {
  refill(now);
  if (level_ < token) return false;
  level_ -= token;
  return true;
}

void TokenBucket::charge(Duration now) {
  refill(now);
  level_ = std::max(level_ - token, -most_);
}

Duration TokenBucket::until(std::int64_t level) const {
  return level_ >= level ? 0 : (level - level_ + rate_ - 1) / rate_;
}

Duration TokenBucket::debt_wait(Duration now) {
  refill(now);
  return until(token - most_);
}

Duration TokenBucket::wait(Duration now) {
  refill(now);
  return until(token);
}

}  // namespace livlina::server
