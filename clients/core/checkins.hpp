// What a participant says: check-ins, alarms, their cancelling. Signed when pressed, stored first,
// given to the server until it answered. The same code serves the real and the decoy realm.
#pragma once

#include <map>
#include <set>

#include "clients/core/alarm_memory.hpp"
#include "clients/core/messenger.hpp"
#include "clients/core/part.hpp"
#include "clients/core/record_queue.hpp"

namespace livlina::client {

// A record waits at most this long for its notes to be sealed: nothing ever blocks the record
// itself, the notes then follow in a message of their own.
inline constexpr Duration checkin_seal_wait = 3 * second;
inline constexpr Duration alarm_seal_wait = 1 * second;
// Between two tries of a record that the server could not take now, and of one that it refused.
inline constexpr Duration record_retry = 5 * second;
inline constexpr Duration refused_retry = 10 * minute;
// What the server has refused for so long is given up, and shown.
inline constexpr Duration record_life = 30 * day;

class Checkins final : public Part {
 public:
  Checkins(Context& context, Trust& trust, Messenger& messenger);

  [[nodiscard]] crypto::Status load(const Identity& identity) override;
  bool command(const v1::Command& command) override;
  bool pushed(const v1::ServerFrame& frame) override;
  void shown(const std::string& name) override;
  void online() override;
  void offline() override;
  void tick() override;
  [[nodiscard]] std::optional<Instant> wake_at() const override;
  // A record that the server could not take is tried again later; nobody waits for that.
  [[nodiscard]] bool idle() const override;
  void describe(v1::Status& status) const override;

 private:
  // How far a record came on this connection; the queue itself is stored.
  struct Attempt {
    Instant since = 0;
    bool sealing = false;    // the messenger has been asked
    bool under_way = false;  // the request has been sent
    Instant retry_at = 0;    // not before
  };
  // `stands_in`: a silent alarm is signed in place of what is said.
  struct How {
    bool stands_in;  // for a word about an alarm that this device cannot name
    bool wait;       // without a connection the command goes on, until there is one
  };
  void say(std::uint64_t command, protocol::RecordType type, std::uint8_t answer,
           const std::string& text, crypto::Kind kind, How how);
  void cancel(std::uint64_t command, bool mistake);
  [[nodiscard]] AlarmMemory alarm_memory() const;
  [[nodiscard]] AlarmTold heard(const QueuedRecord& record, Instant at);
  [[nodiscard]] bool hide_unsent_alarms();
  [[nodiscard]] bool drop_unsent_alarms();
  [[nodiscard]] Instant slot_of_a_press(const Circle& circle) const;
  [[nodiscard]] protocol::CheckinRecord record_for(const Circle& circle) const;
  void give();
  void give_all();
  [[nodiscard]] std::map<std::uint64_t, Instant> times() const;
  void seal(std::uint64_t seq);
  void sealed(const crypto::Hash& note, const MessageId& id,
              const std::vector<v1::Envelope>& envelopes);
  void post(QueuedRecord& record, Attempt& attempt);
  void replied(std::uint64_t seq, const v1::ServerFrame* reply);
  void accepted(QueuedRecord& record, const protocol::RecordReply& reply);
  void refused(std::uint64_t seq, const v1::ServerFrame& reply);
  void note_answered(const QueuedRecord& record, const protocol::RecordReply& reply);
  void keep(const QueuedRecord& record);
  void drop(std::uint64_t seq);
  void expire();
  [[nodiscard]] std::optional<protocol::Slot> next_slot() const;

  Context& context_;
  Trust& trust_;
  Messenger& messenger_;
  const Identity* self_ = nullptr;
  RecordQueue queue_;
  std::map<std::uint64_t, std::uint64_t> waiting_;  // command id by seq
  std::map<std::uint64_t, Attempt> attempts_;       // by seq
  // Said in the decoy realm of an alarm that is not its own, by seq: a cancel, or a mistake.
  std::map<std::uint64_t, protocol::RecordType> stand_ins_;
  std::set<crypto::Hash> dropped_;  // notes of what was taken back while they were sealed
  bool giving_ = false;
  bool give_again_ = false;
};

}  // namespace livlina::client
