// Incidents as this client can vouch for them: acts it signs, acts of others it has verified, pages
// and updates for this person.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "clients/core/circle_learning.hpp"
#include "clients/core/incident_memory.hpp"
#include "clients/core/incident_proof.hpp"
#include "clients/core/messenger.hpp"
#include "clients/core/note.hpp"
#include "clients/core/notice_memory.hpp"
#include "clients/core/part.hpp"
#include "clients/core/pretended_incidents.hpp"
#include "livlina/incident.pb.h"

namespace livlina::v1 {
class DoAct;
class EventPeople;
class IncidentView;
class Notice;
}  // namespace livlina::v1

namespace livlina::client {

// An incident that is not proved is asked about until the server has answered: on every connection,
// and on one that lasts, this often. Connected for so long in sum without an answer, that is told
// like a bad one: a server which ends the connection instead silences no warning.
inline constexpr Duration incident_asked_again = 1 * minute;
inline constexpr Duration incident_unanswered = 1 * minute;

// An act waits at most this long for its note to be sealed: whom no session reaches by then gets it
// in a message of its own.
inline constexpr Duration act_seal_wait = 1 * second;

class Incidents final : public Part {
 public:
  Incidents(Context& context, Trust& trust, Messenger& messenger);
  ~Incidents() override;

  [[nodiscard]] crypto::Status load(const Identity& identity) override;
  bool command(const v1::Command& command) override;
  bool pushed(const v1::ServerFrame& frame) override;
  void shown(const std::string& name) override;
  void online() override;
  void offline() override;
  void tick() override;
  [[nodiscard]] std::optional<Instant> wake_at() const override;
  void settle() override;

  // A note was stored: an open incident that it belongs to is shown again, with it.
  void note_came(const crypto::Hash& ref);
  // Somebody has signed its end, and this client has seen that.
  [[nodiscard]] bool end_is_known(const IncidentId& id) const;
  // The server told of it in answer to a question of another part: verified and shown like one that
  // it pushed.
  void told(const v1::Incident& incident);

 private:
  using Seen = std::function<void(const v1::IncidentView&)>;
  struct Known {
    v1::Incident told;              // last
    bool proved_by_record = false;  // a signed record of the participant stands behind it
    Instant lapses_at = 0;          // by ProofClock.now; 0: no holder is shown as proved
    std::uint64_t order = 0;        // of those told: rises with each
  };

  // incidents_look.cpp
  // Verifies; when something is not proved the circle, and what of a `list` was only told in part,
  // is fetched once. Then it is shown as it was told last, with a warning for what is still wrong.
  void look(const v1::Incident& incident, bool in_full, const Seen& seen);
  // `asked`: whether the server has answered what was asked so far.
  void look_in_full(const v1::Incident& incident, bool asked, const Seen& seen);
  [[nodiscard]] bool refused_without_standing(const v1::Incident& incident,
                                              const v1::ServerFrame* reply) const;
  [[nodiscard]] const v1::Incident& as_told_last(const v1::Incident& incident) const;
  void conclude(const v1::Incident& incident, bool asked, const Seen& seen);
  [[nodiscard]] bool may_accuse(const v1::Incident& incident, bool asked);
  // A push with the newest details only proves nothing of what came before: the whole is asked for
  // and shown, one question at a time for each incident.
  void fetch(const std::string& id);
  void fetched(const std::string& id, const v1::ServerFrame* reply);
  void ask_again();
  [[nodiscard]] std::optional<Instant> ask_again_at() const;
  [[nodiscard]] Duration connected() const;  // in sum, in this run

  // incidents.cpp
  [[nodiscard]] Clocks clocks() const;
  [[nodiscard]] IncidentProof prove(const v1::Incident& incident) const;
  [[nodiscard]] v1::IncidentView view_of(const v1::Incident& incident,
                                         const IncidentProof& proof) const;
  void name_people(const EventProof& proof, v1::EventPeople& out) const;
  [[nodiscard]] bool end_unproved(const v1::Incident& incident, const IncidentProof& proof) const;
  // Whether our line gives us everything that proves an incident of the circle.
  [[nodiscard]] bool stands(const Circle& circle) const;
  // Whether whoever may sign in the circle can be known to us: a coordinator without a line may be
  // refused their devices, and then accuses nobody of what it cannot verify.
  [[nodiscard]] bool can_verify(const v1::Incident& incident) const;
  void warn_of(const v1::Incident& incident, const IncidentProof& proof) const;
  [[nodiscard]] bool lost_by_restore(const v1::Incident& incident) const;
  void keep(const v1::Incident& incident, const IncidentProof& proof);
  [[nodiscard]] const RememberedIncident* before(const v1::Incident& incident) const;
  // Of a push that bears the newest details only, those that are known are kept.
  void remember(const v1::Incident& incident);
  void make_room(const std::string& circle);
  void forget(const std::string& id);
  void note_open(const CircleId& circle) const;
  void pushed(const v1::Incident& incident);
  void show(const v1::IncidentView& view);
  void expire();
  void notice(const v1::Notice& notice);
  void receipt(const std::string& notice_id);

  // incidents_list.cpp
  enum class Belongs : std::uint8_t { to_us, to_others, unknown };
  [[nodiscard]] bool for_us(const v1::Incident& incident) const;
  // Whether it is of a circle in which this account has a part; another is none of ours, and a
  // server that invents some fills neither memory nor vault.
  [[nodiscard]] bool has_part(const v1::Incident& incident) const;
  // Asks for the circle first when that could make us part of it. `was_pushed`: by the server, as
  // often as it likes.
  void with_part(const v1::Incident& incident, bool was_pushed, std::function<void(Belongs)> then);
  [[nodiscard]] v1::IncidentView unverified(const v1::Incident& incident) const;
  void list(std::uint64_t command, bool resolved_too);
  [[nodiscard]] PretendedIncidents pretended() const;
  std::vector<v1::IncidentView> changed_pretended();  // since the last call

  // incidents_act.cpp
  void act(std::uint64_t command, const v1::DoAct& wanted);
  void sign_and_post(std::uint64_t command, const v1::DoAct& wanted, const v1::Incident& incident);
  [[nodiscard]] std::string_view why_not_sign(const v1::DoAct& wanted, const v1::Incident& incident,
                                              const IncidentProof& proof) const;
  [[nodiscard]] Instant act_time() const;
  void acted(std::uint64_t command, const v1::ServerFrame* reply);

  Context& context_;
  Trust& trust_;
  Messenger& messenger_;
  const Identity* self_ = nullptr;
  IncidentMemory memory_;
  NoticeMemory notices_;
  CircleLearning learning_;
  std::map<std::string, Known> known_;  // by id; memory only
  std::set<std::string> fetching_;      // by id
  std::uint64_t told_ = 0;              // how often
  // Those of `known_` of which the server could not be asked what they lack: since when, by
  // connected().
  std::map<std::string, Duration> unasked_;
  Instant asked_again_ = 0;              // last
  Duration connected_ = 0;               // on earlier connections
  std::optional<Instant> online_since_;  // awake time
  // What the server's clock showed at the last log-in, less the awake time then.
  std::optional<Duration> server_ahead_;
  // In the decoy realm: how many events of each pretended one were told, by id.
  std::map<std::string, int> pretended_told_;
};

// ver u8 | incident 16 | note, u32 sized: the plaintext of an incident note.
[[nodiscard]] Bytes encode_incident_note(const std::string& incident_id, const Note& note);
[[nodiscard]] std::optional<Note> parse_incident_note(ByteView plain);

}  // namespace livlina::client
