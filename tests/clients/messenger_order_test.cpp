// What a server (or the network) can do with frames on their way: repeat, reorder, lose, reflect,
// flip, cut.
#include <gtest/gtest.h>

#include "tests/clients/town.hpp"

namespace livlina::testing {

using Texts = std::vector<std::string>;

namespace {

// Sara and Bo have talked, Bo is away, and Sara says the texts: their frames, in order.
std::vector<std::string> waiting_frames(Town& town, const Texts& texts) {
  town.connect_all();
  (void)town.sara_phone.say("zero", town.circle, {town.bo.key()});
  town.settle();
  (void)town.bo_phone.say("hello", town.circle, {town.sara.key()});
  town.settle();
  town.bo_phone.disconnect();
  for (const std::string& text : texts)
    (void)town.sara_phone.say(text, town.circle, {town.bo.key()});
  town.settle();
  std::vector<std::string> out;
  for (const auto& row : town.office.mailboxes[town.bo_phone.device()]) out.push_back(row.frame);
  EXPECT_EQ(out.size(), texts.size());
  town.office.mailboxes[town.bo_phone.device()].clear();
  return out;
}

void deliver(Town& town, const std::vector<std::string>& frames) {
  for (const std::string& frame : frames) town.office.put(town.bo_phone.device(), frame);
  town.bo_phone.connect();
  town.settle();
}

std::string flipped(std::string frame, std::size_t at) {
  frame[at] = static_cast<char>(frame[at] ^ 1);
  return frame;
}

}  // namespace

TEST(MessengerOrder, M2_T6_duplicates_are_shown_once) {
  Town town;
  const auto f = waiting_frames(town, {"one", "two"});
  const int asked = town.office.prekey_requests;
  deliver(town, {f[0], f[0], f[1], f[0], f[1]});
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "one", "two"}));
  deliver(town, {f[1], f[0]});  // and long after
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "one", "two"}));
  EXPECT_EQ(town.bo_phone.warnings("gap"), 0);
  EXPECT_EQ(town.office.prekey_requests, asked);  // nobody was made to reset
  EXPECT_TRUE(town.office.mailboxes[town.bo_phone.device()].empty());
}

TEST(MessengerOrder, M2_T6_reordered_shows_a_gap_until_the_missing_one_comes) {
  Town town;
  const auto f = waiting_frames(town, {"one", "two", "three"});
  deliver(town, {f[0], f[2]});
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "one", "[gap] three"}));
  deliver(town, {f[1]});
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "one", "two", "three"}));
  // The gap was shown, and that it is closed was shown as well.
  int three = 0;
  bool gap = false;
  for (const v1::Event& e : town.bo_phone.events)
    if (e.has_message() && e.message().text() == "three") {
      ++three;
      gap = e.message().gap_before();
    }
  EXPECT_EQ(three, 2);
  EXPECT_FALSE(gap);
}

TEST(MessengerOrder, M2_T6_deleted_leaves_a_gap_over_a_restart) {
  Town town;
  const auto f = waiting_frames(town, {"one", "two"});
  deliver(town, {f[1]});
  town.bo_phone.boot();
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "[gap] two"}));
}

