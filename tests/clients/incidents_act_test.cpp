// What this client signs: only what was looked at, and dated by its own clock (T36).
#include <gtest/gtest.h>

#include "tests/clients/incidents_bench.hpp"

namespace livlina::testing {
namespace {

using protocol::Act;
using protocol::Reason;
using protocol::RecordType;
using Who = WatchBench::Who;
using Incident = IncidentBench;
namespace is = incident;

void tell_head(Incident& b) { b.told.set_head(to_string(b.newest())); }

TEST(IncidentActs, T36_an_act_is_signed_after_the_newest_that_was_shown_of_that_incident) {
  Incident b;
  b.trigger(is::loud, b.record(RecordType::alarm, 2));
  tell_head(b);
  b.command(b.do_act(b.told, Act::take));
  v1::ServerFrame other;
  *other.mutable_incident() = b.told;
  other.mutable_incident()->set_incident_id(std::string(16, 'x'));
  ASSERT_TRUE(b.answer(v1::Request::kGetIncident, &other));
  EXPECT_TRUE(b.waiting(v1::Request::kPostAct).empty()) << "not what was asked for";
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().error(), "unknown_incident");
  const auto act = b.signed_act(b.do_act(b.told, Act::take), b.told);
  ASSERT_TRUE(act);
  EXPECT_EQ(act->act, Act::take);
  EXPECT_EQ(act->seen_act, b.newest());
  EXPECT_EQ(to_string(act->incident.view()), b.told.incident_id());
  b.offline();
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().error(), "offline");
}

// A refusal, and what it names.
void refused(Incident& b, const v1::Command& command, const char* what) {
  EXPECT_FALSE(b.signed_act(command, b.told)) << what;
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().error(), "not_trusted");
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().detail(), what);
}

TEST(IncidentActs, T36_a_head_that_nothing_shown_has_is_not_signed) {
  Incident b;
  b.trigger(is::loud, b.record(RecordType::alarm, 2));
  b.told.set_head(std::string(32, 'h'));
  refused(b, b.do_act(b.told, Act::take), "head");
  b.told.clear_head();
  refused(b, b.do_act(b.told, Act::take), "head");
  tell_head(b);
  b.event(is::took, b.act(b.cam, Act::take, b.now));
  refused(b, b.do_act(b.told, Act::take), "head");
  tell_head(b);
  EXPECT_TRUE(b.signed_act(b.do_act(b.told, Act::take), b.told));
}

TEST(IncidentActs, T36_what_was_shown_in_one_lane_or_circle_is_not_signed_in_another) {
  Incident b;
  b.trigger(is::miss);
  (void)b.tell();
  b.told.set_lane(is::drill);
  refused(b, b.do_act(b.told, Act::take), "lane");
  b.reopen();  // also by another process
  b.online();
  refused(b, b.do_act(b.told, Act::take), "lane");
  b.told.set_lane(is::open);
  EXPECT_TRUE(b.signed_act(b.do_act(b.told, Act::take), b.told));
}

TEST(IncidentActs, T36_nobody_says_drill_done_of_a_real_alarm) {
  Incident b;
  b.told.set_lane(is::drill);
  b.trigger(is::practice, b.record(RecordType::alarm, 2));  // it was a loud one
  tell_head(b);
  refused(b, b.do_act(b.told, Act::resolve, Reason::drill_done), "lane");
  EXPECT_TRUE(b.signed_act(b.do_act(b.told, Act::resolve, Reason::other), b.told))
      << "a person who looks may end it, with a reason that says so";
  Incident real;
  real.told.set_lane(is::drill);
  real.trigger(is::practice, real.record(RecordType::alarm, 3));
  tell_head(real);
  EXPECT_TRUE(real.signed_act(real.do_act(real.told, Act::resolve, Reason::drill_done), real.told));
}

