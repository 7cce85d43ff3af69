// Check-ins, alarms and their watching through the real server, with every phone its own client.
#include <gtest/gtest.h>

#include <algorithm>

#include "clients/core/incidents.hpp"
#include "tests/clients/sim_commands.hpp"

namespace livlina::testing::sim {
namespace {

std::vector<std::string> warnings(const Phone& phone) {
  std::vector<std::string> out;
  for (const v1::Event& e : phone.events())
    if (e.has_warning()) out.push_back(e.warning().code());
  return out;
}

// An armed circle with a check-in due at 20:00 Stockholm time: open from 18:00 UTC to 19:30. It is
// morning, and everybody is connected.
class WatchStory : public ::testing::Test {
 protected:
  WatchStory() : v(51) {}
  void SetUp() override {
    ASSERT_TRUE(v.ok);
    ASSERT_TRUE(v.participant.ok(set_plan(v.world.now())));
    ASSERT_TRUE(v.participant.ok(drill()));
    v.world.advance(minute);
    const std::string practised = incident(v.contact);
    ASSERT_TRUE(v.contact.ok(act(2, practised)));
    ASSERT_TRUE(v.contact.ok(act(9, practised, 5)));
    v.world.advance(second);
    ASSERT_TRUE(v.participant.ok(sign_manifest(v.lines(), true)));
    v.world.advance(minute);
    for (Phone* p : everybody()) p->clear();
  }
  [[nodiscard]] std::vector<Phone*> supporters() { return {&v.contact, &v.mentor, &v.coordinator}; }
  [[nodiscard]] std::vector<Phone*> everybody() {
    return {&v.participant, &v.contact, &v.mentor, &v.coordinator};
  }
  static std::string incident(const Phone& phone) {
    const v1::Event* seen = phone.last(v1::Event::kIncident);
    return seen == nullptr ? std::string() : seen->incident().incident().incident_id();
  }
  void go_to(Instant at) { v.world.advance(at - v.world.now()); }
  [[nodiscard]] std::int64_t records() {
    auto q = v.world.db().query("SELECT count(*) FROM checkin_record WHERE kind = 1");
    return q.step() ? q.integer(0) : -1;
  }
  static constexpr Instant due = world_start + 11 * hour;
  static constexpr Instant deadline = due + 30 * minute;
  Village v;
};

TEST_F(WatchStory, G2_every_supporter_verifies_the_answer_and_reads_the_note) {
  go_to(due);
  ASSERT_TRUE(v.participant.ok(press(1, "Home, door locked.")));
  EXPECT_EQ(v.participant.last(v1::Event::kCheckinAccepted)->checkin_accepted().status(), 1u);
  v.world.advance(second);
  for (Phone* p : supporters()) {
    ASSERT_NE(p->last(v1::Event::kCheckin), nullptr) << p->name();
    const auto& seen = p->last(v1::Event::kCheckin)->checkin();
    EXPECT_EQ(seen.state(), 2u) << p->name();
    EXPECT_EQ(seen.due(), due);
    EXPECT_EQ(seen.note(), "Home, door locked.") << p->name();
    EXPECT_FALSE(seen.under_duress());
  }
  const v1::Status s = v.participant.status();
  EXPECT_EQ(s.queued_here(), 0u);
  EXPECT_EQ(s.next_due(), due + day);
}

TEST_F(WatchStory, T35_an_honest_server_is_never_accused) {
  for (int evening = 0; evening < 3; ++evening) {
    go_to(due + evening * day);
    if (evening == 1) {
      ASSERT_TRUE(v.participant.reopen());
      v.participant.connect();
    }
    ASSERT_TRUE(v.participant.ok(press(1)));
    if (evening == 0) v.contact.disconnect();  // over the night
    go_to(due + evening * day + 12 * hour);
    if (evening == 0) v.contact.connect();
  }
  for (Phone* p : everybody()) EXPECT_EQ(warnings(*p), std::vector<std::string>()) << p->name();
}

TEST_F(WatchStory, H05_an_answer_before_the_window_is_told_to_count_for_nothing) {
  go_to(due - 3 * hour);
  ASSERT_TRUE(v.participant.ok(press(1)));
  EXPECT_EQ(v.participant.last(v1::Event::kCheckinAccepted)->checkin_accepted().status(), 2u);
  EXPECT_EQ(v.participant.last(v1::Event::kCheckinAccepted)->checkin_accepted().next_due(), due);
  EXPECT_EQ(v.participant.status().next_due(), due);
  go_to(deadline + 3 * minute);
  EXPECT_TRUE(v.contact.warned("nothing_came"));
  EXPECT_FALSE(v.contact.warned("server_contradicts"));
}

TEST_F(WatchStory, T35_a_server_that_withholds_from_one_member) {
  v.contact.on_frame = [](v1::ServerFrame& f) {
    return !(f.has_delivery() && (f.delivery().has_record() || f.delivery().has_word()));
  };
  go_to(due);
  ASSERT_TRUE(v.participant.ok(press(1)));
  go_to(deadline + 3 * minute);
  EXPECT_TRUE(v.contact.warned("nothing_came"));
  EXPECT_FALSE(v.mentor.warned("nothing_came"));
}

TEST_F(WatchStory, T35_a_server_that_turns_an_ok_into_a_miss) {
  go_to(due);
  ASSERT_TRUE(v.participant.ok(press(1)));
  v.world.advance(minute);
  const auto& seen = v.contact.last(v1::Event::kCheckin)->checkin();
  v1::ServerFrame lie;
  lie.set_version(protocol::wire_version);
  auto& word = *lie.mutable_delivery()->mutable_word();
  lie.mutable_delivery()->set_seq(1'000'000);
  word.set_circle_id(seen.circle_id());
  word.set_schedule_id(seen.schedule_id());
  word.set_due(due);
  word.set_deadline(deadline);
  word.set_state(3);
  v.contact.receive(lie);
  EXPECT_EQ(v.contact.last(v1::Event::kCheckin)->checkin().state(), 8u);
  EXPECT_TRUE(v.contact.warned("server_contradicts"));
}

TEST_F(WatchStory, T35_a_server_that_turns_a_miss_into_an_ok) {
  v.contact.on_frame = [](v1::ServerFrame& f) {
    if (f.has_delivery() && f.delivery().has_word())
      f.mutable_delivery()->mutable_word()->set_state(2);
    return true;
  };
  go_to(deadline + second);
  EXPECT_EQ(v.contact.last(v1::Event::kCheckin)->checkin().state(), 5u) << "the server's word";
  EXPECT_EQ(v.mentor.last(v1::Event::kCheckin)->checkin().state(), 6u);
  go_to(deadline + 3 * minute);
  EXPECT_EQ(v.contact.last(v1::Event::kCheckin)->checkin().state(), 8u);
  EXPECT_TRUE(v.contact.warned("server_contradicts"));
}

TEST_F(WatchStory, I9_one_press_is_one_record_wherever_it_is_cut) {
  enum Cut { request_lost, reply_lost, server_killed, phone_killed };
  int evening = 0;
  for (const Cut cut : {request_lost, reply_lost, server_killed, phone_killed}) {
    go_to(due + evening * day);
    Phone& phone = v.participant;
    phone.on_request = [&](v1::Request& r) {
      return !(cut == request_lost && r.has_post_record());
    };
    phone.on_frame = [&](v1::ServerFrame& f) {
      return !(cut == reply_lost && f.has_record_answer());
    };
    if (cut == phone_killed) phone.disconnect();
    (void)phone.run(press(1, "note"));
    if (cut == server_killed) v.world.crash_server();
    phone.on_request = nullptr;
    phone.on_frame = nullptr;
    ASSERT_TRUE(phone.reopen());
    phone.connect();
    v.world.advance(minute);
    EXPECT_EQ(records(), evening + 1) << cut;
    EXPECT_EQ(phone.status().queued_here(), 0u) << cut;
    for (Phone* p : supporters()) {
      const v1::Event* seen = p->last(v1::Event::kCheckin);
      ASSERT_NE(seen, nullptr) << p->name() << cut;
      EXPECT_EQ(seen->checkin().due(), due + evening * day);
      EXPECT_EQ(seen->checkin().state(), 2u);
      EXPECT_EQ(seen->checkin().note(), "note") << p->name() << cut;
    }
    ++evening;
  }
  for (Phone* p : supporters()) EXPECT_EQ(warnings(*p), std::vector<std::string>()) << p->name();
}

TEST_F(WatchStory, T30_the_decoys_request_has_the_shape_and_size_of_the_real_one) {
  std::vector<v1::Request> posts;
  const auto tap = [&](v1::Request& r) {
    if (r.has_post_record()) posts.push_back(r);
    return true;
  };
  go_to(due);
  v.participant.on_request = tap;
  ASSERT_TRUE(v.participant.ok(press(1, "really home")));
  ASSERT_TRUE(v.participant.ok(press(1)));
  ASSERT_TRUE(v.participant.ok(alarm(1, "x")));
  v.world.advance(minute);
  v.participant.disconnect();
  Phone& decoy = v.world.open_decoy(v.participant);
  decoy.on_request = tap;
  decoy.connect();
  v.world.advance(second);
  ASSERT_TRUE(decoy.ok(press(1, "they are here")));
  ASSERT_TRUE(decoy.ok(press(1)));
  ASSERT_TRUE(decoy.ok(alarm(1, "y")));
  ASSERT_EQ(posts.size(), 6u);
  for (v1::Request& r : posts) r.set_id(1);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& real = posts[i].post_record();
    const auto& other = posts[i + 3].post_record();
    EXPECT_EQ(posts[i].ByteSizeLong(), posts[i + 3].ByteSizeLong()) << i;
    ASSERT_EQ(real.notes_size(), other.notes_size());
    EXPECT_EQ(real.notes_size(), 3);
    for (int n = 0; n < real.notes_size(); ++n) {
      EXPECT_EQ(real.notes(n).device_id(), other.notes(n).device_id());
      EXPECT_EQ(real.notes(n).frame().size(), other.notes(n).frame().size());
    }
  }
  // And what the members see: the word of the shadow, marked, with its note.
  v.world.advance(second);
  const v1::Status s = v.contact.status();
  ASSERT_EQ(s.checkins_size(), 1);
  EXPECT_TRUE(s.checkins(0).duress_came());
  EXPECT_FALSE(v.contact.warned("record_gap"));
}

TEST_F(WatchStory, T36_an_alarm_with_its_note_is_taken_and_resolved_by_signature) {
  ASSERT_TRUE(v.participant.ok(alarm(2, "They are at the door.")));
  v.world.advance(10 * second);
  const auto& seen = v.contact.last(v1::Event::kIncident)->incident();
  ASSERT_EQ(seen.notes_size(), 1);
  EXPECT_EQ(seen.notes(0), "They are at the door.");
  const std::string id = incident(v.contact);
  ASSERT_TRUE(v.contact.ok(act(2, id)));
  v.world.advance(second);
  const auto& told = v.participant.last(v1::Event::kIncident)->incident();
  EXPECT_EQ(told.incident().state(), 2u);
  EXPECT_TRUE(told.taken_verified());
  EXPECT_EQ(told.holder_name(), "Kim");
  ASSERT_TRUE(v.contact.ok(act(9, id, 1, "Spoke with her.")));
  v.world.advance(second);
  for (Phone* p : {&v.mentor, &v.coordinator}) {
    const auto& end = p->last(v1::Event::kIncident)->incident();
    EXPECT_EQ(end.incident().state(), 3u) << p->name();
    EXPECT_TRUE(end.taken_verified());
    EXPECT_EQ(end.resolver_name(), "Kim");
  }
  v1::Command all;
  all.mutable_get_incidents()->set_resolved_too(true);
  ASSERT_TRUE(v.mentor.ok(all));
  const auto& list = v.mentor.last(v1::Event::kIncidents)->incidents();
  const auto found =
      std::find_if(list.incidents().begin(), list.incidents().end(),
                   [&](const auto& view) { return view.incident().incident_id() == id; });
  ASSERT_NE(found, list.incidents().end());
  ASSERT_EQ(found->notes_size(), 2);
  EXPECT_EQ(found->notes(1), "Spoke with her.");
  for (Phone* p : everybody()) EXPECT_EQ(warnings(*p), std::vector<std::string>()) << p->name();
}

TEST_F(WatchStory, T36_a_server_that_says_taken_without_the_act_is_not_believed) {
  v.participant.on_frame = [](v1::ServerFrame& f) {
    if (f.has_incident_changed()) f.mutable_incident_changed()->mutable_incident()->clear_events();
    return true;
  };
  ASSERT_TRUE(v.participant.ok(alarm(2)));
  v.world.advance(10 * second);
  ASSERT_TRUE(v.contact.ok(act(2, incident(v.contact))));
  v.world.advance(second);
  EXPECT_FALSE(v.participant.last(v1::Event::kIncident)->incident().taken_verified());
  EXPECT_TRUE(v.participant.warned("unsigned_taken"));
}

TEST_F(WatchStory, G3_T36_a_cancel_before_the_first_step_is_proved_by_its_signature) {
  ASSERT_TRUE(v.participant.ok(alarm(2)));
  v1::Command cancel;
  (void)cancel.mutable_cancel_alarm();
  ASSERT_TRUE(v.participant.ok(cancel));
  v.world.advance(10 * second);
  for (Phone* p : supporters()) {
    const auto& seen = p->last(v1::Event::kIncident)->incident();
    EXPECT_EQ(seen.incident().state(), 4u) << p->name();
    EXPECT_TRUE(seen.taken_verified()) << p->name();
  }
}

// The phone as it is before it ever spoke to anybody.
void forget_sessions(Phone& phone) {
  phone.disconnect();
  auto& values = phone.values();
  for (auto it = values.begin(); it != values.end();)
    it = it->first.rfind("session/", 0) == 0 || it->first.rfind("peer/", 0) == 0 ? values.erase(it)
                                                                                 : std::next(it);
  ASSERT_TRUE(phone.reopen());
}

// The prekeys come when the alarm has gone already, over the same connection.
TEST(WatchFirst, M1_notes_that_are_ready_too_late_follow_in_a_message) {
  Village v(53);
  ASSERT_TRUE(v.ok);
  forget_sessions(v.participant);
  std::vector<v1::ServerFrame> slow;
  std::vector<v1::Request> sent;
  v.participant.on_frame = [&](v1::ServerFrame& f) {
    if (f.has_prekey_bundles()) slow.push_back(f);
    return !f.has_prekey_bundles();
  };
  v.participant.on_request = [&](v1::Request& r) {
    if (r.has_post_record() || r.has_post_message()) sent.push_back(r);
    return true;
  };
  v.participant.connect();
  ASSERT_TRUE(v.participant.ok(alarm(3, "practice, with a word")));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].post_record().notes_size(), 0);
  v.participant.on_frame = nullptr;
  for (const v1::ServerFrame& f : slow) v.participant.receive(f);
  v.world.advance(second);
  const auto& seen = v.contact.last(v1::Event::kIncident)->incident();
  ASSERT_EQ(seen.notes_size(), 1);
  EXPECT_EQ(seen.notes(0), "practice, with a word");
  EXPECT_TRUE(std::all_of(sent.begin() + 1, sent.end(), [](const v1::Request& r) {
    return r.has_post_message();
  })) << "the record was given once";
}

