// The desk's webhook and the operator's through the whole engine: who is told what, in which order,
// how often, and what becomes of a channel that fails.
#include <gtest/gtest.h>

#include <algorithm>

#include "server/delivery/in_flight.hpp"
#include "server/policy/notification.hpp"
#include "server/store/channel_failures.hpp"
#include "server/store/operator_notices.hpp"
#include "tests/services/watched_server.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using policy::Delivery;
using policy::NoticeCode;
using protocol::Act;
using store::OperatorChannel;

Delivery delivery(Delivery::What what, Duration retry_after = 0) { return {what, retry_after}; }

class DeskWebhook : public ::testing::Test {
 protected:
  DeskWebhook() {
    auto& settings = town.server->settings;
    settings.desk_channels.insert(desk);
    settings.operator_command = true;
    town.town.settings = settings;
    town.server->after_round = [this](const RoundResult& result) { take(result); };
    town.restart();
  }
  // As the senders, who answer at once or not at all.
  void take(const RoundResult& result) {
    Engine& engine = town.server->engine();
    for (const DeskNotice& notice : result.desk_notices) {
      EXPECT_EQ(notice.desk, desk);
      posts.push_back(notice);
      if (answers) engine.webhook_result({notice.id, answer}, town.town.now);
    }
    for (const OperatorNotice& line : result.operator_notices) {
      town.lines.push_back(line);
      if (line.channel == OperatorChannel::command)
        engine.operator_result(line.id, true, town.town.now);
      else if (answers)
        engine.webhook_result({line.id, answer}, town.town.now);
    }
  }
  void miss_noon() {
    town.town.accept_plan({town.town.daily_at(12 * 60)});
    town.advance_to(town_start + 4 * hour + 30 * minute + 1);
    town.advance(second);  // and what came of it is written
  }
  void category_1() {
    town.town.commit([&](Turn& t) { set_category(t, town.town.circle.id, 1); });
  }
  [[nodiscard]] std::ptrdiff_t posted(const std::string& code) const {
    return std::count_if(posts.begin(), posts.end(),
                         [&](const DeskNotice& n) { return n.code == code; });
  }
  [[nodiscard]] std::ptrdiff_t lines(const std::string& code, OperatorChannel channel) const {
    return std::count_if(town.lines.begin(), town.lines.end(), [&](const OperatorNotice& line) {
      return line.code == code && line.channel == channel;
    });
  }
  bool failed() { return store::ChannelFailures(town.town.db).failed(desk); }
  void expect_invariants() {
    for (const std::string& broken : broken_invariants(town.town.db, town.town.now, {true, {}}))
      ADD_FAILURE() << broken;
  }
  // A page of an incident that waits for the channel.
  NoticeId add(int severity, Instant at) {
    store::NotificationRow row;
    row.id = random_id<NoticeId>(town.town.random);
    row.cause = random_id<CauseId>(town.town.random);
    row.person = desk;
    row.channel = policy::Channel::webhook;
    row.kind = policy::NotificationKind::warning;
    row.severity = severity;
    row.at = at;
    row.n.next_at = town.town.now;
    town.town.commit([&](Turn& t) { EXPECT_TRUE(store::Notifications(t.db).insert(row)); });
    return row.id;
  }
  WatchedServer town;
  const policy::Person desk = town.town.desk.key().bytes();
  std::vector<DeskNotice> posts;
  bool answers = true;
  Delivery answer = delivery(Delivery::What::accepted);
};

TEST_F(DeskWebhook, H20_with_nobody_at_a_device_the_desk_is_paged_all_the_same) {
  miss_noon();
  ASSERT_EQ(posted("page"), 1);
  EXPECT_EQ(posts[0].incident, town.town.unresolved()->id);
  EXPECT_EQ(posts[0].severity, 2);
  EXPECT_EQ(posts[0].attempt, 1);
  EXPECT_EQ(lines("no_person", OperatorChannel::command), 1);
  EXPECT_EQ(town.count("SELECT count(*) FROM notification WHERE channel = 2 AND state = 3"), 1)
      << "accepted, which is no receipt";
  town.advance(11 * minute);
  EXPECT_EQ(posted("page"), 2) << "G5: on and on until a human takes it";
  expect_invariants();
}

TEST_F(DeskWebhook, G4_a_step_that_names_the_desk_alone_is_not_empty_while_its_channel_works) {
  category_1();
  miss_noon();
  EXPECT_EQ(posted("page"), 1);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident_event WHERE kind = 7 AND step = 1"), 0);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident_event WHERE kind = 6 AND step = 1"), 1);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident_event WHERE kind = 8"), 0)
      << "somebody was found";
  EXPECT_EQ(lines("no_person", OperatorChannel::command), 0);
}

