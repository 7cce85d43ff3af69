// Words for tests that state whole results of INCIDENT: people, instants, two states to start from,
// effects as lines, and what is expected of a step.
#pragma once

#include <gtest/gtest.h>

#include <source_location>

#include "tests/policy/printers.hpp"

namespace livlina::server::policy::cases {

namespace ev = incident_event;
using What = Effect::What;

inline constexpr Person amal{1};  // the holder, where there is one
inline constexpr Person bo{2};
inline constexpr Person cy{3};  // a coordinator
inline constexpr Person dee{4};

inline constexpr Instant at(int minutes) { return 1'000'000 + minutes * minute; }

// The defaults: waits of 10 and 2 minutes, leases of 60 and 20.
inline Policy category(int c) {
  Policy p;
  p.category = static_cast<std::uint8_t>(c);
  p.wait = (c == 1 ? 2 : 10) * minute;
  p.lease = (c == 1 ? 20 : 60) * minute;
  return p;
}

// A miss in its third round, of which a step has fired: nobody has taken it.
inline Incident notifying() {
  Incident i;
  i.severity = 2;
  i.step = 1;
  i.round = 3;
  i.fired = true;
  i.reruns = 1;
  i.next_at = at(10);
  return i;
}

// The same, taken by amal at(0).
inline Incident held() {
  Incident i = notifying();
  i.state = IncidentState::taken;
  i.holder = amal;
  i.lease_until = at(60);
  i.next_at = at(55);
  return i;
}

// Held, with every field set that a holder or a lease can have; the lease runs until at(10).
inline Incident held_with_everything() {
  Incident i = held();
  i.calm = true;
  i.postponed = true;
  i.rights_end = at(20);
  i.offered_to = bo;
  i.lease_until = at(10);
  i.lease_reminded = true;
  i.next_at = at(10);
  return i;
}

// Every field of a holder or a lease as it is when there is none.
inline Incident let_go(Incident i) {
  i.holder.reset();
  i.rights_end.reset();
  i.offered_to.reset();
  i.lease_until = 0;
  i.lease_reminded = false;
  return i;
}

// Everybody may do what their role allows.
inline IncidentFacts helper() {
  IncidentFacts f;
  f.actor_may = true;
  f.target_may = true;
  f.target_can_page = true;
  return f;
}
inline IncidentFacts coordinator() {
  IncidentFacts f = helper();
  f.actor_coordinates = true;
  return f;
}

inline Effect event(Happened what, int step, int round) {
  Effect e;
  e.event = what;
  e.step = step;
  e.round = round;
  return e;
}
inline Effect word(What what, NotificationKind kind, NoticeCode code, int step, int round,
                   std::vector<Person> people = {}) {
  Effect e;
  e.what = what;
  e.kind = kind;
  e.code = code;
  e.step = step;
  e.round = round;
  e.people = std::move(people);
  return e;
}
inline Effect page(NoticeCode code, int step, int round, std::vector<Person> people) {
  return word(What::notify, NotificationKind::page, code, step, round, std::move(people));
}
inline Effect update(NoticeCode code, int step, int round, std::vector<Person> people) {
  return word(What::notify, NotificationKind::update, code, step, round, std::move(people));
}
inline Effect update_to_all_paged_but(std::vector<Person> people, NoticeCode code, int step,
                                      int round) {
  return word(What::notify_paged, NotificationKind::update, code, step, round, std::move(people));
}
inline Effect pages_obsolete(std::vector<Person> given_to = {}) {
  Effect e;
  e.people = std::move(given_to);
  e.what = What::obsolete;
  return e;
}

using Effects = std::vector<Effect>;

inline void expect_done(const IncidentStep& got, const Incident& next, const Effects& effects,
                        std::source_location where = std::source_location::current()) {
  const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()), "this step");
  EXPECT_EQ(got.outcome, Outcome::done);
  EXPECT_EQ(got.next, next);
  EXPECT_EQ(got.effects, effects);
}

// A refusal changes nothing and tells nobody.
inline void expect_refused(const IncidentStep& got, const Incident& given, Outcome why,
                           std::source_location where = std::source_location::current()) {
  const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()), "this step");
  EXPECT_EQ(got.outcome, why);
  EXPECT_EQ(got.next, given);
  EXPECT_EQ(got.effects, Effects{});
}

}  // namespace livlina::server::policy::cases
