// A town whose clock somebody sets, and whose time zones may be away for a while.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "server/services/people.hpp"
#include "tests/services/watch_town.hpp"

namespace livlina::testing {

inline constexpr std::uint16_t noon = 12 * 60;  // UTC; the town starts at 08:00
inline constexpr Instant noon_at = town_start + 4 * hour;
inline constexpr Instant noon_deadline = noon_at + 30 * minute;

// tzdata that is away for a while.
class LosableZones final : public protocol::Zones {
 public:
  bool lost = false;
  [[nodiscard]] bool known(const std::string& zone) const override {
    return !lost && protocol::tzdata_zones().known(zone);
  }
  [[nodiscard]] std::optional<Instant> resolve(const std::string& zone, protocol::LocalDay date,
                                               int minute_of_day) const override {
    if (lost) return std::nullopt;
    return protocol::tzdata_zones().resolve(zone, date, minute_of_day);
  }
  [[nodiscard]] std::optional<protocol::LocalDay> local_day(const std::string& zone,
                                                            Instant at) const override {
    if (lost) return std::nullopt;
    return protocol::tzdata_zones().local_day(zone, at);
  }
};

struct ClockTown : WatchTown {
  ClockTown() { zones = &losable; }
  LosableZones losable;

  [[nodiscard]] std::int64_t in_state(server::policy::OccurrenceState state) {
    auto q = db.query("SELECT count(*) FROM occurrence WHERE state = ?");
    return q.bind(static_cast<int>(state)).step() ? q.integer(0) : -1;
  }
  [[nodiscard]] int lines(std::string_view code) const {
    return static_cast<int>(
        std::count_if(operator_lines.begin(), operator_lines.end(),
                      [&](const server::OperatorNotice& l) { return l.code == code; }));
  }
  // Rows, not pushes: a notice goes again until it is receipted.
  [[nodiscard]] std::int64_t desk_told(server::policy::NoticeCode code) {
    auto q = db.query("SELECT count(*) FROM notification WHERE code = ?");
    return q.bind(static_cast<int>(code)).step() ? q.integer(0) : -1;
  }
  // The states of the server's words to members that nobody has fetched, in order.
  [[nodiscard]] std::vector<std::uint32_t> words() {
    std::vector<std::uint32_t> said;
    auto q = db.query("SELECT content FROM mailbox WHERE kind = ? ORDER BY id");
    for (q.bind(static_cast<int>(server::MailKind::word)); q.step();) {
      v1::OccurrenceWord word;
      EXPECT_TRUE(word.ParseFromString(to_string(q.blob(0))));
      said.push_back(word.state());
    }
    return said;
  }
  // Answers at each of these instants: nobody has to be paged on the way.
  void answer_at(std::initializer_list<Instant> instants) {
    for (const Instant t : instants) {
      advance_to(t);
      EXPECT_EQ(answer({}).status, protocol::RecordStatus::received);
    }
    round();
  }
  // The clock jumps, as the engine notices it.
  void clock_to(Instant t) {
    const Instant before = now;
    now = t;
    wake(before);
    round();
  }
};

}  // namespace livlina::testing
