#include "clients/core/incidents.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "clients/core/given.hpp"
#include "clients/core/pretence.hpp"
#include "clients/core/reply.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

constexpr std::uint8_t layout_version = 1;
constexpr std::size_t most_known = 500;  // resolved ones beyond are forgotten
// Of one circle, unresolved: an honest server has one in each of the three lanes.
constexpr std::size_t most_open = 12;
// A holder whose proof cannot be timed, because trusted time stands, is looked at this often.
constexpr Duration look_again_after = minute;

std::string name_of(const Trust& trust, const std::string& account) {
  const auto key = crypto::parse_sign_key(view(account));
  return key.ok() ? trust.person_name(*key) : std::string{};
}

}  // namespace

Bytes encode_incident_note(const std::string& incident_id, const Note& note) {
  return ByteWriter().u8(layout_version).bytes(view(incident_id)).sized(encode(note)).take();
}

std::optional<Note> parse_incident_note(ByteView plain) {
  ByteReader r(plain);
  const bool known = r.u8() == layout_version;
  (void)r.view(16);  // the act names the incident too, under its signature
  auto note = parse_note(r.sized(max_note + 64));
  if (!known || !r.done()) return std::nullopt;
  return note;
}

Incidents::Incidents(Context& context, Trust& trust, Messenger& messenger)
    : context_(context),
      trust_(trust),
      messenger_(messenger),
      memory_(context.store),
      notices_(context),
      learning_(trust) {}

Incidents::~Incidents() = default;

crypto::Status Incidents::load(const Identity& identity) {
  self_ = &identity;
  LIVLINA_CHECK(memory_.load());
  messenger_.subscribe(crypto::Kind::incident_note, [this](const Incoming& in) {
    const auto note = parse_incident_note(in.plain);
    if (!note) return;
    store_note(context_.store, *note, context_.now);
    note_came(note->ref());
  });
  LIVLINA_CHECK(notices_.load());
  LIVLINA_CHECK(expire_notes(context_.store, context_.now));
  expire();
  return crypto::done();
}

void Incidents::online() {
  expire();
  (void)expire_notes(context_.store, context_.now).ok();
  online_since_ = context_.awake;
  server_ahead_ = context_.clock.server_time(context_.now) - context_.awake;
  (void)changed_pretended();  // a log-in tells nothing again
  ask_again();
}

void Incidents::offline() {
  connected_ = connected();
  online_since_.reset();
}

void Incidents::expire() {
  notices_.expire();
  memory_.expire(context_.now);
}

bool Incidents::command(const v1::Command& command) {
  switch (command.command_case()) {
    case v1::Command::kGetIncidents:
      list(command.id(), command.get_incidents().resolved_too());
      return true;
    case v1::Command::kDoAct:
      act(command.id(), command.do_act());
      return true;
    default:
      return false;
  }
}

bool Incidents::pushed(const v1::ServerFrame& frame) {
  if (frame.has_notice()) {
    notice(frame.notice());
    return true;
  }
  if (!frame.has_incident_changed()) return false;
  const v1::Incident& incident = frame.incident_changed().incident();
  if (!for_us(incident)) return true;
  with_part(incident, true, [this, incident](Belongs part) {
    if (part == Belongs::to_us) pushed(incident);
  });
  return true;
}

void Incidents::pushed(const v1::Incident& incident) {
  remember(incident);
  if (incident.partial())
    fetch(incident.incident_id());
  else
    look(incident, true, [this](const v1::IncidentView& view) { show(view); });
}

void Incidents::show(const v1::IncidentView& view) {
  v1::Event event;
  *event.mutable_incident() = view;
  context_.emit(std::move(event));
}

void Incidents::note_came(const crypto::Hash& ref) {
  for (const auto& [id, known] : known_) {
    if (known.told.state() >= state_resolved) continue;
    const IncidentProof proof = prove(known.told);
    if (std::find(proof.note_refs.begin(), proof.note_refs.end(), ref) != proof.note_refs.end())
      show(view_of(known.told, proof));
  }
}

bool Incidents::end_is_known(const IncidentId& id) const {
  const RememberedIncident* known = memory_.find(id);
  return known != nullptr && known->ended;
}

