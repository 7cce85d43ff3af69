// The real `livlina` killed at seeded points of its commands. Its vault opens after every one of
// them, and what it had said was so, is so: once, in order, without a gap.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <set>
#include <thread>

#include "server/store/db.hpp"
#include "tests/smoke/cli_fixture.hpp"
#include "tests/support/invariants.hpp"

namespace livlina::testing {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint64_t seed = 20261122;  // of the first point; each has one of its own
// As many as LIVLINA_CLI_KILLS says, all of them.
const char* wanted() { return std::getenv("LIVLINA_CLI_KILLS"); }
int most_points() { return wanted() == nullptr ? 40 : std::max(1, std::atoi(wanted())); }
// Else a slow machine does fewer, but these at least.
constexpr auto enough_time = std::chrono::seconds(60);
constexpr int fewest_points = 12;

class KillCli : public CliInTown {
 protected:
  // Mona, a mentor, and Sami, who has Sara and Mona in the circle.
  void enrol_both() {
    enrol_mentor("mona");
    if (HasFailure()) return;
    account = unhex(works({"status"}).value("account", ""));
    be("sami");
    enrol({"Sara:contact_person:all", "mona:mentor:all"});
    if (HasFailure()) return;
    device = unhex(works({"status"}).value("device", ""));
    ASSERT_EQ(device.size(), 16U);
    ASSERT_EQ(account.size(), 32U);
    // Whoever watches knows the circle before anything happens in it.
    ASSERT_TRUE(town.pump_until(
        [&] {
          return town.contact.status().circles_size() == 1 &&
                 town.desk.status().circles_size() == 1;
        },
        std::chrono::seconds(30)))
        << town.contact.status().circles_size() << " " << town.desk.status().circles_size();
  }

  struct Point {
    bool opened = false;   // counted from when the vault was opened, else from the start
    microseconds after{};  // then, if the command still runs
  };
  [[nodiscard]] std::filesystem::file_time_type written() const {
    std::error_code none;
    return std::filesystem::last_write_time(folder + "/vault", none);
  }
  // Lets everybody else work until then.
  void work_until(const std::function<bool()>& enough) const {
    const auto limit = steady_clock::now() + std::chrono::seconds(30);
    while (!enough() && steady_clock::now() < limit) {
      meanwhile();
      std::this_thread::sleep_for(microseconds(200));
    }
  }
  // Opening rewrites pages: the PIN, which takes longest, is over.
  void until_opened(std::filesystem::file_time_type before) const {
    work_until([&] { return written() != before; });
  }
  // No machine keeps its pace: when this one is busier than it was, kills come later. Three of five
  // commands die by this, whatever it was measured to be.
  void keep_pace(bool was_killed) { pace *= was_killed ? 1.25 : 5.0 / 7; }
  // Runs a command and kills it there: what it printed, line by line.
  std::vector<nlohmann::json> cut(const std::vector<std::string>& words, const Point& point) {
    std::vector<std::string> all = livlina(words);
    all.emplace_back("--json");
    const auto before = written();
    Process process(all);
    if (point.opened) until_opened(before);
    const auto until = steady_clock::now() + point.after;
    work_until([&] { return steady_clock::now() >= until; });
    process.signal(SIGKILL);
    const auto code = process.wait();
    const bool killed = code == 128 + SIGKILL;
    std::vector<nlohmann::json> out;
    std::string said;
    while (const auto line = process.line()) {  // ended: all of it is there
      out.push_back(nlohmann::json::parse(*line, nullptr, false));
      said += *line + "\n";
    }
    EXPECT_TRUE(killed || code == done) << words.front() << ": " << code.value_or(-1) << "\n"
                                        << said;
    kills += killed ? 1 : 0;
    forget_tries();
    keep_pace(killed);
    return out;
  }
  static bool said_yes(const std::vector<nlohmann::json>& lines) {
    return std::any_of(lines.begin(), lines.end(), [](const nlohmann::json& j) {
      return j.is_object() && j.value("ok", false);
    });
  }
  // Whoever dies over the PIN has had a try, which counts for an hour. That hour is over.
  void forget_tries() const {
    const std::filesystem::path tries = folder + "/pin_tries";
    const auto size = std::filesystem::file_size(tries);
    EXPECT_TRUE(size == 0 || size == 4 + 36 + 8) << "half a count: " << size;
    std::filesystem::resize_file(tries, 0);
  }
  // The vault opens, nobody else has the folder, and the server knows the device.
  void opens() {
    const auto status = works({"status"});
    EXPECT_EQ(status.value("online", false), true) << status;
    EXPECT_EQ(status.value("queued_here", 1), 0) << status;
  }

