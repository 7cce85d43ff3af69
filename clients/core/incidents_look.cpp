// Looking at an incident: what its proof lacks is asked for before anything is said against the
// server, and asked for again when the connection ended first.
#include "clients/core/incidents.hpp"
#include "clients/core/reply.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

// Nothing that newer lists, or more of the story, could put right.
bool sound(const IncidentProof& proof) {
  return proof.state_proved && proof.triggers.lane_proved && proof.triggers.contradicting.empty() &&
         !proof.contradicting_event && !proof.missing && !proof.ahead;
}

}  // namespace

void Incidents::look(const v1::Incident& incident, bool in_full, const Seen& seen) {
  const auto circle = CircleId::from(incident.circle_id());
  if (sound(prove(incident)) || !circle) return conclude(incident, true, seen);
  if (!context_.requests.logged_in()) return conclude(incident, false, seen);
  // Perhaps only our lists are old: the newest ones may know the device that signed.
  trust_.fetch_circle(*circle, [this, incident, in_full, seen](Status status) {
    const bool asked = status.ok() || status.error() != Error::offline;
    const v1::Incident& told = as_told_last(incident);
    if (in_full || sound(prove(told))) return conclude(told, asked, seen);
    look_in_full(incident, asked, seen);
  });
}

// A list tells the newest events only.
void Incidents::look_in_full(const v1::Incident& incident, bool asked, const Seen& seen) {
  v1::Request request;
  request.mutable_get_incident()->set_incident_id(incident.incident_id());
  context_.requests.send(std::move(request),
                         [this, incident, asked, seen](const v1::ServerFrame* reply) {
                           if (reply != nullptr && reply->has_incident() &&
                               reply->incident().incident_id() == incident.incident_id() &&
                               for_us(reply->incident()) && has_part(reply->incident()))
                             remember(reply->incident());
                           if (refused_without_standing(incident, reply)) {
                             const v1::Incident& last = as_told_last(incident);
                             unasked_.erase(incident.incident_id());
                             return seen(view_of(last, prove(last)));
                           }
                           conclude(as_told_last(incident), asked && !no_answer(reply), seen);
                         });
}

// Who has no line that holds now is told no more of it, and that is no lie.
bool Incidents::refused_without_standing(const v1::Incident& incident,
                                         const v1::ServerFrame* reply) const {
  if (reply == nullptr || reply->error().code() != v1::FORBIDDEN) return false;
  const auto id = CircleId::from(incident.circle_id());
  const Circle* circle = id ? trust_.circle(*id) : nullptr;
  return circle != nullptr && !stands(*circle);
}

const v1::Incident& Incidents::as_told_last(const v1::Incident& incident) const {
  const auto newest = known_.find(incident.incident_id());
  return newest == known_.end() ? incident : newest->second.told;
}

void Incidents::conclude(const v1::Incident& incident, bool asked, const Seen& seen) {
  const IncidentProof proof = prove(incident);
  const v1::IncidentView view = view_of(incident, proof);
  const bool rest_comes = incident.partial() && fetching_.count(incident.incident_id()) != 0;
  if (!rest_comes && may_accuse(incident, asked || sound(proof))) warn_of(incident, proof);
  if (!incident.partial()) keep(incident, proof);
  seen(view);
}

// A connection that ends is nobody's lie, and may have kept back what proves the incident.
bool Incidents::may_accuse(const v1::Incident& incident, bool asked) {
  const std::string& id = incident.incident_id();
  if (!asked && known_.count(id) != 0 &&
      connected() - unasked_.try_emplace(id, connected()).first->second < incident_unanswered)
    return false;
  unasked_.erase(id);
  return true;
}

void Incidents::ask_again() {
  asked_again_ = context_.now;
  std::vector<std::string> ids;
  ids.reserve(unasked_.size());
  for (const auto& [id, since] : unasked_) ids.push_back(id);
  for (const std::string& id : ids) fetch(id);
}

void Incidents::fetch(const std::string& id) {
  if (!fetching_.insert(id).second) return;
  v1::Request request;
  request.mutable_get_incident()->set_incident_id(id);
  context_.requests.send(std::move(request), [this, id](const v1::ServerFrame* reply) {
    fetching_.erase(id);
    fetched(id, reply);
  });
}

void Incidents::fetched(const std::string& id, const v1::ServerFrame* reply) {
  const auto known = known_.find(id);
  if (known == known_.end()) {  // resolved, and forgotten
    unasked_.erase(id);
    return;
  }
  const v1::Incident last = known->second.told;
  const auto show_it = [this](const v1::IncidentView& view) { show(view); };
  if (reply == nullptr || !reply->has_incident() || reply->incident().incident_id() != id ||
      !for_us(reply->incident()) || !has_part(reply->incident())) {
    // Whose rights have ended is told no more of it, and that is no lie.
    const bool ended = reply != nullptr && reply->error().code() == v1::FORBIDDEN;
    if (!ended) return conclude(last, !no_answer(reply), show_it);
    unasked_.erase(id);
    return show(view_of(last, prove(last)));
  }
  remember(reply->incident());
  look(as_told_last(reply->incident()), true, show_it);
  if (reply->incident().version() < last.version()) fetch(id);  // it changed meanwhile
}

std::optional<Instant> Incidents::ask_again_at() const {
  if (unasked_.empty() || !context_.requests.logged_in()) return std::nullopt;
  return asked_again_ + incident_asked_again;
}

Duration Incidents::connected() const {
  return connected_ + (online_since_ ? context_.awake - *online_since_ : 0);
}

}  // namespace livlina::client