void Incidents::told(const v1::Incident& incident) {
  if (!for_us(incident) || !has_part(incident)) return;
  remember(incident);
  look(incident, false, [this](const v1::IncidentView& view) { show(view); });
}

// A signature makes nobody a holder for longer than the lease: what was shown as proved is shown
// again when it is not any more, also when the server says nothing.
void Incidents::tick() {
  if (self_ == nullptr) return;
  if (const auto at = ask_again_at(); at && *at <= context_.now) ask_again();
  for (auto& [id, known] : known_) {
    if (known.lapses_at == 0) continue;
    const IncidentProof proof = prove(known.told);
    if (!proof.lapsed) continue;
    known.lapses_at = 0;
    show(view_of(known.told, proof));
  }
}

std::optional<Instant> Incidents::wake_at() const {
  std::optional<Instant> out = ask_again_at();
  const Instant now = proof_clock(clocks(), memory_.newest_act()).now;
  for (const auto& [id, known] : known_) {
    if (known.lapses_at == 0) continue;
    const Instant at = context_.now + std::max(known.lapses_at - now, look_again_after);
    out = std::min(out.value_or(at), at);
  }
  if (context_.requests.logged_in())
    if (const auto next = pretended().next_change) {
      const Instant at = context_.now + (*next - context_.clock.server_time(context_.now));
      out = std::min(out.value_or(at), at);
    }
  return out;
}

void Incidents::forget(const std::string& id) {
  known_.erase(id);
  unasked_.erase(id);
}

// The resolved ones go when there are many; of a circle's open ones first what nobody signed, then
// what was told longest ago.
void Incidents::make_room(const std::string& circle) {
  std::vector<std::string> over;
  if (known_.size() >= most_known)
    for (const auto& [id, known] : known_)
      if (known.told.state() >= state_resolved) over.push_back(id);
  std::vector<std::tuple<bool, std::uint64_t, std::string>> open;
  for (const auto& [id, known] : known_)
    if (known.told.circle_id() == circle && known.told.state() < state_resolved)
      open.emplace_back(known.proved_by_record, known.order, id);
  std::sort(open.begin(), open.end());
  for (std::size_t i = 0; i + most_open <= open.size(); ++i)
    over.push_back(std::get<std::string>(open[i]));
  for (const std::string& id : over) forget(id);
}

void Incidents::remember(const v1::Incident& incident) {
  if (known_.count(incident.incident_id()) == 0) make_room(incident.circle_id());
  Known& known = known_[incident.incident_id()];
  known.order = ++told_;
  v1::Incident old = std::exchange(known.told, incident);
  if (incident.partial() && old.triggers_size() + old.events_size() > 0) {
    known.told.mutable_triggers()->Swap(old.mutable_triggers());
    known.told.mutable_events()->Swap(old.mutable_events());
  }
  known.lapses_at = 0;
  const bool helped = incident.state() == state_taken || incident.state() == state_resolved;
  if (self_->participant && !self_->decoy && incident.lane() == lane_drill && helped)
    note_practice(context_.store);
  if (const auto circle = CircleId::from(incident.circle_id())) {
    known.proved_by_record = prove(known.told).triggers.signed_trigger;
    note_open(*circle);
  }
}

// Lines that have ended keep the alarm scope while an incident that opened before is open: by the
// server's word alone they do not. One lane's end leaves the others as they are.
void Incidents::note_open(const CircleId& circle) const {
  std::optional<Instant> since;
  for (const auto& [id, known] : known_) {
    if (CircleId::from(known.told.circle_id()) != circle || !known.proved_by_record ||
        known.told.state() >= state_resolved)
      continue;
    const Instant opened = known.told.opened_at();
    since = std::min(since.value_or(opened), opened);
  }
  trust_.note_incident(circle, since);
}

const RememberedIncident* Incidents::before(const v1::Incident& incident) const {
  const auto id = IncidentId::from(incident.incident_id());
  return id ? memory_.find(*id) : nullptr;
}

// The server's clock runs on with the phone's, which may be set back under a connection: then with
// the time that passed here, which only stands while the phone sleeps. So no act of somebody whose
// clock is right is dated ahead, and no lease lasts longer, until the next log-in tells. The server
// has nothing of it: this goes no further than what it signed.
Clocks Incidents::clocks() const {
  Clocks out{context_.now, context_.clock.server_time(context_.now), context_.clock.floor()};
  if (server_ahead_) out.server = std::max(out.server, context_.awake + *server_ahead_);
  return out;
}

