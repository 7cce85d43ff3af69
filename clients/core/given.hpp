// What the server has taken from this device, kept so that it can be given again when a copy of the
// server's database was put back. Manifests are kept by Trust already.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clients/core/alarm_memory.hpp"
#include "clients/core/context.hpp"
#include "protocol/records/plan.hpp"

namespace livlina::v1 {
class PostRecord;
}  // namespace livlina::v1

namespace livlina::client {

// Of each chain. A copy that is older than this many of its links cannot be made whole.
inline constexpr std::size_t given_links = protocol::max_plan_links;
inline constexpr std::size_t given_posts_kept = 64;
inline constexpr Duration given_post_life = 30 * day;

// The own plans, oldest first, each with the approval with which it was taken.
struct GivenPlan {
  std::uint32_t version = 0;
  Bytes approval;
  Bytes record;
};
// Called in the real realm, when the server has taken the plan. The decoy realm gets it too, so
// that it gives as many as this one.
void keep_given_plan(Store& store, const GivenPlan& plan);
[[nodiscard]] std::vector<GivenPlan> given_plans(const Store& store);

enum class DeskChain : std::uint8_t { roster = 1, directory = 2 };
// Called by the keeper's device, when the server has taken its roster or directory.
void keep_given_desk_record(Store& store, DeskChain chain, std::uint32_t serial, ByteView record);
[[nodiscard]] std::vector<Bytes> given_desk_records(const Store& store, DeskChain chain);

// Check-ins and alarms of the last given_post_life as they were posted, in the order of their
// numbers. Only the newest keep their encrypted notes: the others are given for what they say to
// the server. `received_at`: when it took this one, by its own word.
void keep_given_post(Store& store, std::uint64_t seq, Instant now, Instant received_at,
                     const v1::PostRecord& post);
[[nodiscard]] std::vector<v1::PostRecord> given_posts(const Store& store, Instant now);
struct GivenTimes {
  Instant received_at = 0;
  Instant again_at =
      0;  // by the phone's clock: answered when it was given again last; 0: it was not
};
[[nodiscard]] std::optional<GivenTimes> given_times(const Store& store, std::uint64_t seq);
void note_given_again(Store& store, std::uint64_t seq, Instant now);
// The server judges an alarm soon after it has answered, and calls people take_back_time after
// that. When a cancel of this alarm may go that shall not end it; 0: it was not given again.
inline constexpr Duration late_cancel_wait = take_back_time + 10 * second;
[[nodiscard]] Instant late_cancel_at(Store& store, std::uint64_t alarm, Instant now);

// ---- a server that is behind ----

// The server lacks something that it had: what it took is to be given again (GiveAgain).
void owe_server(Store& store);
[[nodiscard]] bool owes_server(const Store& store);
// Called by GiveAgain at the end of a round, or when there is nothing to give: nothing is owed.
void server_was_given(Store& store);
// What stands on what is given waits for the end of a round that is under way: before those ahead
// of it the server refuses it. When no round is left it is tried, and stays if the server lacks
// them.
enum class Giving : std::uint8_t { no = 0, under_way = 1, no_round_left = 2 };
void set_giving_again(Store& store, Giving giving);
[[nodiscard]] bool giving_again(const Store& store);
// When what waits for the round's end looks again, and what the server could not link.
inline constexpr Duration after_giving = 2 * second;
[[nodiscard]] Duration after_lacking(const Store& store);

// In the decoy realm nothing of it takes effect: what the server lacks after a round it goes on to
// lack. That owes no other round, and is no news, until it lacks nothing or its epoch is new.
void set_given_in_vain(Store& store, bool on);
[[nodiscard]] bool given_in_vain(const Store& store);

// What the server has decided of in the round that is not over, so that the next connection goes on
// there.
using GivenTag = ByteArray<8>;
struct GivenPlace {
  bool of_chains = false;  // of more than what was said
  std::vector<GivenTag> tags;
};
[[nodiscard]] GivenPlace given_place(const Store& store);
void keep_given_place(Store& store, const GivenPlace& place);
void forget_given_place(Store& store);

// The server says that a copy was put back (`server_restored` is shown). The first such moment of a
// day is kept.
void keep_restored(const Context& context);
// That moment, for a day: what the server lacks since then is no sign of a lie yet. The phone's
// clock may have been set back since, by less than a day.
[[nodiscard]] std::optional<Instant> restored_at(const Context& context);
[[nodiscard]] bool restored_of_late(const Context& context);

}  // namespace livlina::client
