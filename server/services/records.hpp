// Signed records as the database holds them, mostly the newest. They were verified before they were
// stored, and are not again: what is checked is that they are those bytes (ADR 38).
#pragma once

#include <memory>
#include <string>

#include "protocol/records/desk.hpp"
#include "protocol/records/device_list.hpp"
#include "protocol/records/manifest.hpp"
#include "protocol/records/plan.hpp"
#include "server/services/turn.hpp"
#include "server/store/link.hpp"

namespace livlina::server {

using store::Key;
template <class T>
using Record = std::shared_ptr<const protocol::Verified<T>>;

// Null: none stored. Throw store::Failure(corrupt) for a stored record that is not the one of its
// hash any more.
[[nodiscard]] Record<protocol::DeviceList> newest_list(Turn& turn, const Key& account);
[[nodiscard]] Record<protocol::DeskRoster> newest_roster(Turn& turn, const Key& desk);
[[nodiscard]] Record<protocol::StaffDirectory> newest_directory(Turn& turn, const Key& desk);
[[nodiscard]] Record<protocol::Manifest> newest_manifest(Turn& turn, const CircleId& circle);
[[nodiscard]] Record<protocol::Manifest> manifest_at(Turn& turn, const CircleId& circle,
                                                     std::uint32_t seq);
[[nodiscard]] Record<protocol::Plan> newest_plan(Turn& turn, const CircleId& circle);

// Bytes fields of requests.
[[nodiscard]] inline ByteView field(const std::string& s) { return view(s); }

// How a chain takes a new record: what compare-and-set says of it.
enum class Step : std::uint8_t {
  next,    // follows the newest: store it
  repeat,  // is already stored: done, nothing changes
};
// `known`: the newest, null when there is none (then only version 1 follows). `stored`: the hash
// stored for `version`, if any. CONFLICT when it does not follow, FORK for another record of a
// stored version.
[[nodiscard]] Answer<Step> chain_step(std::uint32_t known_version, const crypto::Hash* known_hash,
                                      std::uint32_t version, const crypto::Hash& prev,
                                      const crypto::Hash& hash,
                                      const std::optional<crypto::Hash>& stored);

}  // namespace livlina::server
