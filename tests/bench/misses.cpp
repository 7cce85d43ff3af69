#include "tests/bench/misses.hpp"

#include <algorithm>
#include <thread>

#include "server/store/db.hpp"
#include "server/store/server_row.hpp"
#include "tests/bench/device.hpp"
#include "tests/bench/failed.hpp"
#include "tests/bench/server_run.hpp"
#include "tests/bench/subjects.hpp"

namespace livlina::bench {

namespace {

constexpr std::size_t contacts = 50;
constexpr Duration lead = 6 * second;  // from the start to the first deadline
constexpr auto look_every = std::chrono::milliseconds(2);

Instant wall_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

double seconds_to_ready(const ServerRun& server, Clock::time_point begin) {
  while (std::chrono::duration<double>(Clock::now() - begin).count() < 60) {
    if (testing::https(server.at(), "GET", "/readyz").status == 200)
      return std::chrono::duration<double>(Clock::now() - begin).count();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  throw Failed("the server is not ready");
}

// Somebody of the staff who is connected: acknowledges what comes, and says that notices came; one
// request after the other.
class Supporter {
 public:
  Supporter(Loop& loop, SSL_CTX* tls, std::uint16_t port, testing::TestDevice& who)
      : device_(loop, tls, port, who,
                [this](Device&, const v1::ServerFrame& frame) { hear(frame); }) {}
  void answer() {
    device_.check();
    send(seqs_, seqs_.ack_deliveries().seqs_size());
    send(notices_, notices_.receipt_notices().notice_ids_size());
  }
  [[nodiscard]] const Device& device() const { return device_; }

 private:
  static constexpr int most = 256;  // of one request, by the protocol

  void hear(const v1::ServerFrame& frame) {
    if (frame.has_done()) waiting_ = false;
    if (frame.has_delivery()) seqs_.mutable_ack_deliveries()->add_seqs(frame.delivery().seq());
    // What is not said today comes again.
    if (frame.has_notice() && notices_.receipt_notices().notice_ids_size() < most)
      notices_.mutable_receipt_notices()->add_notice_ids(frame.notice().notice_id());
  }
  void send(v1::Request& request, int count) {
    if (waiting_ || count == 0) return;
    waiting_ = true;
    (void)device_.ask(request);
    request.Clear();
  }
  v1::Request seqs_;
  v1::Request notices_;
  bool waiting_ = false;
  Device device_;
};

// When which trigger was committed, as another connection to the database sees it.
class CommitWatch {
 public:
  explicit CommitWatch(const std::string& database)
      : db_(database, server::store::Db::Mode::read_only) {}
  // The number of triggers that are there now.
  std::int64_t look() {
    auto q = db_.query("SELECT max(id) FROM trigger_row");
    const std::int64_t newest = q.step() ? q.integer(0) : 0;
    if (newest > newest_) seen_.emplace_back(newest, wall_now());
    newest_ = std::max(newest, newest_);
    return newest_;
  }
  [[nodiscard]] Instant seen_at(std::int64_t trigger) const {
    return std::lower_bound(seen_.begin(), seen_.end(), std::pair(trigger, Instant{0}))->second;
  }

 private:
  server::store::Db db_;
  std::int64_t newest_ = 0;
  std::vector<std::pair<std::int64_t, Instant>> seen_;
};

// What the server's process used while it found those that are due at one instant: a figure that
// another load of the machine changes little.
class CpuOfMisses {
 public:
  // At every look: `found` triggers are there.
  void look(const ServerRun& server, std::size_t found, Instant first, Instant peak,
            std::size_t of_first) {
    const Instant now = wall_now();
    if (found >= of_first && now >= peak) return;
    const CpuUse used = server.used().cpu;
    if (now < first) at_first_ = used;
    if (found < of_first) after_first_ = used;
    if (now < peak) before_peak_ = used;
  }
  void end(const ServerRun& server) { end_ = server.used().cpu; }
  [[nodiscard]] double first_us(std::size_t n) const { return each(after_first_ - at_first_, n); }
  [[nodiscard]] double peak_us(std::size_t n) const { return each(end_ - before_peak_, n); }

 private:
  [[nodiscard]] static double each(const CpuUse& used, std::size_t n) {
    return static_cast<double>(used.ns) / 1000 / static_cast<double>(std::max<std::size_t>(1, n));
  }
  CpuUse at_first_, after_first_, before_peak_, end_;
};

// Of the misses whose deadline was the same instant, or in the spread.
struct Class {
  std::size_t count = 0;
  Instant last = 0;
  Samples late;
};

struct Outcome {
  Class first, spread, peak;
  std::size_t mail = 0;
};

Outcome outcome(ServerRun& server, const CommitWatch& watch, Instant first, Instant peak) {
  Outcome out;
  server.with_database([&](server::store::Db& db) {
    {
      auto q = db.query(
          "SELECT t.id, o.deadline FROM trigger_row t JOIN occurrence o ON o.id = t.occurrence"
          " WHERE o.state = 3");
      while (q.step()) {
        const Instant deadline = q.integer(1);
        const Instant seen = watch.seen_at(q.integer(0));
        Class& c = deadline == first ? out.first : deadline == peak ? out.peak : out.spread;
        ++c.count;
        c.last = std::max(c.last, seen);
        c.late.add(static_cast<std::uint64_t>(std::max<Duration>(0, seen - deadline)) * 1'000'000);
      }
    }
    auto mail = db.query("SELECT sum(next_seq - 1) FROM device");
    if (mail.step()) out.mail = static_cast<std::size_t>(mail.integer(0));
  });
  return out;
}

double a_second(const Class& c, Instant deadline) {
  return 1000.0 * static_cast<double>(c.count) /
         static_cast<double>(std::max<Duration>(1, c.last - deadline));
}

void report_all(Outcome& out, Instant first, Instant peak, double floor, Report& report) {
  const auto at_most = [](double bound) { return Goal{Goal::Kind::at_most, bound}; };
  const std::string at_once = std::to_string(out.first.count);
  report.add({"misses",
              "G1: the last of " + at_once + " due at one instant, committed after",
              static_cast<double>(out.first.last - first),
              "ms",
              {},
              at_most(2000)});
  report.add({"misses", "lateness when spread, p50", out.spread.late.percentile(50) / 1000, "ms"});
  report.add({"misses",
              "lateness when spread, p99",
              out.spread.late.percentile(99) / 1000,
              "ms",
              {},
              at_most(1000)});
  report.add({"misses", "durable a second, " + at_once + " at once", a_second(out.first, first),
              "/s", floor});
  report.add({"misses", "durable a second, " + std::to_string(out.peak.count) + " at once",
              a_second(out.peak, peak), "/s", floor, Goal{Goal::Kind::at_least, 25'000}});
}

}  // namespace

void measure_misses(const Scale& scale, Report& report) {
  const Deadlines deadlines(scale);
  const std::size_t all = scale.circles * schedules_of_a_circle;
  say("misses: writing " + std::to_string(all) + " schedules");
  std::unique_ptr<Population> people;
  ServerRun server([&](auto& db) {
    people = std::make_unique<Population>(db, contacts);
    add_open_checkins(db, *people, deadlines);
  });
  const std::string before = server.database() + ".before";
  std::filesystem::copy_file(server.database(), before);
  const Instant first = (wall_now() + lead) / second * second + second;
  const Instant peak = first + deadlines.peak * second;
  server.with_database([&](server::store::Db& db) {
    set_first_deadline(db, first);
    server::store::Server(db).set_last_round(wall_now());
  });
  const auto begin = Clock::now();
  server.start();
  const double ready = seconds_to_ready(server, begin);
  report.add({"misses",
              "start with " + std::to_string(all) + " schedules until the watch runs",
              ready,
              "s",
              {},
              Goal{Goal::Kind::at_most, 5}});

  Loop loop;
  const TlsContext tls = tls_client();
  Supporter mentor(loop, tls.get(), server.port(), people->mentor.primary());
  Supporter coordinator(loop, tls.get(), server.port(), people->coordinator.primary());
  loop.until([&] { return mentor.device().logged_in() && coordinator.device().logged_in(); },
             "log-ins");
  if (wall_now() >= first) throw Failed("the start took so long that the first deadline was over");
  CommitWatch watch(server.database());
  CpuOfMisses cpu;
  for (std::size_t found = 0; found < all;) {
    found = static_cast<std::size_t>(watch.look());
    cpu.look(server, found, first, peak, scale.at_one_instant);
    if (wall_now() > peak + 2 * minute) throw Failed("not every check-in was missed");
    loop.turn(look_every);
    mentor.answer();
    coordinator.answer();
  }
  cpu.end(server);
  server.stop();

  Outcome out = outcome(server, watch, first, peak);
  if (out.first.count + out.spread.count + out.peak.count != all)
    throw Failed("misses were found twice or not at all");
  report_all(out, first, peak, sqlite_misses(before, out.mail / all), report);
  report.add(
      {"misses", "CPU of the server for each of the first", cpu.first_us(out.first.count), "us"});
  report.add(
      {"misses", "CPU of the server for each of the last", cpu.peak_us(out.peak.count), "us"});
}

}  // namespace livlina::bench