IncidentProof Incidents::prove(const v1::Incident& incident) const {
  return client::prove(incident, trust_, proof_clock(clocks(), memory_.newest_act()),
                       before(incident));
}

v1::IncidentView Incidents::view_of(const v1::Incident& incident,
                                    const IncidentProof& proof) const {
  v1::IncidentView out;
  v1::Incident& shown = *out.mutable_incident();
  shown = incident;
  out.set_taken_verified(proof.state_proved);
  out.set_lapsed(proof.lapsed);
  out.set_acted_at(proof.acted_at);
  out.set_end_unproved(end_unproved(incident, proof));
  out.set_end_signed_by_former(out.end_unproved() && proof.end_by_former);
  out.set_trigger_contradicts(!proof.triggers.contradicting.empty());
  out.set_lane_verified(proof.triggers.lane_proved);
  if (const auto circle = CircleId::from(incident.circle_id()))
    if (const Circle* known = trust_.circle(*circle))
      out.set_participant_name(trust_.person_name(known->participant));
  out.set_holder_name(name_of(trust_, incident.holder()));
  if (proof.resolver) {
    out.set_resolver_name(trust_.person_name(*proof.resolver));
    shown.set_reason(static_cast<std::uint32_t>(proof.reason));
  }
  for (int i = 0; i < static_cast<int>(proof.triggers.said.size()); ++i)
    if (const auto& said = proof.triggers.said[static_cast<std::size_t>(i)]) {
      shown.mutable_triggers(i)->set_kind(said->kind);
      shown.mutable_triggers(i)->set_severity(said->severity);
    }
  for (int i = 0; i < incident.events_size(); ++i) {
    v1::EventPeople& people = *out.add_event_people();
    if (static_cast<std::size_t>(i) < proof.events.size())
      name_people(proof.events[static_cast<std::size_t>(i)], people);
  }
  for (const crypto::Hash& ref : proof.note_refs)
    if (const auto text = stored_note(context_.store, ref); text && !text->empty())
      out.add_notes(*text);
  return out;
}

// What is said under duress is for those who may see the silent lane: never for the participant's
// own devices.
void Incidents::name_people(const EventProof& proof, v1::EventPeople& out) const {
  out.set_contradicts(proof.contradicts);
  if (!proof.who || (proof.by_shadow && self_->participant)) return;
  out.set_who(trust_.person_name(*proof.who));
  if (proof.whom) out.set_whom(trust_.person_name(*proof.whom));
  out.set_signed_at(proof.signed_at);
  out.set_under_duress(proof.by_shadow);
  out.set_duress_unknown(proof.shadow_unknown && !self_->participant);
}

// The end of an incident bears no signature that this client could check, and an honest server has
// one: the incident counts as open. What ended before anybody remembers was perhaps signed by
// somebody who is not listed any more.
bool Incidents::end_unproved(const v1::Incident& incident, const IncidentProof& proof) const {
  const bool old = before(incident) == nullptr && incident.opened_at() != 0 &&
                   incident.opened_at() < context_.now - incident_memory;
  return incident.state() >= state_resolved && !proof.state_proved && !old;
}

bool Incidents::stands(const Circle& circle) const {
  return circle.participant == self_->account ||
         trust_.standing(circle, self_->account, context_.now).has_value();
}

bool Incidents::can_verify(const v1::Incident& incident) const {
  const auto id = CircleId::from(incident.circle_id());
  const Circle* circle = id ? trust_.circle(*id) : nullptr;
  if (circle == nullptr || circle->newest() == nullptr || stands(*circle)) return true;
  const auto known = [this](const SignPublic& account) {
    return trust_.device_list(account) != nullptr;
  };
  const auto& lines = (*circle->newest())->lines;
  return known(circle->participant) &&
         std::all_of(lines.begin(), lines.end(), [&](const protocol::Line& line) {
           return line.type != protocol::LineType::account || known(line.key);
         });
}

