// What a participant says: check-ins, alarms, their cancelling. Signed when pressed, stored first,
// given to the server until it answered. The same code serves the real and the decoy realm.
#pragma once

#include <map>

#include "clients/core/messenger.hpp"
#include "clients/core/part.hpp"
#include "clients/core/record_queue.hpp"

namespace livlina::client {

// A record waits at most this long for its notes to be sealed: nothing ever blocks the record
// itself, the notes then follow in a message of their own.
inline constexpr Duration seal_wait = 3 * second;
// Between two tries of a record that the server could not take now.
inline constexpr Duration record_retry = 5 * second;

class Checkins final : public Part {
 public:
  Checkins(Context& context, Trust& trust, Messenger& messenger);

  [[nodiscard]] crypto::Status load(const Identity& identity) override;
  bool command(const v1::Command& command) override;
  bool pushed(const v1::ServerFrame& frame) override;
  void online() override;
  void offline() override;
  void tick() override;
  [[nodiscard]] std::optional<Instant> wake_at() const override;
  [[nodiscard]] bool idle() const override;
  void describe(v1::Status& status) const override;

 private:
  // Of the record that is being given now; memory only, the queue itself is stored.
  struct Attempt {
    std::uint64_t seq = 0;
    Instant since = 0;
    bool sealing = false;    // the messenger has been asked
    bool under_way = false;  // the request has been sent
    Instant retry_at = 0;
  };
  void say(std::uint64_t command, protocol::RecordType type, std::uint8_t answer,
           const std::string& text, crypto::Kind kind);
  [[nodiscard]] protocol::CheckinRecord record_for(const Circle& circle) const;
  void give();
  void seal(std::uint64_t seq);
  void post(std::uint64_t seq);
  void post_late_notes(std::uint64_t seq);
  void answered(std::uint64_t seq, const v1::ServerFrame* reply);
  void refused(std::uint64_t seq, const v1::ServerFrame& reply);
  [[nodiscard]] std::optional<protocol::Slot> next_slot() const;

  Context& context_;
  Trust& trust_;
  Messenger& messenger_;
  const Identity* self_ = nullptr;
  RecordQueue queue_;
  std::map<std::uint64_t, std::uint64_t> waiting_;  // command id by seq
  std::map<std::uint64_t, Attempt> attempts_;       // by seq
};

}  // namespace livlina::client