// Sara writes by a manifest that Bo does not have yet. It comes to him by another way while he
// still waits for what he asked for: then what waited is read before what comes next.
TEST(MessengerOrder, M2_what_waited_is_not_overtaken_once_it_can_be_read) {
  for (const bool first_frame : {false, true}) {
    Town town;
    if (first_frame) {
      town.bo_phone.connect();
      town.settle();
      town.sara_phone.connect();
      town.settle();
    } else {
      (void)waiting_frames(town, {});
      town.bo_phone.connect();
      town.settle();
    }
    town.bo_phone.slow = {v1::Request::kGetCircle};
    town.sign_manifest(town.lines());
    town.learn_manifest(town.sara_phone);
    (void)town.sara_phone.say("one", town.circle, {town.bo.key()});
    town.settle();
    EXPECT_EQ(town.office.mailboxes[town.bo_phone.device()].size(), 1u) << "it waits";
    ASSERT_TRUE(
        town.bo_phone.trust().accept_manifest(town.office.manifests[town.circle].back(), {}).ok());
    town.bo_phone.step();
    // Before anything else happens on Bo's phone, the next one is there.
    (void)town.sara_phone.say("two", town.circle, {town.bo.key()});
    while (town.sara_phone.work()) {
    }
    town.settle();
    const Texts all = town.bo_phone.screen();
    ASSERT_GE(all.size(), 2u);
    EXPECT_EQ(Texts(all.end() - 2, all.end()), (Texts{"one", "two"}));
    for (const v1::Event& e : town.bo_phone.events)
      EXPECT_FALSE(e.has_message() && e.message().gap_before()) << e.message().text();
    town.bo_phone.release();
    town.settle();
    EXPECT_EQ(town.bo_phone.screen(), all);
    EXPECT_TRUE(town.office.mailboxes[town.bo_phone.device()].empty());
  }
}

TEST(MessengerOrder, T6_reflected_frames_open_nothing) {
  Town town;
  const auto f = waiting_frames(town, {"one"});
  const auto before = town.sara_phone.screen();
  const auto unopened = town.sara_phone.messenger().unopened();
  town.office.put(town.sara_phone.device(), f[0]);
  town.settle();
  EXPECT_EQ(town.sara_phone.screen(), before);
  EXPECT_EQ(town.sara_phone.messenger().unopened(), unopened + 1);
  EXPECT_TRUE(town.office.mailboxes[town.sara_phone.device()].empty());
}

TEST(MessengerOrder, T3_another_queue_flag_or_direction_is_not_accepted) {
  Town town;
  const auto f = waiting_frames(town, {"one"});
  std::string alarm_queue = f[0];
  alarm_queue[2] = 1;
  deliver(town, {alarm_queue});
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "one"}));  // by the reset, from Sara herself
  EXPECT_EQ(town.bo_phone.warnings("gap"), 1);
  EXPECT_NE(town.sids(town.bo_phone, town.sara_phone).size(), 1u);
}

TEST(MessengerOrder, T4_any_flipped_byte_is_refused_and_nothing_is_lost) {
  // Each byte region of a frame: version, flags, queue, hint, header, body, tag.
  for (const std::size_t at : {0u, 1u, 3u, 10u, 11u, 40u, 178u, 179u, 300u, 500u}) {
    SCOPED_TRACE(at);
    Town town;
    const auto f = waiting_frames(town, {"one", "two"});
    ASSERT_LT(at, f[0].size());
    deliver(town, {flipped(f[0], at), f[1]});
    const auto screen = town.bo_phone.screen();
    // A reset brings it again at once; what is not even known to be ours leaves the gap.
    EXPECT_TRUE(screen == (Texts{"zero", "one", "two"}) || screen == (Texts{"zero", "[gap] two"}))
        << ::testing::PrintToString(screen);
    EXPECT_EQ(screen == (Texts{"zero", "one", "two"}), at >= 11);
    EXPECT_TRUE(town.office.mailboxes[town.bo_phone.device()].empty());
  }
}

TEST(MessengerOrder, T24_rubbish_and_cut_frames_are_acknowledged_and_counted) {
  Town town;
  const auto f = waiting_frames(town, {"one"});
  deliver(town, {"", "x", f[0].substr(0, 100), f[0].substr(0, f[0].size() - 1), f[0] + "x",
                 std::string(5000, '\0')});
  EXPECT_EQ(town.bo_phone.screen(), Texts{"zero"});
  EXPECT_EQ(town.bo_phone.messenger().unopened(), 6u);
  EXPECT_TRUE(town.office.mailboxes[town.bo_phone.device()].empty());
  deliver(town, {f[0]});
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "one"}));
}

}  // namespace livlina::testing
