// Table checkin_record: signed records as they came, judged or not yet.
#pragma once

#include <vector>

#include "crypto/core/hash.hpp"
#include "crypto/core/time.hpp"
#include "server/policy/judge.hpp"
#include "server/store/db.hpp"
#include "server/store/part.hpp"

namespace livlina::server::store {

// What was odd about a record; it was stored all the same.
inline constexpr int flag_gap = 1;       // a seq is missing before it
inline constexpr int flag_prev = 2;      // prev is not the hash of the record before it
inline constexpr int flag_fork = 4;      // the device signed another record under this seq
inline constexpr int flag_late_seq = 8;  // a higher seq came before it

struct RecordRow {
  std::int64_t id = 0;
  CircleId circle;
  DeviceId device;
  bool shadow = false;
  policy::RecordKind kind = policy::RecordKind::checkin;
  std::uint8_t answer = 0;
  std::uint64_t seq = 0;
  crypto::Hash hash{};
  std::uint64_t named_seq = 0;  // cancel, mistake: the alarm's
  Bytes record;                 // empty for a log-in
  Bytes reply;                  // empty for a log-in
  Instant received_at = 0;
  int flags = 0;
  bool late = false;
};

class CheckinRecords {
 public:
  explicit CheckinRecords(Db& db) : db_(db) {}
  // The reply that was given to this very record.
  [[nodiscard]] std::optional<Bytes> stored_reply(const DeviceId& device, const crypto::Hash& hash);
  struct Last {
    std::uint64_t seq = 0;
    crypto::Hash hash{};
  };
  [[nodiscard]] std::optional<Last> last(const DeviceId& device);
  [[nodiscard]] bool seq_used(const DeviceId& device, std::uint64_t seq);
  // With judged = 0; sets row.id.
  void insert(RecordRow& row);
  [[nodiscard]] std::vector<RecordRow> unjudged(std::size_t most);
  [[nodiscard]] bool any_unjudged();
  [[nodiscard]] bool login_unjudged(const DeviceId& device);
  void set_judged(std::int64_t id);
  // The signed check-ins of a device that were received at `from` or later.
  [[nodiscard]] std::vector<Bytes> check_ins(const DeviceId& device, Instant from);
  // What a cancel or a mistake names: the check-in or alarm of this device with this seq.
  [[nodiscard]] std::optional<std::int64_t> named(const DeviceId& device, std::uint64_t seq);
  // Deletes what was received before `before`, judged, is named by nothing, and is not the newest
  // of its device's chain.
  void drop_old(Part& part, Instant before);

 private:
  Db& db_;
};

}  // namespace livlina::server::store
