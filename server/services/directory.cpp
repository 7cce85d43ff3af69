// Device lists: compare-and-set along the account's chain.
#include <algorithm>

#include "protocol/proto.hpp"
#include "server/services/handlers.hpp"
#include "server/services/notices.hpp"
#include "server/services/reach.hpp"
#include "server/services/records.hpp"
#include "server/store/accounts.hpp"
#include "server/store/circles.hpp"

namespace livlina::server {

namespace {

constexpr int lists_per_answer = 64;  // of about 700 bytes each

}  // namespace

Answer<Unit> put_device_list(Turn& turn, const Caller& caller, const v1::PutDeviceList& request) {
  auto list = protocol::verify_device_list(field(request.record()));
  if (!list.ok()) return refuse(Code::bad_record);
  const protocol::DeviceList& next = **list;
  if (next.account != caller.account) return refuse(Code::forbidden);
  const Key& account = caller.account.bytes();
  store::Accounts accounts(turn.db);
  const auto known = newest_list(turn, account);
  const auto step = chain_step((*known)->version, &known->hash(), next.version, next.prev,
                               list->hash(), accounts.list_hash(account, next.version));
  if (!step.ok()) return step.error();
  if (*step == Step::repeat) return Unit{};

  const auto before = accounts.devices(account);
  const auto shadow =
      std::find_if(before.begin(), before.end(), [](const auto& d) { return d.shadow; });
  if (shadow != before.end() && (next.devices.size() != 2 || next.find(shadow->id) == nullptr))
    return refuse(Code::bad_record, "shadow");
  for (const protocol::Device& d : next.devices)
    if ((**known).find(d.id) == nullptr && accounts.device(d.id))
      return refuse(Code::conflict, "device");

  accounts.add_list(account, {next.version, list->record(), list->hash()});
  for (const protocol::Device& d : next.devices)
    if ((**known).find(d.id) == nullptr) (void)accounts.add_device(d.id, account, false);
  for (const store::DeviceName& d : before) {
    if (next.find(d.id) != nullptr) continue;
    accounts.unlist_device(d.id);
    turn.out.close(d.id, "revoked");
  }
  for (const protocol::Device& d : next.devices)
    if ((**known).find(d.id) == nullptr) {
      tell_device_added(turn, account, d.id);
      tell_still_degraded(turn, caller.account, d.id);
    }
  // Leases and the backup rule of circles depend on who has which device.
  store::Circles(turn.db).recheck_account(account);
  return Unit{};
}

Answer<v1::DeviceLists> get_device_lists(Turn& turn, const Caller& caller,
                                         const v1::GetDeviceLists& request) {
  if (request.account().size() != 32) return refuse(Code::malformed, "account");
  const Key account = ByteReader(field(request.account())).array<32>();
  if (!may_see_lists(turn, caller.account.bytes(), account)) return refuse(Code::forbidden);
  v1::DeviceLists out;
  for (const store::Link& l :
       store::Accounts(turn.db).lists(account, request.from_version(), lists_per_answer))
    out.add_records(to_string(ByteView(l.record)));
  return out;
}

}  // namespace livlina::server
