#include "clients/core/desk_keeper.hpp"

#include <algorithm>

#include "clients/core/enrolment.hpp"
#include "clients/core/given.hpp"
#include "clients/core/introductions.hpp"
#include "clients/core/invite_store.hpp"
#include "clients/core/people.hpp"
#include "clients/core/reply.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

constexpr std::string_view root_key = "desk_root";
constexpr std::string_view env_key = "desk_env";
constexpr std::string_view pending_key = "keeper/pending";
constexpr std::uint8_t version = 1;
constexpr std::size_t max_record = 256 * 1024;
constexpr Duration warn_ahead = 48 * hour;

std::optional<crypto::Secret<32>> read_secret(const Store& store, std::string_view key) {
  ByteReader r(store.get(key));
  const std::uint8_t v = r.u8();
  crypto::Secret<32> out(r.view(32));
  if (!r.done() || v != version) return std::nullopt;
  return out;
}

void write_secret(Store& store, std::string_view key, const crypto::Secret<32>& secret) {
  ByteWriter w(33);
  Bytes bytes = w.u8(version).bytes(secret.expose()).take();
  store.put(key, bytes);
  crypto::wipe(bytes);
}

template <class Entry>
void drop(std::vector<Entry>& entries, const std::vector<SignPublic>& accounts) {
  entries.erase(std::remove_if(entries.begin(), entries.end(),
                               [&](const Entry& e) {
                                 return std::find(accounts.begin(), accounts.end(), e.account) !=
                                        accounts.end();
                               }),
                entries.end());
}

}  // namespace

DeskKeeper::DeskKeeper(Context& context, Trust& trust, Messenger& messenger,
                       std::optional<Identity>& self)
    : context_(context), trust_(trust), messenger_(messenger), self_(self) {}

crypto::Status DeskKeeper::load(const Identity&) {
  const Store& store = context_.store;
  root_.reset();
  env_.reset();
  pending_.reset();
  if (!store.has(root_key)) return crypto::done();
  auto root = read_secret(store, root_key);
  auto env = read_secret(store, env_key);
  if (!root || !env) return crypto::Error::bad_format;
  root_ = crypto::SignKeyPair::from_seed(std::move(*root));
  env_ = crypto::DhKeyPair::from_secret(std::move(*env));
  if (!store.has(pending_key)) return crypto::done();
  ByteReader r(store.get(pending_key));
  const std::uint8_t v = r.u8();
  Pending p{to_bytes(r.sized(max_record)), to_bytes(r.sized(max_record)), {}};
  const std::size_t count = r.u16();
  for (std::size_t i = 0; i < count && r.ok(); ++i) p.announce.push_back(r.array<32>());
  if (!r.done() || v != version) return crypto::Error::bad_format;
  pending_ = std::move(p);
  return crypto::done();
}

void DeskKeeper::save_pending() {
  if (!pending_) return context_.store.erase(pending_key);
  ByteWriter w;
  w.u8(version).sized(pending_->roster).sized(pending_->directory);
  w.u16(static_cast<std::uint16_t>(pending_->announce.size()));
  for (const crypto::Hash& commit : pending_->announce) w.bytes(commit);
  context_.store.put(pending_key, w.get());
}

bool DeskKeeper::command(const v1::Command& command) {
  switch (command.command_case()) {
    case v1::Command::kCreateDesk:
      create(command.id(), command.create_desk().name());
      return true;
    case v1::Command::kRenewDesk:
      renew(command.id(), command.renew_desk());
      return true;
    case v1::Command::kSetCategory: {
      const auto circle = CircleId::from(command.set_category().circle_id());
      set_category(command.id(), circle.value_or(CircleId{}), command.set_category().category());
      return true;
    }
    default:
      return false;
  }
}

// ---- records ----

