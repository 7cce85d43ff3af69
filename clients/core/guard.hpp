// Members verify: each supporter's client knows from the signed plan when a check-in is due,
// verifies the records that come, and warns by itself when nothing comes, when it could not know,
// or when the server's word differs (T35). Its waits go by the
// phone's own clocks alone; only when a silence was told is noted by the server's, while both
// agree.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "clients/core/incidents.hpp"
#include "clients/core/messenger.hpp"
#include "clients/core/part.hpp"
#include "clients/core/record_chain.hpp"
#include "clients/core/spoken_record.hpp"
#include "clients/core/watched_slot.hpp"
#include "protocol/records/checkin_record.hpp"

namespace livlina::v1 {
class CheckinView;
class Delivery;
class Incident;
class OccurrenceWord;
class RecordView;
}  // namespace livlina::v1

namespace livlina::client {

// Slots are remembered this long.
inline constexpr Duration slot_memory = 14 * day;
// As long as the participant's phone gives them again after a restore.
inline constexpr Duration spoken_memory = 30 * day;
// Connected for so long, in sum, without hearing that our queue is drained, we count as if it were:
// a server that never says so, or closes each connection before, silences nobody.
inline constexpr Duration drain_patience = 10 * minute;
// So long after the members' wait a client that was not connected says that it does not know.
inline constexpr Duration blind_patience = 15 * minute;
// But it has been running, or has lost its connection, for so long: perhaps it is just connecting.
inline constexpr Duration blind_settle = 1 * minute;
// That minute is given anew only by a connection on which it heard for so long: a server that lets
// in for moments again and again does not keep it from saying so.
inline constexpr Duration steady = 30 * second;
// Having heard all that there is for so long, a member has got the mark of the shadow as well: it
// is on its way when a participant who was just paired says something for the first time.
inline constexpr Duration mark_patience = 1 * minute;
// A connection that is shorter than `steady` counts for that as much time as passed since the one
// before, up to this.
inline constexpr Duration mark_moment = 10 * second;
// Who was opened no longer than `blind_settle` ago and hears that the queue is drained has waited
// as long as anybody: what the server had is here. So long it gives what depends on other answers,
// and the server's judge, whose word follows a record.
inline constexpr Duration look_settle = 2 * second;
// Within a day of a restore what is missing before a record may be given for so long after it.
inline constexpr Duration gap_patience = 5 * minute;
// Connected for so long after a record that calls for an incident, a member has seen one.
inline constexpr Duration incident_patience = 1 * minute;

class Guard final : public Part {
 public:
  // `incidents` is told of the notes that came.
  Guard(Context& context, Trust& trust, Messenger& messenger, Incidents& incidents);

  [[nodiscard]] crypto::Status load(const Identity& identity) override;
  bool pushed(const v1::ServerFrame& frame) override;
  void online() override;
  void offline() override;
  void tick() override;
  void settle() override;
  [[nodiscard]] std::optional<Instant> wake_at() const override;
  [[nodiscard]] bool idle() const override { return !proof_at_; }
  void describe(v1::Status& status) const override;

 private:
  using SlotKey = std::pair<Instant, ScheduleId>;
  struct Spoken {
    SpokenRecord record;
    Duration connected = 0;  // since it came, or since the server was asked in vain
    bool asked = false;      // which incidents there are, for its sake
  };
  // Our line, or its check-in scope, was away: no record was sent to us.
  struct Lapse {
    std::uint32_t looked_at = 0;  // the newest manifest that was looked at for it; 0: none
    std::optional<Instant> since{};
    bool by_date = false;  // the line only ran out, and perhaps only by a clock of ours
  };
  struct Watched {  // one circle
    // The plan whose slots are expected: those that open after `cursor`, when their time comes.
    std::shared_ptr<const Verified<protocol::Plan>> plan;
    Instant plan_since = 0;  // this client has followed it, and it was in force
    Instant cursor = 0;
    Lapse lapse;
    std::map<SlotKey, WatchedSlot> slots;
    std::map<DeviceId, RecordChain> chains;
    std::map<crypto::Hash, Spoken> spoken;
    bool unmarked = false;      // what was shown last could not be told from duress
    Duration unmarked_for = 0;  // since then, while the mark would have come
    bool mark_missed = false;   // that was said
    bool nameless = false;      // a record was shown before the person's name had come

