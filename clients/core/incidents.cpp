#include "clients/core/incidents.hpp"

#include <algorithm>

#include "clients/core/incident_proof.hpp"
#include "clients/core/reply.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

constexpr std::uint32_t lane_silent = 2;
constexpr std::uint32_t state_resolved = 3;
constexpr std::uint8_t layout_version = 1;
constexpr const char* notice_prefix = "notice/";
constexpr std::size_t most_known = 500;  // resolved ones beyond are forgotten

// ver u8 | incident 16 | note, u32 sized: the plaintext of an incident note.
Bytes encode_incident_note(const std::string& incident_id, const Note& note) {
  return ByteWriter().u8(layout_version).bytes(view(incident_id)).sized(encode(note)).take();
}

std::optional<Note> parse_incident_note(ByteView plain) {
  ByteReader r(plain);
  const bool known = r.u8() == layout_version;
  (void)r.view(16);  // the act names the incident too, under its signature
  const auto note = parse_note(r.sized(max_note + 64));
  if (!known || !r.done()) return std::nullopt;
  return note;
}

std::string name_of(const Trust& trust, const std::string& account) {
  const auto key = crypto::parse_sign_key(view(account));
  return key.ok() ? trust.person_name(*key) : std::string{};
}

}  // namespace

Incidents::Incidents(Context& context, Trust& trust, Messenger& messenger)
    : context_(context), trust_(trust), messenger_(messenger) {}

Incidents::~Incidents() = default;

crypto::Status Incidents::load(const Identity& identity) {
  self_ = &identity;
  messenger_.subscribe(crypto::Kind::incident_note, [this](const Incoming& in) {
    const auto note = parse_incident_note(in.plain);
    if (!note) return;
    store_note(context_.store, *note, context_.now);
    note_came(note->ref());
  });
  for (const std::string& key : context_.store.keys(notice_prefix)) {
    ByteReader r(context_.store.get(key));
    const bool known = r.u8() == layout_version;
    (void)r.i64();
    if (!known || !r.done()) return crypto::Error::bad_format;
  }
  LIVLINA_CHECK(expire_notes(context_.store, context_.now));
  expire();
  return crypto::done();
}

void Incidents::online() {
  expire();
  (void)expire_notes(context_.store, context_.now).ok();
}

void Incidents::expire() {
  for (const std::string& key : context_.store.keys(notice_prefix)) {
    ByteReader r(context_.store.get(key));
    (void)r.u8();
    if (r.i64() < context_.now - notice_memory) context_.store.erase(key);
  }
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
  remember(incident);
  look(incident, [this](const v1::IncidentView& view) { show(view); });
  return true;
}

void Incidents::show(const v1::IncidentView& view) {
  v1::Event event;
  *event.mutable_incident() = view;
  context_.emit(std::move(event));
}

void Incidents::note_came(const crypto::Hash& ref) {
  for (const auto& [id, incident] : known_) {
    if (incident.state() >= state_resolved) continue;
    const auto proof = prove(incident, trust_, context_.clock.server_time(context_.now));
    if (std::find(proof.note_refs.begin(), proof.note_refs.end(), ref) != proof.note_refs.end())
      show(view_of(incident));
  }
}

// A participant's device must never hear of the silent lane (watch.md rule 2); a server that tells
// has a fault, and what it told is not shown.
bool Incidents::for_us(const v1::Incident& incident) const {
  if (!self_->participant || incident.lane() != lane_silent) return true;
  context_.warn("unexpected_silent");
  return false;
}

void Incidents::remember(const v1::Incident& incident) {
  if (known_.size() >= most_known)
    for (auto it = known_.begin(); it != known_.end();)
      it = it->second.state() >= state_resolved ? known_.erase(it) : std::next(it);
  known_[incident.incident_id()] = incident;
  const auto circle = CircleId::from(incident.circle_id());
  if (!circle) return;
  // One lane's end leaves the others as they are.
  const bool open = std::any_of(known_.begin(), known_.end(), [&](const auto& entry) {
    return entry.second.circle_id() == incident.circle_id() &&
           entry.second.state() < state_resolved;
  });
  trust_.note_incident(*circle, open);
}

