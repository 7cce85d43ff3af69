// The handlers of the router that concern people, circles and messages. Each decides before its
// first write: a refusal leaves nothing behind. Who may call which stands in the router's table;
// what depends on the request's content is checked here.
#pragma once

#include "server/services/people.hpp"
#include "server/services/turn.hpp"

namespace livlina::v1 {
class AckDeliveries;
class Circle;
class CircleHeads;
class ClaimedInvite;
class ClaimInvite;
class CreateInvite;
class Desk;
class DeviceLists;
class GetCircle;
class GetDesk;
class GetDeviceLists;
class GetInvite;
class GetPrekeys;
class InviteState;
class JoinInvite;
class PostMessage;
class PrekeyBundles;
class PrekeyStock;
class PutConfirm;
class PutDeskRoster;
class PutDeviceList;
class PutManifest;
class PutPlan;
class PutPrekeys;
class PutStaffDirectory;
class RefuseInvite;
class Stored;
}  // namespace livlina::v1

namespace livlina::server {

// directory.cpp. A removed device loses session, prekeys and mailbox; a participant's list always
// keeps two devices, one of them the shadow.
[[nodiscard]] Answer<Unit> put_device_list(Turn& turn, const Caller& caller,
                                           const v1::PutDeviceList& request);
[[nodiscard]] Answer<v1::DeviceLists> get_device_lists(Turn& turn, const Caller& caller,
                                                       const v1::GetDeviceLists& request);

// prekeys.cpp. A lower spk_id than one seen is refused; one-time key ids rise.
[[nodiscard]] Answer<v1::PrekeyStock> put_prekeys(Turn& turn, const Caller& caller,
                                                  const v1::PutPrekeys& request);
// All bundles or a refusal; a shadow gets and uses up what its primary would get.
[[nodiscard]] Answer<v1::PrekeyBundles> get_prekeys(Turn& turn, const Caller& caller,
                                                    const v1::GetPrekeys& request);

// desk.cpp
[[nodiscard]] Answer<Unit> put_desk_roster(Turn& turn, const Caller& caller,
                                           const v1::PutDeskRoster& request);
[[nodiscard]] Answer<Unit> put_staff_directory(Turn& turn, const Caller& caller,
                                               const v1::PutStaffDirectory& request);
[[nodiscard]] Answer<v1::Desk> get_desk(Turn& turn, const Caller& caller,
                                        const v1::GetDesk& request);

// invites.cpp; INVITE_GONE is the one answer for used, expired, wrong and never there.
[[nodiscard]] Answer<Unit> create_invite(Turn& turn, const Caller& caller,
                                         const v1::CreateInvite& request);
[[nodiscard]] Answer<v1::InviteState> get_invite(Turn& turn, const Caller& caller,
                                                 const v1::GetInvite& request);
[[nodiscard]] Answer<Unit> refuse_invite(Turn& turn, const Caller& caller,
                                         const v1::RefuseInvite& request);
[[nodiscard]] Answer<v1::ClaimedInvite> claim_invite(Turn& turn, const v1::ClaimInvite& request);
[[nodiscard]] Answer<Unit> join_invite(Turn& turn, const v1::JoinInvite& request);

// circles.cpp
[[nodiscard]] Answer<Unit> put_confirm(Turn& turn, const Caller& caller,
                                       const v1::PutConfirm& request);
[[nodiscard]] Answer<Unit> put_manifest(Turn& turn, const Caller& caller,
                                        const v1::PutManifest& request);
[[nodiscard]] Answer<v1::Circle> get_circle(Turn& turn, const Caller& caller,
                                            const v1::GetCircle& request);
[[nodiscard]] Answer<v1::CircleHeads> list_circles(Turn& turn, const Caller& caller);
// Circles whose desk or devices changed, or of which a line began or ended by its date: armed or
// degraded anew, leases told. True: more is waiting.
[[nodiscard]] bool recheck_circles(Turn& turn, std::size_t most);

// plans.cpp
[[nodiscard]] Answer<Unit> put_plan(Turn& turn, const Caller& caller, const v1::PutPlan& request);

// messaging.cpp. From a shadow only rows for members with the alarm scope are stored.
[[nodiscard]] Answer<v1::Stored> post_message(Turn& turn, const Caller& caller,
                                              const v1::PostMessage& request);
// Checks the request. What it acknowledges is deleted by delete_rows with a later commit.
[[nodiscard]] Answer<Unit> ack_deliveries(const v1::AckDeliveries& request);
// Those of the rows that are there.
void delete_rows(Turn& turn, const DeviceId& mailbox, const std::vector<std::uint64_t>& seqs);
// Rows and invites past their time. True: more is waiting.
[[nodiscard]] bool expire(Turn& turn, std::size_t most);
[[nodiscard]] std::optional<Instant> next_expiry(Turn& turn);

}  // namespace livlina::server