// The coordinators as before with the devices of their newest lists, and perhaps one more. Of
// somebody with a device that the keeper has not accepted (T20), those of before that still stand.
Bytes DeskKeeper::next_roster(const SignPublic* newcomer, const Accounts& without) const {
  const auto& old = trust_.desk()->roster;
  const Instant now = context_.clock.dated(context_.now);
  protocol::DeskRoster next{root_->public_key(),
                            old ? (*old)->serial + 1 : 1,
                            old ? old->hash() : crypto::Hash{},
                            trust_.roster_fork(),
                            now,
                            now + protocol::roster_life,
                            {},
                            env_->public_key()};
  if (old) next.coordinators = (*old)->coordinators;
  drop(next.coordinators, without);
  if (newcomer != nullptr && next.find(*newcomer) == nullptr)
    next.coordinators.push_back({*newcomer, {}});
  for (protocol::RosterEntry& e : next.coordinators) {
    const auto* list = trust_.device_list(e.account);
    if (list == nullptr) continue;
    if (trust_.new_devices(e.account) != crypto::Hash{}) {
      const auto gone = [&](const DeviceId& d) { return (*list)->find(d) == nullptr; };
      const auto still = std::remove_if(e.devices.begin(), e.devices.end(), gone);
      if (still != e.devices.begin()) e.devices.erase(still, e.devices.end());
      continue;
    }
    e.devices.clear();
    for (const protocol::Device& d : (*list)->devices) e.devices.push_back(d.id);
  }
  return protocol::sign_roster(next, *root_);
}

Bytes DeskKeeper::next_directory(const protocol::StaffEntry* newcomer,
                                 const Accounts& without) const {
  const auto& old = trust_.desk()->directory;
  const Instant now = context_.clock.dated(context_.now);
  protocol::StaffDirectory next{root_->public_key(),
                                old ? (*old)->serial + 1 : 1,
                                old ? old->hash() : crypto::Hash{},
                                trust_.directory_fork(),
                                now,
                                now + protocol::directory_life,
                                {}};
  if (old) next.staff = (*old)->staff;
  drop(next.staff, without);
  if (newcomer != nullptr && next.find(newcomer->account) == nullptr)
    next.staff.push_back(*newcomer);
  for (protocol::StaffEntry& e : next.staff) {
    const auto* list = trust_.device_list(e.account);
    if (list == nullptr || trust_.frozen(e.account)) continue;
    if (trust_.new_devices(e.account) != crypto::Hash{}) continue;
    e.devlist_version = (*list)->version;
    e.devlist_hash = list->hash();
  }
  return protocol::sign_directory(next, *root_);
}

// ---- publishing ----

void DeskKeeper::publish(Pending pending, Then then) {
  if (pending_) return then(Error::wrong_state, "pending");
  pending_ = std::move(pending);
  then_ = std::move(then);
  save_pending();
  put_next();
}

void DeskKeeper::put_next() {
  if (!pending_ || sending_) return;
  held_ = giving_again(context_.store);
  lacking_ = false;
  if (held_) return;
  const bool roster = !pending_->roster.empty();
  if (!roster && pending_->directory.empty()) return finish(Unit{}, {});
  v1::Request request;
  if (roster)
    request.mutable_put_desk_roster()->set_record(to_string(pending_->roster));
  else
    request.mutable_put_staff_directory()->set_record(to_string(pending_->directory));
  sending_ = true;
  context_.requests.send(std::move(request), [this, roster](const v1::ServerFrame* reply) {
    sending_ = false;
    answered(roster, reply);
  });
}

void DeskKeeper::answered(bool roster, const v1::ServerFrame* reply) {
  const Outcome o = outcome(reply);
  if (o.ok()) return taken(roster);
  // Nothing was decided: it stays stored and goes again at the next log-in. Another one under its
  // serial would be a fork.
  if (no_answer(reply)) {
    if (then_) std::exchange(then_, nullptr)(Error::offline, "pending");
    return;
  }
  if (!is_conflict(reply)) return finish(o.status, o.detail);
  // Perhaps it was ours that came first, and the reply was lost.
  trust_.fetch_desk([this, roster, o](Status fetched) {
    if (!fetched.ok() && fetched.error() == Error::offline) return answered(roster, nullptr);
    const Desk* desk = trust_.desk();
    const bool ours =
        desk != nullptr &&
        (roster ? desk->roster && equal(desk->roster->record(), pending_->roster)
                : desk->directory && equal(desk->directory->record(), pending_->directory));
    if (ours) return taken(roster);
    // It lacks those before: they are given again first.
    lacking_ = held_ = owes_server(context_.store);
    if (held_) return answered(roster, nullptr);
    finish(o.status, o.detail);
  });
}

