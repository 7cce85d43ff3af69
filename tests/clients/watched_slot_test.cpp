// The one state that follows from what was verified and what the server said; the chain of records.
#include "clients/core/watched_slot.hpp"

#include <gtest/gtest.h>

#include "clients/core/record_chain.hpp"
#include "clients/core/spoken_record.hpp"

namespace livlina::testing {
namespace {

using client::arrival_possible;
using client::covers;
using client::Credit;
using client::names_early;
using client::RecordChain;
using client::ServerWord;
using client::SlotView;
using client::WatchedSlot;
using Link = client::RecordChain::Link;

WatchedSlot slot(std::uint8_t answer, ServerWord word) {
  WatchedSlot out;
  out.due = 2 * hour;
  out.answer = answer;
  out.credit = answer == 0 ? Credit::none : Credit::in_time;
  out.word = word;
  return out;
}

SlotView seen(const WatchedSlot& s, bool due_record) { return view_of(s, {due_record}); }

TEST(WatchedSlot, T35_signed_answer_in_time_beats_the_servers_word) {
  EXPECT_EQ(seen(slot(1, ServerWord::none), false), SlotView::verified_ok);
  EXPECT_EQ(seen(slot(2, ServerWord::answered), true), SlotView::verified_talk);
  EXPECT_EQ(seen(slot(3, ServerWord::excused), true), SlotView::verified_not_ok);
  EXPECT_EQ(seen(slot(1, ServerWord::missed), true), SlotView::server_contradicts);
}

TEST(WatchedSlot, T35_an_answer_that_nobody_signed_is_only_the_servers_word) {
  EXPECT_EQ(seen(slot(0, ServerWord::answered), false), SlotView::server_says_ok);
  EXPECT_EQ(seen(slot(0, ServerWord::answered), true), SlotView::server_contradicts);
  EXPECT_EQ(seen(slot(0, ServerWord::missed), true), SlotView::server_reports_miss);
  EXPECT_EQ(seen(slot(0, ServerWord::none), false), SlotView::waiting);
  EXPECT_EQ(seen(slot(0, ServerWord::excused), false), SlotView::excused);
}

TEST(WatchedSlot, T35_what_this_client_found_is_not_excused_by_the_server) {
  WatchedSlot s = slot(0, ServerWord::excused);
  s.warned_at = 5;
  EXPECT_EQ(seen(s, true), SlotView::nothing_came);
  s.word = ServerWord::missed;
  EXPECT_EQ(seen(s, true), SlotView::nothing_came);
  s.word = ServerWord::answered;
  EXPECT_EQ(seen(s, true), SlotView::server_contradicts);
}

TEST(WatchedSlot, T35_late_answer_that_the_server_calls_in_time) {
  WatchedSlot s = slot(1, ServerWord::answered);
  s.credit = Credit::late;
  EXPECT_EQ(seen(s, false), SlotView::server_contradicts);
  s.moved = true;  // it says that it moved the deadline: that is shown as such
  EXPECT_EQ(seen(s, false), SlotView::verified_late);
  s.word = ServerWord::missed;
  s.moved = false;
  EXPECT_EQ(seen(s, false), SlotView::verified_late);
}

TEST(WatchedSlot, T30_ok_is_not_plain_ok_while_the_shadow_is_not_known) {
  client::Sight dark;
  dark.unmarked = true;
  EXPECT_EQ(view_of(slot(1, ServerWord::answered), dark), SlotView::verified_ok_unmarked);
  EXPECT_EQ(view_of(slot(2, ServerWord::none), dark), SlotView::verified_talk);
  EXPECT_EQ(view_of(slot(3, ServerWord::none), dark), SlotView::verified_not_ok);
  EXPECT_EQ(view_of(slot(1, ServerWord::missed), dark), SlotView::server_contradicts);
}

TEST(WatchedSlot, T35_who_could_not_know_says_so_and_nothing_else) {
  client::Sight blind;
  blind.blind = true;
  EXPECT_EQ(view_of(slot(0, ServerWord::none), blind), SlotView::not_connected);
  EXPECT_EQ(view_of(slot(0, ServerWord::missed), blind), SlotView::server_reports_miss);
  EXPECT_EQ(view_of(slot(0, ServerWord::answered), blind), SlotView::not_connected);
  EXPECT_EQ(view_of(slot(0, ServerWord::excused), blind), SlotView::not_connected);
  EXPECT_EQ(view_of(slot(1, ServerWord::none), blind), SlotView::verified_ok);
  WatchedSlot s = slot(0, ServerWord::none);
  s.warned_at = 5;
  EXPECT_EQ(view_of(s, blind), SlotView::nothing_came);
}

TEST(WatchedSlot, T35_pressed_before_it_opened_is_no_answer_whatever_it_names) {
  const ScheduleId schedule{{1}};
  protocol::CheckinRecord r;
  const Instant opens = 100 * hour, due = opens + hour;
  r.slot_utc = due;
  r.claimed_at = opens - protocol::press_slack - 1;  // banked: the name alone answers nothing
  EXPECT_FALSE(covers(r, schedule, opens));
  EXPECT_TRUE(names_early(r, schedule, opens, due));
  r.claimed_at += 1;  // a clock that is a little slow
  EXPECT_TRUE(covers(r, schedule, opens));
  EXPECT_FALSE(names_early(r, schedule, opens, due));
  r.slot_utc = due - day;
  r.claimed_at = opens - day;
  EXPECT_FALSE(covers(r, schedule, opens)) << "yesterday's answer";
  EXPECT_FALSE(names_early(r, schedule, opens, due));
  r.claimed_at = opens + 1;  // two slots were open, the other was due earlier
  EXPECT_TRUE(covers(r, schedule, opens));
  r.slot_utc = due;
  r.schedule = ByteArray<16>{2};
  EXPECT_FALSE(covers(r, schedule, opens)) << "it names another schedule";
  r.claimed_at = 0;
  EXPECT_FALSE(names_early(r, schedule, opens, due));
  r.schedule = schedule.bytes;
  EXPECT_TRUE(names_early(r, schedule, opens, due));
  WatchedSlot s = slot(1, ServerWord::answered);
  s.credit = Credit::other_time;
  EXPECT_EQ(seen(s, true), SlotView::pressed_other_time);
}

TEST(WatchedSlot, T35_a_record_arrives_after_it_was_pressed_and_after_nothing_had_come) {
  protocol::CheckinRecord r;
  r.claimed_at = 50 * hour;
  EXPECT_TRUE(arrival_possible(r, 50 * hour, 0));
  EXPECT_TRUE(arrival_possible(r, 50 * hour - protocol::press_slack, 0)) << "a clock that is fast";
  EXPECT_FALSE(arrival_possible(r, 50 * hour - protocol::press_slack - 1, 0));
  EXPECT_TRUE(arrival_possible(r, 90 * hour, 0)) << "there was no network";
  EXPECT_TRUE(arrival_possible(r, 51 * hour, 51 * hour));
  EXPECT_FALSE(arrival_possible(r, 51 * hour - 1, 51 * hour));
}

TEST(WatchedSlot, stored_layout_is_strict) {
  WatchedSlot s = slot(3, ServerWord::missed);
  s.schedule = ScheduleId{{7}};
  s.opens_at = 1;
  s.deadline = 3;
  s.credit = Credit::late;
  s.moved = s.blind = true;
  s.expected = false;
  s.pressed_at = 6;
  s.answered_at = 4;
  s.note_ref = crypto::Hash{9};
  s.device = DeviceId{{1}};
  s.other_device = DeviceId{{2}};
  s.waited = 5;
  s.warned_at = 8;
  const Bytes bytes = encode(s);
  const auto back = client::parse_watched_slot(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(encode(*back), bytes);
  EXPECT_EQ(back->waited, 5);
  EXPECT_EQ(back->pressed_at, 6);
  EXPECT_TRUE(back->credit == Credit::late && back->moved && back->blind && !back->expected);
  EXPECT_TRUE(back->spoken_by(DeviceId{{2}}) && !back->spoken_by(DeviceId{}));
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(client::parse_watched_slot(ByteView(bytes).first(cut)));
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(client::parse_watched_slot(longer));
  Bytes wrong = bytes;
  wrong.back() = 0xff;  // flags
  EXPECT_FALSE(client::parse_watched_slot(wrong));
  s.credit = Credit::none;
  EXPECT_FALSE(client::parse_watched_slot(encode(s))) << "an answer that counts for nothing";
}

TEST(SpokenRecord, G3_what_people_hear_and_what_must_become_an_incident) {
  using protocol::RecordType;
  const auto spoken = [](RecordType type, std::uint8_t answer) {
    client::SpokenRecord out;
    out.type = type;
    out.answer = answer;
    return out;
  };
  EXPECT_FALSE(worth_showing(spoken(RecordType::checkin, 1), false));
  for (const std::uint8_t answer : {std::uint8_t{2}, std::uint8_t{3}}) {
    EXPECT_TRUE(worth_showing(spoken(RecordType::checkin, answer), false));
    EXPECT_TRUE(needs_incident(spoken(RecordType::checkin, answer), false));
  }
  EXPECT_TRUE(needs_incident(spoken(RecordType::alarm, 3), false)) << "a practice alarm as well";
  for (const RecordType type : {RecordType::cancel, RecordType::mistake}) {
    EXPECT_TRUE(worth_showing(spoken(type, 0), false));
    EXPECT_FALSE(needs_incident(spoken(type, 0), false));
  }
  for (const RecordType type :
       {RecordType::checkin, RecordType::alarm, RecordType::cancel, RecordType::mistake}) {
    EXPECT_TRUE(worth_showing(spoken(type, 1), true)) << "whatever the shadow says";
    EXPECT_TRUE(needs_incident(spoken(type, 1), true));
  }
}

TEST(SpokenRecord, stored_layout_is_strict) {
  client::SpokenRecord s;
  s.hash = crypto::Hash{1};
  s.device = DeviceId{{2}};
  s.type = protocol::RecordType::mistake;
  s.pressed_at = 3;
  s.arrived_at = 4;
  s.came_at = 5;
  s.note_ref = crypto::Hash{6};
  s.incident = client::Named::missing;
  s.incident_id = IncidentId{{7}};
  const Bytes bytes = encode(s);
  const auto back = client::parse_spoken_record(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(encode(*back), bytes);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(client::parse_spoken_record(ByteView(bytes).first(cut)));
  const std::size_t incident = bytes.size() - 17;
  for (const std::uint8_t wrong : {std::uint8_t{1}, std::uint8_t{5}}) {
    Bytes changed = bytes;
    changed[incident] = wrong;
    EXPECT_FALSE(client::parse_spoken_record(changed));
  }
  Bytes older(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(incident) + 1);
  older[0] = 1;
  EXPECT_TRUE(client::parse_spoken_record(older));
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
  EXPECT_EQ(chain.add(4, h(3), h(4)), Link::late) << "from before the first that we saw";
  EXPECT_EQ(chain.add(4, h(3), h(4)), Link::duplicate);
}

using Hashes = std::vector<crypto::Hash>;

TEST(RecordChain, T35_a_gap_is_filled_by_what_the_record_behind_it_names) {
  RecordChain chain;
  (void)chain.add(1, {}, h(1));
  EXPECT_EQ(chain.add(4, h(3), h(4)), Link::gap);
  EXPECT_EQ(chain.add(3, h(2), h(3)), Link::late);
  EXPECT_EQ(chain.take_filled(), Hashes{h(4)});
  EXPECT_EQ(chain.held(), Hashes{h(3)}) << "2 is missing still";
  chain.tell(h(3));
  EXPECT_TRUE(chain.held().empty());
  auto back = RecordChain::parse(chain.encode());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->add(2, h(9), h(2)), Link::late);
  EXPECT_EQ(back->take_filled(), Hashes{h(3)});
  EXPECT_EQ(back->held(), Hashes{h(2)}) << "names another one before it";
}

TEST(RecordChain, T35_a_gap_that_is_held_is_no_gap_yet) {
  RecordChain chain;
  (void)chain.add(1, {}, h(1));
  chain.hold(true);
  EXPECT_EQ(chain.add(3, h(2), h(3)), Link::late);
  EXPECT_EQ(chain.held(), Hashes{h(3)});
  EXPECT_EQ(chain.add(2, h(1), h(2)), Link::late);
  EXPECT_TRUE(chain.held().empty());
  EXPECT_TRUE(chain.take_filled().empty());
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
  EXPECT_LT(bytes.size(), 2500u);
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
