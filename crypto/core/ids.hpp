// Sixteen-byte ids as types, so that one kind of id is never passed for another.
#pragma once

#include <functional>
#include <optional>

#include "crypto/core/bytes.hpp"

namespace livlina {

template <class Tag>
struct Id {
  ByteArray<16> bytes{};

  bool operator==(const Id&) const = default;
  std::strong_ordering operator<=>(const Id& other) const { return order(bytes, other.bytes); }
  [[nodiscard]] ByteView view() const { return ByteView(bytes); }
  [[nodiscard]] std::string hex() const { return livlina::hex(view()); }
  [[nodiscard]] bool zero() const { return *this == Id{}; }
  // Exactly 16 bytes, else nothing.
  [[nodiscard]] static std::optional<Id> from(ByteView b) {
    if (b.size() != 16) return std::nullopt;
    Id out;
    std::memcpy(out.bytes.data(), b.data(), 16);
    return out;
  }
  [[nodiscard]] static std::optional<Id> from(const std::string& s) {
    return from(livlina::view(s));
  }
};

using DeviceId = Id<struct DeviceTag>;      // hash of the device's keys (protocol/spec/e2ee.md)
using CircleId = Id<struct CircleTag>;      // random, one per participant
using LineId = Id<struct LineTag>;          // one line of a manifest
using ScheduleId = Id<struct ScheduleTag>;  // one schedule of a plan
using InviteId = Id<struct InviteTag>;      // derived from the invite's secret
using ClaimId = Id<struct ClaimTag>;        // chosen by who claims an invite
using MessageId = Id<struct MessageTag>;    // chosen by the sending client
using IncidentId = Id<struct IncidentTag>;  // random, made by the server
using NoticeId = Id<struct NoticeTag>;      // one notification row
using CauseId = Id<struct CauseTag>;        // the event that made notifications

}  // namespace livlina

template <class Tag>
struct std::hash<livlina::Id<Tag>> {  // ids are random or hashes: eight of their bytes serve
  std::size_t operator()(const livlina::Id<Tag>& id) const noexcept {
    std::size_t h = 0;
    std::memcpy(&h, id.bytes.data(), sizeof h);
    return h;
  }
};
