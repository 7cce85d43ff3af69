// Members verify: each supporter's client knows from the signed plan when a check-in is due,
// verifies the records that come, and warns by itself when nothing comes or the server's word
// differs (T35).
#pragma once

#include <map>

#include "clients/core/messenger.hpp"
#include "clients/core/part.hpp"
#include "clients/core/watched_slot.hpp"
#include "protocol/records/checkin_record.hpp"

namespace livlina::v1 {
class CheckinView;
class Delivery;
class ForwardedRecord;
class OccurrenceWord;
}  // namespace livlina::v1

namespace livlina::client {

// Slots are remembered this long after they were due.
inline constexpr Duration slot_memory = 14 * day;

class Guard final : public Part {
 public:
  Guard(Context& context, Trust& trust, Messenger& messenger);

  [[nodiscard]] crypto::Status load(const Identity& identity) override;
  bool pushed(const v1::ServerFrame& frame) override;
  void online() override;
  void offline() override { drained_at_ = 0; }
  void tick() override;
  [[nodiscard]] std::optional<Instant> wake_at() const override;
  void describe(v1::Status& status) const override;

 private:
  using SlotKey = std::pair<Instant, ScheduleId>;
  struct Chain {  // of one device's records
    std::uint64_t seq = 0;
    crypto::Hash hash{};
  };
  struct Watched {  // one circle
    // Until here slots were looked for; those that open later are expected when their time comes.
    Instant cursor = 0;
    std::map<SlotKey, WatchedSlot> slots;
    std::map<DeviceId, Chain> chains;
  };

  [[nodiscard]] std::optional<Standing> standing(const Circle& circle) const;
  [[nodiscard]] Instant now() const { return context_.clock.trusted(context_.now); }

  void expect(const Circle& circle);
  void warn_of_silence(const Circle& circle);
  [[nodiscard]] std::optional<Instant> record_due_at(const Circle& circle,
                                                     const WatchedSlot& slot) const;
  void record_came(const v1::ForwardedRecord& forwarded, std::uint64_t seq, bool fetched);
  void count(const Circle& circle, const Verified<protocol::CheckinRecord>& record,
             Instant received_at);
  [[nodiscard]] bool follows(const CircleId& circle,
                             const Verified<protocol::CheckinRecord>& record);
  void compare_heads(const Circle& circle, const protocol::CheckinRecord& record);
  void word_came(const v1::OccurrenceWord& word);
  void note_came(const Incoming& in);
  void acknowledge(std::uint64_t seq);

  void save(const CircleId& circle, const WatchedSlot& slot);
  void save_cursor(const CircleId& circle);
  void show(const Circle& circle, const WatchedSlot& slot);
  [[nodiscard]] v1::CheckinView view(const Circle& circle, const WatchedSlot& slot) const;

  Context& context_;
  Trust& trust_;
  Messenger& messenger_;
  const Identity* self_ = nullptr;
  std::map<CircleId, Watched> watched_;
  Instant drained_at_ = 0;  // connected and drained since then; 0: not now
};

}  // namespace livlina::client
