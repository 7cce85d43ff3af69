#include "server/app/fault_log.hpp"

#include "server/log/log.hpp"
#include "server/store/db.hpp"

namespace livlina::server {

namespace {

log::Word word(Work work) {
  switch (work) {
    case Work::requests:
      return "requests";
    case Work::gap:
      return "gap";
    case Work::reading:
      return "reading";
    case Work::came:
      return "came";
    case Work::recheck:
      return "recheck";
    case Work::judge:
      return "judge";
    case Work::misses:
      return "misses";
    case Work::incidents:
      return "incidents";
    case Work::notices:
      return "notices";
    case Work::lines:
      return "operator_lines";
    case Work::channels:
      return "channels";
    case Work::openings:
      return "openings";
    case Work::note:
      return "note";
    case Work::deletions:
      return "deletions";
    case Work::expiry:
      return "expiry";
    case Work::retention:
      return "retention";
    case Work::checkpoint:
      break;
  }
  return "checkpoint";
}

log::Word word(store::Fault fault) {
  switch (fault) {
    case store::Fault::full:
      return "full";
    case store::Fault::busy:
      return "busy";
    case store::Fault::corrupt:
      return "corrupt";
    case store::Fault::constraint:
      return "constraint";
    case store::Fault::other:
      break;
  }
  return "other";
}

log::Word word(RowOf of) {
  switch (of) {
    case RowOf::device:
      return "device";
    case RowOf::circle:
      return "circle";
    case RowOf::record:
      return "record";
    case RowOf::occurrence:
      return "occurrence";
    case RowOf::reminder:
      return "reminder";
    case RowOf::incident:
      return "incident";
    case RowOf::notification:
      return "notification";
    case RowOf::schedule:
      break;
  }
  return "schedule";
}

// Whether a line of this kind may be written again.
bool over(Instant said, Instant now) { return now < said || now - said >= FaultLog::pause; }

}  // namespace

std::vector<FaultLog::Line> FaultLog::lines(std::span<const FaultSeen> faults, Instant now) {
  for (const FaultSeen& fault : faults) {
    Kind& kind = kinds_[{fault.work, fault.fault}];
    kind.count += fault.count;
    if (fault.row) kind.row = fault.row;
  }
  std::vector<Line> out;
  for (auto& [what, kind] : kinds_) {
    if (kind.count == 0 || !over(kind.said, now)) continue;
    out.push_back({what.first, what.second, kind.count, kind.row});
    kind = {now, 0, {}};
  }
  return out;
}

void FaultLog::note(std::span<const FaultSeen> faults, Instant now) {
  for (const Line& line : lines(faults, now)) {
    if (line.row)
      log::error("row_set_aside", {{"work", word(line.work)},
                                   {"fault", word(line.fault)},
                                   {"count", line.count},
                                   {"table", word(line.row->of)},
                                   {"row", NoticeId{line.row->id}}});
    else
      log::error("database_refused",
                 {{"work", word(line.work)}, {"fault", word(line.fault)}, {"count", line.count}});
  }
}

bool FaultLog::may_say_late(Instant now) {
  if (late_said_ && !over(*late_said_, now)) return false;
  late_said_ = now;
  return true;
}

}  // namespace livlina::server
