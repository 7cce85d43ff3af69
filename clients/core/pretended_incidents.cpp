#include "clients/core/pretended_incidents.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "clients/core/alarm_memory.hpp"
#include "clients/core/incident_triggers.hpp"
#include "livlina/core.pb.h"

namespace livlina::client {

using protocol::RecordType;

namespace {

// "pressed/<n>" of this realm, "shown/pressed/<n>" by the real one, n = number of the record modulo
// most_kept: u8 version | u8 type | u8 answer | i64 pressed_at | i64 at | hash of the record.
constexpr std::uint8_t version = 1;
constexpr std::string_view own_prefix = "pressed/";
constexpr std::string_view mirrored_prefix = "shown/pressed/";
constexpr std::uint64_t most_kept = 32;

// As the server has them unless its operator changed them: policy.hpp, settings.hpp, engine.hpp.
constexpr Duration judge_beat = 250;
constexpr Duration wait_category1 = 2 * minute, wait_category2 = 10 * minute;
constexpr Duration calm_wait = 60 * minute;

// Nothing: it opens none of which this person may know.
std::optional<Meaning> opens(const Press& press) {
  const auto out = meaning(press.type, press.answer);
  return out && out->lane != lane_silent ? out : std::nullopt;
}

bool speaks_of_one(RecordType type) {
  return type == RecordType::cancel || type == RecordType::mistake;
}

std::vector<Press> presses(const Store& store) {
  std::vector<Press> out;
  for (const std::string_view prefix : {own_prefix, mirrored_prefix})
    for (const std::string& key : store.keys(prefix)) {
      ByteReader r(store.get(key));
      const bool known = r.u8() == version;
      Press press;
      press.type = static_cast<RecordType>(r.u8());
      press.answer = r.u8();
      press.pressed_at = r.i64();
      press.at = r.i64();
      press.record = r.array<32>();
      if (known && r.done()) out.push_back(press);
    }
  std::sort(out.begin(), out.end(), [](const Press& a, const Press& b) {
    return a.at != b.at ? a.at < b.at : a.pressed_at < b.pressed_at;
  });
  return out;
}

// Whom the steps of a policy name, by the signed lines; whether they can be reached only the server
// knows.
struct Helpers {
  bool mentors = false, contact_persons = false, desk = false;
};

Helpers helpers_of(const Circle& circle, const Desk* desk, Instant now) {
  Helpers out;
  if (circle.newest() == nullptr) return out;
  for (const protocol::Line& line : (*circle.newest())->lines) {
    if ((line.scope & scope_alarm) == 0 || now < line.not_before || now >= line.not_after) continue;
    if (line.type == protocol::LineType::account) {
      out.mentors |= line.role == Role::mentor;
      out.contact_persons |= line.role == Role::contact_person;
    } else if (line.type == protocol::LineType::pool && desk != nullptr && desk->directory) {
      const auto& staff = (*desk->directory)->staff;
      out.mentors |= std::any_of(staff.begin(), staff.end(), [](const protocol::StaffEntry& e) {
        return e.role == Role::mentor;
      });
    }
  }
  out.desk = desk != nullptr && desk->roster && !(*desk->roster)->coordinators.empty();
  return out;
}

// One incident, by watch.md's INCIDENT as far as it goes without a supporter.
class Pretended {
 public:
  Pretended(const Press& press, const Meaning& what, Instant at, const CircleId& circle,
            std::uint32_t category, const std::string& name, const Helpers& helpers)
      : category_(category), name_(name), sole_loud_(what.kind == trigger_loud) {
    if (category == 1) {
      steps_ = {helpers.mentors || helpers.contact_persons};
      if (what.lane == lane_open) steps_.push_back(helpers.desk);
    } else {
      steps_ = {helpers.mentors, helpers.contact_persons};
    }
    view_.set_participant_name(name);
    view_.set_taken_verified(true);
    view_.set_lane_verified(true);
    v1::Incident& i = incident();
    i.set_incident_id(livlina::to_string(ByteView(press.record).first(16)));
    i.set_circle_id(livlina::to_string(circle.view()));
    i.set_lane(what.lane);
    i.set_state(state_notifying);
    i.set_severity(what.severity);
    i.set_round(1);
    i.set_opened_at(at);
    i.set_next_at(at + (sole_loud_ ? take_back_time : 0));
    said(event_opened, press, at);
    triggered(press, what, at);
  }

  [[nodiscard]] const v1::IncidentView& view() const { return view_; }
  [[nodiscard]] bool notifying() const { return view_.incident().state() == state_notifying; }
  [[nodiscard]] bool in_sight(Instant now) const {
    return now - triggered_at_ < (notifying() ? alarm_is_open : taken_back_is_shown);
  }

  // The steps that fire until then, while it is in sight.
  void pass(Instant until) {
    until = std::min(until, triggered_at_ + alarm_is_open);
    while (notifying() && incident().next_at() <= until) escalate(incident().next_at());
  }
  void add(const Press& press, const Meaning& what, Instant at) {
    said(event_trigger_added, press, at);
    triggered(press, what, at);
    v1::Incident& i = incident();
    sole_loud_ = false;
    i.set_calm(false);
    if (what.severity > i.severity()) {
      i.set_severity(what.severity);
      i.set_step(0);
      i.set_round(i.round() + 1);
      i.set_next_at(at);
    } else {
      i.set_next_at(std::min<Instant>(i.next_at(), at + wait()));
    }
  }
  void taken_back(const Press& press, Instant at) {
    if (!sole_loud_ || fired_) return said(event_cancel_late, press, at);
    said(event_cancelled, press, at);
    incident().set_state(state_cancelled);
    incident().set_next_at(0);
  }
  void mistaken(const Press& press, Instant at) {
    said(event_mistake, press, at);
    v1::Incident& i = incident();
    if (i.calm()) return;
    i.set_calm(true);
    if (category_ == 1 || !fired_ || std::exchange(postponed_, true)) return;
    i.set_next_at(std::max<Instant>(i.next_at(), at + calm_wait));
  }

