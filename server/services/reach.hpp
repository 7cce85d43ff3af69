// Who may write to whom, ask for whose keys, and see which circle: always through a line that the
// participant signed, a desk, or an invitation between the two.
#pragma once

#include "server/services/people.hpp"
#include "server/services/records.hpp"
#include "server/store/accounts.hpp"

namespace livlina::server {

// Shares a circle, a desk or an open invite with the other, or is the same account. Between a
// participant and anybody else no answer depends on the silent lane (I5).
[[nodiscard]] bool may_reach(Turn& turn, const Key& from, const Key& to);
// may_reach, with this device: what an account has through a desk's line, or as a coordinator among
// the desk's people, is for the devices that the roster names. To write, and to fetch prekeys.
[[nodiscard]] bool may_write_to(Turn& turn, const Caller& from, const Key& to);
// Whether this device, of an account to which `by` may write, gets what `by` writes, and has its
// prekeys handed out to it: when it is listed, no shadow, and may write to `by`. So a device that
// the desk took off its roster gets nothing new by the desk's line, although its account still
// lists it.
[[nodiscard]] bool may_be_written_to(Turn& turn, const DeviceId& device,
                                     const store::DeviceRow& row, const Key& by);
// may_reach, or the other is listed by a desk that the account's circle (or inviter) names: a
// participant looks at somebody before signing a line for them. Or the asker is a coordinator of
// the desk in the recovery clause of the other's circle, who is told of its incidents: what is
// signed in them cannot be verified without the signers' devices.
[[nodiscard]] bool may_see_lists(Turn& turn, const Key& asker, const Key& of);
// A person of the desk, the participant or a member of a circle that names it, or in a pairing with
// a person of it.
[[nodiscard]] bool may_see_desk(Turn& turn, const Key& asker, const Key& desk);
// The participant, a member now, or a coordinator of the desk in the recovery clause; those two
// with a device with which they act.
[[nodiscard]] bool may_see_circle(Turn& turn, const CircleFacts& circle, const Caller& asker);
// Named by the newest StaffDirectory of a desk.
[[nodiscard]] bool is_listed_staff(Turn& turn, const Key& account);
// This device stands in the newest roster of a desk for this account.
[[nodiscard]] bool is_any_coordinator(Turn& turn, const SignPublic& account,
                                      const DeviceId& device);

}  // namespace livlina::server