TEST_F(DeskWebhook, from_round_2_the_desk_is_paged_by_it_and_a_take_silences_it) {
  town.staff_online();
  miss_noon();
  EXPECT_EQ(posted("page"), 0) << "the first step finds somebody";
  town.advance(21 * minute);
  ASSERT_GE(posted("page"), 1);
  const IncidentId id = town.town.unresolved()->id;
  answer = delivery(Delivery::What::later);
  town.advance(11 * minute);
  EXPECT_EQ(town.count("SELECT count(*) FROM notification WHERE channel = 2 AND state = 1"), 1);
  ASSERT_EQ(town.town.act(town.town.mentor, id, {.act = Act::take}), 1);
  const auto before = posts.size();
  town.advance(15 * minute);
  EXPECT_EQ(posts.size(), before) << "obsolete, and nothing quiet is told to what rings";
  ASSERT_EQ(town.town.act(town.town.mentor, id,
                          {.act = Act::resolve, .reason = protocol::Reason::reached_and_well}),
            1);
  town.advance(15 * minute);
  EXPECT_EQ(posts.size(), before);
  expect_invariants();
}

TEST_F(DeskWebhook, M3_the_lane_is_not_told_to_whoever_carries_the_page) {
  (void)town.town.answer({.type = protocol::RecordType::alarm, .answer = 1});
  town.advance(minute);
  const auto silent = town.town.unresolved(policy::Lane::silent);
  ASSERT_TRUE(silent);
  ASSERT_GE(posts.size(), 1u);
  for (const DeskNotice& notice : posts) EXPECT_STREQ(notice.code, "page");
}

TEST_F(DeskWebhook, H13_a_receiver_that_never_answers_keeps_nobody_else_waiting) {
  town.staff_online();
  answers = false;
  for (int k = 0; k < 5; ++k) (void)add(0, town.town.now);
  miss_noon();
  town.town.sent.clear();
  EXPECT_EQ(town.count("SELECT count(*) FROM notification WHERE channel = 1 AND kind = 1"), 2)
      << "both mentors";
  const auto first = posts.size();
  EXPECT_GE(first, 1u);
  town.advance(10 * minute + 1);
  EXPECT_GE(town.count("SELECT count(*) FROM incident_event WHERE kind = 6"), 2)
      << "the steps go on";
  EXPECT_GT(posts.size(), first) << "given up after a while, the next one leaves";
}

TEST_F(DeskWebhook, H13_one_on_its_way_at_a_time_and_it_is_given_up_by_its_time) {
  answers = false;
  const NoticeId a = add(1, town.town.now);
  const NoticeId b = add(3, town.town.now);
  town.round();
  ASSERT_EQ(posts.size(), 1u);
  EXPECT_EQ(posts[0].id, b);
  town.advance(InFlight::given_up - 1);
  EXPECT_EQ(posts.size(), 1u);
  town.advance(1);
  ASSERT_EQ(posts.size(), 2u);
  EXPECT_EQ(posts[1].id, b) << "the most severe, which nobody has confirmed";
  EXPECT_EQ(posts[1].attempt, 2);
  town.server->engine().webhook_result({b, answer}, town.town.now);
  town.advance(0);
  ASSERT_EQ(posts.size(), 3u);
  EXPECT_EQ(posts[2].id, a);
}

TEST_F(DeskWebhook, H18_of_a_backlog_the_most_severe_then_the_newest_goes_first) {
  const Instant t = town.town.now;
  const NoticeId mild = add(0, t);
  const NoticeId old_severe = add(4, t - 3 * hour);
  const NoticeId newer = add(2, t - hour);
  const NoticeId older = add(2, t - 2 * hour);
  const NoticeId severe = add(4, t - 2 * hour);
  town.advance(second);
  std::vector<NoticeId> order;
  for (const DeskNotice& notice : posts) order.push_back(notice.id);
  EXPECT_EQ(order, (std::vector<NoticeId>{severe, old_severe, newer, older, mild}));
}

TEST_F(DeskWebhook, G5_what_cannot_be_taken_now_is_repeated_with_one_key_and_growing_waits) {
  answer = delivery(Delivery::What::later);
  const NoticeId id = add(1, town.town.now);
  town.advance(minute);
  ASSERT_EQ(posts.size(), 4u) << "at 0, 5, 15 and 35 seconds";
  for (std::size_t k = 0; k < posts.size(); ++k) {
    EXPECT_EQ(posts[k].id, id);
    EXPECT_EQ(posts[k].attempt, static_cast<int>(k) + 1);
  }
  answer = delivery(Delivery::What::later, 2 * minute);
  town.advance(20 * second);
  ASSERT_EQ(posts.size(), 5u);
  town.advance(2 * minute - 6 * second);
  EXPECT_EQ(posts.size(), 5u) << "it asked for two minutes";
  (void)add(4, town.town.now);
  town.round();
  EXPECT_EQ(posts.size(), 5u) << "of the channel, not of the notice";
  answer = delivery(Delivery::What::accepted);
  town.advance(minute);
  EXPECT_EQ(posts.size(), 7u);
  town.advance(10 * minute);
  EXPECT_EQ(posts.size(), 7u);
  expect_invariants();
}