  void measure();
  void kill_at_points();
  void kill_one(const Point& at);
  void check_in(const Point& at);
  void send(const Point& at);
  void read(const Point& at);
  void take(const Point& at);
  void check_records(server::store::Db& db);
  void check_texts();

  Bytes device;            // Sami's
  Bytes account;           // Mona's
  microseconds opening{};  // how long a command takes until its vault is open
  microseconds rest{};     // and then
  double pace = 1;         // of these, how much now
  int points = 0;
  int kills = 0;
  std::vector<std::string> given;      // texts to Sara, in order
  std::set<std::string> acknowledged;  // of these
  std::vector<std::string> from_sara;
  std::vector<Instant> received;  // when the server took the check-ins it acknowledged
};

void KillCli::measure() {
  be("sami");
  given.emplace_back("text 1");
  const auto before = written();
  const auto start = steady_clock::now();
  Process whole(livlina({"send", "Sara", given.back()}));
  until_opened(before);
  const auto opened = steady_clock::now();
  std::optional<int> code;
  work_until([&] { return (code = whole.wait(milliseconds(1))).has_value(); });
  ASSERT_EQ(code, done);
  acknowledged.insert(given.back());
  opening = std::chrono::duration_cast<microseconds>(opened - start);
  rest = std::chrono::duration_cast<microseconds>(steady_clock::now() - opened);
}

void KillCli::kill_one(const Point& at) {
  be("sami");
  switch (points % 5) {
    case 0:
      return check_in(at);
    case 3:
      return read(at);
    case 4:
      return take(at);
    default:
      return send(at);
  }
}

void KillCli::kill_at_points() {
  const auto begun = steady_clock::now();
  const auto enough = [&] {
    return wanted() == nullptr && points >= fewest_points && kills * 3 >= points &&
           acknowledged.size() > 1 && steady_clock::now() - begun > enough_time;
  };
  const int most = most_points();
  for (; points < most && !enough(); ++points) {
    std::mt19937_64 random(seed + static_cast<std::uint64_t>(points));
    // One in five dies over its PIN, the others when they store, send and hear. Some end before.
    const bool early = random() % 5 == 0;
    const auto thousandths = static_cast<int>(early ? random() % 1000 : 350 + random() % 1150);
    const auto whole = early ? opening : rest;
    const Point at{!early,
                   std::chrono::duration_cast<microseconds>(whole * pace * thousandths / 1000)};
    kill_one(at);
    ASSERT_FALSE(HasFailure()) << "at point " << points << ", after " << at.after.count() << " us";
  }
  std::cout << "kills of the command line: " << kills << " at " << points << " points, seeds "
            << seed << " to " << seed + static_cast<std::uint64_t>(points) - 1 << ", in "
            << std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun).count()
            << " ms; a command takes " << opening.count() << " us to open its vault and then "
            << rest.count() << " us, now " << pace << " times that\n";
  EXPECT_GE(kills * 3, points) << "hardly any command was still running";
  EXPECT_GT(acknowledged.size(), 1U) << "hardly any command came to its end";
}

void KillCli::check_in(const Point& at) {
  for (const auto& line : cut({"checkin", "ok"}, at))
    if (line.is_object() && line.value("ok", false))
      received.push_back(line.value("received_at", Instant{0}));
  opens();
}

void KillCli::send(const Point& at) {
  given.push_back("text " + std::to_string(given.size() + 1));
  if (said_yes(cut({"send", "Sara", given.back()}, at))) acknowledged.insert(given.back());
  opens();
}

void KillCli::read(const Point& at) {
  from_sara.push_back("answer " + std::to_string(from_sara.size() + 1));
  v1::Command command;
  command.mutable_send_text()->set_circle_id(town.contact.status().circles(0).circle_id());
  command.mutable_send_text()->set_text(from_sara.back());
  ASSERT_TRUE(town.run(town.contact, command)) << town.why;
  (void)cut({"inbox", "--read"}, at);
  opens();
}

