// The signed records of this device: their chain, and those that the server has not yet answered.
// Each is stored before anything else happens and given until the reply came: never lost, never two
// for one press.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clients/core/identity.hpp"
#include "clients/core/note.hpp"
#include "crypto/e2ee/kinds.hpp"
#include "protocol/records/checkin_record.hpp"

namespace livlina::client {

// A ciphertext for one device, as it goes with the record.
struct SealedNote {
  DeviceId device;
  Bytes frame;
};

struct QueuedRecord {
  std::uint64_t seq = 0;
  Bytes record;
  crypto::Kind kind = crypto::Kind::checkin_note;  // of its note
  CircleId circle;
  Note note;
  bool answered = false;             // the server's reply came; only the note still has to go
  std::optional<MessageId> message;  // once the notes are sealed
  std::vector<SealedNote> notes;
};

class RecordQueue {
 public:
  explicit RecordQueue(Store& store) : store_(store) {}
  // Stored under "checkin/"; bad_format.
  [[nodiscard]] crypto::Status load();

  // Fills seq, prev and note_ref, signs, stores; the record is queued from this step on.
  const QueuedRecord& add(protocol::CheckinRecord record, const crypto::SignKeyPair& device,
                          Note note, crypto::Kind kind);
  [[nodiscard]] const std::vector<QueuedRecord>& all() const { return queue_; }
  [[nodiscard]] QueuedRecord* find(std::uint64_t seq);
  void save(const QueuedRecord& record);
  void erase(std::uint64_t seq);

  [[nodiscard]] std::uint64_t last_alarm() const { return last_alarm_; }  // its seq, 0: none ever
  // Due instant of the newest slot that a record of ours has answered.
  [[nodiscard]] Instant answered_due() const { return answered_due_; }
  void set_answered_due(Instant due);

 private:
  void save_chain();
  Store& store_;
  std::vector<QueuedRecord> queue_;  // by seq
  std::uint64_t seq_ = 0;
  crypto::Hash prev_{};
  std::uint64_t last_alarm_ = 0;
  Instant answered_due_ = 0;
};

}  // namespace livlina::client
