// Rows about incidents in the small world, and what changes around it: what
// server/services/notices.cpp does. How often a row is sent does not matter to anything else, so of
// its next instant only this is kept, that there is one.
#include "tests/policy/search_driver.hpp"

namespace livlina::server::policy::search {

namespace {

using Kind = Event::Kind;
using What = Effect::What;
namespace ev = incident_event;

bool contains(const std::vector<Person>& all, const Person& p) {
  return std::find(all.begin(), all.end(), p) != all.end();
}

}  // namespace

void Driver::write(Lane lane, const std::vector<Effect>& effects) {
  LaneState& l = w_.at(lane);
  for (const Effect& e : effects) {
    switch (e.what) {
      case What::happened:
        if (e.event == Happened::step_empty) l.warned |= 1U << static_cast<unsigned>(e.step);
        if (e.event == Happened::step_fired) l.fired = true;
        if (e.event == Happened::step_fired || e.event == Happened::nobody) {
          l.quiet_since = w_.now;
          called_ = true;
        }
        break;
      case What::notify:
        for (const Person& p : e.people) notify(l, index_of(p), e);
        break;
      case What::notify_paged:
        for (std::size_t who = 0; who < people; ++who)
          if ((l.paged & (1U << who)) != 0 && !contains(e.people, person(who))) notify(l, who, e);
        break;
      case What::notify_desk:
        if (w_.may(cy)) notify(l, cy, e);
        break;
      case What::obsolete:
        end_rows(l, e.people);
        break;
      case What::operator_notice:
        break;
    }
  }
}

// One that ends leaves its place; one that does not although it must stays to be seen.
void Driver::end_row(Box& box, std::size_t k, NotificationEvent event) {
  Notice& row = box.rows.at(k);
  row.n = steps_.notification(row.n, event, w_.now);
  if (row.n.state == NotificationState::pending) return;
  must(!row.n.next_at, "I7: an ended row would be sent again");
  must(steps_.notification(row.n, event, w_.now) == row.n, "I9: said twice, a row changed twice");
  if (k + 1 < box.size) row = box.rows.at(k + 1);
  --box.size;
}

void Driver::notify(LaneState& lane, std::size_t who, const Effect& effect) {
  Box& box = lane.pending.at(who);
  std::optional<NotificationKind> kind = effect.kind;
  if (box.size > 0) {
    const Notice old = box.rows[0];
    kind = steps_.in_place_of(old.kind, old.code, effect.kind, effect.code);
    const bool was_page = old.kind == NotificationKind::page;
    must(kind || effect.kind != NotificationKind::page, "G5: a page was not written");
    // Who holds it no longer is told so quietly: the next page comes at once.
    must(!was_page || !kind || *kind == NotificationKind::page ||
             effect.code == NoticeCode::lease_ended,
         "G5: a page gave way to what wakes nobody");
    if (!kind) return;
    end_row(box, 0, NotificationEvent::obsolete);
  }
  if (*kind == NotificationKind::page) lane.paged |= 1U << who;
  if (box.size == box.rows.size()) return must("I7: two rows pending for one person");
  box.rows.at(box.size++) = {*kind, effect.code, {NotificationState::pending, 0, w_.now}};
}

// Who lost the right with the lease is told that all the same, but for who has it again.
void Driver::end_rows(LaneState& lane, const std::vector<Person>& given_to) {
  for (std::size_t who = 0; who < people; ++who) {
    Box& box = lane.pending.at(who);
    for (std::size_t k = box.size; k > 0; --k)
      if (box.rows.at(k - 1).code != NoticeCode::lease_ended || contains(given_to, person(who)))
        end_row(box, k - 1, NotificationEvent::obsolete);
  }
}

void Driver::send() {
  for (LaneState& lane : w_.lanes)
    for (std::size_t who = 0; who < people; ++who) {
      Box& box = lane.pending.at(who);
      if (box.size == 0) continue;
      Notice& row = box.rows[0];
      if (!w_.may(who) && row.code != NoticeCode::lease_ended) {
        end_row(box, 0, NotificationEvent::obsolete);
        continue;
      }
      row.n = steps_.notification(row.n, NotificationEvent::due, w_.now);
      must(row.n.state == NotificationState::pending && row.n.next_at && *row.n.next_at > w_.now &&
               *row.n.next_at <= w_.now + last_backoff,
           "I7: a row that was sent does not go on");
    }
}

void Driver::receipt(LaneState& lane, std::size_t who) {
  Box& box = lane.pending.at(who);
  if (box.size > 0) end_row(box, 0, NotificationEvent::receipt);
}

void Driver::receive_all() {
  for (LaneState& lane : w_.lanes) {
    for (std::size_t who = 0; who < people; ++who) receipt(lane, who);
    lane.paged = 0;
  }
}

void Driver::change(const Event& e) {
  LaneState& l = w_.at(e.lane);
  switch (e.kind) {
    case Kind::receipt:
      return receipt(l, e.a);
    case Kind::all_failed:
      if (l.incident && unresolved(l.incident->state)) step_incident(e.lane, ev::AllFailed{}, {});
      return;
    case Kind::reach:
      w_.reachable.at(e.a) = !w_.reachable.at(e.a);
      break;
    case Kind::list:
      w_.listed.at(e.a) = !w_.listed.at(e.a);
      break;
    default:  // limit
      if (w_.rights_end && *w_.rights_end > w_.now)
        w_.rights_end.reset();
      else
        w_.rights_end = w_.now + 2 * unit;
      break;
  }
  --w_.changes;
  check_holders();
}

}  // namespace livlina::server::policy::search
