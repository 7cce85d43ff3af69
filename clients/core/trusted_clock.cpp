#include "clients/core/trusted_clock.hpp"

#include <algorithm>

#include "protocol/records/verifier.hpp"

namespace livlina::client {

namespace {

constexpr std::string_view key = "clock";
constexpr std::uint8_t version = 2;
constexpr Duration may_go_back = minute;  // a server whose clock is being corrected

bool agree(Instant a, Instant b) { return a - b <= clock_agreement && b - a <= clock_agreement; }

}  // namespace

crypto::Status TrustedClock::load(const Store& store) {
  known_ = store.has(key);
  if (!known_) return crypto::done();
  ByteReader r(store.get(key));
  const std::uint8_t v = r.u8();
  seen_ = {r.i64(), r.i64(), r.i64(), r.i64(), r.i64()};
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

Instant TrustedClock::dated(Instant now) const {
  return std::max(std::min(trusted(now), server_time(now)), floor());
}

bool TrustedClock::differs() const { return known_ && !agree(seen_.server, seen_.phone); }

// The floor never rises by more than the time that passed on the phone and the credit that a jump
// has spent: quick log-ins add nothing. Only where the phone's own clock says the same is a time
// taken as it is.
bool TrustedClock::take(Instant signed_time, Instant now) {
  if (!known_) {
    seen_ = {std::min(signed_time, now + clock_tolerance), signed_time, now, signed_time,
             clock_tolerance};
    return true;
  }
  if (agree(signed_time, now)) {
    seen_ = {std::max(seen_.floor, signed_time), signed_time, now, signed_time, clock_tolerance};
    return true;
  }
  const Duration passed = std::max<Duration>(0, now - seen_.phone);
  const Duration credit = std::min(clock_tolerance, seen_.credit + passed);
  const Duration over = std::max<Duration>(0, signed_time - (seen_.line + passed));
  if (over > credit) return false;
  const Instant floor = std::min(signed_time, seen_.floor + passed + over);
  seen_ = {std::max(seen_.floor, floor), signed_time, now, seen_.line + passed + over,
           credit - over};
  return true;
}

TrustedClock::Told TrustedClock::logged_in(Store& store, Instant signed_time, Instant now) {
  Told told;
  if (!protocol::sane_date(signed_time)) {
    told.kept = false;
    return told;
  }
  told.ahead = signed_time - now;
  told.differs = !agree(signed_time, now);
  told.went_back = known_ && signed_time < seen_.server - may_go_back;
  told.kept = take(signed_time, now);
  if (!told.kept) return told;
  known_ = true;
  ByteWriter w;
  w.u8(version).i64(seen_.floor).i64(seen_.server).i64(seen_.phone);
  store.put(key, w.i64(seen_.line).i64(seen_.credit).get());
  return told;
}

}  // namespace livlina::client