// A drill of Sami's, taken by Mona, whose command is killed.
void KillCli::take(const Point& at) {
  works({"alarm", "--practice"});
  wait_for_incident();
  if (HasFatalFailure()) return;
  be("mona");
  const bool told = said_yes(cut({"take"}, at));
  opens();
  const auto standing = [&] {
    server::store::Db db(server.database(), server::store::Db::Mode::read_only);
    auto q = db.query(
        "SELECT i.state, (SELECT count(*) FROM act a WHERE a.incident = i.id AND a.actor = ? AND "
        "a.act = 2 AND a.outcome = 1) FROM incident i ORDER BY i.opened_at DESC LIMIT 1");
    q.bind(account);
    return q.step() ? std::pair{q.integer(0), q.integer(1)}
                    : std::pair{std::int64_t{0}, std::int64_t{0}};
  };
  const auto [state, takes] = standing();
  EXPECT_EQ(takes, state == 2 ? 1 : 0) << "state " << state;
  if (told) {
    EXPECT_EQ(state, 2) << "it said that she has it";
  }
  if (state != 2) works({"take"});
  works({"resolve", "--reason", "drill_done"});
  EXPECT_EQ(standing().first, 3) << "and life goes on";
}

// I9: what was acknowledged is there; every record once, judged, and none is missing between.
void KillCli::check_records(server::store::Db& db) {
  for (const Instant at : received) {
    auto q = db.query(
        "SELECT count(*) FROM checkin_record WHERE device = ? AND kind = 1 AND received_at = ?");
    q.bind(device, at);
    ASSERT_TRUE(q.step());
    EXPECT_EQ(q.integer(0), 1) << "told received at " << at;
  }
  auto q = db.query(
      "SELECT count(*), count(DISTINCT seq), min(seq), max(seq), min(judged) FROM checkin_record "
      "WHERE device = ?");
  q.bind(device);
  ASSERT_TRUE(q.step());
  EXPECT_GT(q.integer(0), 0);
  EXPECT_EQ(q.integer(0), q.integer(1)) << "a number twice";
  EXPECT_EQ(q.integer(2), 1);
  EXPECT_EQ(q.integer(3), q.integer(0)) << "a gap in the numbers";
  EXPECT_EQ(q.integer(4), 1) << "not judged";
  std::cout << q.integer(0) << " records, " << received.size() << " check-ins acknowledged\n";
}

// M1, M2: what was acknowledged came, nothing came twice, all in order.
void KillCli::check_texts() {
  be("sami");
  const auto lists_all = [&] {
    const std::set<std::string> came(town.contact.came.begin(), town.contact.came.end());
    return std::includes(came.begin(), came.end(), acknowledged.begin(), acknowledged.end());
  };
  EXPECT_TRUE(town.pump_until(lists_all, std::chrono::minutes(1)));
  std::size_t at = 0;
  for (const std::string& text : town.contact.came) {
    while (at < given.size() && given[at] != text) {
      EXPECT_EQ(acknowledged.count(given[at]), 0U) << given[at] << " is missing, or out of order";
      ++at;
    }
    ASSERT_LT(at, given.size()) << text << " came twice or out of order";
    ++at;
  }
  EXPECT_TRUE(town.contact.gaps.empty()) << *town.contact.gaps.begin();
  std::vector<std::string> read;
  const auto inbox = works({"inbox"});
  for (const auto& m : inbox.value("messages", nlohmann::json::array()))
    if (m.value("from_name", "") == town.contact.name()) {
      read.push_back(m.value("text", ""));
      EXPECT_EQ(m.value("gap_before", true), false) << m;
    }
  EXPECT_EQ(read, from_sara);
  std::cout << given.size() << " texts, " << acknowledged.size() << " acknowledged, "
            << town.contact.came.size() << " came\n";
}

TEST_F(KillCli, M1_M2_I9_the_command_line_killed_at_seeded_points_loses_nothing_it_acknowledged) {
  enrol_both();
  if (HasFailure()) return;
  measure();
  if (HasFailure()) return;
  kill_at_points();
  if (HasFatalFailure()) return;
  check_texts();
  ASSERT_TRUE(town.pump_until(
      [&] {
        server::store::Db db(server.database(), server::store::Db::Mode::read_only);
        return !db.query("SELECT 1 FROM checkin_record WHERE judged = 0").step() &&
               broken_invariants(db, cli::wall_now() - 50, {.settled = true, .received = {}})
                   .empty();
      },
      std::chrono::minutes(1)));
  server::store::Db db(server.database(), server::store::Db::Mode::read_only);
  check_records(db);
  // T11: who was killed is no clone, and the chain of its records has no hole.
  for (const auto& [warning, times] : town.contact.warnings)
    EXPECT_EQ(warning, "nothing_came") << "of an honest client, " << times;
  // T36: nor does the desk, without a line in this circle, accuse the server of what Mona ended.
  for (const auto& [warning, times] : town.desk.warnings)
    EXPECT_EQ(warning, "nothing_came") << "of an honest server, " << times;
}

}  // namespace
}  // namespace livlina::testing
