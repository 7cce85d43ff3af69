// The signed word of a participant's device: a check-in, an alarm, a cancel, a mistake.
#pragma once

#include "crypto/core/ids.hpp"
#include "crypto/core/sign.hpp"
#include "crypto/core/time.hpp"
#include "protocol/records/device_list.hpp"
#include "protocol/records/verified.hpp"

namespace livlina::protocol {

inline constexpr std::size_t checkin_record_size = 343;
inline constexpr std::size_t record_reply_size = 64;

enum class RecordType : std::uint8_t { checkin = 1, alarm = 2, cancel = 3, mistake = 4 };

enum class Answer : std::uint8_t { ok = 1, talk = 2, not_ok = 3 };        // of a check-in
enum class AlarmKind : std::uint8_t { silent = 1, loud = 2, drill = 3 };  // of an alarm

// What the signer believed to be the newest; a member compares to notice a rollback.
struct Heads {
  std::uint32_t manifest_seq = 0;
  crypto::Hash manifest_hash{};
  std::uint32_t plan_version = 0;
  std::uint32_t devlist_version = 0;
  crypto::Hash devlist_hash{};
  crypto::Hash envelopes{};

  bool operator==(const Heads&) const = default;
};

struct CheckinRecord {
  RecordType type = RecordType::checkin;
  CircleId circle;
  DeviceId device;
  crypto::Hash plan_hash{};
  ByteArray<16> schedule{};  // 0: all open slots but journeys; cancel, mistake: the alarm's seq
                             // (u64) and zeros
  Instant slot_utc = 0;      // due instant of the earliest; 0 for the other types
  std::uint64_t seq = 1;     // per device, rising by one
  crypto::Hash prev{};       // hash of the device's previous record; zeros in the first
  Instant claimed_at = 0;
  std::uint8_t answer = 1;  // Answer, or AlarmKind; 0 for cancel and mistake
  Heads heads;
  crypto::Hash note_ref{};  // SHA-256("livlina/1/note" || salt32 || note)
};

// Exactly 343 bytes, signed by the device, purpose "checkin".
[[nodiscard]] Bytes sign_checkin(const CheckinRecord& r, const crypto::SignKeyPair& device);
// bad_format also for a type or answer that does not exist.
[[nodiscard]] Result<Verified<CheckinRecord>> verify_checkin(ByteView record,
                                                             const crypto::SignPublic& device);
// A record that was verified when it was stored: its device's key is not asked for again.
[[nodiscard]] Result<CheckinRecord> read_checkin(ByteView stored);
// The device id inside an unverified record, to look up its key.
[[nodiscard]] Result<DeviceId> peek_device(ByteView record);

[[nodiscard]] crypto::Hash note_ref(ByteView salt32, ByteView note);

// A phone's clock may be slow by this when it says that a record was pressed before its slot
// opened.
inline constexpr Duration press_slack = 15 * minute;
// Whether a check-in speaks of this slot: it names it, or was pressed when it was open. One that
// was pressed before that and came late (or was withheld, T35) says nothing of it. The server and
// the participant's own phone ask by this; members go by the press alone (watched_slot.hpp).
[[nodiscard]] bool pressed_for(const CheckinRecord& record, const ScheduleId& schedule,
                               Instant opens_at, Instant due);
// Whether a check-in was pressed while the slot was open, by the signed time alone, and speaks of
// its schedule. No clock but the phone's has a part in it.
[[nodiscard]] bool pressed_within(const CheckinRecord& record, const ScheduleId& schedule,
                                  Instant opens_at, Instant deadline);

// The reply, 64 bytes for every answer: status u8 | seq u64 | received_at i64 | next_due i64 |
// zeros.
enum class RecordStatus : std::uint8_t {
  received = 1,  // committed; says nothing of how it will be judged
  not_open = 2,  // committed, but no slot was open: it does not count for one; see next_due
};
struct RecordReply {
  RecordStatus status = RecordStatus::received;
  std::uint64_t seq = 0;
  Instant received_at = 0;
  Instant next_due = 0;  // 0: none known
};
[[nodiscard]] Bytes encode(const RecordReply& reply);
[[nodiscard]] Result<RecordReply> parse_record_reply(ByteView bytes);

}  // namespace livlina::protocol
