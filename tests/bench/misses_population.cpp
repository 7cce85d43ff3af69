#include <chrono>
#include <cmath>

#include "server/services/people.hpp"
#include "server/services/watch.hpp"
#include "server/store/db.hpp"
#include "tests/bench/failed.hpp"
#include "tests/bench/misses.hpp"
#include "tests/services/town.hpp"

namespace livlina::bench {

using namespace livlina::testing;

namespace {

constexpr std::size_t circles_a_commit = 100;
constexpr std::uint32_t first_grace_s = 600;

Instant this_minute() {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  return now / minute * minute;
}

}  // namespace

Deadlines::Deadlines(const Scale& scale)
    : circles(scale.circles),
      first_each(scale.at_one_instant / scale.circles),
      spread(scale.spread_seconds),
      spread_begins(static_cast<std::uint32_t>(std::ceil(scale.spread_seconds / 2)) + 3),
      peak(spread_begins + static_cast<std::uint32_t>(std::ceil(scale.spread_seconds)) + 4) {}

std::uint32_t Deadlines::after(std::size_t circle, std::size_t schedule) const {
  if (schedule < first_each) return 0;
  if (schedule > first_each) return peak;
  const double part = static_cast<double>(circle) / static_cast<double>(circles);
  return spread_begins + static_cast<std::uint32_t>(part * spread);
}

void add_open_checkins(server::store::Db& db, Population& people, const Deadlines& deadlines) {
  // The slot of this minute, which opens when it is due.
  const Instant due = this_minute();
  const auto minute_of_day = static_cast<std::uint16_t>(due % day / minute);
  crypto::Random& random = crypto::system_random();
  const server::Settings settings;
  KeptOutbound out;
  KeptPresence presence;
  server::Turn turn{db, due - second, out, presence, settings, protocol::tzdata_zones(), random};
  for (std::size_t i = 0; i < deadlines.circles; ++i) {
    if (i % circles_a_commit == 0) db.begin();
    std::vector<protocol::Schedule> schedules;
    for (std::size_t k = 0; k < schedules_of_a_circle; ++k)
      schedules.push_back(daily(random, "UTC", {minute_of_day}, due - hour, due + 30 * day,
                                first_grace_s + deadlines.after(i, k), 0));
    const TestCircle circle =
        people.add_circle(db, i % people.couples.size(), std::move(schedules));
    server::plan_accepted(turn, server::circle_facts(turn, circle.id).value(),
                          protocol::verify_plan(circle.plan_record).value());
    if (i % circles_a_commit == circles_a_commit - 1 || i + 1 == deadlines.circles) db.commit();
    out.clear();
  }
  turn.now = due;
  for (bool more = true; more;) {
    db.begin();
    more = server::run_openings(turn, settings.rows_per_commit);
    db.commit();
    out.clear();
  }
  auto open = db.query("SELECT count(*) FROM occurrence WHERE state = 1 AND outage = 0");
  if (!open.step() ||
      static_cast<std::size_t>(open.integer(0)) != deadlines.circles * schedules_of_a_circle)
    throw Failed("not every check-in opened in its time");
}

void set_first_deadline(server::store::Db& db, Instant first) {
  std::int64_t by = 0;
  {
    auto q = db.query("SELECT min(deadline) FROM occurrence");
    if (!q.step()) throw Failed("no check-ins");
    by = first - q.integer(0);
  }
  db.begin();
  db.run("UPDATE occurrence SET deadline = deadline + ?1, next_at = next_at + ?1", by);
  db.run("UPDATE schedule SET grace = grace + ?1", by / second);
  db.commit();
}

}  // namespace livlina::bench
