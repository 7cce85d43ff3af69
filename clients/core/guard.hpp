// Members verify: each supporter's client knows from the signed plan when a check-in is due,
// verifies the records that come, and warns by itself when nothing comes or the server's word
// differs (T35).
#pragma once

#include <map>
#include <memory>

#include "clients/core/incidents.hpp"
#include "clients/core/messenger.hpp"
#include "clients/core/part.hpp"
#include "clients/core/record_chain.hpp"
#include "clients/core/watched_slot.hpp"
#include "protocol/records/checkin_record.hpp"

namespace livlina::v1 {
class CheckinView;
class Delivery;
class OccurrenceWord;
}  // namespace livlina::v1

namespace livlina::client {

// Slots are remembered this long after they were due.
inline constexpr Duration slot_memory = 14 * day;
// A server that never says that our queue is drained counts as having said it by then.
inline constexpr Duration drain_patience = 10 * minute;

class Guard final : public Part {
 public:
  // `incidents` is told of the notes that came.
  Guard(Context& context, Trust& trust, Messenger& messenger, Incidents& incidents);

  [[nodiscard]] crypto::Status load(const Identity& identity) override;
  bool pushed(const v1::ServerFrame& frame) override;
  void online() override;
  void offline() override;
  void tick() override;
  [[nodiscard]] std::optional<Instant> wake_at() const override;
  void describe(v1::Status& status) const override;

 private:
  using SlotKey = std::pair<Instant, ScheduleId>;
  struct Watched {  // one circle
    // The plan whose slots are expected: those that open after `cursor`, when their time comes.
    std::shared_ptr<const Verified<protocol::Plan>> plan;
    Instant cursor = 0;
    std::map<SlotKey, WatchedSlot> slots;
    std::map<DeviceId, RecordChain> chains;
  };
  // A record by a device that is not known here yet; unacknowledged.
  struct Unknown {
    Bytes record;
    Instant received_at = 0;
    Instant retry_at = 0;  // 0: asked for
  };

  // guard.cpp
  [[nodiscard]] std::optional<Standing> standing(const Circle& circle) const;
  [[nodiscard]] Instant now() const { return context_.clock.trusted(context_.now); }
  [[nodiscard]] bool expects(const Circle& circle) const;
  void expect(const Circle& circle);
  void take_plan(const Circle& circle, Watched& watched);
  bool add_slots(const CircleId& circle, const protocol::Plan& plan, Instant from, Instant to,
                 bool expected);
  void forget_old();
  void warn_of_silence(const Circle& circle);
  [[nodiscard]] std::optional<Instant> counting_since() const;
  [[nodiscard]] std::optional<Instant> wait_over(const Circle& circle,
                                                 const WatchedSlot& slot) const;
  [[nodiscard]] std::optional<Instant> silence_at(const Circle& circle,
                                                  const WatchedSlot& slot) const;
  [[nodiscard]] Instant phone_time(Instant trusted) const;
  [[nodiscard]] v1::CheckinView view(const Circle& circle, const WatchedSlot& slot) const;
  void show(const Circle& circle, const WatchedSlot& slot);

  // guard_store.cpp
  [[nodiscard]] bool load_value(const CircleId& circle, std::string_view what, ByteView value);
  void save(const CircleId& circle, const WatchedSlot& slot);
  void erase(const CircleId& circle, const WatchedSlot& slot);
  void save_cursor(const CircleId& circle, const Watched& watched);
  void save_plan(const CircleId& circle, const Watched& watched);
  void save_chain(const CircleId& circle, const DeviceId& device, const RecordChain& chain);

  // guard_records.cpp
  void record_came(ByteView record, Instant received_at, std::uint64_t seq, bool fetched);
  void ask_for_owner(std::uint64_t seq, Unknown came);
  void retry_unknown();
  void count(const Circle& circle, const Verified<protocol::CheckinRecord>& record,
             Instant received_at);
  void count_for(const Circle& circle, WatchedSlot& slot,
                 const Verified<protocol::CheckinRecord>& record, Instant received_at, bool late);
  [[nodiscard]] bool is_new(const CircleId& circle,
                            const Verified<protocol::CheckinRecord>& record);
  [[nodiscard]] bool is_late(const Watched& watched, const WatchedSlot& slot,
                             const protocol::CheckinRecord& record, Instant received_at) const;
  void compare_heads(const Circle& circle, const Verified<protocol::CheckinRecord>& record);
  void word_came(const v1::OccurrenceWord& word);
  WatchedSlot* slot_of(const CircleId& circle, const v1::OccurrenceWord& word);
  void note_came(const Incoming& in);
  void acknowledge(std::uint64_t seq);

  Context& context_;
  Trust& trust_;
  Messenger& messenger_;
  Incidents& incidents_;
  const Identity* self_ = nullptr;
  std::map<CircleId, Watched> watched_;
  std::map<std::uint64_t, Unknown> unknown_;  // by the delivery's seq
  Instant online_at_ = 0;                     // logged in since then; 0: not now
  Instant drained_at_ = 0;                    // the same with the queue drained
};

}  // namespace livlina::client
