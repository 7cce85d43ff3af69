// Alarms, wishes to talk and whatever the shadow says are shown by every member's own client until
// a person has seen them, whether the server makes anything of them or not; and when it makes no
// incident of one that must become one, that is said.
#include <algorithm>

#include "clients/core/guard.hpp"
#include "clients/core/note.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

constexpr std::size_t most_spoken = 200;      // remembered in a circle; the oldest go
constexpr std::size_t most_triggers = 2000;   // hashes of triggers that are remembered on one run
constexpr Duration name_patience = 1 * hour;  // so long a record is told again when a name comes
constexpr int triggers_in_lists = 20;         // of an incident in a list the server names no more

}  // namespace

bool Guard::by_shadow(const Circle& circle, const SpokenRecord& record) const {
  return circle.shadow == record.device;
}

bool Guard::awaits_incident(const Circle& circle, const SpokenRecord& record) const {
  const bool open = record.incident == Named::unknown || record.incident == Named::before;
  return open && standing(circle, scope_alarm) && needs_incident(record, by_shadow(circle, record));
}

// While it is not known which device is the shadow, an ok is kept as well: it may turn out to have
// been said under duress.
void Guard::heard(const Circle& circle, const Verified<protocol::CheckinRecord>& record,
                  Instant received_at) {
  SpokenRecord out;
  out.hash = record.hash();
  out.device = record->device;
  out.type = record->type;
  out.answer = record->answer;
  out.pressed_at = record->claimed_at;
  out.arrived_at = received_at;
  out.came_at = now();
  out.note_ref = record->note_ref;
  if (const auto named = triggers_.find({circle.id, out.hash}); named != triggers_.end()) {
    out.incident = Named::named;
    out.incident_id = named->second;
  }
  const bool worth = worth_showing(out, by_shadow(circle, out));
  if (!worth && !unmarked(circle)) return;
  Watched& watched = watched_[circle.id];
  account();
  if (!watched.spoken.try_emplace(out.hash, Spoken{out}).second) return;
  save(circle.id, out);
  bound_spoken(circle.id, watched);
  if (worth) show(circle, out);
}

void Guard::bound_spoken(const CircleId& circle, Watched& watched) {
  if (watched.spoken.size() <= most_spoken) return;
  const auto oldest = std::min_element(watched.spoken.begin(), watched.spoken.end(),
                                       [](const auto& a, const auto& b) {
                                         return a.second.record.came_at < b.second.record.came_at;
                                       });
  erase(circle, oldest->second.record);
  watched.spoken.erase(oldest);
}

// The mark came (or a list with one device): what was said before it is seen in its light.
void Guard::mark_came(const Circle& circle, Watched& watched) {
  if (!watched.unmarked || unmarked(circle)) return;
  watched.unmarked = false;
  watched.unmarked_for = 0;
  context_.forget_warning("mark_missing", circle.id.view());
  for (const auto& [key, slot] : watched.slots)
    if (slot.answered()) show(circle, slot);
  for (auto it = watched.spoken.begin(); it != watched.spoken.end();) {
    const SpokenRecord& record = it->second.record;
    const bool worth = worth_showing(record, by_shadow(circle, record));
    if (worth && by_shadow(circle, record)) show(circle, record);
    if (!worth) erase(circle.id, record);
    it = worth ? std::next(it) : watched.spoken.erase(it);
  }
}

// Who is new here introduces themselves by mail, which may come after their first alarm.
void Guard::name_came(const Circle& circle, Watched& watched) {
  if (!watched.nameless || trust_.person_name(circle.participant).empty()) return;
  watched.nameless = false;
  for (const auto& [hash, spoken] : watched.spoken)
    if (spoken.record.came_at > now() - name_patience) show(circle, spoken.record);
}

void Guard::named_by(const v1::Incident& incident) {
  const auto id = IncidentId::from(incident.incident_id());
  const auto circle = CircleId::from(incident.circle_id());
  if (!id || !circle) return;
  if (triggers_.size() > most_triggers) triggers_.clear();
  for (const v1::Trigger& trigger : incident.triggers())
    if (!trigger.record().empty())
      triggers_.insert_or_assign({*circle, crypto::sha256(livlina::view(trigger.record()))}, *id);
  name_all();
}

bool Guard::names_one_that_waits(const CircleId& circle, const v1::Incident& incident) const {
  const auto watched = watched_.find(circle);
  const Circle* known = trust_.circle(circle);
  if (watched == watched_.end() || known == nullptr) return false;
  return std::any_of(
      incident.triggers().begin(), incident.triggers().end(), [&](const v1::Trigger& trigger) {
        const auto spoken =
            watched->second.spoken.find(crypto::sha256(livlina::view(trigger.record())));
        return spoken != watched->second.spoken.end() &&
               awaits_incident(*known, spoken->second.record);
      });
}

void Guard::name_all() {
  for (auto& [id, watched] : watched_) {
    const Circle* circle = trust_.circle(id);
    for (auto& [hash, spoken] : watched.spoken) {
      const auto named = triggers_.find({id, hash});
      if (spoken.record.incident == Named::named || named == triggers_.end()) continue;
      // Shown as named meanwhile: nothing is new.
      const bool shown = spoken.record.incident == Named::before;
      spoken.record.incident = Named::named;
      spoken.record.incident_id = named->second;
      save(id, spoken.record);
      context_.forget_warning("alarm_without_incident", id.view(), hash);
      if (circle != nullptr && !shown) show(*circle, spoken.record);
    }
  }
}