TEST_F(DeskWebhook, G5_H12_after_a_kill_what_was_decided_goes_again_under_the_same_key) {
  answers = false;
  miss_noon();
  ASSERT_EQ(posts.size(), 1u) << "handed over, and the process dies: nobody knows what came of it";
  town.restart();
  town.advance(0);
  ASSERT_EQ(posts.size(), 2u);
  EXPECT_EQ(posts[1].id, posts[0].id);
  EXPECT_EQ(posts[1].attempt, 2);
}

TEST_F(DeskWebhook, H12_a_kill_before_the_commit_sends_nothing_and_after_it_sends_in_the_end) {
  miss_noon();
  const auto told = posts.size();
  // Round 2: the desk is paged anew; the process dies on each side of each commit until it is.
  for (int dies_at = 1; dies_at <= 6; ++dies_at) {
    int n = 0;
    town.at_commit = [&](CommitPoint) {
      if (++n == dies_at) throw Crash{};
    };
    town.town.now += 10 * minute + second;
    try {
      (void)town.round();
    } catch (const Crash&) {
    }
    town.at_commit = [](CommitPoint) {};
    town.town.db.rollback();
    town.restart();
  }
  town.advance(minute);
  EXPECT_GT(posts.size(), told);
  EXPECT_EQ(town.count("SELECT count(*) FROM notification WHERE channel = 2 AND state = 1"), 0);
  expect_invariants();
}

TEST_F(DeskWebhook, H14_a_channel_that_fails_for_good_is_told_once_tried_slowly_and_comes_back) {
  (void)town.server->online(town.town.coordinator.primary());
  town.server->settle();
  answer = delivery(Delivery::What::refused);
  (void)add(1, town.town.now);
  (void)add(2, town.town.now);
  town.advance(second);
  EXPECT_EQ(posts.size(), 1u) << "what is broken is not asked for each of them";
  EXPECT_TRUE(failed());
  EXPECT_EQ(town.count("SELECT count(*) FROM notification WHERE channel = 2 AND state = 4"), 2)
      << "failed, never done";
  EXPECT_EQ(town.count("SELECT count(*) FROM notification WHERE code = 27"), 1)
      << "the coordinator's device";
  EXPECT_EQ(lines("desk_channel_failed", OperatorChannel::command), 1);
  town.advance(probe_every - 2 * second);
  EXPECT_EQ(posts.size(), 1u);
  town.advance(2 * second);
  ASSERT_EQ(posts.size(), 2u);
  EXPECT_STREQ(posts[1].code, "test");
  town.advance(2 * probe_every);
  EXPECT_EQ(posted("test"), 3) << "slowly";
  EXPECT_EQ(town.count("SELECT count(*) FROM notification WHERE code = 27"), 1) << "said once";
  EXPECT_EQ(lines("desk_channel_failed", OperatorChannel::command), 1);
  town.advance(5 * minute);
  answer = delivery(Delivery::What::accepted);  // repaired
  town.advance(probe_every);
  EXPECT_FALSE(failed());
  EXPECT_EQ(posted("test"), 4);
  expect_invariants();
  town.advance_to(town_start + hour);
  const auto before = posts.size();
  miss_noon();
  EXPECT_GT(posts.size(), before) << "and is used again";
}

TEST_F(DeskWebhook, H14_while_it_has_failed_nothing_waits_for_it_and_the_step_counts_as_empty) {
  answer = delivery(Delivery::What::refused);
  category_1();
  miss_noon();
  EXPECT_EQ(posted("page"), 1);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident_event WHERE kind = 25"), 1)
      << "all rows of the step failed: the next one fires at once";
  EXPECT_EQ(town.count("SELECT count(*) FROM incident_event WHERE kind = 8"), 1);
  EXPECT_EQ(lines("no_person", OperatorChannel::command), 1) << "replaced by the operator";
  EXPECT_EQ(town.count("SELECT count(*) FROM notification WHERE channel = 2 AND state = 1"), 0);
  town.advance(10 * minute);
  EXPECT_EQ(posted("page"), 1);
  expect_invariants();
}

