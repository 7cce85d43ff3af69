// What can happen in the small world: every event of the tables, and time.
#pragma once

#include "tests/policy/search_world.hpp"

namespace livlina::server::policy::search {

struct Event {
  enum class Kind : std::uint8_t {
    start,
    // Time and the machine.
    wait,   // to the next whole unit, or to a row's instant before it
    blind,  // nothing ran for `a` units: an outage, a suspension, a jump forward, a crash
    clock_back,
    // The server's rounds, each a transaction.
    judge,
    make_slots,
    slot_tick,  // of slot `a`
    incident_tick,
    send,  // all that is pending, again as well: what was in flight is lost in a crash
    // The participant, by `shadow` or the primary.
    check_in,  // with answer `a`
    alarm,     // of kind `a`
    cancel,
    mistake,
    log_in,   // of the shadow
    late_ok,  // for a miss that this world does not show
    miss,     // of a slot that this world does not show
    excuse,   // slot `a`, by a supporter
    // Staff: `a` acts, for `b` where there is one.
    seen,
    take,
    take_over,
    assign,
    renew,
    offer,
    accept,
    decline,
    resolve,
    reopen,
    switch_policy,
    // The world around.
    receipt,     // by a device of `a`
    reach,       // `a` becomes (un)reachable
    list,        // a newer list takes `a` off, or puts them on again
    limit,       // a newer manifest ends amal's rights in two units, or no more
    all_failed,  // reserved
  };
  Kind kind = Kind::start;
  std::uint8_t a = 0;
  std::uint8_t b = 0;
  bool shadow = false;
  Lane lane = Lane::open;
};

// What can happen next. Time passes only when nothing is due.
[[nodiscard]] std::vector<Event> events(const World& w, const Bounds& bounds);

[[nodiscard]] std::string text(const Event& e);

}  // namespace livlina::server::policy::search