    [[nodiscard]] bool follows(const Verified<protocol::Plan>& other) const {
      return plan && plan->hash() == other.hash();
    }
  };
  // A record by a device that is not known here yet; unacknowledged.
  struct Unknown {
    Bytes record;
    Instant received_at = 0;
    Instant retry_at = 0;  // 0: asked for
  };
  enum class Link : std::uint8_t { off, undrained, drained };

  // guard.cpp
  [[nodiscard]] std::optional<Standing> standing(const Circle& circle, std::uint16_t scope) const;
  [[nodiscard]] Instant now() const { return context_.now; }
  [[nodiscard]] bool expects(const Circle& circle) const;
  void expect(const Circle& circle);
  void take_plan(const Circle& circle, Watched& watched);
  bool add_slots(const CircleId& circle, const protocol::Plan& plan, Instant from, Instant to);
  void expect_spoken(const CircleId& circle, WatchedSlot& row, const protocol::Slot& planned);
  [[nodiscard]] bool unmarked(const Circle& circle) const;
  [[nodiscard]] v1::CheckinView view(const Circle& circle, const WatchedSlot& slot) const;
  void show(const Circle& circle, const WatchedSlot& slot);

  // guard_lapse.cpp
  void note_lapse(const Circle& circle, Watched& watched);
  void lapsed(const Circle& circle, Watched& watched, Instant since, bool by_date);
  void back_again(const Circle& circle, Watched& watched);

  // guard_clock.cpp
  void confirm_date();
  [[nodiscard]] Instant confirmed() const;
  void turn_back(const Circle& circle, Watched& watched);
  void wait_anew(const Circle& circle, WatchedSlot& slot);
  void forget_old();

  // guard_wait.cpp
  [[nodiscard]] Duration passed() const;
  [[nodiscard]] Duration counted() const;
  [[nodiscard]] bool counting() const;
  void account();
  void change(Link link);
  void connection_ended(bool heard);
  [[nodiscard]] bool is_awaited(const WatchedSlot& slot) const;
  [[nodiscard]] Duration waited(const WatchedSlot& slot) const;
  [[nodiscard]] std::optional<Instant> wait_over(const Circle& circle,
                                                 const WatchedSlot& slot) const;
  [[nodiscard]] std::optional<Instant> silence_at(const Circle& circle,
                                                  const WatchedSlot& slot) const;
  [[nodiscard]] bool gets_records(const Circle& circle) const;
  [[nodiscard]] bool word_must_do(const Circle& circle, const WatchedSlot& slot) const;
  [[nodiscard]] Sight sight(const Circle& circle, const WatchedSlot& slot) const;
  void warn_of_silence(const Circle& circle);
  void look();
  void prove(bool ending);
  [[nodiscard]] std::optional<Instant> blind_at(const Circle& circle,
                                                const WatchedSlot& slot) const;
  void warn_of_blindness(const Circle& circle);
  void tell_blind(const Circle& circle, const std::function<bool(const WatchedSlot&)>& unseen);
  [[nodiscard]] std::optional<Instant> mark_at(const Circle& circle, const Watched& watched) const;
  void warn_of_missing_mark(const Circle& circle);

  // guard_store.cpp
  [[nodiscard]] bool load_value(const CircleId& circle, std::string_view what, ByteView value);
  [[nodiscard]] bool load_undrained();
  [[nodiscard]] static bool anything_said(const Watched& watched);
  void save(const CircleId& circle, const WatchedSlot& slot);
  void erase(const CircleId& circle, const WatchedSlot& slot);
  void save(const CircleId& circle, const SpokenRecord& record);
  void erase(const CircleId& circle, const SpokenRecord& record);
  void save_cursor(const CircleId& circle, const Watched& watched);
  void save_plan(const CircleId& circle, const Watched& watched);
  void save_lapse(const CircleId& circle, const Watched& watched);
  void save_chain(const CircleId& circle, const DeviceId& device, const RecordChain& chain);
  void save_undrained();

  // guard_records.cpp
  void record_came(ByteView record, Instant received_at, std::uint64_t seq, bool fetched);
  void ask_for_owner(std::uint64_t seq, Unknown came);
  void retry_unknown();
  void count(const Circle& circle, const Verified<protocol::CheckinRecord>& record,
             Instant received_at);
  [[nodiscard]] RecordChain::Link link(const CircleId& circle,
                                       const Verified<protocol::CheckinRecord>& record);
  void compare_heads(const Circle& circle, const Verified<protocol::CheckinRecord>& verified);
  void compare_plan(const Circle& circle, const Verified<protocol::CheckinRecord>& record);
  void ask_for_heads(const Circle& circle, const Verified<protocol::CheckinRecord>& record);
  void note_came(const Incoming& in);
  void acknowledge(std::uint64_t seq);

