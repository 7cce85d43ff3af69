// The real server killed at seeded points under load, 200 or as many as LIVLINA_KILLS says. What
// its clients were told must be true after every one of them, and in the end everything has arrived
// once, in order.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "clients/core/guard.hpp"
#include "crypto/core/random.hpp"
#include "server/store/db.hpp"
#include "tests/smoke/kill_load.hpp"
#include "tests/support/invariants.hpp"

namespace livlina::testing {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t seed = 20261122;  // of the first kill; each has one of its own

int wanted_kills() {
  const char* wanted = std::getenv("LIVLINA_KILLS");
  return wanted == nullptr ? 200 : std::max(1, std::atoi(wanted));
}

// Times in seconds, so that steps, rounds and leases fall between the kills.
constexpr const char* short_times =
    "[watch]\nwait_category1_seconds = 2\nwait_category2_seconds = 2\ncalm_wait_seconds = 3\n"
    "loud_alarm_delay_seconds = 1\nmin_grace_seconds = 1\nmin_member_wait_seconds = 1\n";

constexpr Duration widest = 35 * second;  // a window before its due time

// Eight schedules, due at every whole minute of the coming twenty, with windows of many widths. The
// first four lie within the quiet time; the others open before it.
v1::SetPlan windows(Instant now) {
  v1::SetPlan plan;
  plan.set_member_wait_s(1);
  for (std::uint32_t i = 0; i < 8; ++i) {
    v1::ScheduleText& s = *plan.add_schedules();
    s.set_zone("Etc/UTC");
    s.set_valid_from(now);
    s.set_valid_to(now + day);
    s.set_opens_before_s(i < 4 ? 1 : 3 + i * 4);
    s.set_grace_s(1 + i % 4);
    for (std::uint32_t m = 0; m < 20; ++m) {
      v1::WeeklyTimeText& t = *s.add_times();
      t.set_weekdays(0x7f);
      t.set_minute(static_cast<std::uint32_t>(now / minute + m) % 1440);
    }
  }
  return plan;
}

class Kill : public ::testing::Test {
 protected:
  Kill() { (void)crypto::init(); }

  [[nodiscard]] server::store::Db open() const {
    return server::store::Db(server.database(), server::store::Db::Mode::read_only);
  }
  // The records of the participant that were acknowledged and are not (or not once) in the
  // database.
  [[nodiscard]] std::vector<std::uint64_t> lost_records(server::store::Db& db, bool judged) {
    std::vector<std::uint64_t> out;
    for (const auto& [seq, reply] : town.participant.accepted) {
      auto q = db.query(
          "SELECT count(*), max(judged) FROM checkin_record WHERE device = ? AND seq = ? AND "
          "received_at = ?");
      q.bind(view(device), seq, reply.received_at());
      if (!q.step() || q.integer(0) != 1 || (judged && q.integer(1) != 1)) out.push_back(seq);
    }
    return out;
  }
  // What must hold between a kill and the next start.
  void look_at_the_dead() {
    server::store::Db db = open();
    EXPECT_EQ(broken_invariants(db, cli::wall_now()), std::vector<std::string>{});
    EXPECT_EQ(lost_records(db, false), std::vector<std::uint64_t>{}) << "I9: told received";
    auto q = db.query("PRAGMA quick_check");
    ASSERT_TRUE(q.step());
    EXPECT_EQ(q.text(0), "ok");
  }
  // One life: starts, is loaded, is killed. False: something is not as it must be.
  [[nodiscard]] bool live_and_die(std::mt19937_64& random) {
    if (!server.start()) return false;
    town.server_at(server.port());
    // A quarter die while the clients are still connecting, the others while they work.
    if (random() % 4 != 0 && !town.pump_until([&] {
          load.give();
          return town.participant.logged_in() || town.contact.logged_in();
        }))
      return false;
    const auto delay = milliseconds(random() % 90);
    std::atomic<bool> killed = false;
    std::thread killer([&] {
      std::this_thread::sleep_for(delay);
      server.signal(SIGKILL);
      killed = true;
    });
    // What the dead one still said is read to its end.
    const bool over = town.pump_until([&] {
      if (killed) {
        town.server_at(std::nullopt);
      } else {
        load.give();
      }
      for (NetClient* c : town.everybody())
        if (c->attached()) return false;
      return killed.load();
    });
    killer.join();
    if (!over || server.wait() != 128 + SIGKILL) return false;
    // Sometimes a phone is switched off as well.
    if (random() % 12 == 0) {
      const auto people = town.everybody();
      NetClient& who = *people[random() % people.size()];
      load.forget(who);
      if (!who.reopen()) return false;
      who.go_online();
    }
    return true;
  }
  [[nodiscard]] bool all_delivered() {
    for (NetClient* c : town.all())
      for (const auto& [text, state] : c->sent)
        if (state < 3) return false;
    return load.idle() && load.enrolment.idle() && town.participant.status().queued_here() == 0;
  }
  [[nodiscard]] bool enough_load() {
    std::size_t all = 0;
    for (const auto& [way, given] : load.texts) all += given.size();
    return all >= 100 && town.participant.accepted.size() >= 20 && load.manifests > 0 &&
           load.enrolment.confirmed() > 0;
  }
  // The texts from one to the other, in the order in which they came.
  [[nodiscard]] static std::vector<std::string> came(const NetClient& to, const std::string& way) {
    std::vector<std::string> out;
    for (const std::string& text : to.came)
      if (text.rfind(way + " ", 0) == 0) out.push_back(text);
    return out;
  }
  void check_messages();
  void check_occurrences(server::store::Db& db, Instant from, Instant to);
  void check_acts(server::store::Db& db);
  void check_warnings(milliseconds since);
  void check_people(server::store::Db& db, std::int64_t manifests_before);
  [[nodiscard]] std::int64_t manifests();