void Incidents::warn_of(const v1::Incident& incident, const IncidentProof& proof) const {
  const ByteView circle = view(incident.circle_id());
  const ByteView id = view(incident.incident_id());
  const Bytes holding = ByteWriter().bytes(id).bytes(view(incident.holder())).take();
  // Who signed, and has only not renewed, forged nothing.
  const bool unsigned_state = !proof.state_proved && !proof.lapsed;
  if (!unsigned_state) {
    context_.forget_warning("unsigned_taken", circle, holding);
    context_.forget_warning("unsigned_resolved", circle, id);
  } else if (can_verify(incident)) {
    if (incident.state() < state_resolved)
      context_.warn("unsigned_taken", circle, holding);
    else if (end_unproved(incident, proof) && !proof.end_by_former)
      context_.warn("unsigned_resolved", circle, id);
  }
  if (!proof.triggers.contradicting.empty())
    context_.warn("trigger_contradicts", circle, proof.triggers.contradicting);
  if (proof.contradicting_event)
    context_.warn("trigger_contradicts", circle, *proof.contradicting_event);
  if (proof.missing && lost_by_restore(incident))
    context_.warn("server_behind", circle);
  else if (proof.missing)
    context_.warn("act_missing", circle, *proof.missing);
  if (proof.ahead) context_.warn("act_ahead", circle, *proof.ahead);
}

// What was signed before a copy was put back may be gone with it: acts are kept by nobody to be
// given again. What was signed after that is not lost by it.
bool Incidents::lost_by_restore(const v1::Incident& incident) const {
  const auto restored = restored_at(context_);
  const RememberedIncident* then = before(incident);
  return restored && (then == nullptr || then->newest_act <= *restored);
}

// What the person is shown now: nobody takes it back without a word.
void Incidents::keep(const v1::Incident& incident, const IncidentProof& proof) {
  const auto id = IncidentId::from(incident.incident_id());
  const auto circle = CircleId::from(incident.circle_id());
  if (!id || !circle) return;
  const auto known = known_.find(incident.incident_id());
  if (known != known_.end() && incident.state() == state_taken && proof.state_proved)
    known->second.lapses_at = proof.lapses_at;
  RememberedIncident now;
  now.circle = *circle;
  now.lane = incident.lane();
  now.head = proof.newest;
  now.newest_act = proof.newest_act;
  now.ended = incident.state() >= state_resolved && proof.state_proved;
  now.at = context_.now - context_.now % day;  // not a new value for each look
  if (const RememberedIncident* then = memory_.find(*id)) {
    // What is gone stays remembered until somebody has signed after it.
    // But for what an honest restore took: it does not come again.
    const bool gone = proof.missing == then->head && proof.newest_act <= then->newest_act;
    if (gone && !lost_by_restore(incident)) now.head = then->head;
    now.newest_act = std::max(now.newest_act, then->newest_act);
  }
  memory_.remember(*id, now);
}

// Receipted when a person has seen it, and again for each repetition after that.
void Incidents::notice(const v1::Notice& notice) {
  if (self_->participant && notice.lane() == lane_silent) return context_.warn("unexpected_silent");
  const auto name = NoticeMemory::name(notice.notice_id());
  if (!name || context_.unshown(*name)) return;
  if (notices_.has(*name)) return receipt(notice.notice_id());
  const auto circle = CircleId::from(notice.circle_id());
  const Circle* known = circle ? trust_.circle(*circle) : nullptr;
  notices_.remember(*name, known == nullptr ? CircleId{} : known->id);
  v1::Event event;
  auto& out = *event.mutable_notice();
  out.set_notice_id(notice.notice_id());
  out.set_kind(notice.kind());
  out.set_code(notice.code());
  out.set_incident_id(notice.incident_id());
  out.set_circle_id(notice.circle_id());
  out.set_lane(notice.lane());
  out.set_severity(notice.severity());
  out.set_round(notice.round());
  out.set_step(notice.step());
  out.set_at(context_.now);
  if (known != nullptr) out.set_participant_name(trust_.person_name(known->participant));
  context_.show(*name, std::move(event));
}

void Incidents::shown(const std::string& name) {
  if (const auto id = NoticeMemory::id_of(name)) receipt(*id);
}

// Offline it is lost: the server then repeats the notice, which is receipted at once.
void Incidents::receipt(const std::string& notice_id) {
  v1::Request request;
  request.mutable_receipt_notices()->add_notice_ids(notice_id);
  context_.requests.send(std::move(request), [](const v1::ServerFrame*) {});
}

}  // namespace livlina::client
