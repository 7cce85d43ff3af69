// One valid sample of every signed record, from fixed seeds, and each record type as a row of a
// table: so that a property is tested on all of them alike.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "protocol/records/checkin_record.hpp"
#include "protocol/records/desk.hpp"
#include "protocol/records/device_list.hpp"
#include "protocol/records/manifest.hpp"
#include "protocol/records/plan.hpp"
#include "protocol/records/staff_act.hpp"

namespace livlina::testing {

// The key pair whose seed is 32 times the byte `n`.
[[nodiscard]] crypto::SignKeyPair sign_key(std::uint8_t n);
// The X25519 public key of 32 times the byte `n` (below 0x80).
[[nodiscard]] crypto::DhPublic dh_key(std::uint8_t n);
[[nodiscard]] crypto::Hash hash_of(std::uint8_t n);
template <class IdType>
[[nodiscard]] IdType id_of(std::uint8_t n) {
  IdType out;
  out.bytes.fill(n);
  return out;
}
[[nodiscard]] protocol::Device device_of(std::uint8_t sig, std::uint8_t ik);

inline constexpr Instant sample_now = 1790000000000;  // 2026-09-21

// All are signed by one key, `owner`, so that nothing but purpose and layout tells them apart.
[[nodiscard]] const crypto::SignKeyPair& owner();
[[nodiscard]] protocol::DeviceList sample_device_list();
[[nodiscard]] protocol::SignedPrekey sample_prekey();
[[nodiscard]] protocol::ShadowMark sample_shadow();
[[nodiscard]] protocol::DeskRoster sample_roster();
[[nodiscard]] protocol::StaffDirectory sample_directory();
[[nodiscard]] protocol::Manifest sample_manifest();
[[nodiscard]] protocol::Confirm sample_confirm();
[[nodiscard]] protocol::Schedule sample_schedule();
[[nodiscard]] protocol::Plan sample_plan();
// Every 4 h from 22:00 to 06:00, and every 90 min from 08:15 to 18:00 on weekdays.
[[nodiscard]] protocol::Plan sample_interval_plan();
[[nodiscard]] protocol::CheckinRecord sample_checkin();
[[nodiscard]] protocol::StaffAct sample_act();

// One record type, or one form of it: its name, its purpose, its sample as signed, and its
// verifier, which gives the bytes that signing the parsed value again yields.
struct RecordKind {
  std::string name;
  std::string purpose;
  Bytes sample;
  std::function<protocol::Result<Bytes>(ByteView)> verify_and_sign;

  [[nodiscard]] std::optional<protocol::Error> refusal(ByteView record) const;
};
[[nodiscard]] const std::vector<RecordKind>& record_kinds();

// The record without its signature, changed by hand and signed again: for what only the signer
// could do.
[[nodiscard]] Bytes body_of(ByteView record);
[[nodiscard]] Bytes sign_body(ByteView body, const std::string& purpose,
                              const crypto::SignKeyPair& key = owner());

// The verified record, or the end of the test program.
template <class T, class Verify>
protocol::Verified<T> must(Verify verify, const Bytes& record) {
  return std::move(verify(ByteView(record))).value();
}

}  // namespace livlina::testing
