// A town whose circle is watched: rounds over virtual time, records and acts as clients sign them,
// and the invariants after every commit.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "protocol/proto.hpp"
#include "protocol/records/checkin_record.hpp"
#include "protocol/records/staff_act.hpp"
#include "server/services/watch.hpp"
#include "server/store/incidents.hpp"
#include "server/store/notifications.hpp"
#include "server/store/occurrences.hpp"
#include "tests/services/town.hpp"
#include "tests/support/invariants.hpp"

namespace livlina::testing {

// A device's chain of records, as the client core keeps it.
struct RecordChain {
  std::uint64_t seq = 1;
  crypto::Hash prev{};
};

struct RecordSpec {
  protocol::RecordType type = protocol::RecordType::checkin;
  std::uint8_t answer = 1;
  std::optional<ScheduleId> schedule{};  // none: all open slots
  Instant slot = 0;
  std::uint64_t named = 0;           // cancel, mistake: the alarm's seq
  std::optional<Instant> claimed{};  // when it was pressed; none: now
};

// What looks like a frame of this queue.
[[nodiscard]] std::string note_frame(std::uint8_t queue);

// Misses, steps and notices in one transaction, to which the engine gives one each. True: more is
// waiting.
[[nodiscard]] bool run_deadlines(server::Turn& turn, std::size_t most);

class WatchTown : public Town {
 public:
  explicit WatchTown(server::CircleState state = server::CircleState::armed, int category = 2,
                     std::uint64_t seed = 1, const std::string& database = ":memory:");

  // Everybody of the staff has a device online.
  void all_online();
  void offline(const Person& person);

  // The participant's next plan, accepted now.
  void accept_plan(std::vector<protocol::Schedule> schedules);
  // One schedule daily at `minute` UTC of the day, grace 30 min, opening 1 h before.
  protocol::Schedule daily_at(std::uint16_t minute, std::vector<std::uint32_t> reminders_s = {});

  // With a plan that asks at noon: nobody answers, and the incident of it is open.
  void miss_noon();

  // One round at `now`: judge, deadlines, openings, operator's lines; commits; checks the
  // invariants.
  void round();
  // When a round has work; a record that is not judged yet: now. Nothing: none.
  [[nodiscard]] std::optional<Instant> next_deadline();
  // Rounds at every deadline up to `t`, and one at `t`.
  void advance_to(Instant t);
  void advance(Duration d) { advance_to(now + d); }

  // A signed record of the participant's device 0 (primary) or 1 (shadow), chained.
  Bytes sign(const RecordSpec& spec, std::size_t device = 0);
  server::Answer<v1::RecordAnswer> post(const Bytes& record, std::size_t device = 0,
                                        std::vector<std::pair<DeviceId, std::string>> notes = {});
  // Signs, posts, and reads the reply, which must be one.
  protocol::RecordReply answer(const RecordSpec& spec, std::size_t device = 0);

  struct ActSpec {
    protocol::Act act = protocol::Act::take;
    protocol::Reason reason = protocol::Reason::none;
    ByteArray<32> target{};
  };
  Bytes sign_act_of(const Person& by, const IncidentId& incident, const ActSpec& spec);
  using NotesTo = std::vector<std::pair<DeviceId, std::string>>;
  server::Answer<v1::ActAnswer> post_act_as(const Person& by, const Bytes& record,
                                            const NotesTo& notes = {});
  // Signs and posts; the outcome, or 0 when refused.
  int act(const Person& by, const IncidentId& incident, const ActSpec& spec);

  std::optional<server::store::IncidentRow> unresolved(
      server::policy::Lane lane = server::policy::Lane::open);
  server::store::IncidentRow incident(const IncidentId& id);
  std::vector<server::store::OccurrenceRow> occurrences();
  [[nodiscard]] std::int64_t count(const char* sql);
  // Pushed notices of a code to a person's devices since the last clear.
  [[nodiscard]] int notices(const Person& to, server::policy::NoticeCode code) const;
  // Frames pushed to a device since the last clear.
  [[nodiscard]] std::vector<const v1::ServerFrame*> frames(const DeviceId& to) const;

  // The process dies: what was not committed is gone, nothing is online; the same file opens again.
  void crash_and_restart();
  // Rule 17 at the start after a crash at `from`.
  void wake(Instant from);

  // Runs `f` in a transaction and commits.
  void commit(const std::function<void(server::Turn&)>& f);

  std::vector<server::OperatorNotice> operator_lines;
  bool operator_delivers = true;
  std::vector<ToldReceived> told;
  std::string path;
  RecordChain chains[2];
};

}  // namespace livlina::testing