TEST_F(DeskWebhook, what_waits_for_a_channel_that_is_configured_no_longer_ends) {
  answers = false;
  (void)add(1, town.town.now);
  town.round();
  town.server->settings.desk_channels.clear();
  town.restart();
  town.advance(minute);
  EXPECT_EQ(posts.size(), 1u);
  EXPECT_EQ(town.count("SELECT count(*) FROM notification WHERE channel = 2 AND state = 5"), 1);
}

TEST_F(DeskWebhook, I6_a_page_about_a_circle_that_names_another_desk_is_not_sent) {
  answers = false;
  (void)add(1, town.town.now);
  town.round();
  const NoticeId other = random_id<NoticeId>(town.town.random);
  store::NotificationRow row;
  row.id = other;
  row.cause = random_id<CauseId>(town.town.random);
  row.person = policy::Person{7};
  row.channel = policy::Channel::webhook;
  row.kind = policy::NotificationKind::page;
  row.circle = town.town.circle.id;
  row.at = town.town.now - hour;
  row.n.next_at = town.town.now;
  town.town.db.begin();
  ASSERT_TRUE(store::Notifications(town.town.db).insert(row));
  town.town.db.commit();
  town.server->settings.desk_channels.insert(row.person);
  town.restart();
  town.advance(second);
  for (const DeskNotice& notice : posts) EXPECT_NE(notice.id, other);
  EXPECT_EQ(store::Notifications(town.town.db).get(other)->n.state,
            policy::NotificationState::obsolete);
}

class OperatorWebhook : public DeskWebhook {
 protected:
  OperatorWebhook() {
    town.server->settings.desk_channels.clear();
    town.server->settings.operator_webhook = true;
    town.town.settings = town.server->settings;
    town.restart();
  }
};

TEST_F(OperatorWebhook, H20_G5_command_and_webhook_are_both_told_each_until_it_has_it) {
  answer = delivery(Delivery::What::later);
  miss_noon();
  EXPECT_EQ(lines("no_person", OperatorChannel::command), 1);
  EXPECT_EQ(lines("no_person", OperatorChannel::webhook), 1);
  town.advance(minute);
  EXPECT_EQ(lines("no_person", OperatorChannel::command), 1) << "it has it";
  EXPECT_EQ(lines("no_person", OperatorChannel::webhook), 4);
  answer = delivery(Delivery::What::accepted);
  town.advance(2 * minute);
  const auto said = lines("no_person", OperatorChannel::webhook);
  town.advance(3 * minute);
  EXPECT_EQ(lines("no_person", OperatorChannel::webhook), said);
  EXPECT_EQ(town.count("SELECT count(*) FROM operator_notice WHERE state = 1"), 0);
}

TEST_F(OperatorWebhook, H14_a_broken_one_is_told_to_the_command_and_its_lines_wait_for_it) {
  answer = delivery(Delivery::What::refused);
  miss_noon();
  town.advance(9 * minute);
  EXPECT_EQ(lines("operator_webhook_failed", OperatorChannel::command), 1);
  EXPECT_GE(town.count("SELECT count(*) FROM operator_notice WHERE channel = 2 AND state = 1"), 1)
      << "never done";
  EXPECT_LE(lines("no_person", OperatorChannel::webhook), 2) << "every five minutes";
  answer = delivery(Delivery::What::accepted);
  town.advance(6 * minute);
  EXPECT_EQ(town.count("SELECT count(*) FROM operator_notice WHERE channel = 2 AND state = 1"), 0);
  EXPECT_EQ(town.count("SELECT count(*) FROM channel_failure"), 0);
}

TEST_F(OperatorWebhook, a_line_for_a_channel_that_is_gone_goes_to_the_other) {
  answers = false;
  miss_noon();
  EXPECT_EQ(lines("no_person", OperatorChannel::webhook), 1);
  town.town.commit([&](Turn& t) {  // as if the command had not been there
    t.db.exec("DELETE FROM operator_notice WHERE channel = 1");
  });
  town.lines.clear();
  town.server->settings.operator_webhook = false;
  town.restart();
  town.advance(second);
  EXPECT_EQ(lines("no_person", OperatorChannel::command), 1);
  EXPECT_EQ(town.count("SELECT count(*) FROM operator_notice WHERE state = 1"), 0);
}

TEST_F(OperatorWebhook, lines_about_the_server_itself_go_to_both) {
  town.poison("INSERT ON occurrence", "1");
  town.town.accept_plan({town.town.daily_at(12 * 60)});
  town.advance_to(town_start + 4 * hour);
  EXPECT_GE(lines("row_set_aside", OperatorChannel::command), 1);
  EXPECT_GE(lines("row_set_aside", OperatorChannel::webhook), 1);
}

}  // namespace
}  // namespace livlina::testing
