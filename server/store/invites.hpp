// Invitations: sealed blobs and the hash of a proof.
#pragma once

#include <optional>

#include "crypto/core/time.hpp"
#include "server/store/db.hpp"
#include "server/store/link.hpp"

namespace livlina::server::store {

struct InviteRow {
  InviteId id;
  crypto::Hash auth_hash{};
  int purpose = 1;  // 1 staff, 2 participant
  Instant expires_at = 0;
  Bytes sealed_i;
  std::optional<Key> inviter;  // nothing: the server's own first invite
  std::optional<DeviceId> inviter_device;
  std::optional<ClaimId> claim;
  std::optional<Key> joined;
  Bytes sealed_j;
  bool refused = false;  // by one of the two: the safety words differ
};

class Invites {
 public:
  explicit Invites(Db& db) : db_(db) {}

  void add(const InviteRow& row, Instant keep_until);
  [[nodiscard]] std::optional<InviteRow> find(const InviteId& id) const;
  // True when nobody had claimed it, or this same claim had.
  [[nodiscard]] bool claim(const InviteId& id, const ClaimId& claim);
  // Exactly once.
  [[nodiscard]] bool join(const InviteId& id, const Key& account, ByteView sealed_j,
                          Instant keep_until);
  // Kept as long as the row.
  void refuse(const InviteId& id);
  [[nodiscard]] bool refused(const Key& inviter, const Key& joined) const;
  // The pairing by which this account joined was refused.
  [[nodiscard]] bool refused(const Key& joined) const;
  // One invited the other lately and neither refused, so that their pairing may go on.
  [[nodiscard]] bool between(const Key& a, const Key& b, Instant now) const;
  [[nodiscard]] bool invited(const Key& inviter, const Key& joined) const;
  // Invites of the server itself that nobody joined: a new one takes their place.
  void drop_unused_first();
  // Of this inviter, not joined, refused or past their time: how many, and the first one's end.
  struct Open {
    std::uint32_t count = 0;
    Instant first_end = 0;
  };
  [[nodiscard]] Open open(const Key& inviter, Instant now) const;
  // Those past their time; the rows deleted.
  int expire(Instant now, int most);
  [[nodiscard]] std::optional<Instant> next_end() const;

 private:
  Db& db_;
};

}  // namespace livlina::server::store
