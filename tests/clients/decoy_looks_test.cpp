// The same steps in both realms of one participant, and what is answered and shown (T30).
#include "tests/clients/circle_story.hpp"

namespace livlina::testing::sim {
namespace {

v1::Command text_to(const std::string& who) {
  v1::Command c;
  c.mutable_send_text()->set_to(who);
  c.mutable_send_text()->set_text("hi");
  return c;
}

v1::Command number_with(const std::string& who, const std::string& circle) {
  v1::Command c;
  c.mutable_get_safety_number()->set_with(who);
  c.mutable_get_safety_number()->set_circle_id(circle);
  return c;
}

std::string answer(Phone& phone, const v1::Command& command) {
  (void)phone.run(command);
  return phone.finished().error() + "/" + phone.finished().detail();
}

class DecoyLooks : public CircleStory {
 protected:
  // The decoy first, which changes nothing anywhere; then the real realm, as if it had not been.
  template <class Steps>
  std::vector<std::string> both(Steps steps) {
    v.participant.disconnect();
    Phone& decoy = v.world.open_decoy(v.participant);
    decoy.connect();
    v.world.advance(second);
    const std::vector<std::string> shown = steps(decoy);
    decoy.disconnect();
    v.participant.connect();
    v.world.advance(second);
    const std::vector<std::string> real = steps(v.participant);
    EXPECT_EQ(shown, real);
    return real;
  }
  // What `status` shows of plan, arming and the next check-in.
  static std::string plan_of(Phone& phone) {
    const v1::Status s = phone.status();
    const v1::CircleView& c = s.circles(0);
    std::string out = "state " + std::to_string(c.state()) + " manifest " +
                      std::to_string(c.manifest_seq()) + " plan " +
                      std::to_string(c.plan_version());
    for (const auto& schedule : c.schedules())
      out += " at " + std::to_string(schedule.times(0).minute());
    for (const auto& schedule : c.proposed_schedules())
      out += " proposed at " + std::to_string(schedule.times(0).minute());
    return out + " next " + std::to_string(s.next_due()) + " until " +
           std::to_string(s.next_deadline());
  }
  void practise() {
    ASSERT_TRUE(v.participant.ok(drill()));
    v.world.advance(minute);
    const v1::Event* seen = v.contact.last(v1::Event::kIncident);
    ASSERT_NE(seen, nullptr);
    ASSERT_TRUE(v.contact.ok(act(2, seen->incident().incident().incident_id())));
    v.world.advance(second);
  }
};

TEST_F(DecoyLooks, T30_words_compared_show_in_both_realms) {
  const auto steps = [](Phone& phone) {
    std::vector<std::string> out;
    const v1::CircleView circle = view_of(phone);
    for (const v1::Person& p : circle.people()) out.push_back(p.verified() ? "compared" : "-");
    (void)phone.reopen();
    v1::Command people;
    people.mutable_get_people();
    out.push_back(answer(phone, people));
    if (const v1::Event* told = phone.last(v1::Event::kPeople))
      for (const v1::Person& p : told->people().people())
        out.push_back(p.verified() ? "compared" : "-");
    return out;
  };
  const auto real = both(steps);
  EXPECT_EQ(std::count(real.begin(), real.end(), "compared"), 2);
}

TEST_F(DecoyLooks, T30_who_was_dropped_is_unknown_in_both_realms) {
  const std::string contact = v.contact.status().account();
  const std::string mentor = v.mentor.status().account();
  const auto back = v.lines()[0];
  const auto steps = [&](Phone& phone) {
    std::vector<std::string> out;
    const auto ask = [&] {
      const std::string circle = view_of(phone).circle_id();
      for (const std::string& who : {contact, mentor}) {
        out.push_back("send " + answer(phone, text_to(who)));
        out.push_back("number " + answer(phone, number_with(who, circle)));
      }
      out.push_back("send all " + answer(phone, text_to({})));
      out.push_back("people " + std::to_string(view_of(phone).people_size()));
    };
    ask();
    std::string pool;
    const v1::CircleView before = view_of(phone);
    for (const v1::Person& p : before.people())
      if (p.line_type() == 3) pool = p.line_id();
    out.push_back("drop " + answer(phone, sign_manifest({}, false, {pool})));
    v.world.advance(second);
    ask();
    out.push_back("nobody " + answer(phone, sign_manifest({})));
    v.world.advance(second);
    ask();
    out.push_back("again " + answer(phone, sign_manifest({back})));
    v.world.advance(second);
    ask();
    return out;
  };
  const auto real = both(steps);
  EXPECT_EQ(std::count(real.begin(), real.end(), "send unknown_person/"), 4);
  EXPECT_EQ(std::count(real.begin(), real.end(), "number unknown_person/"), 4);
}

TEST_F(DecoyLooks, T30_the_next_check_in_follows_the_plan_in_both_realms) {
  const Instant from = v.world.now();
  const auto steps = [&](Phone& phone) {
    std::vector<std::string> out{plan_of(phone)};
    for (const std::uint32_t minute_of_day : {20u * 60, 9u * 60 + 30}) {
      out.push_back(answer(phone, set_plan(from, minute_of_day)));
      v.world.advance(second);
      out.push_back(plan_of(phone));
      EXPECT_TRUE(phone.reopen());
      out.push_back(plan_of(phone));
    }
    // The second has a check-in that is open now.
    out.push_back(answer(phone, press(1)));
    out.push_back(plan_of(phone));
    phone.disconnect();
    out.push_back(answer(phone, set_plan(from, 18 * 60)));
    out.push_back(plan_of(phone));
    phone.connect();
    v.world.advance(second);
    out.push_back(plan_of(phone));
    return out;
  };
  const auto real = both(steps);
  EXPECT_NE(real[0], real[2]);
  EXPECT_NE(real[2], real[5]);
  EXPECT_EQ(view_of(v.participant).plan_version(), 3u);
}

TEST_F(DecoyLooks, T30_what_is_armed_shows_the_same_proposals_and_check_ins) {
  practise();
  const Instant from = v.world.now();
  const auto lines = v.lines();
  const auto steps = [&](Phone& phone) {
    std::vector<std::string> out;
    const auto look = [&](const v1::Command& command) {
      out.push_back(answer(phone, command));
      v.world.advance(second);
      out.push_back(plan_of(phone));
    };
    look(set_plan(from, 9 * 60 + 30));
    look(sign_manifest(lines, true));  // inside the window of the first check-in
    EXPECT_TRUE(phone.reopen());
    out.push_back(plan_of(phone));
    look(set_plan(from, 18 * 60));
    look(set_plan(from, 19 * 60));
    look(sign_manifest(lines));  // stays armed, from the same moment on
    // Nobody is left who could approve.
    look(sign_manifest({lines[1], lines[2]}));
    look(set_plan(from, 17 * 60));
    phone.disconnect();
    look(set_plan(from, 16 * 60));
    phone.connect();
    v.world.advance(second);
    out.push_back(plan_of(phone));
    return out;
  };
  const auto real = both(steps);
  EXPECT_NE(real[1].find("plan 1 at 570 next"), std::string::npos) << real[1];
  EXPECT_NE(real[4].find("state 2"), std::string::npos) << real[4];
  EXPECT_NE(real[6].find("plan 1 at 570 proposed at 1080"), std::string::npos) << real[6];
  EXPECT_EQ(view_of(v.contact).plan_version(), 1u);
}

TEST_F(DecoyLooks, T30_what_is_armed_there_stays_so_from_the_first_moment) {
  practise();
  v.participant.disconnect();
  Phone& decoy = v.world.open_decoy(v.participant);
  decoy.connect();
  ASSERT_TRUE(decoy.ok(set_plan(v.world.now(), 11 * 60)));
  ASSERT_TRUE(decoy.ok(sign_manifest(v.lines(), true)));
  v.world.advance(80 * minute);  // inside the window of that check-in
  const v1::Status before = decoy.status();
  EXPECT_LT(before.next_due(), v.world.now() + hour);
  ASSERT_TRUE(decoy.ok(sign_manifest(v.lines())));
  EXPECT_EQ(decoy.status().next_due(), before.next_due());
}

}  // namespace
}  // namespace livlina::testing::sim