// When the server is asked which incidents there are: connected for the patience, and none of those
// that were pushed has named the record.
std::optional<Instant> Guard::ask_at(const Circle& circle, const Spoken& spoken) const {
  if (link_ == Link::off || spoken.asked || !awaits_incident(circle, spoken.record))
    return std::nullopt;
  return now() + std::max<Duration>(0, incident_patience - spoken.connected - passed());
}

void Guard::ask_for_incidents(const Circle& circle) {
  const auto watched = watched_.find(circle.id);
  if (watched == watched_.end()) return;
  bool ask = false;
  for (auto& [hash, spoken] : watched->second.spoken) {
    const auto at = ask_at(circle, spoken);
    if (!at || now() < *at) continue;
    spoken.asked = true;
    ask = true;
  }
  if (!ask) return;
  v1::Request request;
  request.mutable_list_incidents()->set_circle_id(livlina::to_string(circle.id.view()));
  request.mutable_list_incidents()->set_resolved_too(true);
  context_.requests.send(std::move(request), [this, id = circle.id](const v1::ServerFrame* reply) {
    told_incidents(id, reply);
  });
}

// An answer that is none counts as none: a server that refuses has no incident to show either.
void Guard::told_incidents(const CircleId& circle, const v1::ServerFrame* reply) {
  if (reply == nullptr) return ask_again(circle);
  std::vector<std::string> long_ones;
  for (const v1::Incident& incident : reply->incidents().incidents()) {
    hear_of(circle, incident);
    if (incident.triggers_size() >= triggers_in_lists) long_ones.push_back(incident.incident_id());
  }
  if (long_ones.empty()) return conclude(circle);
  look_closer(circle, long_ones);
}

// Of an incident that nobody was told of before people are told now: an invented one is found out
// by its proof.
void Guard::hear_of(const CircleId& circle, const v1::Incident& incident) {
  if (names_one_that_waits(circle, incident)) incidents_.told(incident);
  named_by(incident);
}

// A copy of the server's data was put back: what it had made an incident of may be gone, and who
// said it may not be there to say it again. It is asked anew of all whose end nobody has signed.
void Guard::doubt_all() {
  triggers_.clear();
  for (auto& [id, watched] : watched_)
    for (auto& [hash, spoken] : watched.spoken) {
      SpokenRecord& record = spoken.record;
      spoken.asked = false;
      if (record.incident == Named::unknown || record.incident == Named::before ||
          incidents_.end_is_known(record.incident_id))
        continue;
      // Once only: a server of ever new epochs would be asked nothing otherwise.
      if (record.incident == Named::named) spoken.connected = 0;
      record.incident = record.incident == Named::named ? Named::before : Named::unknown;
      save(id, record);
    }
}

// On the next connection.
void Guard::ask_again(const CircleId& circle) {
  for (auto& [hash, spoken] : watched_[circle].spoken) spoken.asked = false;
}

// A list names only the newest triggers of an incident.
void Guard::look_closer(const CircleId& circle, const std::vector<std::string>& incidents) {
  struct Answers {
    std::size_t left;
    bool lost = false;
  };
  const auto answers = std::make_shared<Answers>(Answers{incidents.size()});
  for (const std::string& id : incidents) {
    v1::Request request;
    request.mutable_get_incident()->set_incident_id(id);
    context_.requests.send(std::move(request), [=, this](const v1::ServerFrame* reply) {
      if (reply == nullptr) answers->lost = true;
      if (reply != nullptr && reply->has_incident()) hear_of(circle, reply->incident());
      if (--answers->left > 0) return;
      if (answers->lost)
        ask_again(circle);
      else
        conclude(circle);
    });
  }
}

void Guard::conclude(const CircleId& id) {
  const Circle* circle = trust_.circle(id);
  for (auto& [hash, spoken] : watched_[id].spoken) {
    if (!spoken.asked || circle == nullptr || !awaits_incident(*circle, spoken.record)) continue;
    spoken.record.incident = Named::missing;
    save(id, spoken.record);
    show(*circle, spoken.record);
    context_.warn("alarm_without_incident", id.view(), hash);
  }
}

v1::RecordView Guard::view(const Circle& circle, const SpokenRecord& record) const {
  v1::RecordView out;
  out.set_circle_id(livlina::to_string(circle.id.view()));
  out.set_participant_name(trust_.person_name(circle.participant));
  out.set_record_hash(livlina::to_string(record.hash));
  out.set_type(static_cast<std::uint32_t>(record.type));
  out.set_answer(record.answer);
  out.set_pressed_at(record.pressed_at);
  out.set_arrived_at(record.arrived_at);
  out.set_note(stored_note(context_.store, record.note_ref).value_or(std::string{}));
  out.set_under_duress(by_shadow(circle, record));
  out.set_duress_unknown(unmarked(circle));
  const bool awaits = awaits_incident(circle, record);
  const bool named = record.incident == Named::before;  // as far as is known yet
  out.set_incident(named    ? static_cast<std::uint32_t>(Named::named)
                   : awaits ? 1
                            : static_cast<std::uint32_t>(record.incident));
  return out;
}

void Guard::show(const Circle& circle, const SpokenRecord& record) {
  if (!standing(circle, scope_alarm) || !worth_showing(record, by_shadow(circle, record))) return;
  v1::Event event;
  *event.mutable_record() = view(circle, record);
  if (event.record().participant_name().empty()) watched_[circle.id].nameless = true;
  context_.show("record/" + circle.id.hex() + "/" + hex(record.hash), std::move(event));
}

}  // namespace livlina::client
