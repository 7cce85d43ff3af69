// Signed prekeys and one-time prekeys that devices leave for others.
#pragma once

#include <optional>

#include "crypto/core/time.hpp"
#include "server/store/db.hpp"
#include "server/store/link.hpp"

namespace livlina::server::store {

struct SignedPrekeyRow {
  std::uint32_t id = 0;
  Bytes record;  // empty: none
};

struct OneTimeKeyRow {
  std::uint32_t id = 0;
  Key key{};
};

class Prekeys {
 public:
  explicit Prekeys(Db& db) : db_(db) {}

  [[nodiscard]] SignedPrekeyRow signed_prekey(const DeviceId& device) const;
  void put_signed_prekey(const DeviceId& device, const SignedPrekeyRow& row);

  // Ids must rise: one at or below the highest ever stored is left out, so that a repeated request
  // never brings back a key that was handed out.
  void add_one_time_key(const DeviceId& device, const OneTimeKeyRow& key);
  // Hands out the oldest key for good, but only once a day to this account: else nothing. Not to
  // each of its devices, for it may list new ones without end (T10).
  [[nodiscard]] std::optional<OneTimeKeyRow> take_one_time_key(const DeviceId& device,
                                                               const Key& asker, Instant now);
  [[nodiscard]] std::uint32_t stock(const DeviceId& device) const;

 private:
  Db& db_;
};

}  // namespace livlina::server::store