void DeskKeeper::taken(bool roster) {
  Bytes& record = roster ? pending_->roster : pending_->directory;
  const Status accepted = roster ? trust_.accept_roster(record) : trust_.accept_directory(record);
  if (!accepted.ok()) return finish(accepted, {});
  const Desk& desk = *trust_.desk();
  keep_given_desk_record(context_.store, roster ? DeskChain::roster : DeskChain::directory,
                         roster ? (*desk.roster)->serial : (*desk.directory)->serial, record);
  record.clear();
  save_pending();
  put_next();
}

void DeskKeeper::finish(Status status, std::string detail) {
  const Pending done = std::move(*pending_);
  pending_.reset();
  save_pending();
  if (status.ok()) announce(done.announce);
  if (then_) std::exchange(then_, nullptr)(status, std::move(detail));
}

void DeskKeeper::online() { put_next(); }

void DeskKeeper::settle() {
  const bool waits = giving_again(context_.store) || (lacking_ && owes_server(context_.store));
  if (held_ && !waits && context_.requests.logged_in()) put_next();
}

// ---- commands ----

void DeskKeeper::create(std::uint64_t command, const std::string& name) {
  const Desk* known = trust_.desk();
  if (name.empty() || name.size() > max_name)
    return context_.finish(command, Error::bad_argument, "name");
  if (own_role(context_.store) != Role::coordinator || (self_->desk && !root_))
    return context_.finish(command, Error::not_yours);
  const auto* list = trust_.device_list(self_->account);
  if (pending_ || (known != nullptr && known->roster && known->directory))
    return context_.finish(command, Error::wrong_state);
  if (list == nullptr) return context_.finish(command, Error::offline);
  if (!root_) {
    root_ = crypto::SignKeyPair::generate(context_.random);
    env_ = crypto::DhKeyPair::generate(context_.random);
    write_secret(context_.store, root_key, root_->seed());
    write_secret(context_.store, env_key, env_->secret());
    self_->desk = root_->public_key();
    save_identity(context_.store, *self_);
    trust_.pin_desk(root_->public_key());
  }
  trust_.name_desk(name);
  const Detail detail{context_.random.array<32>(), self_->name, self_->organisation, {}, {}, 1};
  store_detail(context_.store, detail);
  const protocol::StaffEntry us{self_->account, Role::coordinator, detail.commit(),
                                (*list)->version, list->hash()};
  Pending pending;
  if (!trust_.desk()->roster) pending.roster = next_roster(&self_->account);
  if (!trust_.desk()->directory) pending.directory = next_directory(&us);
  publish(std::move(pending), [this, command](Status status, const std::string& detail_word) {
    context_.finish(command, status, detail_word);
  });
}

void DeskKeeper::renew(std::uint64_t command, const v1::RenewDesk& wanted) {
  if (!root_) return context_.finish(command, Error::not_yours);
  for (const std::string& hash : wanted.accept_lists()) {
    ByteReader r(view(hash));
    const crypto::Hash list = r.array<32>();
    if (!r.done() || !trust_.accept_devices(list))
      return context_.finish(command, Error::bad_argument, "accept");
  }
  if (!trust_.desk()->roster || !trust_.desk()->directory)
    return context_.finish(command, Error::wrong_state);
  Accounts removed;
  for (const std::string& account : wanted.remove()) {
    const auto key = crypto::parse_sign_key(view(account));
    if (!key.ok() || !trust_.desk_role(*key))
      return context_.finish(command, Error::unknown_person, "remove");
    // The desk would be nobody's.
    if (*key == self_->account) return context_.finish(command, Error::bad_argument, "remove");
    removed.push_back(*key);
  }
  publish({next_roster(nullptr, removed), next_directory(nullptr, removed), {}},
          [this, command](Status status, const std::string& detail) {
            context_.finish(command, status, detail);
          });
}

void DeskKeeper::add_staff(const SignPublic& account, Role role, std::string name,
                           std::string organisation, Then then) {
  const Desk* desk = trust_.desk();
  if (!root_ || desk == nullptr || !desk->roster || !desk->directory)
    return then(Error::not_yours, {});
  if ((*desk->directory)->find(account) != nullptr) return then(Unit{}, {});
  const auto* list = trust_.device_list(account);
  if (list == nullptr) return then(Error::unknown_person, {});
  const Detail detail{
      context_.random.array<32>(), std::move(name), std::move(organisation), {}, {}, 1};
  store_detail(context_.store, detail);
  const protocol::StaffEntry entry{account, role, detail.commit(), (*list)->version, list->hash()};
  Pending pending{{}, next_directory(&entry), {detail.commit()}};
  if (role == Role::coordinator) pending.roster = next_roster(&account);
  publish(std::move(pending), std::move(then));
}