void Incidents::look(const v1::Incident& incident, const Seen& seen) {
  const v1::IncidentView first = view_of(incident);
  const auto circle = CircleId::from(incident.circle_id());
  if (first.taken_verified() || !circle || !context_.requests.logged_in()) {
    warn_unsigned(first);
    return seen(first);
  }
  // Perhaps only our lists are old: the newest ones may know the device that signed.
  trust_.fetch_circle(*circle, [this, incident, seen](Status) {
    const auto newest = known_.find(incident.incident_id());
    const v1::IncidentView again = view_of(newest == known_.end() ? incident : newest->second);
    warn_unsigned(again);
    seen(again);
  });
}

v1::IncidentView Incidents::view_of(const v1::Incident& incident) const {
  const IncidentProof proof = prove(incident, trust_, context_.clock.server_time(context_.now));
  v1::IncidentView out;
  *out.mutable_incident() = incident;
  out.set_taken_verified(proof.state_proved);
  if (const auto circle = CircleId::from(incident.circle_id()))
    if (const Circle* known = trust_.circle(*circle))
      out.set_participant_name(trust_.person_name(known->participant));
  out.set_holder_name(name_of(trust_, incident.holder()));
  if (proof.resolver) out.set_resolver_name(trust_.person_name(*proof.resolver));
  for (const crypto::Hash& ref : proof.note_refs)
    if (const auto text = stored_note(context_.store, ref); text && !text->empty())
      out.add_notes(*text);
  return out;
}

void Incidents::warn_unsigned(const v1::IncidentView& view) const {
  if (view.taken_verified()) return;
  const v1::Incident& i = view.incident();
  context_.warn(i.state() < state_resolved ? "unsigned_taken" : "unsigned_resolved",
                livlina::view(i.circle_id()), livlina::view(i.incident_id()));
}

void Incidents::list(std::uint64_t command, bool resolved_too) {
  v1::Request request;
  request.mutable_list_incidents()->set_resolved_too(resolved_too);
  context_.requests.send(std::move(request), [this, command](const v1::ServerFrame* reply) {
    const Outcome result = outcome(reply);
    if (!result.ok()) return context_.finish(command, result.status, result.detail);
    // All are looked at, one after the other, before the answer is given as a whole.
    struct Gathered {
      v1::Event event;
      std::size_t left = 1;
    };
    const auto gathered = std::make_shared<Gathered>();
    gathered->event.set_command_id(command);
    gathered->event.mutable_incidents();
    const auto one_less = [this, command, gathered] {
      if (--gathered->left > 0) return;
      context_.emit(std::move(gathered->event));
      context_.finish(command, Unit{});
    };
    for (const v1::Incident& incident : reply->incidents().incidents()) {
      if (!for_us(incident)) continue;
      remember(incident);
      ++gathered->left;
      look(incident, [gathered, one_less](const v1::IncidentView& view) {
        *gathered->event.mutable_incidents()->add_incidents() = view;
        one_less();
      });
    }
    one_less();
  });
}

void Incidents::act(std::uint64_t command, const v1::DoAct& wanted) {
  if (self_->participant) return context_.finish(command, Error::not_yours);
  if (!IncidentId::from(wanted.incident_id()))
    return context_.finish(command, Error::bad_argument, "incident");
  if (wanted.act() < 1 || wanted.act() > 18)
    return context_.finish(command, Error::bad_argument, "act");
  if (!wanted.target().empty() && wanted.target().size() != 32)
    return context_.finish(command, Error::bad_argument, "target");
  if (wanted.reason() > 6) return context_.finish(command, Error::bad_argument, "reason");
  if (wanted.note().size() > max_note) return context_.finish(command, Error::too_large, "note");
  // The newest head goes into the act, so it is always asked for.
  v1::Request request;
  request.mutable_get_incident()->set_incident_id(wanted.incident_id());
  context_.requests.send(std::move(request), [this, command, wanted](const v1::ServerFrame* reply) {
    if (reply == nullptr) return context_.finish(command, Error::offline);
    if (!reply->has_incident() || reply->incident().incident_id() != wanted.incident_id())
      return context_.finish(command, Error::unknown_incident);
    remember(reply->incident());
    sign_and_post(command, wanted, reply->incident());
  });
}

