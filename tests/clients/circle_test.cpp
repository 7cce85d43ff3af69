// The desk and a circle as they live: manifests, plans, renewal, restarts.
#include "tests/clients/circle_story.hpp"

namespace livlina::testing::sim {
namespace {

TEST_F(CircleStory, a_new_manifest_reaches_everybody_and_revocation_acts_at_once) {
  const std::string contact_line = view_of(v.participant).people(0).line_id();
  ASSERT_TRUE(v.participant.ok(sign_manifest({}, false, {contact_line})));
  v.world.advance(second);
  for (Phone* phone : {&v.participant, &v.contact, &v.mentor, &v.coordinator}) {
    if (phone == &v.mentor || phone == &v.coordinator) continue;
    EXPECT_EQ(view_of(*phone).manifest_seq(), 2u) << phone->name();
    EXPECT_EQ(view_of(*phone).people_size(), 1) << phone->name();
  }
}

TEST_F(CircleStory, the_wording_travels_end_to_end_and_is_what_was_signed) {
  int details = 0;
  for (const auto& [key, value] : v.mentor.values())
    if (key.rfind("detail/", 0) == 0 &&
        text(value.expose()).find("I agree to this.") != std::string_view::npos)
      ++details;
  EXPECT_EQ(details, 1) << "the line that covers the pool, and no other";
}

TEST_F(CircleStory, T16_a_line_in_another_role_than_the_desk_says_is_not_signed) {
  auto lines = v.lines();
  lines[0].set_role(static_cast<std::uint32_t>(Role::coordinator));
  EXPECT_FALSE(v.participant.ok(sign_manifest(lines)));
  EXPECT_EQ(v.participant.finished().error(), "not_trusted");
  lines[0] = line(1, std::string(32, '\1'), Role::mentor, scope_all);
  EXPECT_FALSE(v.participant.ok(sign_manifest(lines)));
  lines[0] = line(1, to_string(crypto::SignKeyPair::generate(v.world.random).public_key().view()),
                  Role::mentor, scope_all);
  EXPECT_FALSE(v.participant.ok(sign_manifest(lines)));
  EXPECT_EQ(v.participant.finished().error(), "unknown_person");
}

TEST_F(CircleStory, T34_only_the_participant_signs_manifests_and_plans) {
  EXPECT_FALSE(v.contact.ok(sign_manifest(v.lines())));
  EXPECT_EQ(v.contact.finished().error(), "not_yours");
  EXPECT_FALSE(v.coordinator.ok(set_plan(v.world.now())));
  v1::Command category;
  category.mutable_set_category()->set_circle_id(to_string(v.circle().view()));
  category.mutable_set_category()->set_category(1);
  EXPECT_FALSE(v.mentor.ok(category));
  EXPECT_FALSE(v.participant.ok(category));
  EXPECT_TRUE(v.coordinator.ok(category)) << v.coordinator.finished().detail();
  EXPECT_EQ(view_of(v.coordinator).category(), 1u);
}

TEST_F(CircleStory, T17_server_that_gives_an_old_manifest_is_shown) {
  v1::ServerFrame old;
  record_circles(v.contact, old);
  again(v.contact);
  ASSERT_TRUE(old.has_circle());
  v.contact.on_frame = nullptr;
  ASSERT_TRUE(v.participant.ok(sign_manifest(v.lines())));
  v.world.advance(second);
  ASSERT_EQ(view_of(v.contact).manifest_seq(), 2u);
  replay_circles(v.contact, old);
  again(v.contact);
  EXPECT_TRUE(v.contact.warned("rollback"));
  EXPECT_EQ(view_of(v.contact).manifest_seq(), 2u);
}

TEST_F(CircleStory, T17_two_manifests_of_one_number_freeze_the_circle) {
  // The phone's vault is copied back and signs again what the first one signed already: the server
  // shows the other one to the contact person.
  const std::string contact_account = v.contact.status().account();
  v.contact.disconnect();
  Phone& twin = v.world.add("twin");
  for (const auto& [key, value] : v.participant.values()) twin.values().emplace(key, value.copy());
  ASSERT_TRUE(v.participant.ok(sign_manifest(v.lines())));
  ASSERT_TRUE(twin.reopen());
  std::string other;
  twin.core().command(
      [&] {
        v1::Command c =
            sign_manifest({line(1, contact_account, Role::contact_person, scope_alarm)});
        c.set_id(1);
        return c;
      }(),
      client::Moment(v.world.now()));
  for (auto& [key, value] : twin.core().take_step().store)
    if (key == "manifest/pending" && value) other = to_string(value->expose());
  ASSERT_FALSE(other.empty());
  v.contact.connect();
  ASSERT_EQ(view_of(v.contact).manifest_seq(), 2u);
  v.contact.on_frame = [&](v1::ServerFrame& f) {
    if (f.has_circle()) {
      f.mutable_circle()->clear_manifests();
      f.mutable_circle()->add_manifests(other);
    }
    return true;
  };
  again(v.contact);
  EXPECT_TRUE(v.contact.warned("fork"));
  // The participant's phone is shown it too, once. What it signs then names both and ends it for
  // everybody; the server goes by one of the two.
  v.participant.on_frame = v.contact.on_frame;
  again(v.participant);
  EXPECT_TRUE(v.participant.warned("fork"));
  v.participant.on_frame = nullptr;
  v.contact.on_frame = nullptr;
  if (!v.participant.ok(sign_manifest(v.lines()))) {
    EXPECT_TRUE(v.participant.ok(sign_manifest(v.lines()))) << v.participant.finished().detail();
  }
  v.world.advance(second);
  for (Phone* phone : {&v.participant, &v.contact}) {
    EXPECT_EQ(view_of(*phone).manifest_seq(), 3u) << phone->name();
    phone->clear();
    again(*phone);
    EXPECT_FALSE(phone->warned("fork")) << phone->name();
  }
  v1::Command hello;
  hello.mutable_send_text()->set_text("still here");
  EXPECT_TRUE(v.participant.ok(hello));
  v.world.advance(second);
  const v1::Event* message = v.contact.last(v1::Event::kMessage);
  ASSERT_NE(message, nullptr);
  EXPECT_EQ(message->message().text(), "still here");
}

TEST_F(CircleStory, T2_plan_where_a_manifest_is_expected) {
  ASSERT_TRUE(v.participant.ok(set_plan(v.world.now())))
      << v.participant.finished().error() << v.participant.finished().detail();
  v.world.advance(second);
  v.contact.on_frame = [](v1::ServerFrame& f) {
    if (f.has_circle()) *f.mutable_circle()->mutable_manifests(0) = f.circle().plan();
    return true;
  };
  again(v.contact);
  EXPECT_TRUE(v.contact.warned("not_verified"));
  EXPECT_EQ(view_of(v.contact).manifest_seq(), 1u);
}

// The server keeps from the contact person that the mentors were dropped, and says nothing of it.
// The next thing that the participant presses tells.
TEST_F(CircleStory, T17_a_withheld_revocation_is_found_by_the_heads_of_the_next_press) {
  v1::ServerFrame old;
  record_circles(v.contact, old);
  again(v.contact);
  ASSERT_TRUE(old.has_circle());
  replay_circles(v.contact, old);
  const auto answers = v.contact.on_frame;
  v.contact.on_frame = [answers](v1::ServerFrame& f) {
    return !f.has_circle_changed() && answers(f);
  };
  auto lines = v.lines();
  lines.pop_back();
  ASSERT_TRUE(v.participant.ok(sign_manifest(lines)));
  v.world.advance(minute);
  EXPECT_EQ(view_of(v.contact).manifest_seq(), 1u);
  EXPECT_FALSE(v.contact.warned("withheld"));
  ASSERT_TRUE(v.participant.ok(alarm()));
  v.world.advance(minute);
  EXPECT_TRUE(v.contact.warned("withheld"));
  EXPECT_FALSE(v.mentor.warned("withheld")) << "to whom the server does not lie";
}

TEST_F(CircleStory, T1_withheld_directory_is_noticed) {
  ASSERT_TRUE(v.coordinator.ok(plain(v1::Command::kRenewDesk)));
  v.world.advance(second);
  v.mentor.on_frame = [](v1::ServerFrame& f) {
    if (f.has_desk()) f.mutable_desk()->clear_directories();
    return true;
  };
  again(v.mentor);
  EXPECT_TRUE(v.mentor.warned("rollback"));
}

TEST_F(CircleStory, a_plan_is_the_participants_alone_until_the_circle_is_armed) {
  ASSERT_TRUE(v.participant.ok(set_plan(v.world.now())));
  v.world.advance(second);
  EXPECT_EQ(view_of(v.contact).plan_version(), 1u);
  EXPECT_EQ(view_of(v.contact).schedules_size(), 1);
  EXPECT_FALSE(view_of(v.contact).plan_approved());
  EXPECT_EQ(view_of(v.participant).member_wait_s(), 120u);
}

TEST_F(CircleStory, H36_no_arming_before_a_practice_alarm_was_taken) {
  EXPECT_FALSE(v.participant.ok(sign_manifest(v.lines(), true)));
  EXPECT_EQ(v.participant.finished().error(), "refused");
  EXPECT_EQ(v.participant.finished().detail(), "not_ready:practice_alarm");
  // The refused one is forgotten: the next may be signed.
  EXPECT_TRUE(v.participant.ok(sign_manifest(v.lines(), false)));
  EXPECT_EQ(view_of(v.participant).manifest_seq(), 2u);
}

TEST_F(CircleStory, the_end_of_a_roster_is_shown_48_hours_ahead) {
  v.world.advance(4 * day);
  EXPECT_FALSE(v.coordinator.warned("roster_ends"));
  v.world.advance(1 * day + hour);
  EXPECT_TRUE(v.coordinator.warned("roster_ends"));
  EXPECT_FALSE(v.mentor.warned("roster_ends"));
  v.coordinator.clear();
  ASSERT_TRUE(v.coordinator.ok(plain(v1::Command::kRenewDesk)));
  EXPECT_GT(v.coordinator.status().roster_not_after(), v.world.now() + 6 * day);
  v.world.advance(2 * day);
  EXPECT_FALSE(v.coordinator.warned("roster_ends")) << "another roster, another week";
}

TEST_F(CircleStory, safety_numbers_are_equal_on_both_sides) {
  const auto digits = [&](Phone& phone, Phone& with) {
    v1::Command c;
    c.mutable_get_safety_number()->set_circle_id(to_string(v.circle().view()));
    c.mutable_get_safety_number()->set_with(with.status().account());
    EXPECT_TRUE(phone.ok(c));
    const v1::Event* e = phone.last(v1::Event::kSafetyNumber);
    return e == nullptr ? std::string() : e->safety_number().digits();
  };
  const std::string ours = digits(v.participant, v.mentor);
  EXPECT_EQ(ours.size(), digits(v.mentor, v.participant).size());
  EXPECT_EQ(ours, digits(v.mentor, v.participant));
  EXPECT_NE(ours, digits(v.participant, v.contact));
}

TEST_F(CircleStory, I9_sync_ends_when_everything_was_exchanged) {
  v.mentor.disconnect();
  ASSERT_TRUE(v.participant.ok(sign_manifest(v.lines())));
  v.world.advance(second);
  v.mentor.connect();
  EXPECT_TRUE(v.mentor.ok(plain(v1::Command::kSync)));
  EXPECT_EQ(view_of(v.mentor).manifest_seq(), 2u);
}

TEST_F(CircleStory, M1_a_lost_reply_to_a_manifest_is_no_fork) {
  bool lost = false;
  v.participant.on_frame = [&](v1::ServerFrame& f) {
    if (lost || !f.has_done()) return true;
    lost = true;
    return false;
  };
  v1::Command c = sign_manifest(v.lines());
  (void)v.participant.run(c);
  EXPECT_TRUE(lost);
  v.participant.disconnect();
  ASSERT_TRUE(v.participant.reopen());
  v.participant.connect();
  v.world.advance(second);
  EXPECT_EQ(view_of(v.participant).manifest_seq(), 2u);
  EXPECT_TRUE(v.participant.ok(sign_manifest(v.lines())));
  EXPECT_EQ(view_of(v.participant).manifest_seq(), 3u);
  EXPECT_EQ(view_of(v.contact).manifest_seq(), 3u);
  for (Phone* phone : {&v.participant, &v.contact}) EXPECT_FALSE(phone->warned("fork"));
}

TEST_F(CircleStory, M1_conflict_with_our_own_record_is_none) {
  // The record was taken, the reply was lost on the way, and the repeat is told "conflict".
  const auto lose = [](v1::ServerFrame& f) {
    if (f.has_done()) f.mutable_error()->set_code(v1::CONFLICT);
    return true;
  };
  v.participant.on_frame = lose;
  EXPECT_TRUE(v.participant.ok(sign_manifest(v.lines()))) << v.participant.finished().error();
  EXPECT_EQ(view_of(v.participant).manifest_seq(), 2u);
  v.coordinator.on_frame = lose;
  EXPECT_TRUE(v.coordinator.ok(plain(v1::Command::kRenewDesk))) << v.coordinator.finished().error();
}

TEST_F(CircleStory, M1_a_server_that_crashes_at_each_commit_loses_no_manifest) {
  for (int at = 0; at < 6; ++at) {
    int commits = 0;
    v.world.set_commit_probe([&](server::CommitPoint point) {
      if (point == (at % 2 == 0 ? server::CommitPoint::before : server::CommitPoint::after) &&
          commits++ == at / 2)
        throw server::Crash{};
    });
    const std::uint32_t before = view_of(v.participant).manifest_seq();
    (void)v.participant.run(sign_manifest(v.lines()));
    v.world.set_commit_probe({});
    v.world.advance(minute);
    EXPECT_EQ(view_of(v.participant).manifest_seq(), before + 1) << at;
    EXPECT_EQ(view_of(v.contact).manifest_seq(), before + 1) << at;
    EXPECT_FALSE(v.contact.warned("fork"));
  }
}

// ---- from what is stored ----

TEST(Restart, M1_every_command_on_a_core_built_anew) {
  World world(31);
  Phone& carin = world.add("Carin");
  Phone& kim = world.add("Kim");
  Phone& pa = world.add("Pa");
  for (Phone* phone : {&carin, &kim, &pa}) phone->reopen_always(true);
  ASSERT_TRUE(set_up_desk(world, carin));
  ASSERT_TRUE(pair(carin, kim, 1, Role::contact_person).ok);
  ASSERT_TRUE(pair(kim, pa, 2, Role::participant).ok) << kim.finished().error();
  const auto lines =
      std::vector<v1::Person>{line(1, kim.status().account(), Role::contact_person, scope_all),
                              line(2, {}, Role::coordinator, scope_alarm)};
  ASSERT_TRUE(pa.ok(sign_manifest(lines))) << pa.finished().error() << pa.finished().detail();
  ASSERT_TRUE(pa.ok(set_plan(world.now())));
  world.advance(minute);
  const v1::Status s = kim.status();
  ASSERT_EQ(s.circles_size(), 1);
  EXPECT_EQ(s.circles(0).plan_version(), 1u);
  EXPECT_EQ(s.circles(0).participant_name(), "Pa");
  for (Phone* phone : {&carin, &kim, &pa})
    for (const char* code : {"fork", "rollback", "not_verified", "cloned_device"})
      EXPECT_FALSE(phone->warned(code)) << phone->name() << code;
}

TEST(Restart, T4_what_is_stored_and_broken_is_said_and_never_a_crash) {
  Village v(32);
  ASSERT_TRUE(v.ok);
  ASSERT_TRUE(v.participant.ok(set_plan(v.world.now())));
  v.world.advance(minute);
  const auto opens = [&](const crypto::Vault::Values& values) {
    return client::Core::open(values, v.world.random, protocol::tzdata_zones(),
                              client::Moment(v.world.now()));
  };
  for (Phone* phone : {&v.participant, &v.contact, &v.coordinator}) {
    auto& values = phone->values();
    ASSERT_TRUE(opens(values).ok());
    std::map<std::string, int> seen;  // two of each subject: there are fifty one-time keys
    for (auto& [key, value] : values) {
      if (seen[key.substr(0, key.find('/'))]++ >= 2) continue;
      const Bytes good = to_bytes(value.expose());
      const auto with = [&](const Bytes& bytes) {
        value = crypto::SecretBytes(ByteView(bytes));
        const auto core = opens(values);
        value = crypto::SecretBytes(ByteView(good));
        return core.ok() ? crypto::Status(Unit{}) : crypto::Status(core.error());
      };
      for (const std::size_t size : {std::size_t{0}, std::size_t{1}, good.size() / 2}) {
        const auto cut =
            with(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)));
        if (!cut.ok()) {
          EXPECT_EQ(cut.error(), crypto::Error::bad_format) << key;
        }
      }
      for (std::size_t i = 0; i < good.size(); i += 1 + good.size() / 8) {
        Bytes bad = good;
        bad[i] ^= 0xff;
        const auto flipped = with(bad);
        if (!flipped.ok()) {
          EXPECT_EQ(flipped.error(), crypto::Error::bad_format) << key;
        }
      }
    }
    // These say who we are and whom we trust: broken, there is no going on.
    for (const char* key : {"identity", "desk/head", "desk/directory", "clock"}) {
      crypto::SecretBytes& value = values.at(key);
      const Bytes good = to_bytes(value.expose());
      value = crypto::SecretBytes(ByteView(good).first(good.size() - 1));
      EXPECT_FALSE(opens(values).ok()) << key;
      value = crypto::SecretBytes(ByteView(good));
    }
    EXPECT_TRUE(opens(values).ok());
  }
}

}  // namespace
}  // namespace livlina::testing::sim
