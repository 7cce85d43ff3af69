// A server of the tests of the messenger: what it holds lies open, so that a test can lose, repeat,
// reorder, withhold and substitute whatever a hostile server could.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crypto/core/ids.hpp"
#include "crypto/core/sign.hpp"
#include "crypto/core/time.hpp"
#include "livlina/frames.pb.h"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {

class PostOffice {
 public:
  PostOffice();

  // ---- what it holds ----
  struct OneTime {
    std::uint32_t id = 0;
    std::string key;
  };
  struct Prekeys {
    std::string spk;
    std::deque<OneTime> one_time;
  };
  struct Row {
    std::uint64_t seq = 0;
    std::string frame;
  };
  std::map<std::string, std::vector<Bytes>> lists;   // DeviceLists by account, oldest first
  std::map<CircleId, std::vector<Bytes>> manifests;  // oldest first
  std::vector<Bytes> rosters;
  std::vector<Bytes> directories;
  std::map<DeviceId, Prekeys> prekeys;
  std::map<DeviceId, std::vector<Row>> mailboxes;
  std::set<DeviceId> unknown;  // refused as unknown_device
  std::uint64_t epoch = 1;
  Instant now = 1'750'000'000'000;

  // ---- how it behaves ----
  bool hands_out_one_time_keys = true;
  bool silent_lists = false;  // GetDeviceLists is never answered
  std::size_t window = 24;    // rows that it hands out before the first is acknowledged
  // Called for every request first; an error code given is the answer.
  std::function<std::optional<v1::ErrorCode>(const v1::Request&)> refuse;

  // ---- what it saw ----
  int posts = 0;
  std::vector<std::string> posted;  // every PostMessage, encoded, repeats too
  int prekey_requests = 0;
  int list_requests = 0;

  [[nodiscard]] v1::ServerFrame challenge() const;
  // The answer; nothing: it stays silent. New rows are in the mailboxes.
  [[nodiscard]] std::optional<v1::ServerFrame> answer(const DeviceId& from, bool shadow,
                                                      const v1::Request& request);
  [[nodiscard]] const crypto::SignPublic& key() const { return key_.public_key(); }
  // Everything since the backup is gone: rows, and which messages were taken.
  void restore_empty() {
    mailboxes.clear();
    accepted_.clear();
    ++epoch;
  }
  void put(const DeviceId& device, std::string frame) {
    mailboxes[device].push_back({next_seq_++, std::move(frame)});
  }

 private:
  void login(const v1::Request& request, v1::ServerFrame& out);
  void post(const v1::PostMessage& message, v1::ServerFrame& out);
  void bundles(const v1::GetPrekeys& wanted, v1::ServerFrame& out);
  [[nodiscard]] std::uint32_t stock(const DeviceId& device) const;

  SeededRandom random_{77};
  crypto::SignKeyPair key_;
  std::string nonce_;  // the same for all: who logs in is not what is tested here
  std::set<std::pair<std::string, std::string>> accepted_;  // device, message id
  std::uint64_t next_seq_ = 1;
};

}  // namespace livlina::testing
