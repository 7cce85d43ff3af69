// The decoy realm of a participant: current, nameless, and alike to whoever looks on (T30).
#include "tests/clients/circle_story.hpp"

namespace livlina::testing::sim {
namespace {

TEST_F(CircleStory, T30_decoy_realm_is_current_and_names_nobody) {
  ASSERT_TRUE(v.participant.ok(set_plan(v.world.now())));
  v.world.advance(second);
  v.participant.disconnect();
  Phone& decoy = v.world.open_decoy(v.participant);
  for (const auto& [key, value] : decoy.values()) {
    for (const char* secret : {"person/", "detail/", "shadow", "pairing", "env", "introduced/"})
      EXPECT_NE(key.rfind(secret, 0), 0u) << key;
    if (key.rfind("label/", 0) == 0 || key == "shown/invite") continue;  // first names, see below
    for (const char* name : {"Carin", "Kim", "Maja", "I agree"})
      EXPECT_EQ(text(value.expose()).find(name), std::string_view::npos) << key;
  }
  decoy.connect();
  EXPECT_NE(decoy.last(v1::Event::kLoggedIn), nullptr) << "its log-in is an ordinary one";
  const v1::Status s = decoy.status();
  ASSERT_EQ(s.circles_size(), 1);
  EXPECT_EQ(s.circles(0).manifest_seq(), 1u);
  EXPECT_EQ(s.circles(0).plan_version(), 1u);
  // What it is asked to do is done, as far as anybody sees, and changes nothing.
  EXPECT_TRUE(decoy.ok(sign_manifest({})));
  EXPECT_TRUE(decoy.ok(set_plan(v.world.now(), 600)));
  EXPECT_EQ(view_of(decoy).manifest_seq(), 2u) << "as far as anybody sees";
  EXPECT_EQ(view_of(decoy).people_size(), 0);
  EXPECT_EQ(view_of(decoy).plan_version(), 2u);
  EXPECT_EQ(view_of(decoy).schedules(0).times(0).minute(), 600u);
  EXPECT_EQ(view_of(v.contact).manifest_seq(), 1u);
  EXPECT_EQ(view_of(v.contact).plan_version(), 1u);
}

TEST_F(CircleStory, T30_the_decoy_realm_has_first_names_and_an_invitation) {
  const auto real = view_of(v.participant);
  v.participant.disconnect();
  Phone& decoy = v.world.open_decoy(v.participant);
  decoy.connect();
  const auto shown = view_of(decoy);
  ASSERT_EQ(shown.people_size(), real.people_size());
  for (int i = 0; i < shown.people_size(); ++i) {
    const std::string& name = real.people(i).name();
    EXPECT_EQ(shown.people(i).line_type() == 1 ? shown.people(i).name() : "",
              shown.people(i).line_type() == 1 ? name.substr(0, name.find(' ')) : "");
    EXPECT_EQ(shown.people(i).organisation(), "");
  }
  ASSERT_TRUE(decoy.ok(plain(v1::Command::kListInvites)));
  const v1::Event* invites = decoy.last(v1::Event::kInvites);
  ASSERT_NE(invites, nullptr);
  ASSERT_EQ(invites->invites().invites_size(), 1);
  EXPECT_EQ(invites->invites().invites(0).state(), 5u);
  EXPECT_FALSE(invites->invites().invites(0).name().empty());
  // A line is dropped: shown so there, also after a restart, and nowhere else.
  const std::string kept = shown.people(0).line_id();
  ASSERT_TRUE(decoy.ok(sign_manifest({}, false, {kept})));
  ASSERT_TRUE(decoy.reopen());
  EXPECT_EQ(view_of(decoy).people_size(), 1);
  EXPECT_EQ(view_of(decoy).people(0).line_id(), kept);
  EXPECT_EQ(view_of(v.contact).manifest_seq(), 1u);
}

TEST_F(CircleStory, T30_the_decoy_signs_what_the_real_realm_signs_and_refuses_the_same) {
  std::vector<v1::Command> wrong;
  auto lines = v.lines();
  lines.push_back(lines[0]);
  wrong.push_back(sign_manifest(lines));  // one line for each key
  lines = v.lines();
  lines[0].set_role(static_cast<std::uint32_t>(Role::coordinator));
  wrong.push_back(sign_manifest(lines));
  wrong.push_back(sign_manifest(std::vector<v1::Person>(41, v.lines()[0])));
  wrong.push_back(sign_manifest({line(1, std::string(32, '\1'), Role::mentor, scope_all)}));
  wrong.push_back(sign_manifest({}, false, {"nobody"}));
  const auto answers = [&wrong](Phone& phone) {
    std::vector<std::string> out;
    for (const v1::Command& command : wrong) {
      EXPECT_FALSE(phone.ok(command));
      out.push_back(phone.finished().error() + "/" + phone.finished().detail());
    }
    return out;
  };
  const auto real = answers(v.participant);
  v.participant.disconnect();
  Phone& decoy = v.world.open_decoy(v.participant);
  decoy.connect();
  EXPECT_EQ(answers(decoy), real);

  int asked = 0;
  decoy.on_request = [&asked](v1::Request& r) {
    asked += r.has_put_manifest() ? 1 : 0;
    return true;
  };
  ASSERT_TRUE(decoy.ok(sign_manifest(v.lines()))) << decoy.finished().detail();
  EXPECT_EQ(asked, 1) << "it ends with a reply of the server";
  EXPECT_EQ(view_of(decoy).people_size(), 3);
  EXPECT_FALSE(decoy.ok(sign_manifest(v.lines(), true)));
  EXPECT_EQ(decoy.finished().detail(), "not_ready:practice_alarm");
  decoy.disconnect();
  const std::string kept = view_of(decoy).people(0).line_id();
  EXPECT_FALSE(decoy.ok(sign_manifest({}, false, {kept})));
  EXPECT_EQ(decoy.finished().error() + "/" + decoy.finished().detail(), "offline/pending");
  EXPECT_FALSE(decoy.ok(sign_manifest({})));
  EXPECT_EQ(decoy.finished().error() + "/" + decoy.finished().detail(), "wrong_state/pending");
  ASSERT_TRUE(decoy.reopen());
  decoy.connect();
  v.world.advance(second);
  EXPECT_EQ(view_of(decoy).manifest_seq(), 3u);
  EXPECT_EQ(view_of(decoy).people_size(), 1);
  EXPECT_EQ(view_of(v.contact).manifest_seq(), 1u);
  for (const auto& [key, value] : decoy.values()) EXPECT_NE(key.rfind("detail/", 0), 0u) << key;
  // Plans as well.
  decoy.disconnect();
  for (const char* answer : {"offline/pending", "wrong_state/pending"}) {
    EXPECT_FALSE(decoy.ok(set_plan(v.world.now(), 600)));
    EXPECT_EQ(decoy.finished().error() + "/" + decoy.finished().detail(), answer);
  }
  decoy.connect();
  v.world.advance(second);
  EXPECT_EQ(view_of(decoy).plan_version(), 1u);
  EXPECT_EQ(view_of(v.contact).plan_version(), 0u);
}

TEST_F(CircleStory, T30_a_plan_that_was_set_offline_shows_as_proposed_in_both_realms) {
  const auto shown = [this](Phone& phone) {
    std::vector<std::string> out;
    const auto look = [&] {
      const v1::CircleView c = view_of(phone);
      const bool any = c.proposed_schedules_size() == 1;
      out.push_back(std::to_string(c.plan_version()) + " proposed " +
                    std::to_string(c.proposed_schedules_size()) + " at " +
                    std::to_string(any ? c.proposed_schedules(0).times(0).minute() : 0) + " wait " +
                    std::to_string(c.proposed_member_wait_s()));
    };
    phone.disconnect();
    for (const std::uint32_t minute_of_day : {600u, 660u}) {
      (void)phone.run(set_plan(v.world.now(), minute_of_day));
      out.push_back(phone.finished().error() + "/" + phone.finished().detail());
      look();
      EXPECT_TRUE(phone.reopen());
      look();
      phone.connect();
      v.world.advance(second);
      look();
      phone.disconnect();
    }
    return out;
  };
  v.participant.disconnect();
  Phone& decoy = v.world.open_decoy(v.participant);
  const auto of_decoy = shown(decoy);
  EXPECT_EQ(of_decoy, shown(v.participant));
  EXPECT_EQ(of_decoy[1], "0 proposed 1 at 600 wait 120");
}

}  // namespace
}  // namespace livlina::testing::sim
