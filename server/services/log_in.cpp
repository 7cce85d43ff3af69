#include "server/services/log_in.hpp"

#include "protocol/proto.hpp"
#include "protocol/records/login.hpp"
#include "server/services/notices.hpp"
#include "server/services/records.hpp"
#include "server/services/watch.hpp"
#include "server/store/accounts.hpp"
#include "server/store/mailbox.hpp"
#include "server/store/prekeys.hpp"

namespace livlina::server {

namespace {

// Counters above this would not fit SQLite's signed integers; no device logs in so often.
constexpr std::uint64_t max_counter = std::uint64_t{1} << 62;

// Two devices hold one key, or one of them is a copy: the desk is told, once a day for a device.
// The only write of a refused request.
Refusal cloned(Turn& turn, const KnownDevice& device) {
  const auto id = circle_of(turn, device.account);
  if (const auto circle = id ? circle_facts(turn, *id) : std::nullopt)
    warn_desk(
        turn, *circle, policy::NotificationKind::warning, policy::NoticeCode::device_cloned,
        cause_of("cloned", device.device.id.view(), static_cast<std::uint64_t>(turn.now / day)));
  return refuse(Code::cloned_device);
}

}  // namespace

Answer<LoggedIn> log_in(Turn& turn, const LoginContext& context, const v1::Login& request) {
  const auto id = DeviceId::from(request.device_id());
  if (!id || request.client_nonce().size() != 32 || request.signature().size() != 64)
    return refuse(Code::malformed, "login");
  protocol::LoginTranscript t;
  t.server_name = turn.settings.server_name;
  t.server_pk = context.server_key.public_key().bytes();
  t.server_nonce = context.server_nonce;
  t.client_nonce = ByteReader(field(request.client_nonce())).array<32>();
  t.counter = request.counter();
  t.epoch = context.epoch;

  const auto device = known_device(turn, *id);
  // An unknown device costs the same signature check, under the server's own key (T23).
  const SignPublic& key = device ? device->device.sig : context.server_key.public_key();
  const bool verified = protocol::verify_login(t, key, field(request.signature())).ok();
  if (!device || !verified) return refuse(Code::login_refused);
  if (t.counter > max_counter) return refuse(Code::malformed, "counter");
  store::Accounts accounts(turn.db);
  if (!accounts.raise_login_counter(*id, t.counter, turn.now)) return cloned(turn, *device);

  LoggedIn out{{*id, device->account, device->shadow}, *id, t.client_nonce};
  if (!device->shadow) return out;
  for (const store::DeviceName& d : accounts.devices(device->account.bytes()))
    if (!d.shadow) out.mailbox = d.id;
  if (const auto circle = circle_of(turn, device->account)) shadow_seen(turn, *circle, *id);
  return out;
}

v1::Welcome welcome(Turn& turn, const LoginContext& context, const LoggedIn& who) {
  const protocol::HelloTranscript t{context.server_nonce, who.client_nonce, turn.now, 0, {}};
  v1::Welcome out;
  out.set_signature(to_string(ByteView(protocol::sign_hello(t, context.server_key))));
  out.set_time(t.time);
  out.set_audit_n(t.audit_n);
  out.set_audit_hash(to_string(ByteView(t.audit_hash)));
  out.set_one_time_keys_left(store::Prekeys(turn.db).stock(who.mailbox));
  out.set_queued(store::Mailbox(turn.db).queued(who.mailbox));
  return out;
}

}  // namespace livlina::server
