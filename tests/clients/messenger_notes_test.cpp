// Notes that travel in the request of a record.
#include <gtest/gtest.h>

#include "tests/clients/town.hpp"

namespace livlina::testing {

using crypto::Kind;

namespace {

struct Sealed {
  bool called = false;
  std::vector<v1::Envelope> envelopes;
};

void seal(Town& town, Phone& phone, Sealed& out, std::uint16_t scope, Kind kind,
          std::optional<Duration> wait = std::nullopt) {
  phone.context().now = phone.now;
  phone.messenger().seal_notes(kind, town.circle, scope, view(std::string("a note")), wait,
                               [&out](MessageId id, std::vector<v1::Envelope> envelopes) {
                                 EXPECT_FALSE(id.zero());
                                 EXPECT_FALSE(out.called);
                                 out = {true, std::move(envelopes)};
                               });
  phone.step();
}

std::set<std::string> devices_of(const Sealed& sealed) {
  std::set<std::string> out;
  for (const v1::Envelope& e : sealed.envelopes) out.insert(hex(view(e.device_id())));
  return out;
}

void deliver(Town& town, const Sealed& sealed) {
  for (const v1::Envelope& e : sealed.envelopes)
    town.office.put(*DeviceId::from(e.device_id()), e.frame());
  town.settle();
}

int notes_at(const Phone& phone) {
  int out = 0;
  for (const Phone::Came& c : phone.came)
    out += c.kind == Kind::checkin_note && c.plain == "a note" ? 1 : 0;
  return out;
}

}  // namespace

TEST(MessengerNotes, sessions_first_then_an_envelope_for_every_device_with_the_scope) {
  Town town;
  town.connect_all();
  Sealed sealed;
  seal(town, town.sara_phone, sealed, scope_checkin | scope_alarm, Kind::checkin_note);
  EXPECT_FALSE(sealed.called);
  town.settle();
  ASSERT_TRUE(sealed.called);
  EXPECT_EQ(devices_of(sealed),
            (std::set<std::string>{town.bo_phone.device().hex(), town.amal_phone.device().hex(),
                                   town.cam_phone.device().hex()}));
  EXPECT_EQ(town.office.mailboxes[town.bo_phone.device()].size(), 0u);  // its owner sends it
  deliver(town, sealed);
  EXPECT_EQ(notes_at(town.bo_phone), 1);
  EXPECT_EQ(notes_at(town.cam_phone), 1);
  EXPECT_EQ(town.sara_phone.messenger().waiting(), 0u);
  deliver(town, sealed);
  EXPECT_EQ(notes_at(town.bo_phone), 1);  // M2
}

TEST(MessengerNotes, without_a_connection_there_is_an_answer_at_once_and_the_note_goes_later) {
  Town town;
  town.connect_all();
  town.sara_phone.disconnect();
  Sealed sealed;
  seal(town, town.sara_phone, sealed, scope_checkin | scope_alarm, Kind::checkin_note);
  ASSERT_TRUE(sealed.called);
  EXPECT_TRUE(sealed.envelopes.empty());  // no session yet, and nothing may hold an alarm up
  town.sara_phone.connect();
  town.settle();
  EXPECT_EQ(notes_at(town.bo_phone), 1);
}

TEST(MessengerNotes, connection_lost_while_asking_for_prekeys_still_answers) {
  Town town;
  town.connect_all();
  Sealed sealed;
  seal(town, town.sara_phone, sealed, scope_checkin | scope_alarm, Kind::checkin_note);
  ASSERT_FALSE(sealed.called);
  town.sara_phone.disconnect();
  EXPECT_TRUE(sealed.called);
  EXPECT_TRUE(sealed.envelopes.empty());
}

TEST(MessengerNotes, M1_a_note_that_could_not_be_read_comes_again) {
  Town town;
  town.connect_all();
  Sealed first;
  seal(town, town.sara_phone, first, scope_checkin | scope_alarm, Kind::checkin_note);
  town.settle();
  deliver(town, first);
  Sealed sealed;
  seal(town, town.sara_phone, sealed, scope_checkin | scope_alarm, Kind::checkin_note);
  town.settle();
  for (v1::Envelope& e : sealed.envelopes)
    e.mutable_frame()->back() = static_cast<char>(e.frame().back() ^ 1);
  deliver(town, sealed);
  EXPECT_EQ(notes_at(town.bo_phone), 2);
  EXPECT_EQ(notes_at(town.amal_phone), 2);
}

TEST(MessengerNotes, M1_a_crash_after_sealing_loses_no_note) {
  for (const bool after : {false, true}) {
    Town town;
    town.connect_all();
    Sealed first;
    seal(town, town.sara_phone, first, scope_checkin | scope_alarm, Kind::checkin_note);
    town.settle();
    deliver(town, first);
    // The step that seals the second dies; its owner, who has no record stored, seals it again.
    (after ? town.sara_phone.crash_after_commit : town.sara_phone.crash_before_commit) =
        town.sara_phone.steps + 1;
    Sealed lost;
    seal(town, town.sara_phone, lost, scope_checkin | scope_alarm, Kind::checkin_note);
    Sealed second;
    town.settle();
    seal(town, town.sara_phone, second, scope_checkin | scope_alarm, Kind::checkin_note);
    town.settle();
    deliver(town, second);
    EXPECT_EQ(notes_at(town.bo_phone), 2);
    // What left before the crash, if anything did, is a message of its own: never a broken session.
    EXPECT_EQ(town.bo_phone.warnings("gap"), 0);
  }
}

// Bo's prekeys are on their way for longer than the owner of the request waits; Amal has a session.
TEST(MessengerNotes, M1_who_waits_only_so_long_gets_what_is_ready_and_the_rest_follows) {
  Town town;
  town.connect_all();
  (void)town.sara_phone.say("hej", town.circle, {town.amal.key()});
  town.settle();
  town.sara_phone.slow = {v1::Request::kGetPrekeys};
  Sealed sealed;
  seal(town, town.sara_phone, sealed, scope_checkin | scope_alarm, Kind::checkin_note, second);
  town.pass(second - 1);
  EXPECT_FALSE(sealed.called);
  EXPECT_FALSE(town.sara_phone.messenger().idle());
  town.pass(1);
  ASSERT_TRUE(sealed.called);
  EXPECT_EQ(devices_of(sealed), std::set<std::string>{town.amal_phone.device().hex()});
  deliver(town, sealed);
  EXPECT_EQ(notes_at(town.amal_phone), 1);
  EXPECT_EQ(notes_at(town.bo_phone), 0);
  town.sara_phone.release();
  town.settle();
  EXPECT_EQ(notes_at(town.bo_phone), 1);
  EXPECT_EQ(notes_at(town.cam_phone), 1);
  EXPECT_EQ(notes_at(town.amal_phone), 1);
  EXPECT_TRUE(town.sara_phone.messenger().idle());
}

TEST(MessengerNotes, M1_what_was_not_ready_survives_the_end_of_the_process) {
  Town town;
  town.connect_all();
  town.sara_phone.slow = {v1::Request::kGetPrekeys};
  Sealed sealed;
  seal(town, town.sara_phone, sealed, scope_checkin | scope_alarm, Kind::checkin_note, second);
  town.pass(second);
  ASSERT_TRUE(sealed.called);
  EXPECT_TRUE(sealed.envelopes.empty());
  town.sara_phone.slow.clear();
  town.sara_phone.boot();
  town.sara_phone.connect();
  town.settle();
  EXPECT_EQ(notes_at(town.bo_phone), 1);
}

}  // namespace livlina::testing
