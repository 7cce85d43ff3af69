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

// How the note of a record goes.
enum class NoteWay : std::uint8_t {
  waiting = 1,  // not encrypted yet, and the record has never been sent
  with = 2,     // encrypted, in the record's own request
  after = 3,    // the record goes without it: still to be handed to the messenger
  handed = 4,   // the messenger has it
};

struct QueuedRecord {
  std::uint64_t seq = 0;
  Bytes record;
  crypto::Kind kind = crypto::Kind::checkin_note;  // of its note
  CircleId circle;
  Instant pressed_at = 0;
  Note note;
  NoteWay way = NoteWay::waiting;
  bool posted = false;            // it has left this device, or may have
  bool hidden = false;            // goes to the server, and nothing here tells of it
  bool answered = false;          // the server's reply came; only the note still has to go
  MessageId message;              // of the notes that go with it
  std::vector<SealedNote> notes;  // the same

  // Nothing is left to do for it.
  [[nodiscard]] bool done() const {
    return answered && (way == NoteWay::with || way == NoteWay::handed);
  }
};

class RecordQueue {
 public:
  explicit RecordQueue(Store& store) : store_(store) {}
  // Stored under "checkin/"; bad_format.
  [[nodiscard]] crypto::Status load();

  // Fills seq, prev and note_ref, signs, stores; the record is queued from this step on.
  // The reference lives until the next add or erase.
  const QueuedRecord& add(protocol::CheckinRecord record, const crypto::SignKeyPair& device,
                          Note note, crypto::Kind kind, Instant now);
  [[nodiscard]] const std::vector<QueuedRecord>& all() const { return queue_; }
  [[nodiscard]] QueuedRecord* find(std::uint64_t seq);
  void save(const QueuedRecord& record);
  void erase(std::uint64_t seq);
  // The first loud alarm or drill that has never left this device and may be taken back: nothing
  // behind it has left, or speaks of an alarm by its number. Nothing when there is none. A silent
  // alarm is never taken back.
  [[nodiscard]] std::optional<std::uint64_t> first_unsent_alarm() const;
  // Takes those alarms out; what was said after the first of them, silent alarms too, is signed
  // anew, without a gap. The number of the first; nothing, and nothing is changed, without one.
  std::optional<std::uint64_t> drop_unsent_alarms(const crypto::SignKeyPair& device);
  // The decoy's way: they stay, and go to the server; nothing here tells of them. Their numbers.
  std::vector<std::uint64_t> hide_unsent_alarms();
  // The number that a record would have if those that are hidden had been taken out.
  [[nodiscard]] std::uint64_t shown_seq(std::uint64_t seq) const;
  [[nodiscard]] QueuedRecord* find_by_note(const crypto::Hash& note_ref);

  // Of those that a cancel may speak of: neither silent nor hidden. Its seq, 0: none.
  [[nodiscard]] std::uint64_t last_alarm() const;
  // Due instant of the newest slot that a record of ours has answered, as far as the server said.
  [[nodiscard]] Instant answered_due() const { return answered_due_; }
  void set_answered_due(Instant due);

 private:
  void save_chain();
  Store& store_;
  std::vector<QueuedRecord> queue_;  // by seq
  std::uint64_t seq_ = 0;
  crypto::Hash prev_{};
  std::uint64_t last_alarm_ = 0;  // of those that have left this device and are not silent
  Instant answered_due_ = 0;
  std::vector<std::uint64_t> hidden_;  // seqs of all that were ever hidden, rising
};

}  // namespace livlina::client