  // guard_gaps.cpp
  void settle_gaps(bool ending);

  // guard_answers.cpp
  void answer_slots(const Circle& circle, const Verified<protocol::CheckinRecord>& record,
                    Instant received_at);
  void add_answered(const Circle& circle, const protocol::CheckinRecord& record,
                    Instant received_at);
  [[nodiscard]] static bool names_another(const Watched& watched, const WatchedSlot& slot,
                                          const protocol::CheckinRecord& record);
  [[nodiscard]] Credit credit(const Watched& watched, const WatchedSlot& slot,
                              const protocol::CheckinRecord& record, Instant received_at) const;
  [[nodiscard]] bool is_late(const Watched& watched, const WatchedSlot& slot,
                             const protocol::CheckinRecord& record, Instant received_at) const;
  void count_for(const Circle& circle, WatchedSlot& slot,
                 const Verified<protocol::CheckinRecord>& record, Instant received_at,
                 Credit credit);
  [[nodiscard]] bool lost_by_restore(const WatchedSlot& slot) const;
  void word_came(const v1::OccurrenceWord& word);
  [[nodiscard]] std::optional<protocol::Slot> coming(const Watched& watched,
                                                     const SlotKey& key) const;
  WatchedSlot* slot_of(const CircleId& circle, const v1::OccurrenceWord& word);
  void word_taken_back(const Circle& circle, const v1::OccurrenceWord& word);

  // guard_spoken.cpp
  void heard(const Circle& circle, const Verified<protocol::CheckinRecord>& record,
             Instant received_at);
  void bound_spoken(const CircleId& circle, Watched& watched);
  [[nodiscard]] bool by_shadow(const Circle& circle, const SpokenRecord& record) const;
  [[nodiscard]] bool awaits_incident(const Circle& circle, const SpokenRecord& record) const;
  void named_by(const v1::Incident& incident);
  [[nodiscard]] bool names_one_that_waits(const CircleId& circle,
                                          const v1::Incident& incident) const;
  void hear_of(const CircleId& circle, const v1::Incident& incident);
  void name_all();
  void ask_for_incidents(const Circle& circle);
  void told_incidents(const CircleId& circle, const v1::ServerFrame* reply);
  void ask_again(const CircleId& circle);
  void doubt_all();
  void look_closer(const CircleId& circle, const std::vector<std::string>& incidents);
  void conclude(const CircleId& circle);
  void mark_came(const Circle& circle, Watched& watched);
  void name_came(const Circle& circle, Watched& watched);
  [[nodiscard]] std::optional<Instant> ask_at(const Circle& circle, const Spoken& spoken) const;
  [[nodiscard]] v1::RecordView view(const Circle& circle, const SpokenRecord& record) const;
  void show(const Circle& circle, const SpokenRecord& record);

  Context& context_;
  Trust& trust_;
  Messenger& messenger_;
  Incidents& incidents_;
  const Identity* self_ = nullptr;
  std::map<CircleId, Watched> watched_;
  std::map<std::uint64_t, Unknown> unknown_;  // by the delivery's seq
  // Incidents of this run, by circle and by the record that they name as a trigger.
  std::map<std::pair<CircleId, crypto::Hash>, IncidentId> triggers_;
  std::map<crypto::Hash, Instant> gaps_;  // not told yet, by the awake time since when
  std::uint64_t seen_revision_ = 0;       // of trust
  Link link_ = Link::off;
  Instant accounted_ = 0;     // awake time up to which the waits are counted
  Instant seeing_until_ = 0;  // awake time: began, or was last connected with the queue drained
  Duration undrained_ = 0;    // connected without `drained`, since it was said last
  Duration heard_ = 0;        // on this connection, while it counted
  bool unsteady_ = false;     // the last connection that counted was shorter than `steady`
  Instant unsteady_at_ = 0;   // awake time: such a one ended last
  Instant opened_ = 0;        // awake time: began
  std::optional<Instant> proof_at_;  // awake time: what was not there at `drained` is told then
  Instant drained_at_ = 0;           // by the wall clock, of that
  // A date that has come, and the awake time at which that was known.
  Instant date_ = 0;
  Instant date_awake_ = 0;
  Instant date_floor_ = 0;  // of the trusted clock, by which that was known
};

}  // namespace livlina::client
