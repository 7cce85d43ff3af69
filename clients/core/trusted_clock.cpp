#include "clients/core/trusted_clock.hpp"

#include <algorithm>

namespace livlina::client {

namespace {
constexpr std::string_view key = "clock";
constexpr std::uint8_t version = 1;
}  // namespace

crypto::Status TrustedClock::load(const Store& store) {
  known_ = store.has(key);
  if (!known_) return crypto::done();
  ByteReader r(store.get(key));
  const std::uint8_t v = r.u8();
  seen_ = {r.i64(), r.i64(), r.i64()};
  if (!r.done() || v != version) return crypto::Error::bad_format;
  return crypto::done();
}

Instant TrustedClock::server_time(Instant now) const {
  return known_ ? seen_.server + (now - seen_.phone) : now;
}

Instant TrustedClock::trusted(Instant now) const {
  if (!known_) return now;
  const Instant server = server_time(now);
  return std::max(std::clamp(now, server - clock_tolerance, server + clock_tolerance), seen_.floor);
}

bool TrustedClock::logged_in(Store& store, Instant signed_time, Instant now) {
  if (known_) {
    const Duration passed = std::max<Duration>(0, now - seen_.phone);
    if (signed_time > seen_.floor + passed + clock_tolerance) return false;
  }
  seen_ = {known_ ? std::max(seen_.floor, signed_time) : signed_time, signed_time, now};
  known_ = true;
  ByteWriter w;
  w.u8(version).i64(seen_.floor).i64(seen_.server).i64(seen_.phone);
  store.put(key, w.get());
  return true;
}

}  // namespace livlina::client