  RealServer server{short_times};
  NetTown town{server};
  KillLoad load{town, seed};
  std::string device;
};

// M1, M2: what was stored arrived, once, in order, without a gap.
void Kill::check_messages() {
  std::size_t checked = 0;
  for (const auto& [way, given] : load.texts)
    for (NetClient* to : town.all())
      if (way.substr(way.find('>') + 1) == to->name()) {
        EXPECT_EQ(came(*to, way), given) << way;
        EXPECT_TRUE(to->gaps.empty()) << way << ": " << *to->gaps.begin();
        checked += given.size();
      }
  EXPECT_GE(checked, 100U);
}

// Every slot that opened and ended within [from, to) is there once, and has ended once.
void Kill::check_occurrences(server::store::Db& db, Instant from, Instant to) {
  int answered = 0;
  int missed = 0;
  const v1::Status status = town.participant.status();
  for (const v1::ScheduleText& s : status.circles(0).schedules())
    for (Instant due = from / minute * minute; due < to; due += minute) {
      const auto of_day = static_cast<std::uint32_t>(due / minute % 1440);
      if (std::none_of(s.times().begin(), s.times().end(),
                       [&](const v1::WeeklyTimeText& t) { return t.minute() == of_day; }))
        continue;
      const Instant opens = due - s.opens_before_s() * second;
      const Instant deadline = due + s.grace_s() * second;
      if (opens <= from || deadline >= to) continue;
      auto q = db.query(
          "SELECT count(*), max(state), max(outage), max(excuse), max(answered_by IS NOT NULL AND "
          "answered_at BETWEEN opens_at AND deadline), (SELECT count(*) FROM trigger_row t JOIN "
          "occurrence m ON m.id = t.occurrence WHERE m.schedule_id = ?1 AND m.due = ?2) "
          "FROM occurrence WHERE schedule_id = ?1 AND due = ?2");
      q.bind(view(s.schedule_id()), due);
      ASSERT_TRUE(q.step());
      ASSERT_EQ(q.integer(0), 1) << "due " << due;
      // A machine that stood still for a minute is an outage: those may be excused, or moved.
      const bool outage = q.integer(2) == 1 || q.integer(3) == 2;
      if (outage) continue;
      EXPECT_TRUE(q.integer(1) == 2 || q.integer(1) == 3) << "state " << q.integer(1);
      EXPECT_EQ(q.integer(4), q.integer(1) == 2 ? 1 : 0) << "answered exactly in its window";
      EXPECT_EQ(q.integer(5), q.integer(1) == 3 ? 1 : 0) << "one trigger for a miss, else none";
      ++(q.integer(1) == 2 ? answered : missed);
    }
  std::cout << "due check-ins: " << answered << " answered, " << missed << " missed\n";
  EXPECT_GT(answered + missed, 0);
}

std::int64_t Kill::manifests() {
  server::store::Db db = open();
  auto q = db.query("SELECT max(seq) FROM manifest WHERE circle = ?");
  q.bind(view(town.circle));
  return q.step() ? q.integer(0) : 0;
}

// G2: an act that ended well for its author is in the log.
void Kill::check_acts(server::store::Db& db) {
  for (const auto& [who, by_act] : load.acts)
    for (const auto& [act, told] : by_act) {
      auto q =
          db.query("SELECT count(*) FROM act WHERE actor = ? AND act = ? AND outcome IN (1, 2)");
      q.bind(view(const_cast<NetClient*>(who)->status().account()), static_cast<int>(act));
      ASSERT_TRUE(q.step());
      EXPECT_GE(q.integer(0), told) << who->name() << " act " << act;
    }
}

// Whoever was told "confirmed" is one of the staff, once, at the server and at the others; and no
// manifest that was told to be there is missing.
void Kill::check_people(server::store::Db& db, std::int64_t manifests_before) {
  EXPECT_EQ(load.enrolment.problem(), "");
  const auto status = town.contact.status();
  std::size_t known = 0;
  for (const auto& newcomer : town.newcomers) {
    const std::string account = newcomer->status().account();
    auto q = db.query(
        "SELECT (SELECT count(*) FROM account WHERE pk = ?1), (SELECT count(*) FROM device WHERE "
        "account = ?1)");
    q.bind(view(account));
    ASSERT_TRUE(q.step());
    EXPECT_LE(q.integer(0), 1);
    EXPECT_EQ(q.integer(1), q.integer(0)) << "an account has its one device";
    known += static_cast<std::size_t>(
        std::count_if(status.staff().begin(), status.staff().end(),
                      [&](const v1::Person& p) { return p.account() == account; }));
  }
  EXPECT_EQ(known, load.enrolment.confirmed());
  auto q = db.query("SELECT max(seq), count(*) FROM manifest WHERE circle = ?");
  q.bind(view(town.circle));
  ASSERT_TRUE(q.step());
  EXPECT_EQ(q.integer(0), q.integer(1)) << "every manifest of the chain, once";
  EXPECT_GE(q.integer(0), manifests_before + load.manifests);
  std::cout << load.enrolment.confirmed() << " people enrolled, " << load.manifests
            << " manifests signed anew\n";
}

// T35: a server that was only killed is not accused. A member's own clock sees a miss, and rightly;
// that it could not know it says only after this long.
void Kill::check_warnings(milliseconds since) {
  const bool long_enough = since.count() > client::blind_patience;
  for (const NetClient* c : town.everybody())
    for (const auto& [warning, times] : c->warnings)
      if (warning != "nothing_came" && !(warning == "not_connected" && long_enough))
        ADD_FAILURE() << c->name() << " was warned: " << warning << " x " << times;
}

TEST_F(Kill, M1_M2_I9_I1_nothing_acknowledged_is_lost_over_seeded_kills) {
  const auto begun = std::chrono::steady_clock::now();
  const std::string code = server.init();
  ASSERT_FALSE(code.empty());
  ASSERT_TRUE(server.start());
  ASSERT_TRUE(town.found(code, windows(cli::wall_now()))) << town.why;
  device = town.participant.status().device();
  const Instant from = cli::wall_now();
  // The kills begin so that a due time lies among them.
  const Instant due = ((from + widest) / minute + 1) * minute;
  ASSERT_TRUE(town.pump_until([&] { return cli::wall_now() >= due - 16 * second; },
                              std::chrono::seconds(120)));
  server.signal(SIGKILL);
  ASSERT_EQ(server.wait(), 128 + SIGKILL);
  for (NetClient* c : town.all()) ASSERT_TRUE(c->reopen());
  for (NetClient* c : town.all()) c->go_online();

  const std::int64_t manifests_before = manifests();
  const int wanted = wanted_kills();
  int kills = 0;
  while (kills < wanted) {
    std::mt19937_64 random(seed + static_cast<std::uint64_t>(kills));
    ASSERT_TRUE(live_and_die(random)) << "after " << kills << " kills";
    ++kills;
    look_at_the_dead();
    ASSERT_FALSE(HasFailure()) << "after " << kills << " kills";
  }
  const auto took = std::chrono::steady_clock::now() - begun;
  std::cout << "kills of the server: " << kills << ", seeds " << seed << " to "
            << seed + static_cast<std::uint64_t>(kills) - 1 << ", in "
            << std::chrono::duration_cast<milliseconds>(took).count() << " ms\n";

  // The last life stays. On a slow machine the others came to do little: there is always some load.
  ASSERT_TRUE(server.start());
  town.server_at(server.port());
  EXPECT_TRUE(town.pump_until([&] {
    if (enough_load()) return true;
    load.give();
    return false;
  })) << "hardly any load";
  // Everything that waits is exchanged, and every judgement is made.
  EXPECT_TRUE(town.pump_until([&] { return all_delivered(); })) << "something never arrived";
  // That whole minute's check-ins have come and gone.
  const Instant to = std::max(cli::wall_now(), due + 6 * second);
  ASSERT_TRUE(town.pump_until([&] { return cli::wall_now() > to; }, std::chrono::seconds(120)));
  std::vector<std::string> broken;
  std::vector<std::uint64_t> not_judged;
  Instant next_look = 0;
  EXPECT_TRUE(town.pump_until([&] {
    if (cli::wall_now() < next_look) return false;
    next_look = cli::wall_now() + 100;
    server::store::Db db = open();
    broken = broken_invariants(db, cli::wall_now() - 50, {.settled = true, .received = {}});
    not_judged = lost_records(db, true);
    return broken.empty() && not_judged.empty();
  })) << broken.size();
  EXPECT_EQ(broken, std::vector<std::string>{});
  EXPECT_EQ(not_judged, std::vector<std::uint64_t>{}) << "told received, not judged";

  server::store::Db db = open();
  ASSERT_FALSE(town.participant.accepted.empty());
  EXPECT_EQ(town.participant.accepted.size(), town.participant.accepted.rbegin()->first)
      << "every record that was signed has its reply";
  check_messages();
  check_occurrences(db, from, to);
  check_acts(db);
  check_people(db, manifests_before);
  check_warnings(
      std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun));
  for (const std::string& e : load.errors) std::cout << "refused with: " << e << "\n";
  std::cout << town.participant.accepted.size() << " records, ";
  for (const auto& [way, given] : load.texts) std::cout << way << ": " << given.size() << " ";
  std::cout << "\n";
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
}

}  // namespace
}  // namespace livlina::testing
