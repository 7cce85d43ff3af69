// Taking an alarm back is told by this device's own receipts: alike in both realms, and the decoy
// realm neither ends the real realm's alarm nor shows that it does not (T30).
#include "clients/core/alarm_memory.hpp"

#include <gtest/gtest.h>

#include "tests/clients/press_steps.hpp"

namespace livlina::testing {
namespace {

using client::AlarmMemory;
using client::AlarmWord;
using client::Store;
using protocol::RecordType;
using Who = WatchBench::Who;

constexpr Instant noon = WatchBench::noon;
constexpr std::uint8_t silent = 1, loud = 2, practice = 3;

struct Told {
  Store store{crypto::Vault::Values{}};
  AlarmMemory memory{store, false};
  AlarmWord alarm(Instant at, std::uint8_t kind = loud) {
    return memory.heard(RecordType::alarm, kind, at).word;
  }
  AlarmWord cancel(Instant at) { return memory.heard(RecordType::cancel, 0, at).word; }
  AlarmWord mistake(Instant at) { return memory.heard(RecordType::mistake, 0, at).word; }
};

TEST(AlarmMemory, G3_within_five_seconds_it_is_taken_back_and_later_it_is_not) {
  for (const auto& [after, word] : {std::pair{Duration{4999}, AlarmWord::taken_back},
                                    std::pair{Duration{5000}, AlarmWord::too_late},
                                    std::pair{Duration{hour - 1}, AlarmWord::too_late},
                                    std::pair{Duration{hour}, AlarmWord::nothing}}) {
    Told t;
    EXPECT_EQ(t.cancel(noon), AlarmWord::nothing);
    EXPECT_EQ(t.alarm(noon), AlarmWord::waits);
    EXPECT_EQ(t.cancel(noon + after), word) << after;
  }
}

TEST(AlarmMemory, G3_once_taken_back_nothing_is_open) {
  Told t;
  t.alarm(noon);
  t.cancel(noon + second);
  EXPECT_EQ(t.cancel(noon + 2 * second), AlarmWord::nothing);
  EXPECT_EQ(t.mistake(noon + 2 * second), AlarmWord::nothing);
  EXPECT_EQ(t.alarm(noon + 3 * second), AlarmWord::waits) << "not beside an open one";
}

TEST(AlarmMemory, G3_a_mistake_closes_nothing) {
  Told t;
  t.alarm(noon);
  EXPECT_EQ(t.mistake(noon + second), AlarmWord::noted);
  EXPECT_EQ(t.cancel(noon + 2 * second), AlarmWord::taken_back);
}

TEST(AlarmMemory, G3_beside_an_open_alarm_another_acts_at_once) {
  Told t;
  t.alarm(noon);
  EXPECT_EQ(t.alarm(noon + minute, practice), AlarmWord::none);
  EXPECT_EQ(t.alarm(noon + 2 * minute), AlarmWord::at_once);
  EXPECT_EQ(t.cancel(noon + 2 * minute + second), AlarmWord::too_late);
  EXPECT_EQ(t.alarm(noon + 3 * hour), AlarmWord::waits);
}

TEST(AlarmMemory, T30_silent_alarms_are_spoken_of_by_nothing) {
  Told t;
  EXPECT_EQ(t.alarm(noon, silent), AlarmWord::none);
  EXPECT_FALSE(t.memory.has_alarm());
  t.alarm(noon, practice);
  EXPECT_EQ(t.cancel(noon + second), AlarmWord::too_late) << "a drill pages at once";
}

// Until the server has everything that was pressed.
void give(WatchBench& b) {
  no_sessions(b);
  b.tick();
  while (b.answer_record()) {
  }
}

v1::CheckinAccepted accepted(WatchBench& b) {
  const auto* e = b.last(v1::Event::kCheckinAccepted);
  return e == nullptr ? v1::CheckinAccepted{} : e->checkin_accepted();
}

AlarmWord word(WatchBench& b) { return static_cast<AlarmWord>(accepted(b).own_alarm()); }

TEST(AlarmMemory, T30_both_realms_tell_the_same_of_the_same_presses) {
  for (const Duration after : {second, 6 * second})
    for (const bool mistake : {false, true}) {
      std::vector<AlarmWord> told[2];
      for (const Who who : {Who::sami, Who::decoy}) {
        WatchBench b(who);
        auto& words = told[who == Who::decoy ? 1 : 0];
        b.online();
        for (const v1::Command& command : {alarm(2), cancel(mistake), cancel(), alarm(2)}) {
          b.command(command);
          give(b);
          words.push_back(word(b));
          b.now += after;
        }
      }
      EXPECT_EQ(told[0], told[1]);
      EXPECT_EQ(told[0][1], mistake           ? AlarmWord::noted
                            : after == second ? AlarmWord::taken_back
                                              : AlarmWord::too_late);
    }
}

// What the real realm remembers is written into the decoy realm, in the step that tells of it.
TEST(AlarmMemory, T30_the_real_realm_tells_the_decoy_realm_of_its_alarm) {
  Store store{crypto::Vault::Values{}};
  AlarmMemory real(store, true);
  real.heard(RecordType::alarm, loud, noon);
  auto changes = store.take_decoy_changes();
  ASSERT_EQ(changes.size(), 1u);
  ASSERT_TRUE(changes.begin()->second.has_value());
  Store decoy{crypto::Vault::Values{}};
  decoy.put(changes.begin()->first, changes.begin()->second->expose());
  AlarmMemory there(decoy, false);
  EXPECT_EQ(there.heard(RecordType::cancel, 0, noon + second).word, AlarmWord::taken_back);
  EXPECT_EQ(there.heard(RecordType::cancel, 0, noon + 2 * second).word, AlarmWord::nothing);
  EXPECT_TRUE(decoy.take_decoy_changes().empty()) << "nothing leads the other way";
  EXPECT_EQ(real.heard(RecordType::cancel, 0, noon + 3 * second).word, AlarmWord::taken_back);
}

// Forced to take back the real realm's alarm under the duress PIN: it is said, and not done. What
// goes to the server is the shadow's, which ends nothing there.
TEST(AlarmMemory, T30_the_decoy_realm_says_that_the_real_alarm_is_taken_back_and_calls_for_help) {
  Store real_store{crypto::Vault::Values{}};
  AlarmMemory real(real_store, true);
  real.heard(RecordType::alarm, loud, noon);
  auto mirrored = real_store.take_decoy_changes();
  WatchBench b(Who::decoy);
  b.online();
  b.command(cancel());
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().detail(), "no_alarm");
  b.store().put(mirrored.begin()->first, mirrored.begin()->second->expose());
  b.now = noon + second;
  b.command(cancel());
  no_sessions(b);
  b.tick();
  ASSERT_EQ(b.waiting(post).size(), 1u);
  const auto sent = protocol::verify_checkin(view(b.waiting(post)[0]->post_record().record()),
                                             b.sami.shadow().sig.public_key());
  ASSERT_TRUE(sent.ok());
  EXPECT_EQ((*sent)->type, RecordType::alarm);
  EXPECT_EQ((*sent)->answer, silent);
  give(b);
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().error(), "");
  EXPECT_EQ(word(b), AlarmWord::taken_back);
}

TEST(AlarmMemory, T30_so_does_the_next_process_when_there_was_no_connection) {
  Store real_store{crypto::Vault::Values{}};
  AlarmMemory real(real_store, true);
  real.heard(RecordType::alarm, loud, noon);
  auto mirrored = real_store.take_decoy_changes();
  WatchBench b(Who::decoy);
  b.store().put(mirrored.begin()->first, mirrored.begin()->second->expose());
  b.now = noon + second;
  b.command(cancel());
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().error(), "offline");
  b.reopen();
  b.online();
  while (b.refuse(v1::Request::kGetPrekeys, v1::FORBIDDEN)) {
  }
  b.tick();
  ASSERT_EQ(b.waiting(post).size(), 1u);
  give(b);
  EXPECT_EQ(word(b), AlarmWord::taken_back);
  for (const auto& [key, value] : b.disk)
    EXPECT_TRUE(key.find("stand_in/") == std::string::npos) << "told once";
}

}  // namespace
}  // namespace livlina::testing
