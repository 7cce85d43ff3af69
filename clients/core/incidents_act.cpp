// Acts that this person signs. What is signed is what was looked at: nothing that a server put in
// its place meanwhile.
#include "clients/core/incidents.hpp"
#include "clients/core/reply.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {
constexpr std::uint32_t last_act = 18, last_reason = 6;
}  // namespace

void Incidents::act(std::uint64_t command, const v1::DoAct& wanted) {
  if (self_->participant) return context_.finish(command, Error::not_yours);
  if (!IncidentId::from(wanted.incident_id()))
    return context_.finish(command, Error::bad_argument, "incident");
  if (wanted.act() < 1 || wanted.act() > last_act)
    return context_.finish(command, Error::bad_argument, "act");
  if (!wanted.target().empty() && wanted.target().size() != 32)
    return context_.finish(command, Error::bad_argument, "target");
  if (wanted.reason() > last_reason) return context_.finish(command, Error::bad_argument, "reason");
  if (wanted.note().size() > max_note) return context_.finish(command, Error::too_large, "note");
  // The newest head goes into the act, so it is always asked for.
  v1::Request request;
  request.mutable_get_incident()->set_incident_id(wanted.incident_id());
  context_.requests.send(std::move(request), [this, command, wanted](const v1::ServerFrame* reply) {
    if (reply == nullptr) return context_.finish(command, Error::offline);
    if (!reply->has_incident() || reply->incident().incident_id() != wanted.incident_id())
      return context_.finish(command, Error::unknown_incident);
    sign_and_post(command, wanted, reply->incident());
  });
}

// A word for what keeps this from being signed; empty: nothing.
std::string_view Incidents::why_not_sign(const v1::DoAct& wanted, const v1::Incident& incident,
                                         const IncidentProof& proof) const {
  const RememberedIncident* shown = before(incident);
  if (shown != nullptr && shown->circle != CircleId::from(incident.circle_id())) return "circle";
  if (shown != nullptr && shown->lane != incident.lane()) return "lane";
  const bool is_drill = incident.lane() == lane_drill && proof.triggers.lane_proved;
  if (static_cast<protocol::Reason>(wanted.reason()) == protocol::Reason::drill_done && !is_drill)
    return "lane";
  const crypto::Hash none{};
  const bool no_head = incident.head().empty() && proof.newest == none;
  if (!no_head && !equal(view(incident.head()), proof.newest)) return "head";
  return {};
}

Instant Incidents::act_time() const {
  if (agree(clocks()))
    context_.forget_warning("act_clock");
  else
    context_.warn("act_clock");
  return client::act_time(clocks());
}

void Incidents::sign_and_post(std::uint64_t command, const v1::DoAct& wanted,
                              const v1::Incident& incident) {
  const auto circle = CircleId::from(incident.circle_id());
  if (!circle || trust_.circle(*circle) == nullptr)
    return context_.finish(command, Error::unknown_circle, "incident");
  const IncidentProof proof = prove(incident);
  if (const auto why = why_not_sign(wanted, incident, proof); !why.empty())
    return context_.finish(command, Error::not_trusted, why);
  remember(incident);
  protocol::StaffAct act;
  act.act = static_cast<protocol::Act>(wanted.act());
  act.circle = *circle;
  act.incident = *IncidentId::from(wanted.incident_id());
  for (std::size_t i = 0; i < wanted.target().size(); ++i)
    act.target[i] = static_cast<std::uint8_t>(wanted.target()[i]);
  act.seen_act = proof.newest;
  act.actor = self_->device;
  act.reason = static_cast<protocol::Reason>(wanted.reason());
  act.time = act_time();

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
  look(answer.incident(), true, [this, command, held](const v1::IncidentView& view) {
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

}  // namespace livlina::client
