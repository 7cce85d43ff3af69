// Prekeys: left by a device, handed out to those who may write to it.
#include "server/store/prekeys.hpp"

#include <vector>

#include "protocol/proto.hpp"
#include "server/services/handlers.hpp"
#include "server/services/reach.hpp"
#include "server/services/records.hpp"
#include "server/services/stock.hpp"
#include "server/store/accounts.hpp"

namespace livlina::server {

namespace {

constexpr int max_bundles = 16;

}  // namespace

std::optional<Refusal> check_one_time_keys(const Settings& settings, const OneTimeKeys& keys) {
  // A client that refills does not know exactly how many were handed out meanwhile.
  if (keys.size() > static_cast<int>(2 * settings.one_time_keys)) return refuse(Code::too_large);
  std::uint32_t last = 0;
  for (const v1::OneTimeKey& k : keys) {
    if (k.id() <= last) return refuse(Code::malformed, "one_time");
    last = k.id();
    if (!crypto::parse_dh_key(field(k.key())).ok()) return refuse(Code::bad_record, "one_time");
  }
  return std::nullopt;
}

void store_one_time_keys(Turn& turn, const DeviceId& device, const OneTimeKeys& keys) {
  store::Prekeys prekeys(turn.db);
  std::uint32_t room = 2 * turn.settings.one_time_keys;
  room -= std::min(room, prekeys.stock(device));
  for (const v1::OneTimeKey& k : keys) {
    if (room-- == 0) break;
    prekeys.add_one_time_key(device, {k.id(), ByteReader(field(k.key())).array<32>()});
  }
}

Answer<v1::PrekeyStock> put_prekeys(Turn& turn, const Caller& caller,
                                    const v1::PutPrekeys& request) {
  store::Prekeys prekeys(turn.db);
  if (const auto why = check_one_time_keys(turn.settings, request.one_time())) return *why;
  if (!request.spk_record().empty()) {
    const auto device = known_device(turn, caller.device);
    if (!device) return refuse(Code::unknown_device);
    const auto spk = protocol::verify_prekey(field(request.spk_record()), device->device);
    if (!spk.ok()) return refuse(Code::bad_record, "spk");
    const auto stored = prekeys.signed_prekey(caller.device);
    const bool same = (*spk)->id == stored.id && spk->record() == stored.record;
    if (!same && (*spk)->id <= stored.id) return refuse(Code::conflict, "spk");
    if (!same) prekeys.put_signed_prekey(caller.device, {(*spk)->id, spk->record()});
  }
  store_one_time_keys(turn, caller.device, request.one_time());
  v1::PrekeyStock out;
  out.set_one_time_keys_left(prekeys.stock(caller.device));
  return out;
}

Answer<v1::PrekeyBundles> get_prekeys(Turn& turn, const Caller& caller,
                                      const v1::GetPrekeys& request) {
  if (request.device_ids_size() == 0 || request.device_ids_size() > max_bundles)
    return refuse(Code::malformed, "device_ids");
  std::vector<DeviceId> wanted;
  for (const std::string& raw : request.device_ids()) {
    const auto id = DeviceId::from(raw);
    if (!id) return refuse(Code::malformed, "device_ids");
    const auto row = store::Accounts(turn.db).device(*id);
    // An id that does not exist and one that is none of the caller's business are the same (T23).
    if (!row || !may_write_to(turn, caller, row->account)) return refuse(Code::forbidden);
    if (!may_be_written_to(turn, *id, *row, caller.account.bytes()))
      return refuse(Code::unknown_device);
    wanted.push_back(*id);
  }
  // Counted by account: so a shadow gets what its primary would get at this moment, key or none,
  // and uses it up, and the two cannot be told apart (T30).
  store::Prekeys prekeys(turn.db);
  v1::PrekeyBundles out;
  for (const DeviceId& id : wanted) {
    auto& bundle = *out.add_bundles();
    bundle.set_device_id(to_string(id.view()));
    bundle.set_spk_record(to_string(ByteView(prekeys.signed_prekey(id).record)));
    if (const auto key = prekeys.take_one_time_key(id, caller.account.bytes(), turn.now)) {
      bundle.mutable_one_time()->set_id(key->id);
      bundle.mutable_one_time()->set_key(to_string(ByteView(key->key)));
    }
  }
  return out;
}

}  // namespace livlina::server
