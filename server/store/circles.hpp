// Circles: the chains of manifests and plans, the inviter's Confirm, state and category, and whom
// the newest manifest's lines cover.
#pragma once

#include <optional>
#include <vector>

#include "crypto/core/time.hpp"
#include "server/store/db.hpp"
#include "server/store/link.hpp"

namespace livlina::server::store {

struct CircleRow {
  CircleId id;
  Key participant{};
  int state = 1;
  int category = 2;
};

struct LineRow {
  int type = 1;  // 0: the desk of the recovery clause; else protocol::LineType
  Key key{};
  Instant not_before = 0;
  Instant not_after = 0;
  Instant grace_until = 0;
};

struct ConfirmRow {
  Key participant{};
  Key signer{};
  Bytes record;
};

struct CircleHeadRow {
  CircleId id;
  Key participant{};
  std::uint32_t seq = 0;
  crypto::Hash hash{};
  int state = 1;
  std::vector<Key> desks;  // empty, or the desks whose rosters alone give it
};

struct PlanRow {
  Link link;
  Bytes approval;  // empty: none
};

class Circles {
 public:
  explicit Circles(Db& db) : db_(db) {}

  void add(const CircleRow& row);
  [[nodiscard]] std::optional<CircleRow> find(const CircleId& id) const;
  [[nodiscard]] std::optional<CircleId> of_participant(const Key& account) const;
  void set_state(const CircleId& id, int state);
  void set_category(const CircleId& id, int category);

  void put_confirm(const CircleId& id, const ConfirmRow& row);
  // Of this pair, with which no circle was made.
  void drop_unused_confirms(const Key& signer, const Key& participant);
  [[nodiscard]] std::optional<ConfirmRow> confirm(const CircleId& id) const;

  // The manifest becomes the newest, and these its lines.
  void add_manifest(const CircleId& id, const Link& manifest, const std::vector<LineRow>& lines);
  [[nodiscard]] std::optional<Link> newest_manifest(const CircleId& id) const;
  [[nodiscard]] std::optional<crypto::Hash> manifest_hash(const CircleId& id,
                                                          std::uint32_t seq) const;
  [[nodiscard]] std::vector<Link> manifests(const CircleId& id, std::uint32_t from, int most) const;

  void add_plan(const CircleId& id, const PlanRow& plan);
  [[nodiscard]] std::optional<PlanRow> newest_plan(const CircleId& id) const;
  [[nodiscard]] std::optional<crypto::Hash> plan_hash(const CircleId& id,
                                                      std::uint32_t version) const;
  // The last `most`, oldest first.
  [[nodiscard]] std::vector<Link> last_plans(const CircleId& id, int most) const;

  // Below, a line holds when it is in force at `now`, or in its incident_grace while an incident
  // that opened before its end is unresolved. It covers an account by its key, as coordinator for a
  // desk line, as mentor for a pool; never one that did not join by a staff invite.

  // Circles in which the account is the participant, is covered by a line that holds, or is in the
  // roster of the recovery clause's desk.
  [[nodiscard]] std::vector<CircleHeadRow> heads_for(const Key& account, Instant now) const;
  // A line covers the account. Incidents of the silent lane do not count: the participant's devices
  // must not learn of one by whom they reach, or by who reaches them (I5).
  [[nodiscard]] bool covers(const CircleId& id, const Key& account, Instant now) const;
  // Circles that cover both, neither being the participant. `most` -1: all of them.
  [[nodiscard]] std::vector<CircleId> with_both(const Key& a, const Key& b, Instant now,
                                                int most) const;
  // Of a circle in which `of` is the participant or has a line of its own, `by` is in the roster of
  // the recovery clause's desk.
  [[nodiscard]] bool looked_after(const Key& of, const Key& by) const;
  // The circle has a line of the desk, its pool, or its recovery clause.
  [[nodiscard]] bool names_desk(const CircleId& id, const Key& desk) const;
  [[nodiscard]] std::vector<Key> participants_naming(const Key& desk) const;
  // Degraded ones whose recovery clause names the desk.
  [[nodiscard]] std::vector<CircleId> degraded_of(const Key& desk) const;

  // To judge anew what depends on a desk's or an account's records.
  void recheck_desk(const Key& desk);
  void recheck_account(const Key& account);
  // Those, and the circles of which a line has begun or ended by its date.
  [[nodiscard]] std::vector<CircleId> to_recheck(Instant now, int most) const;
  // Until something changes, or the next date of a line after `now`.
  void rechecked(const CircleId& id, Instant now);
  // When to_recheck has something; 0: at once; nothing: never.
  [[nodiscard]] std::optional<Instant> next_recheck() const;

 private:
  Db& db_;
};

}  // namespace livlina::server::store
