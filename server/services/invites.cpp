// Invitations: made by staff, claimed with the proof, joined once.
#include "server/store/invites.hpp"

#include <algorithm>

#include "protocol/proto.hpp"
#include "server/services/handlers.hpp"
#include "server/services/reach.hpp"
#include "server/services/records.hpp"
#include "server/services/stock.hpp"
#include "server/store/accounts.hpp"
#include "server/store/circles.hpp"
#include "server/store/prekeys.hpp"

namespace livlina::server {

namespace {

constexpr int staff = 1;
constexpr int participant = 2;
constexpr Duration staff_life = 24 * hour;
constexpr Duration participant_life = 15 * minute;
// The inviter's clock reckons the end; the server's may be a little behind.
constexpr Duration clock_slack = minute;
// The inviter may be away when somebody joins, and both need each other's keys until a directory or
// a manifest covers them.
constexpr Duration keep_joined = 7 * day;
constexpr Duration keep_unused = day;  // so that the inviter sees "expired"
constexpr std::size_t max_sealed = 16 * 1024;

// The invite, if `auth` and `claim` open it now. One answer for all that is wrong (T19, T23).
std::optional<store::InviteRow> opened(Turn& turn, const std::string& invite_id,
                                       const std::string& auth, const std::string& claim_id) {
  const auto id = InviteId::from(invite_id);
  const auto claim = ClaimId::from(claim_id);
  auto row = id ? store::Invites(turn.db).find(*id) : std::nullopt;
  // Hashed in any case, so that an unknown id takes as long as a wrong proof.
  const crypto::Hash hash = crypto::sha256(field(auth));
  if (!row || !claim || auth.size() != 32 || !crypto::secret_equal(hash, row->auth_hash) ||
      turn.now >= row->expires_at || (row->claim && *row->claim != *claim))
    return std::nullopt;
  return row;
}

struct Joiner {
  const protocol::Verified<protocol::DeviceList>& list;
  const protocol::Device* primary = nullptr;  // whose signed prekey came with it
  std::optional<DeviceId> shadow;
  store::SignedPrekeyRow spk;
};

// What the joiner sent, checked against itself: the first list, a prekey of a listed device, and
// for a participant exactly two devices of which the mark names one.
Answer<Joiner> check_joiner(const v1::JoinInvite& request, int purpose,
                            const protocol::Verified<protocol::DeviceList>& list) {
  Joiner out{list, nullptr, std::nullopt, {}};
  if (list->version != 1) return refuse(Code::bad_record, "device_list");
  if ((purpose == participant) != !request.shadow_mark().empty())
    return refuse(Code::bad_record, "shadow_mark");
  if (purpose == participant) {
    const auto mark = protocol::verify_shadow_mark(field(request.shadow_mark()));
    if (!mark.ok() || (*mark)->account != list->account || list->devices.size() != 2 ||
        list->find((*mark)->device) == nullptr)
      return refuse(Code::bad_record, "shadow_mark");
    out.shadow = (*mark)->device;
  }
  for (const protocol::Device& d : list->devices) {
    if (out.shadow == d.id) continue;
    const auto spk = protocol::verify_prekey(field(request.spk_record()), d);
    if (!spk.ok()) continue;
    out.primary = &d;
    out.spk = {(*spk)->id, spk->record()};
  }
  if (out.primary == nullptr || out.spk.id == 0) return refuse(Code::bad_record, "spk");
  return out;
}

// The inviter, or who joined.
bool is_side(const store::InviteRow& invite, const Key& account) {
  return invite.inviter == account || invite.joined == account;
}

void tell_other_side(Turn& turn, const store::InviteRow& invite, const Key& who_refused) {
  v1::ServerFrame frame;
  frame.mutable_invite_refused()->set_invite_id(to_string(invite.id.view()));
  if (invite.inviter != who_refused) {
    if (invite.inviter_device) turn.out.push(*invite.inviter_device, std::move(frame));
    return;
  }
  for (const store::DeviceName& d : store::Accounts(turn.db).devices(*invite.joined))
    turn.out.push(d.id, frame);
}

void tell_inviter(Turn& turn, const store::InviteRow& invite, const std::string& sealed_j) {
  if (!invite.inviter_device) return;
  v1::ServerFrame frame;
  frame.mutable_invite_joined()->set_invite_id(to_string(invite.id.view()));
  frame.mutable_invite_joined()->set_sealed_j(sealed_j);
  turn.out.push(*invite.inviter_device, std::move(frame));
}

}  // namespace

Answer<Unit> create_invite(Turn& turn, const Caller& caller, const v1::CreateInvite& request) {
  const auto id = InviteId::from(request.invite_id());
  if (!id || request.auth_hash().size() != 32 || request.sealed_i().empty())
    return refuse(Code::malformed, "invite");
  if (request.sealed_i().size() > max_sealed) return refuse(Code::too_large, "sealed_i");
  const int purpose = request.purpose() == staff         ? staff
                      : request.purpose() == participant ? participant
                                                         : 0;
  if (purpose == 0) return refuse(Code::malformed, "purpose");
  if (purpose == staff ? !is_any_coordinator(turn, caller.account, caller.device)
                       : !is_listed_staff(turn, caller.account.bytes()))
    return refuse(Code::forbidden);
  store::InviteRow row;
  row.id = *id;
  row.auth_hash = ByteReader(field(request.auth_hash())).array<32>();
  row.purpose = purpose;
  row.expires_at = request.expires_at();
  row.sealed_i = to_bytes(field(request.sealed_i()));
  row.inviter = caller.account.bytes();
  row.inviter_device = caller.device;
  store::Invites invites(turn.db);
  if (const auto old = invites.find(*id)) {
    const bool same = old->auth_hash == row.auth_hash && old->purpose == row.purpose &&
                      old->expires_at == row.expires_at && old->sealed_i == row.sealed_i &&
                      old->inviter == row.inviter;
    return same ? Answer<Unit>(Unit{}) : refuse(Code::conflict);
  }
  const Duration life = purpose == staff ? staff_life : participant_life;
  if (row.expires_at <= turn.now || row.expires_at > turn.now + life + clock_slack)
    return refuse(Code::bad_times);
  const store::Invites::Open open = invites.open(caller.account.bytes(), turn.now);
  if (open.count >= turn.settings.open_invites)
    return refuse(Code::not_ready, "open_invites", open.first_end - turn.now);
  invites.add(row, row.expires_at + keep_unused);
  return Unit{};
}

Answer<v1::InviteState> get_invite(Turn& turn, const Caller& caller, const v1::GetInvite& request) {
  const auto id = InviteId::from(request.invite_id());
  if (!id) return refuse(Code::malformed, "invite_id");
  const auto row = store::Invites(turn.db).find(*id);
  if (!row || !is_side(*row, caller.account.bytes())) return refuse(Code::forbidden);
  v1::InviteState out;
  out.set_state(row->refused                  ? 5
                : row->joined                 ? 3
                : turn.now >= row->expires_at ? 4
                : row->claim                  ? 2
                                              : 1);
  out.set_sealed_j(to_string(ByteView(row->sealed_j)));
  return out;
}

// Either side alone ends a pairing, whatever the other has confirmed: a Confirm by which no circle
// was signed yet is gone with it.
Answer<Unit> refuse_invite(Turn& turn, const Caller& caller, const v1::RefuseInvite& request) {
  const auto id = InviteId::from(request.invite_id());
  if (!id) return refuse(Code::malformed, "invite_id");
  store::Invites invites(turn.db);
  const auto row = invites.find(*id);
  if (!row || !row->inviter || !row->joined || !is_side(*row, caller.account.bytes()))
    return refuse(Code::forbidden);
  if (row->refused) return Unit{};
  invites.refuse(*id);
  store::Circles(turn.db).drop_unused_confirms(*row->inviter, *row->joined);
  tell_other_side(turn, *row, caller.account.bytes());
  return Unit{};
}

Answer<v1::ClaimedInvite> claim_invite(Turn& turn, const v1::ClaimInvite& request) {
  const auto row = opened(turn, request.invite_id(), request.auth(), request.claim_id());
  if (!row || !store::Invites(turn.db).claim(row->id, *ClaimId::from(request.claim_id())))
    return refuse(Code::invite_gone);
  v1::ClaimedInvite out;
  out.set_sealed_i(to_string(ByteView(row->sealed_i)));
  out.set_expires_at(row->expires_at);
  return out;
}

Answer<Unit> join_invite(Turn& turn, const v1::JoinInvite& request) {
  const auto row = opened(turn, request.invite_id(), request.auth(), request.claim_id());
  if (!row || !row->claim) return refuse(Code::invite_gone);
  if (request.sealed_j().size() > max_sealed) return refuse(Code::too_large, "sealed_j");
  const auto list = protocol::verify_device_list(field(request.device_list()));
  if (!list.ok()) return refuse(Code::bad_record, "device_list");
  const Key& account = (*list)->account.bytes();
  if (row->joined) {
    const bool same = *row->joined == account && equal(row->sealed_j, field(request.sealed_j()));
    return same ? Answer<Unit>(Unit{}) : refuse(Code::invite_gone);
  }
  const auto joiner = check_joiner(request, row->purpose, *list);
  if (!joiner.ok()) return joiner.error();
  if (const auto why = check_one_time_keys(turn.settings, request.one_time())) return *why;
  store::Accounts accounts(turn.db);
  const bool taken = accounts.find(account) ||
                     std::any_of((*list)->devices.begin(), (*list)->devices.end(),
                                 [&](const auto& d) { return accounts.device(d.id).has_value(); });
  if (taken) return refuse(Code::conflict, "account");

  accounts.add(account, {row->purpose, !row->inviter});
  accounts.add_list(account, {1, list->record(), list->hash()});
  for (const protocol::Device& d : (*list)->devices)
    (void)accounts.add_device(d.id, account, joiner->shadow == d.id);
  store::Prekeys(turn.db).put_signed_prekey(joiner->primary->id, joiner->spk);
  store_one_time_keys(turn, joiner->primary->id, request.one_time());
  (void)store::Invites(turn.db).join(row->id, account, field(request.sealed_j()),
                                     turn.now + keep_joined);
  tell_inviter(turn, *row, request.sealed_j());
  return Unit{};
}

}  // namespace livlina::server