// The new names, to all staff, and to the participants who may want to let them in.
void DeskKeeper::announce(const std::vector<crypto::Hash>& commits) {
  std::vector<Detail> details;
  for (const crypto::Hash& commit : commits)
    if (auto detail = stored_detail(context_.store, commit)) details.push_back(std::move(*detail));
  if (details.empty()) return;
  const Bytes plain = encode_details(details);
  std::vector<SignPublic> staff;
  for (const protocol::StaffEntry& e : (*trust_.desk()->directory)->staff)
    if (e.account != self_->account) staff.push_back(e.account);
  if (!staff.empty())
    (void)messenger_.post(crypto::Kind::detail, protocol::desk_circle(root_->public_key()), staff,
                          plain);
  for (const Circle* circle : trust_.circles())
    if (circle->newest() != nullptr && trust_.standing(*circle, self_->account, context_.now))
      (void)messenger_.post(crypto::Kind::detail, circle->id, {circle->participant}, plain);
}

void DeskKeeper::set_category(std::uint64_t command, const CircleId& id, std::uint32_t category) {
  if (category < 1 || category > 2)
    return context_.finish(command, Error::bad_argument, "category");
  if (trust_.circle(id) == nullptr) return context_.finish(command, Error::unknown_circle);
  if (trust_.desk_role(self_->account) != Role::coordinator)
    return context_.finish(command, Error::not_yours);
  protocol::StaffAct act;
  act.act = protocol::Act::policy;
  act.circle = id;
  act.target[0] = static_cast<std::uint8_t>(category);
  act.actor = self_->device;
  act.time = context_.now;
  v1::Request request;
  v1::PostAct& post = *request.mutable_post_act();
  post.set_record(to_string(protocol::sign_act(act, self_->device_key)));
  post.set_message_id(to_string(context_.random.array<16>()));
  context_.requests.send(std::move(request),
                         [this, command, id, category](const v1::ServerFrame* reply) {
                           const Outcome o = outcome(reply);
                           if (o.ok())
                             if (const Circle* c = trust_.circle(id))
                               trust_.note_server_state(id, c->server_state, category);
                           context_.finish(command, o.status, o.detail);
                         });
}

// ---- the end of a roster ----

std::optional<Instant> DeskKeeper::warn_at() const {
  const Desk* desk = trust_.desk();
  if (desk == nullptr || !self_ || trust_.desk_role(self_->account) != Role::coordinator)
    return std::nullopt;
  if (!desk->roster || context_.store.has("warned/roster_ends//" + hex(desk->roster->hash())))
    return std::nullopt;
  return (*desk->roster)->not_after - warn_ahead;
}

void DeskKeeper::tick() {
  const auto at = warn_at();
  if (at && context_.clock.trusted(context_.now) >= *at)
    context_.warn("roster_ends", {}, trust_.desk()->roster->hash());
}

std::optional<Instant> DeskKeeper::wake_at() const {
  const auto at = warn_at();
  if (!at) return std::nullopt;
  return context_.now + std::max<Duration>(0, *at - context_.clock.trusted(context_.now));
}

void DeskKeeper::describe(v1::Status& out) const {
  const Desk* desk = trust_.desk();
  out.set_keeper(keeper());
  out.set_coordinator(trust_.desk_role(self_->account) == Role::coordinator);
  if (desk == nullptr) return;
  out.set_desk(to_string(desk->key.view()));
  out.set_desk_name(desk->name);
  if (desk->roster) out.set_roster_not_after((*desk->roster)->not_after);
  if (!desk->directory) return;
  for (const protocol::StaffEntry& e : (*desk->directory)->staff) {
    if (e.account == self_->account) out.set_in_directory(true);
    v1::Person& p = *out.add_staff();
    p.set_account(to_string(e.account.view()));
    p.set_name(trust_.person_name(e.account));
    p.set_organisation(trust_.person_organisation(e.account));
    p.set_role(static_cast<std::uint32_t>(e.role));
    mark_devices(context_, trust_, e.account, p);
  }
}

}  // namespace livlina::client