TEST(IncidentActs, T36_the_server_does_not_date_what_this_person_signs) {
  const auto dated = [](Duration server_ahead) {
    Incident b;
    EXPECT_TRUE(b.context().clock.logged_in(b.store(), b.now + server_ahead, b.now).kept);
    b.online();
    const auto act = b.signed_act(b.do_act(b.told, Act::take), b.told);
    EXPECT_TRUE(act);
    EXPECT_EQ(b.warnings("act_clock"),
              server_ahead > client::clocks_agree || server_ahead < -client::clocks_agree ? 1 : 0);
    return act ? act->time - b.now : day;
  };
  EXPECT_EQ(dated(0), 0);
  EXPECT_EQ(dated(client::clocks_agree), 0);
  EXPECT_EQ(dated(-client::clocks_agree), 0);
  EXPECT_EQ(dated(23 * hour), 0) << "a lease that would last a day longer";
  EXPECT_EQ(dated(-2 * hour), -2 * hour) << "a phone that is ahead";
}

TEST(IncidentActs, T36_a_phone_that_is_set_back_while_it_is_connected_says_so) {
  Incident b;
  EXPECT_TRUE(b.context().clock.logged_in(b.store(), b.now, b.now).kept);
  b.online();
  b.step_clock(-client::clocks_agree - 1);
  const auto act = b.signed_act(b.do_act(b.told, Act::take), b.told);
  ASSERT_TRUE(act);
  EXPECT_EQ(act->time, b.now) << "the earlier one: it lasts no longer";
  EXPECT_EQ(b.warnings("act_clock"), 1);
}

// Nobody's prekeys come: the act waits one second for its note, whatever it is.
TEST(IncidentActs, G4_an_act_never_hangs_on_the_sessions_of_its_note) {
  for (const Act what : {Act::seen, Act::take, Act::resolve}) {
    Incident b;
    v1::Command c = b.do_act(b.told, what);
    c.mutable_do_act()->set_note("I call her now");
    if (what == Act::resolve) c.mutable_do_act()->set_reason(1);
    b.command(c);
    v1::ServerFrame reply;
    *reply.mutable_incident() = b.told;
    ASSERT_TRUE(b.answer(v1::Request::kGetIncident, &reply));
    ASSERT_FALSE(b.waiting(v1::Request::kGetPrekeys).empty()) << "sessions are wanted";
    b.pass(client::act_seal_wait - 1);
    EXPECT_TRUE(b.waiting(v1::Request::kPostAct).empty());
    b.pass(1);
    ASSERT_EQ(b.waiting(v1::Request::kPostAct).size(), 1u) << static_cast<int>(what);
    const v1::PostAct& posted = b.waiting(v1::Request::kPostAct)[0]->post_act();
    EXPECT_EQ(posted.notes_size(), 0);
    const auto act = protocol::verify_act(view(posted.record()), b.bo.primary().sig.public_key());
    ASSERT_TRUE(act.ok());
    EXPECT_NE((*act)->note_ref, crypto::Hash{}) << "the note is named, and follows";
    b.hold(b.bo);
    v1::ServerFrame done;
    done.mutable_act_answer()->set_outcome(1);
    *done.mutable_act_answer()->mutable_incident() = b.told;
    ASSERT_TRUE(b.answer(v1::Request::kPostAct, &done));
    b.refuse_fetches();
    EXPECT_EQ(b.last(v1::Event::kFinished)->finished().error(), "");
  }
}
TEST(IncidentActs, a_participant_does_no_acts) {
  Incident b(Who::sami);
  b.command(b.do_act(b.told, Act::take));
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().error(), "not_yours");
  EXPECT_TRUE(b.waiting(v1::Request::kGetIncident).empty());
}
TEST(IncidentActs, H21_who_holds_it_is_told) {
  Incident b;
  b.command(b.do_act(b.told, Act::take));
  v1::ServerFrame reply;
  *reply.mutable_incident() = b.told;
  ASSERT_TRUE(b.answer(v1::Request::kGetIncident, &reply));
  b.hold(b.cam);
  b.event(is::took, b.act(b.cam, Act::take, b.now));
  v1::ServerFrame held;
  held.mutable_act_answer()->set_outcome(3);
  *held.mutable_act_answer()->mutable_incident() = b.told;
  ASSERT_TRUE(b.answer(v1::Request::kPostAct, &held));
  const auto& finished = b.last(v1::Event::kFinished)->finished();
  EXPECT_EQ(finished.error(), "held");
  EXPECT_EQ(finished.detail(), hex(b.cam.key().view()));
}
}  // namespace
}  // namespace livlina::testing