 private:
  v1::Incident& incident() { return *view_.mutable_incident(); }
  [[nodiscard]] Duration wait() const {
    if (category_ == 1) return wait_category1;
    return view_.incident().calm() ? calm_wait : wait_category2;
  }
  void happened(std::uint32_t kind, Instant at, std::uint32_t step, std::uint32_t round) {
    v1::IncidentEvent& e = *incident().add_events();
    e.set_kind(kind);
    e.set_at(at);
    e.set_step(step);
    e.set_round(round);
    (void)view_.add_event_people();
  }
  void said(std::uint32_t kind, const Press& press, Instant at) {
    happened(kind, at, incident().step(), incident().round());
    incident().mutable_events(incident().events_size() - 1)->set_record(record_of(press));
    v1::EventPeople& people = *view_.mutable_event_people(view_.event_people_size() - 1);
    people.set_who(name_);
    people.set_signed_at(press.pressed_at);
  }
  void triggered(const Press& press, const Meaning& what, Instant at) {
    v1::Trigger& t = *incident().add_triggers();
    t.set_kind(what.kind);
    t.set_severity(what.severity);
    t.set_at(at);
    t.set_record(record_of(press));
    triggered_at_ = at;
  }
  [[nodiscard]] static std::string record_of(const Press& press) {
    return livlina::to_string(ByteView(press.record));
  }
  void escalate(Instant at) {
    v1::Incident& i = incident();
    const std::uint32_t from = i.step();
    const std::uint32_t round = i.round();
    const auto n = static_cast<std::uint32_t>(steps_.size());
    for (std::uint32_t tried = 0; tried < n; ++tried) {
      const std::uint32_t step = i.step();
      happened(steps_[step] ? event_step_fired : event_step_empty, at, step, i.round());
      i.set_step((step + 1) % n);
      if (i.step() == 0) i.set_round(i.round() + 1);
      if (!steps_[step]) continue;
      fired_ = true;
      postponed_ = false;
      return i.set_next_at(at + wait());
    }
    happened(event_nobody, at, from, round);
    i.set_step(0);
    i.set_next_at(at + wait());
  }

  v1::IncidentView view_;
  std::uint32_t category_;
  std::string name_;
  std::vector<bool> steps_;  // whether each has somebody
  bool sole_loud_;
  bool fired_ = false;
  bool postponed_ = false;
  Instant triggered_at_ = 0;
};

// At most one that nobody has in each lane (watch.md, rule 1).
Pretended* open_in(std::vector<Pretended>& all, std::uint32_t lane, Instant at) {
  for (Pretended& p : all)
    if (p.notifying() && p.view().incident().lane() == lane && p.in_sight(at)) return &p;
  return nullptr;
}

bool goes_before(const v1::IncidentView& one, const v1::IncidentView& other) {
  const v1::Incident &a = one.incident(), &b = other.incident();
  const bool open_a = a.state() == state_notifying, open_b = b.state() == state_notifying;
  if (open_a != open_b) return open_a;
  if (open_a && a.severity() != b.severity()) return a.severity() > b.severity();
  return a.opened_at() != b.opened_at() ? a.opened_at() > b.opened_at()
                                        : a.incident_id() > b.incident_id();
}

}  // namespace

void remember_press(Store& store, bool mirror, std::uint64_t seq, const Press& press) {
  if (!opens(press) && !speaks_of_one(press.type)) return;
  ByteWriter w;
  w.u8(version).u8(static_cast<std::uint8_t>(press.type)).u8(press.answer);
  w.i64(press.pressed_at).i64(press.at).bytes(press.record);
  const std::string n = std::to_string(seq % most_kept);
  if (mirror)
    store.put_decoy(std::string(mirrored_prefix) + n, w.get());
  else
    store.put(std::string(own_prefix) + n, w.get());
}

PretendedIncidents pretended_incidents(const Store& store, const Trust& trust, const Identity& self,
                                       Instant now) {
  PretendedIncidents out;
  const Circle* circle = self.decoy && self.participant ? trust.circle_of(self.account) : nullptr;
  if (circle == nullptr) return out;
  const Helpers helpers = helpers_of(*circle, trust.desk(), now);
  const std::string name = trust.person_name(self.account);
  std::vector<Pretended> all;
  std::uint32_t newest_alarm = 0;  // its lane: what a cancel speaks of
  for (const Press& press : presses(store)) {
    const Instant at = (press.at + judge_beat - 1) / judge_beat * judge_beat;
    now = std::max(now, at);  // what the server has had is no later than its clock
    for (Pretended& p : all) p.pass(at);
    const auto what = opens(press);
    if (what && press.type == RecordType::alarm) newest_alarm = what->lane;
    Pretended* open = open_in(all, what ? what->lane : newest_alarm, at);
    if (what && open == nullptr)
      all.emplace_back(press, *what, at, circle->id, circle->category, name, helpers);
    else if (what)
      open->add(press, *what, at);
    else if (open != nullptr && press.type == RecordType::cancel)
      open->taken_back(press, at);
    else if (open != nullptr)
      open->mistaken(press, at);
  }
  for (Pretended& p : all) {
    if (!p.in_sight(now)) continue;
    p.pass(now);
    const v1::Incident& i = p.view().incident();
    if (p.notifying())
      out.next_change = std::min(out.next_change.value_or(i.next_at()), i.next_at());
    out.views.push_back(p.view());
  }
  std::sort(out.views.begin(), out.views.end(), goes_before);
  return out;
}

}  // namespace livlina::client
