#include "clients/core/enrolment.hpp"

#include <algorithm>

#include "clients/core/introductions.hpp"
#include "clients/core/invite_store.hpp"
#include "clients/core/reply.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"
#include "protocol/records/login.hpp"

namespace livlina::client {

namespace {

using crypto::InvitePurpose;
using Phase = Pairing::Phase;

constexpr std::string_view role_key = "own_role";
constexpr std::string_view env_key = "env";
constexpr std::string_view mark_key = "shadow_mark";
constexpr std::uint8_t version = 1;

// What a person typed or scanned; nothing when it is no invitation of the two purposes.
std::optional<Pairing> read_code(const v1::Enrol& enrol) {
  Pairing p;
  if (!enrol.code().empty()) {
    auto code = crypto::parse_invite_code(view(enrol.code()));
    if (!code.ok()) return std::nullopt;
    if (code->purpose != InvitePurpose::staff && code->purpose != InvitePurpose::participant)
      return std::nullopt;
    p.purpose = code->purpose;
    p.host = code->host;
    p.server_pk = code->server_pk;
    p.desk_fingerprint = code->desk_fingerprint;
    p.s = std::move(code->s);
    return p;
  }
  auto s = crypto::parse_invite_words(enrol.words());
  if (!s.ok() || enrol.purpose() < 1 || enrol.purpose() > 2) return std::nullopt;
  p.purpose = static_cast<InvitePurpose>(enrol.purpose());
  p.host = enrol.host();
  p.s = std::move(*s);
  return p;
}

v1::Request get_invite(const Pairing& p) {
  v1::Request out;
  out.mutable_get_invite()->set_invite_id(to_string(p.id().view()));
  return out;
}

bool same_code(const Pairing& a, const Pairing& b) {
  return a.purpose == b.purpose && a.host == b.host &&
         crypto::secret_equal(a.s.expose(), b.s.expose());
}

}  // namespace

std::optional<Role> own_role(const Store& store) {
  ByteReader r(store.get(role_key));
  const std::uint8_t v = r.u8();
  const std::uint8_t role = r.u8();
  if (!r.done() || v != version || !role_known(role)) return std::nullopt;
  return static_cast<Role>(role);
}

Enrolment::Enrolment(Context& context, Connection& connection, Trust& trust,
                     std::optional<Identity>& self)
    : context_(context), connection_(connection), trust_(trust), self_(self) {}

crypto::Status Enrolment::load() {
  LIVLINA_TRY(pairing, load_pairing(context_.store));
  pairing_ = std::move(pairing);
  return crypto::done();
}

bool Enrolment::command(const v1::Command& command) {
  if (command.has_enrol()) {
    enrol(command.id(), command.enrol());
    return true;
  }
  if (!command.has_confirm_pairing()) return false;
  if (self_ && self_->decoy) return pretend(command.id(), command.confirm_pairing());
  if (!pairing_) return false;
  if (!equal(view(command.confirm_pairing().invite_id()), pairing_->id().view())) return false;
  confirm(command.id(), command.confirm_pairing());
  return true;
}

bool Enrolment::pretend(std::uint64_t command, const v1::ConfirmPairing& confirm) {
  const auto id = InviteId::from(confirm.invite_id());
  const auto told = id ? pretend_confirm(context_.store, *id, confirm.match()) : std::nullopt;
  if (told) context_.finish(command, *told);
  return told.has_value();
}

bool Enrolment::joining() const {
  return pairing_ && (pairing_->phase == Phase::claiming || pairing_->phase == Phase::joining ||
                      pairing_->phase == Phase::refused);
}

std::string Enrolment::host() const { return pairing_ ? pairing_->host : std::string(); }

bool Enrolment::take_joined() { return std::exchange(joined_, false); }

void Enrolment::finish(Status status, std::string_view detail) {
  if (command_ != 0) context_.finish(std::exchange(command_, 0), status, detail);
}

void Enrolment::enrol(std::uint64_t command, const v1::Enrol& enrol) {
  if (self_ && !joining()) return context_.finish(command, Error::already_enrolled);
  if (command_ != 0) return context_.finish(command, Error::wrong_state, "enrolling");
  auto read = read_code(enrol);
  if (!read) return context_.finish(command, Error::bad_code);
  if (read->host.empty() || read->host.size() > 255)
    return context_.finish(command, Error::bad_argument, "host");
  if (enrol.name().empty() || enrol.name().size() > max_name)
    return context_.finish(command, Error::bad_argument, "name");
  if (enrol.organisation().size() > max_name)
    return context_.finish(command, Error::bad_argument, "organisation");
  if (enrol.language() > 2) return context_.finish(command, Error::bad_argument, "language");
  command_ = command;
  // The same code again goes on where it stopped: the server knows our claim.
  const bool going_on =
      pairing_ && pairing_->phase != Phase::refused && same_code(*pairing_, *read);
  if (!going_on) {
    forget_everything();
    read->claim = ClaimId{context_.random.array<16>()};
    read->name = enrol.name();
    read->organisation = enrol.organisation();
    if (enrol.language() == 2) read->language = crypto::Language::swedish;
    pairing_ = std::move(*read);
    save_pairing(context_.store, *pairing_);
  }
  if (connection_.challenged()) challenged();
}

void Enrolment::challenged() {
  if (pairing_->phase == Phase::refused) return connection_.give_up("pairing_refused");
  const auto key = connection_.server_key();
  if (!key || (pairing_->server_pk && *pairing_->server_pk != *key)) {
    connection_.give_up("wrong_server");
    return finish(Error::wrong_server);
  }
  if (pairing_->phase == Phase::claiming) return claim();
  if (self_ && self_->server_pk != *key) {
    connection_.give_up("wrong_server");
    return finish(Error::wrong_server);
  }
  join();
}

void Enrolment::claim() {
  const crypto::InviteKeys keys = pairing_->keys();
  v1::Request request;
  v1::ClaimInvite& claim = *request.mutable_claim_invite();
  claim.set_invite_id(to_string(keys.invite_id.view()));
  claim.set_auth(to_string(keys.auth.expose()));
  claim.set_claim_id(to_string(pairing_->claim.view()));
  connection_.send(std::move(request), [this](const v1::ServerFrame* reply) { claimed(reply); });
}

void Enrolment::claimed(const v1::ServerFrame* reply) {
  const Outcome o = outcome(reply);
  if (!o.ok())
    return o.status.error() == Error::invite_gone ? fail(o.status) : finish(o.status, o.detail);
  const std::string& sealed = reply->claimed_invite().sealed_i();
  if (sealed.size() > max_sealed_invite) return fail(Error::not_trusted);
  pairing_->sealed_i = to_bytes(view(sealed));
  if (pairing_->first()) {
    // Nobody sealed it: only the code itself says which server this is.
    const bool by_init = pairing_->server_pk && pairing_->desk_fingerprint == ByteArray<32>{} &&
                         pairing_->purpose == InvitePurpose::staff;
    if (!by_init) return fail(Error::not_trusted);
  } else {
    const auto invitation = pairing_->invitation();
    const Status checked = invitation ? check(*invitation) : Status(Error::not_trusted);
    if (!checked.ok()) return fail(checked);
  }
  make_identity(pairing_->role());
  join();
}

Status Enrolment::check(const Invitation& i) const {
  const bool participant = pairing_->purpose == InvitePurpose::participant;
  const auto list = protocol::verify_device_list(i.device_list);
  if (!list.ok() || (*list)->account != i.account || participant == i.circle.zero() ||
      participant != (i.role == Role::participant))
    return Error::not_trusted;
  if (pairing_->desk_fingerprint && *pairing_->desk_fingerprint != crypto::sha256(i.desk.view()))
    return Error::not_trusted;
  return connection_.server_key() == i.server_pk ? Status(Unit{}) : Status(Error::wrong_server);
}

protocol::DeviceList Enrolment::make_device_list(const Shadow* shadow) {
  const auto env = crypto::DhKeyPair::generate(context_.random);
  ByteWriter w(33);
  Bytes stored = w.u8(version).bytes(env.secret().expose()).take();
  context_.store.put(env_key, stored);
  crypto::wipe(stored);
  protocol::DeviceList list{self_->account,   1, {}, connection_.plausible_now(), {crypto::suite_1},
                            env.public_key(), {}};
  list.devices.push_back({self_->device, self_->device_key.public_key(), self_->ik.public_key()});
  if (shadow != nullptr)
    list.devices.push_back(
        {shadow->device, shadow->device_key.public_key(), shadow->ik.public_key()});
  // By id: the order must not tell which of the two is the shadow.
  std::sort(list.devices.begin(), list.devices.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  return list;
}

// All keys, J and the JoinInvite, stored before anything of them leaves.
void Enrolment::make_identity(Role role) {
  Pairing& p = *pairing_;
  crypto::Random& random = context_.random;
  Store& store = context_.store;
  const bool participant = p.purpose == InvitePurpose::participant;
  auto account = crypto::SignKeyPair::generate(random);
  auto device = crypto::SignKeyPair::generate(random);
  auto ik = crypto::DhKeyPair::generate(random);
  const SignPublic account_public = account.public_key();
  const DeviceId id = protocol::device_id(device.public_key(), ik.public_key());
  self_.emplace(Identity{account_public, std::move(account), std::move(device), std::move(ik), id,
                         p.name, p.organisation, p.language, p.host, *connection_.server_key(),
                         std::nullopt, participant, false});
  std::optional<Shadow> shadow;
  Acceptance j{account_public, {}, {}, {}, p.name, p.organisation, {}};
  if (participant) {
    auto key = crypto::SignKeyPair::generate(random);
    auto shadow_ik = crypto::DhKeyPair::generate(random);
    const DeviceId shadow_id = protocol::device_id(key.public_key(), shadow_ik.public_key());
    shadow.emplace(Shadow{std::move(key), std::move(shadow_ik), shadow_id});
    save_shadow(store, *shadow);
    j.shadow_mark = protocol::sign_shadow_mark({account_public, shadow_id, 1}, *self_->account_key);
    store.put(mark_key, j.shadow_mark);
  }
  j.device_list = protocol::sign_device_list(make_device_list(shadow ? &*shadow : nullptr),
                                             *self_->account_key);
  const v1::PutPrekeys prekeys = OwnPrekeys::make(store, random, self_->device_key, id,
                                                  connection_.plausible_now(), one_time_stock);
  j.spk = to_bytes(view(prekeys.spk_record()));
  j.signature =
      to_bytes(protocol::sign_join(crypto::sha256(p.sealed_i), role, *self_->account_key));
  const crypto::InviteKeys keys = p.keys();
  Bytes plain = encode(j);
  const Bytes sealed_j = crypto::seal_joiner(p.purpose, keys, p.sealed_i, plain, random);

  v1::JoinInvite request;
  request.set_invite_id(to_string(keys.invite_id.view()));
  request.set_auth(to_string(keys.auth.expose()));
  request.set_claim_id(to_string(p.claim.view()));
  request.set_sealed_j(to_string(sealed_j));
  request.set_device_list(to_string(j.device_list));
  request.set_spk_record(prekeys.spk_record());
  *request.mutable_one_time() = prekeys.one_time();
  request.set_shadow_mark(to_string(j.shadow_mark));
  p.join = request.SerializeAsString();
  p.tx = crypto::pairing_transcript(p.purpose, keys.invite_id, p.sealed_i, sealed_j);
  p.phase = Phase::joining;
  save_pairing(store, p);
  save_identity(store, *self_);
  ByteWriter w;
  store.put(role_key, w.u8(version).u8(static_cast<std::uint8_t>(role)).get());
}

void Enrolment::join() {
  v1::Request request;
  if (!request.mutable_join_invite()->ParseFromString(pairing_->join))
    return finish(Error::corrupt);
  connection_.send(std::move(request), [this](const v1::ServerFrame* reply) { joined(reply); });
}

void Enrolment::joined(const v1::ServerFrame* reply) {
  const Outcome o = outcome(reply);
  if (!o.ok())
    return o.status.error() == Error::invite_gone ? fail(o.status) : finish(o.status, o.detail);
  OwnPrekeys::published(context_.store, context_.now);
  pairing_->phase = pairing_->first() ? Phase::confirmed : Phase::paired;
  save_pairing(context_.store, *pairing_);
  mirror_identity();
  if (self_->participant) mirror_pairing(context_.store);
  joined_ = true;
  show_words();
  finish(Unit{});
}

void Enrolment::show_words() const {
  if (pairing_->phase != Phase::paired) return;
  v1::Event event;
  event.set_command_id(command_);
  *event.mutable_safety_words() = safety_words_of(*pairing_);
  context_.emit(std::move(event));
}

void Enrolment::online() {
  if (!pairing_) return;
  v1::JoinInvite join;
  if (trust_.device_list(self_->account) == nullptr && join.ParseFromString(pairing_->join))
    (void)trust_.accept_device_list(view(join.device_list())).ok();
  if (pairing_->phase == Phase::confirmed && trust_.device_list(self_->account) != nullptr)
    forget_secrets(context_.store, *pairing_);
  if (command_ == 0) show_words();
  // Until somebody lists us, or we have signed a circle, the other side may still refuse.
  const Circle* circle = trust_.circle_of(self_->account);
  const bool settled =
      trust_.desk_role(self_->account) || (circle != nullptr && circle->newest() != nullptr);
  if (pairing_->phase == Phase::paired || (pairing_->phase == Phase::confirmed && !settled))
    ask_whether_refused();
}

void Enrolment::offline() { finish(Error::offline); }

void Enrolment::confirm(std::uint64_t command, const v1::ConfirmPairing& confirm) {
  if (pairing_->phase != Phase::paired) return context_.finish(command, Error::wrong_state);
  if (!confirm.match()) return refuse(command);
  if (confirm.role() != 0 && confirm.role() != static_cast<std::uint32_t>(pairing_->role()))
    return context_.finish(command, Error::bad_argument, "role");
  // What the inviter has refused meanwhile is not confirmed.
  connection_.send(get_invite(*pairing_), [this, command](const v1::ServerFrame* reply) {
    const Outcome o = outcome(reply);
    if (!o.ok()) return context_.finish(command, o.status, o.detail);
    if (pairing_->phase != Phase::paired) return context_.finish(command, Error::wrong_state);
    if (reply->invite_state().state() == state_refused) {
      refused_there();
      return context_.finish(command, Error::cancelled, "refused_there");
    }
    pin();
    context_.finish(command, Unit{});
  });
}

// Here at once, whatever the server says of it; the connection lasts until it has answered.
void Enrolment::refuse(std::uint64_t command) {
  v1::Request request;
  request.mutable_refuse_invite()->set_invite_id(to_string(pairing_->id().view()));
  forget_pairing();
  connection_.send(std::move(request), [this, command](const v1::ServerFrame* reply) {
    forget_pairing();  // and what came meanwhile
    if (reply == nullptr)
      context_.warn("pairing_refused");
    else
      connection_.give_up("pairing_refused");
    context_.finish(command, Error::cancelled, outcome(reply).ok() ? "" : "not_told");
  });
}

void Enrolment::forget_pairing() {
  forget_everything();
  pairing_->phase = Phase::refused;
  save_pairing(context_.store, *pairing_);
}

bool Enrolment::pushed(const v1::ServerFrame& frame) {
  if (!frame.has_invite_refused() || !pairing_ ||
      !equal(view(frame.invite_refused().invite_id()), pairing_->id().view()))
    return false;
  refused_there();
  return true;
}

void Enrolment::ask_whether_refused() {
  connection_.send(get_invite(*pairing_), [this](const v1::ServerFrame* reply) {
    if (outcome(reply).ok() && reply->invite_state().state() == state_refused) refused_there();
  });
}

// By the server's word alone: an account that was confirmed by its person is not thrown away for
// it.
void Enrolment::refused_there() {
  if (pairing_->phase == Phase::confirmed)
    context_.warn("pairing_refused_late", {}, pairing_->id().view());
  if (pairing_->phase != Phase::paired) return;
  forget_pairing();
  connection_.give_up("pairing_refused_there");
}

void Enrolment::pin() {
  const Invitation i = *pairing_->invitation();
  self_->desk = i.desk;
  save_identity(context_.store, *self_);
  mirror_identity();
  trust_.pin_desk(i.desk);
  trust_.name_desk(i.desk_name);
  (void)trust_.accept_device_list(i.device_list).ok();  // a later version is fetched with its chain
  trust_.set_person(i.account, i.name, {});
  mark_verified(context_.store, i.account);
  if (self_->participant) mirror_verified(context_.store, i.account);
  for (const StaffDetail& staff : i.staff) store_detail(context_.store, staff.detail);
  if (self_->participant) {
    remember_inviter(context_.store, i.account);
    trust_.pin_participant(self_->account, i.circle, pairing_->tx);
    (void)trust_.accept_shadow_mark(context_.store.get(mark_key)).ok();
  }
  pairing_->phase = Phase::confirmed;
  save_pairing(context_.store, *pairing_);
  if (self_->participant) mirror_pairing(context_.store);
  if (trust_.device_list(self_->account) != nullptr)
    forget_secrets(context_.store, *pairing_);  // else at the next log-in
}

// The decoy realm knows the account and the server, holds the shadow's keys, and names nobody.
void Enrolment::mirror_identity() const {
  if (!self_->participant) return;
  auto shadow = load_shadow(context_.store);
  if (!shadow.ok() || !*shadow) return;
  Shadow& s = **shadow;
  save_decoy_identity(
      context_.store,
      Identity{self_->account, std::nullopt, std::move(s.device_key), std::move(s.ik), s.device,
               self_->name, self_->organisation, self_->language, self_->host, self_->server_pk,
               self_->desk, true, true});
}

void Enrolment::fail(Status why) {
  forget_everything();
  pairing_.reset();
  self_.reset();  // its keys were made for this code
  if (why.error() == Error::not_trusted) context_.warn("invite_not_trusted");
  if (why.error() == Error::wrong_server) connection_.give_up("wrong_server");
  finish(why);
}

// Before anything was confirmed nothing here is worth keeping: keys of an unused account.
void Enrolment::forget_everything() {
  for (const std::string& key : context_.store.keys(""))
    if (key.rfind("warned/", 0) != 0) context_.store.erase(key);
}

}  // namespace livlina::client
