// That the search can fail: a broken step function in the place of a real one is found, each by the
// invariant that it breaks.
#include <gtest/gtest.h>

#include "tests/policy/search.hpp"

namespace livlina::server::policy::search {
namespace {

namespace ev = incident_event;
namespace oe = occurrence_event;
using What = Effect::What;

template <class E>
bool is(const IncidentEvent& event) {
  return std::holds_alternative<E>(event);
}

// The first thing found begins with these words; the way to it is short enough to read.
void expect_found(const char* words, const Bounds& bounds, const Steps& broken) {
  const Report r = search(bounds, broken);
  EXPECT_EQ(r.broken.substr(0, std::string(words).size()), words);
  EXPECT_FALSE(r.complete);
  EXPECT_GE(r.trace.size(), 1U);
  EXPECT_LE(r.trace.size(), 16U);
}

Bounds one_incident() {
  Bounds b;
  b.presses = press_miss | press_not_ok | press_late_ok;
  b.brief = true;
  b.every_act = true;
  return b;
}
Bounds one_slot() {
  Bounds b;
  b.presses = press_ok | press_not_ok;
  b.brief = true;
  b.slots = 1;
  return b;
}
Bounds rows() {
  Bounds b = one_incident();
  b.keep_notices = true;
  return b;
}

using IncidentFunction = decltype(Steps::incident);
void expect_incident_found(const char* words, const Bounds& bounds, IncidentFunction broken) {
  Steps steps;
  steps.incident = broken;
  expect_found(words, bounds, steps);
}
void expect_slot_found(const char* words, const Bounds& bounds,
                       decltype(Steps::occurrence) broken) {
  Steps steps;
  steps.occurrence = broken;
  expect_found(words, bounds, steps);
}

TEST(Search, I3_a_missed_re_arm_is_found) {
  expect_incident_found("I3: nothing is next", one_incident(),
                        [](const Incident& i, const IncidentEvent& event, const Policy& policy,
                           const IncidentFacts& facts, Instant now) {
                          IncidentStep s = step(i, event, policy, facts, now);
                          if (is<ev::Tick>(event) && s.next.lease_reminded) s.next.next_at.reset();
                          return s;
                        });
}

TEST(Search, G4_a_lost_step_is_found) {
  expect_incident_found("G4: a step was lost", one_incident(),
                        [](const Incident& i, const IncidentEvent& event, const Policy& policy,
                           const IncidentFacts& facts, Instant now) {
                          IncidentStep s = step(i, event, policy, facts, now);
                          if (is<ev::Tick>(event)) s.next.step = 0;
                          return s;
                        });
}

TEST(Search, G4_a_step_that_pages_nobody_is_found) {
  expect_incident_found("G4: a step fired and paged nobody", one_incident(),
                        [](const Incident& i, const IncidentEvent& event, const Policy& policy,
                           const IncidentFacts& facts, Instant now) {
                          IncidentStep s = step(i, event, policy, facts, now);
                          if (is<ev::Tick>(event) && i.round == 2)
                            std::erase_if(s.effects,
                                          [](const Effect& e) { return e.what == What::notify; });
                          return s;
                        });
}

TEST(Search, H21_two_holders_are_found) {
  expect_incident_found("H21: a second holder", one_incident(),
                        [](const Incident& i, const IncidentEvent& event, const Policy& policy,
                           const IncidentFacts& facts, Instant now) {
                          Incident given = i;
                          if (is<ev::Take>(event) && i.holder != std::get<ev::Take>(event).by) {
                            given.state = IncidentState::notifying;
                            given.holder.reset();
                          }
                          return step(given, event, policy, facts, now);
                        });
}

TEST(Search, I4_an_early_close_is_found) {
  expect_incident_found("I4: ended without the act", one_incident(),
                        [](const Incident& i, const IncidentEvent& event, const Policy& policy,
                           const IncidentFacts& facts, Instant now) {
                          IncidentStep s = step(i, event, policy, facts, now);
                          if (!is<ev::LateOk>(event)) return s;
                          s.next.state = IncidentState::resolved;
                          s.next.holder.reset();
                          s.next.next_at.reset();
                          return s;
                        });
}

TEST(Search, I4_a_cancel_after_the_first_step_is_found) {
  Bounds b = one_incident();
  b.presses = press_loud | press_cancel;
  expect_incident_found("I4: ended without the act", b,
                        [](const Incident& i, const IncidentEvent& event, const Policy& policy,
                           const IncidentFacts& facts, Instant now) {
                          Incident given = i;
                          if (is<ev::Cancel>(event)) given.fired = false;
                          return step(given, event, policy, facts, now);
                        });
}

TEST(Search, G4_a_clock_that_is_behind_is_found) {
  expect_incident_found("G4: a tick at its instant did nothing", one_incident(),
                        [](const Incident& i, const IncidentEvent& event, const Policy& policy,
                           const IncidentFacts& facts, Instant now) {
                          return step(i, event, policy, facts, now - (i.holder ? unit : 0));
                        });
}

TEST(Search, I3_a_clock_that_is_ahead_is_found) {
  expect_incident_found("I3: the lease is beyond its bound", one_incident(),
                        [](const Incident& i, const IncidentEvent& event, const Policy& policy,
                           const IncidentFacts& facts, Instant now) {
                          return step(i, event, policy, facts,
                                      now + (is<ev::Take>(event) ? unit : 0));
                        });
}

TEST(Search, H06_a_clock_back_that_clamps_nothing_is_found) {
  Bounds b = one_incident();
  b.backs = 1;
  expect_incident_found("I3: the next step is beyond its bound", b,
                        [](const Incident& i, const IncidentEvent& event, const Policy& policy,
                           const IncidentFacts& facts, Instant now) {
                          IncidentStep s = step(i, event, policy, facts, now);
                          if (is<ev::ClockBack>(event)) s.next = i;
                          return s;
                        });
}

TEST(Search, G4_a_second_postponement_is_found) {
  Bounds b = one_incident();
  b.every_act = false;
  expect_incident_found("G4: nobody was called for too long", b,
                        [](const Incident& i, const IncidentEvent& event, const Policy& policy,
                           const IncidentFacts& facts, Instant now) {
                          Incident given = i;
                          if (is<ev::LateOk>(event)) given.calm = given.postponed = false;
                          return step(given, event, policy, facts, now);
                        });
}

TEST(Search, I6_a_take_that_leaves_pages_is_found) {
  expect_incident_found("I6: a page is pending while taken", rows(),
                        [](const Incident& i, const IncidentEvent& event, const Policy& policy,
                           const IncidentFacts& facts, Instant now) {
                          IncidentStep s = step(i, event, policy, facts, now);
                          if (is<ev::Take>(event))
                            std::erase_if(s.effects,
                                          [](const Effect& e) { return e.what == What::obsolete; });
                          return s;
                        });
}

TEST(Search, M5_a_holder_who_is_told_that_they_lost_it_is_found) {
  expect_incident_found("M5: who holds it", rows(),
                        [](const Incident& i, const IncidentEvent& event, const Policy& policy,
                           const IncidentFacts& facts, Instant now) {
                          IncidentStep s = step(i, event, policy, facts, now);
                          for (Effect& e : s.effects)
                            if (e.what == What::obsolete) e.people.clear();
                          return s;
                        });
}

TEST(Search, rule_9_a_holder_who_lost_the_right_is_found) {
  Bounds b = one_incident();
  b.changes = 1;
  expect_incident_found("rule 9: held by somebody without the right", b,
                        [](const Incident& i, const IncidentEvent& event, const Policy& policy,
                           const IncidentFacts& facts, Instant now) {
                          if (!is<ev::HolderLost>(event)) return step(i, event, policy, facts, now);
                          return IncidentStep{Outcome::already, i, {}};
                        });
}

TEST(Search, G1_a_lost_miss_is_found) {
  expect_slot_found("G1: the time is up, and it is no miss", one_slot(),
                    [](const std::optional<Occurrence>& o, const OccurrenceEvent& event,
                       const OccurrenceFacts& facts, Instant now) {
                      OccurrenceStep s = step(o, event, facts, now);
                      if (std::holds_alternative<oe::Answered>(event)) s.missed = false;
                      return s;
                    });
}

TEST(Search, I1_an_answer_in_the_instant_of_the_deadline_that_is_refused_is_found) {
  expect_slot_found("I1: a miss in time", one_slot(),
                    [](const std::optional<Occurrence>& o, const OccurrenceEvent& event,
                       const OccurrenceFacts& facts, Instant now) {
                      const bool answer = std::holds_alternative<oe::Answered>(event);
                      return step(o, event, facts, now + (answer ? 1 : 0));
                    });
}

TEST(Search, I2_a_reminder_that_forgets_the_deadline_is_found) {
  expect_slot_found("I2: an instant is missing", one_slot(),
                    [](const std::optional<Occurrence>& o, const OccurrenceEvent& event,
                       const OccurrenceFacts& facts, Instant now) {
                      OccurrenceStep s = step(o, event, facts, now);
                      if (s.remind) s.next.next_at.reset();
                      return s;
                    });
}

TEST(Search, G6_a_second_extension_is_found) {
  Bounds b = one_slot();
  b.gaps = 2;
  b.lanes = 0;
  expect_slot_found("G6: extended twice", b,
                    [](const std::optional<Occurrence>& o, const OccurrenceEvent& event,
                       const OccurrenceFacts& facts, Instant now) {
                      std::optional<Occurrence> given = o;
                      if (given) given->outage = false;
                      return step(given, event, facts, now);
                    });
}

TEST(Search, I10_an_answer_that_leaves_the_reminder_is_found) {
  expect_slot_found("I10: one answer runs another way", one_slot(),
                    [](const std::optional<Occurrence>& o, const OccurrenceEvent& event,
                       const OccurrenceFacts& facts, Instant now) {
                      OccurrenceStep s = step(o, event, facts, now);
                      const auto* e = std::get_if<oe::Answered>(&event);
                      if (e != nullptr && e->answer == 3) s.drop_reminders = false;
                      return s;
                    });
}

TEST(Search, I5_a_judge_who_hears_the_shadow_as_the_primary_is_found) {
  Bounds b = one_slot();
  b.presses = press_shadow;
  Steps steps;
  steps.judge = [](const Unjudged& row) {
    Unjudged loud = row;
    if (row.answer == 3) loud.shadow = false;
    return policy::judge(loud);
  };
  expect_found("I5: something by the shadow left the silent lane", b, steps);
}

TEST(Search, I7_a_row_that_does_not_end_is_found) {
  Steps steps;
  steps.notification = [](Notification n, NotificationEvent event, Instant now) {
    return event == NotificationEvent::obsolete ? n : step(n, event, now);
  };
  Bounds b = rows();
  b.lanes = 0;  // a take would leave its page before
  expect_found("I7: two rows pending for one person", b, steps);
}

TEST(Search, G5_an_update_in_the_place_of_a_page_is_found) {
  Steps steps;
  steps.in_place_of = [](NotificationKind, NoticeCode, NotificationKind fresh,
                         NoticeCode) -> std::optional<NotificationKind> { return fresh; };
  expect_found("G5: a page gave way to what wakes nobody", rows(), steps);
}

// The two looks, by hand: no step function can break what they see without an invariant's notice.
TEST(Search, I5_a_slot_that_moves_with_a_silent_log_in_is_seen) {
  const Bounds b = one_slot();
  const World before = first_world(b);
  World after = before;
  const Event log_in{Event::Kind::log_in};
  EXPECT_EQ(silent_lane_shows({}, b, before, log_in, after), nullptr);
  after.slots[0].opens_at += unit;
  EXPECT_NE(silent_lane_shows({}, b, before, log_in, after), nullptr);
}

TEST(Search, G4_an_incident_that_time_does_not_move_is_seen) {
  const Bounds b = one_incident();
  World w = first_world(b);
  Driver({}, b, w).apply({Event::Kind::miss});
  EXPECT_EQ(nobody_is_called({}, b, w, {}, w), nullptr);
  Steps idle;
  idle.incident = [](const Incident& i, const IncidentEvent&, const Policy&, const IncidentFacts&,
                     Instant) { return IncidentStep{Outcome::already, i, {}}; };
  EXPECT_NE(nobody_is_called(idle, b, w, {}, w), nullptr);
}

}  // namespace
}  // namespace livlina::server::policy::search
