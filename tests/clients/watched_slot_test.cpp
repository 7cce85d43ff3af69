// The one state that follows from what was verified and what the server said; the chain of records.
#include "clients/core/watched_slot.hpp"

#include <gtest/gtest.h>

#include "clients/core/record_chain.hpp"

namespace livlina::testing {
namespace {

using client::RecordChain;
using client::ServerWord;
using client::SlotView;
using client::WatchedSlot;
using protocol::pressed_for;
using Link = client::RecordChain::Link;

WatchedSlot slot(std::uint8_t answer, ServerWord word) {
  WatchedSlot out;
  out.due = 2 * hour;
  out.answer = answer;
  out.word = word;
  return out;
}

TEST(WatchedSlot, T35_signed_answer_in_time_beats_the_servers_word) {
  EXPECT_EQ(view_of(slot(1, ServerWord::none), false), SlotView::verified_ok);
  EXPECT_EQ(view_of(slot(2, ServerWord::answered), true), SlotView::verified_talk);
  EXPECT_EQ(view_of(slot(3, ServerWord::excused), true), SlotView::verified_not_ok);
  EXPECT_EQ(view_of(slot(1, ServerWord::missed), true), SlotView::server_contradicts);
}

TEST(WatchedSlot, T35_an_answer_that_nobody_signed_is_only_the_servers_word) {
  EXPECT_EQ(view_of(slot(0, ServerWord::answered), false), SlotView::server_says_ok);
  EXPECT_EQ(view_of(slot(0, ServerWord::answered), true), SlotView::server_contradicts);
  EXPECT_EQ(view_of(slot(0, ServerWord::missed), true), SlotView::server_reports_miss);
  EXPECT_EQ(view_of(slot(0, ServerWord::none), false), SlotView::waiting);
  EXPECT_EQ(view_of(slot(0, ServerWord::excused), false), SlotView::excused);
}

TEST(WatchedSlot, T35_what_this_client_found_is_not_excused_by_the_server) {
  WatchedSlot s = slot(0, ServerWord::excused);
  s.warned = true;
  EXPECT_EQ(view_of(s, true), SlotView::nothing_came);
  s.word = ServerWord::missed;
  EXPECT_EQ(view_of(s, true), SlotView::nothing_came);
  s.word = ServerWord::answered;
  EXPECT_EQ(view_of(s, true), SlotView::server_contradicts);
}

TEST(WatchedSlot, T35_late_answer_that_the_server_calls_in_time) {
  WatchedSlot s = slot(1, ServerWord::answered);
  s.late = true;
  EXPECT_EQ(view_of(s, false), SlotView::server_contradicts);
  s.moved = true;  // it says that it moved the deadline: that is shown as such
  EXPECT_EQ(view_of(s, false), SlotView::verified_late);
  s.word = ServerWord::missed;
  s.moved = false;
  EXPECT_EQ(view_of(s, false), SlotView::verified_late);
}

TEST(WatchedSlot, T35_a_record_covers_what_it_was_pressed_for) {
  const ScheduleId schedule{{1}};
  protocol::CheckinRecord r;
  const Instant opens = 100 * hour, due = opens + hour;
  r.slot_utc = due;
  r.claimed_at = 0;  // a clock of long ago, but it names the slot
  EXPECT_TRUE(pressed_for(r, schedule, opens, due));
  r.slot_utc = due - day;
  r.claimed_at = opens - day;
  EXPECT_FALSE(pressed_for(r, schedule, opens, due)) << "yesterday's answer";
  r.claimed_at = opens + 1;  // two slots were open, the other was due earlier
  EXPECT_TRUE(pressed_for(r, schedule, opens, due));
  r.slot_utc = 0;
  r.claimed_at = opens - protocol::press_slack;  // a clock that is a little slow
  EXPECT_TRUE(pressed_for(r, schedule, opens, due));
  r.claimed_at -= 1;
  EXPECT_FALSE(pressed_for(r, schedule, opens, due));
  r.slot_utc = due;
  r.schedule = ByteArray<16>{2};
  EXPECT_FALSE(pressed_for(r, schedule, opens, due)) << "it names another schedule";
  r.schedule = schedule.bytes;
  EXPECT_TRUE(pressed_for(r, schedule, opens, due));
}

TEST(WatchedSlot, stored_layout_is_strict) {
  WatchedSlot s = slot(3, ServerWord::missed);
  s.schedule = ScheduleId{{7}};
  s.opens_at = 1;
  s.deadline = 3;
  s.late = s.by_shadow = s.moved = s.warned = true;
  s.expected = false;
  s.answered_at = 4;
  s.note_ref = crypto::Hash{9};
  s.waited = 5;
  const Bytes bytes = encode(s);
  const auto back = client::parse_watched_slot(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(encode(*back), bytes);
  EXPECT_EQ(back->waited, 5);
  EXPECT_TRUE(back->late && back->by_shadow && back->moved && back->warned && !back->expected);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(client::parse_watched_slot(ByteView(bytes).first(cut)));
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(client::parse_watched_slot(longer));
  Bytes wrong = bytes;
  wrong.back() = 0xff;  // flags
  EXPECT_FALSE(client::parse_watched_slot(wrong));
}

crypto::Hash h(std::uint8_t n) { return crypto::Hash{n}; }

TEST(RecordChain, T6_follows_gap_late_and_duplicate) {
  RecordChain chain;
  EXPECT_EQ(chain.add(5, h(4), h(5)), Link::follows) << "the first that we see";
  EXPECT_EQ(chain.add(6, h(5), h(6)), Link::follows);
  EXPECT_EQ(chain.add(6, h(5), h(6)), Link::duplicate);
  EXPECT_EQ(chain.add(9, h(8), h(9)), Link::gap);
  EXPECT_EQ(chain.add(8, h(7), h(8)), Link::late);
  EXPECT_EQ(chain.add(8, h(7), h(8)), Link::duplicate);
  EXPECT_EQ(chain.add(10, h(1), h(10)), Link::gap) << "names another one before it";
  EXPECT_EQ(chain.add(4, h(3), h(4)), Link::duplicate) << "older than all that we remember";
}

TEST(RecordChain, T17_fork_is_told_and_not_remembered) {
  RecordChain chain;
  (void)chain.add(1, {}, h(1));
  (void)chain.add(2, h(1), h(2));
  EXPECT_EQ(chain.add(1, {}, h(7)), Link::fork);
  EXPECT_EQ(chain.add(2, h(1), h(8)), Link::fork);
  EXPECT_EQ(chain.add(3, h(2), h(3)), Link::follows);
}

TEST(RecordChain, stays_bounded_and_reads_back) {
  RecordChain chain;
  for (std::uint8_t i = 1; i < 200; ++i)
    ASSERT_EQ(chain.add(i, h(static_cast<std::uint8_t>(i - 1)), h(i)), Link::follows);
  const Bytes bytes = chain.encode();
  EXPECT_LT(bytes.size(), 2000u);
  auto back = RecordChain::parse(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->add(150, h(149), h(150)), Link::duplicate);
  EXPECT_EQ(back->add(199, h(198), h(199)), Link::duplicate);
  EXPECT_EQ(back->add(200, h(199), h(200)), Link::follows);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(RecordChain::parse(ByteView(bytes).first(cut)));
}

}  // namespace
}  // namespace livlina::testing