// Nobody's prekeys come while the first alarm is raised: it goes alone, at once.
TEST(WatchFirst, M1_an_alarm_goes_without_its_notes_and_they_follow) {
  for (const bool phone_killed : {false, true}) {
    Village v(52);
    ASSERT_TRUE(v.ok);
    forget_sessions(v.participant);
    bool withheld = true;
    std::vector<int> notes;
    v.participant.on_request = [&](v1::Request& r) {
      if (r.has_post_record()) notes.push_back(r.post_record().notes_size());
      return !(withheld && r.has_get_prekeys());
    };
    v.participant.connect();
    ASSERT_TRUE(v.participant.ok(alarm(3, "practice, with a word")));
    EXPECT_EQ(notes, std::vector<int>{0});
    v.world.advance(minute);
    ASSERT_NE(v.contact.last(v1::Event::kIncident), nullptr) << "the alarm itself came";
    EXPECT_EQ(v.contact.last(v1::Event::kIncident)->incident().notes_size(), 0);
    withheld = false;
    if (phone_killed) {
      ASSERT_TRUE(v.participant.reopen());
    } else
      v.participant.disconnect();
    v.participant.connect();
    v.world.advance(hour);
    const auto& seen = v.contact.last(v1::Event::kIncident)->incident();
    ASSERT_EQ(seen.notes_size(), 1) << phone_killed;
    EXPECT_EQ(seen.notes(0), "practice, with a word");
    EXPECT_EQ(notes, std::vector<int>{0}) << "the record was given once";
    v1::Command sync;
    (void)sync.mutable_sync();
    EXPECT_TRUE(v.participant.ok(sync));
  }
}

