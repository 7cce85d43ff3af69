// Rule 17, forward: the server was blind from one instant to another.
#include "server/policy/occurrence.hpp"
#include "server/services/notices.hpp"
#include "server/services/occurrences.hpp"
#include "server/services/openings.hpp"
#include "server/services/watch.hpp"

namespace livlina::server {

namespace {

constexpr Duration long_gap = 7 * day;

// Open ones that overlap the gap are extended, once. True: more is waiting.
bool extend(Turn& turn, Instant from, Instant to, std::size_t most) {
  if (to - from < policy::shortest_gap) return false;
  auto rows = store::Occurrences(turn.db).to_extend(from, to, most);
  CirclesOfRows circles(turn, "occurrence");
  bool any = false;
  for (store::OccurrenceRow& row : rows) {
    const AtRow at(turn.progress, RowOf::occurrence, row.id);
    if (!at) continue;
    apply(turn, circles.get(row.circle), row,
          policy::step(row.o, policy::occurrence_event::Gap{from, to}, facts_of(turn, row), to));
    any = true;
  }
  return any && rows.size() == most;
}

}  // namespace

bool BlindTime::write(Turn& turn, std::size_t most) {
  return to_ < from_ ? back(turn, most) : forward(turn, most);
}

bool BlindTime::forward(Turn& turn, std::size_t most) {
  // Whether so long a time was an outage or a wrong clock only a human can say: G6 holds for both,
  // and what a wrong clock did is undone when it goes back.
  if (to_ - from_ > long_gap)
    notify_operator(turn, std::nullopt, OperatorCode::long_gap, 0,
                    cause_of("long gap", ByteView(), static_cast<std::uint64_t>(from_)));
  // First all that there is, so that what opened during the gap is extended by the whole of it.
  if (!opened_) {
    opened_ = !open_due(turn, most);
    return true;
  }
  return extend(turn, from_, to_, most);
}

}  // namespace livlina::server