void Incidents::sign_and_post(std::uint64_t command, const v1::DoAct& wanted,
                              const v1::Incident& incident) {
  const auto circle = CircleId::from(incident.circle_id());
  if (!circle || trust_.circle(*circle) == nullptr)
    return context_.finish(command, Error::unknown_circle);
  protocol::StaffAct act;
  act.act = static_cast<protocol::Act>(wanted.act());
  act.circle = *circle;
  act.incident = *IncidentId::from(wanted.incident_id());
  for (std::size_t i = 0; i < wanted.target().size(); ++i)
    act.target[i] = static_cast<std::uint8_t>(wanted.target()[i]);
  for (std::size_t i = 0; i < incident.head().size() && i < act.seen_act.size(); ++i)
    act.seen_act[i] = static_cast<std::uint8_t>(incident.head()[i]);
  act.actor = self_->device;
  act.reason = static_cast<protocol::Reason>(wanted.reason());
  act.time = context_.clock.server_time(context_.now);

  const auto post = [this, command](const protocol::StaffAct& signed_act, const MessageId& id,
                                    const std::vector<v1::Envelope>& notes) {
    v1::Request request;
    auto& body = *request.mutable_post_act();
    body.set_record(livlina::to_string(protocol::sign_act(signed_act, self_->device_key)));
    body.set_message_id(livlina::to_string(id.view()));
    for (const v1::Envelope& e : notes) *body.add_notes() = e;
    context_.requests.send(std::move(request), [this, command](const v1::ServerFrame* reply) {
      acted(command, reply);
    });
  };
  if (wanted.note().empty()) return post(act, MessageId{context_.random.array<16>()}, {});
  const Note note = make_note(wanted.note(), context_.random);
  act.note_ref = note.ref();
  store_note(context_.store, note, context_.now);
  messenger_.seal_notes(crypto::Kind::incident_note, *circle, scope_alarm,
                        encode_incident_note(wanted.incident_id(), note), act_seal_wait,
                        [act, post](MessageId id, const std::vector<v1::Envelope>& envelopes) {
                          post(act, id, envelopes);
                        });
}

void Incidents::acted(std::uint64_t command, const v1::ServerFrame* reply) {
  const Outcome result = outcome(reply);
  if (!result.ok()) return context_.finish(command, result.status, result.detail);
  const v1::ActAnswer& answer = reply->act_answer();
  constexpr std::uint32_t held_by_other = 3;
  remember(answer.incident());
  const bool held = answer.outcome() == held_by_other;
  look(answer.incident(), [this, command, held](const v1::IncidentView& view) {
    v1::Event event;
    event.set_command_id(command);
    *event.mutable_incident() = view;
    context_.emit(std::move(event));
    if (held)
      context_.finish(command, Error::held, hex(livlina::view(view.incident().holder())));
    else
      context_.finish(command, Unit{});
  });
}

void Incidents::notice(const v1::Notice& notice) {
  if (self_->participant && notice.lane() == lane_silent) return context_.warn("unexpected_silent");
  const std::string key = notice_prefix + hex(livlina::view(notice.notice_id()));
  if (!context_.store.has(key)) {
    context_.store.put(key, ByteWriter().u8(layout_version).i64(context_.now).get());
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
    if (const auto circle = CircleId::from(notice.circle_id()))
      if (const Circle* known = trust_.circle(*circle))
        out.set_participant_name(trust_.person_name(known->participant));
    context_.emit(std::move(event));
  }
  // Stored in the same step, so the server may forget it.
  v1::Request receipt;
  receipt.mutable_receipt_notices()->add_notice_ids(notice.notice_id());
  context_.requests.send(std::move(receipt), [](const v1::ServerFrame*) {});
}

}  // namespace livlina::client