// The mentor's phone has no sessions and gets no prekeys: the alarm is taken all the same, and the
// note follows.
TEST_F(WatchStory, G4_an_act_waits_one_second_for_its_note) {
  ASSERT_TRUE(v.participant.ok(alarm(2)));
  v.world.advance(second);
  const std::string which = incident(v.mentor);
  v.mentor.disconnect();
  forget_sessions(v.mentor);
  bool withheld = true;
  v.mentor.on_request = [&](v1::Request& r) { return !(withheld && r.has_get_prekeys()); };
  v.mentor.connect();
  const Instant pressed = v.world.now();
  ASSERT_TRUE(v.mentor.ok(act(2, which, 0, "I call her now"))) << v.mentor.finished().error();
  EXPECT_LE(v.world.now() - pressed, client::act_seal_wait);
  v.world.advance(second);
  const auto& taken = v.contact.last(v1::Event::kIncident)->incident();
  EXPECT_TRUE(taken.taken_verified());
  EXPECT_EQ(taken.holder_name(), "Maja");
  EXPECT_EQ(taken.notes_size(), 0);
  withheld = false;
  v.mentor.disconnect();
  v.mentor.connect();
  v.world.advance(minute);
  const auto& told = v.contact.last(v1::Event::kIncident)->incident();
  ASSERT_EQ(told.notes_size(), 1);
  EXPECT_EQ(told.notes(0), "I call her now");
}

TEST_F(WatchStory, sync_ends_although_a_record_is_refused_for_now) {
  v.participant.on_frame = [](v1::ServerFrame& f) {
    if (f.has_record_answer()) f.mutable_error()->set_code(v1::INTERNAL);
    return true;
  };
  (void)v.participant.run(press(1));
  v1::Command sync;
  (void)sync.mutable_sync();
  EXPECT_TRUE(v.participant.ok(sync)) << v.participant.finished().error();
  EXPECT_EQ(v.participant.status().queued_here(), 1u);
  v.participant.on_frame = nullptr;
  v.world.advance(minute);
  EXPECT_EQ(v.participant.status().queued_here(), 0u);
}

}  // namespace
}  // namespace livlina::testing::sim
