// Trust's border: every call goes to the subject that keeps it.
#include "clients/core/trust.hpp"

#include <algorithm>

#include "clients/core/detail.hpp"
#include "clients/core/given.hpp"
#include "clients/core/identity.hpp"
#include "clients/core/trust_state.hpp"

namespace livlina::client {

namespace {

constexpr std::string_view person_prefix = "person/";

std::string person_key(const SignPublic& account) {
  return std::string(person_prefix) + hex(account.view());
}

std::string label_key(const SignPublic& account) { return "label/" + hex(account.view()); }

// What may stand in the decoy realm: what a person is called to their face, nothing that tells the
// organisation or a full name.
std::string label_of(std::string_view name) {
  const std::string_view first = name.substr(0, name.find(' '));
  return std::string(first.substr(0, max_name));
}

}  // namespace

// A decoy realm in which nobody has a name would be known at the first look (T30).
void Trust::mirror_labels() {
  if (!state_->mirror || !state_->desk) return;
  std::set<SignPublic> accounts;
  if (state_->desk->directory)
    for (const protocol::StaffEntry& e : (*state_->desk->directory)->staff)
      accounts.insert(e.account);
  for (const Circle* circle : circles())
    if (const auto* newest = circle->newest())
      for (const protocol::Line& line : (*newest)->lines)
        if (line.type == protocol::LineType::account) accounts.insert(line.key);
  for (const SignPublic& account : accounts) {
    const std::string label = label_of(state_->person(account).name);
    const std::string key = label_key(account);
    if (label.empty() || equal(state_->context.store.get(key), view(label))) continue;
    state_->put(key, view(label));
  }
}

void Trust::State::put(const std::string& key, ByteView value, bool decoy_too) {
  context.store.put(key, value);
  if (mirror && decoy_too) context.store.put_decoy(key, value);
}

// A circle's records are its participant's; the desk's are theirs who have given some.
bool Trust::State::is_our_chain(ByteView circle) const {
  if (circle.empty()) return !given_desk_records(context.store, DeskChain::directory).empty();
  const auto id = CircleId::from(livlina::to_string(circle));
  const auto known = id ? circles.find(*id) : circles.end();
  return known != circles.end() && self && known->second.circle.participant == *self;
}

// An older state than ours: what is our own is given again. A server that has said that a copy was
// put back is not accused of it for a day, until the signers have been there.
Status Trust::State::refuse(std::string_view code, ByteView circle, ByteView subject, bool list) {
  const bool older = code == "rollback";
  const bool ours = older && !list && is_our_chain(circle);
  if (ours && given_in_vain(context.store)) return Error::not_trusted;
  if (ours) owe_server(context.store);
  if (older && restored_of_late(context))
    context.warn("server_behind", circle);
  else
    context.warn(code, circle, subject);
  return Error::not_trusted;
}

Trust::Trust(Context& context) : state_(std::make_shared<State>(context)) {}

crypto::Status Trust::load() {
  state_ = std::make_shared<State>(state_->context);
  LIVLINA_TRY(identity, load_identity(state_->context.store));
  state_->mirror = identity && identity->participant && !identity->decoy;
  if (identity) state_->self = identity->account;
  for (const std::string& k : state_->context.store.keys(person_prefix)) {
    ByteReader r(state_->context.store.get(k));
    const std::uint8_t v = r.u8();
    const auto account = crypto::parse_sign_key(r.view(32));
    State::PersonText person{to_string(r.sized(max_name)), to_string(r.sized(max_name))};
    if (!r.done() || v != trust_version || !account.ok()) return crypto::Error::bad_format;
    state_->people.insert_or_assign(*account, std::move(person));
  }
  LIVLINA_CHECK(state_->load_lists());
  LIVLINA_CHECK(state_->load_desk());
  return state_->load_circles();
}

std::uint64_t Trust::revision() const { return state_->revision; }

const Verified<protocol::DeviceList>* Trust::device_list(const SignPublic& account) const {
  const auto it = state_->lists.find(account);
  return it == state_->lists.end() ? nullptr : it->second.newest.get();
}

crypto::Hash Trust::new_devices(const SignPublic& account) const {
  const auto it = state_->lists.find(account);
  return it != state_->lists.end() && it->second.has_new_device() ? it->second.newest->hash()
                                                                  : crypto::Hash{};
}

bool Trust::accept_devices(const crypto::Hash& list) {
  for (auto& [account, known] : state_->lists) {
    if (known.newest->hash() != list) continue;
    for (const protocol::Device& d : (*known.newest)->devices) known.accepted.insert(d.id);
    state_->save_list(account, known);
    state_->context.forget_warning("device_added", {}, list);
    ++state_->revision;
    return true;
  }
  return false;
}

std::optional<SignPublic> Trust::owner(const DeviceId& device) const {
  const auto it = state_->owners.find(device);
  return it == state_->owners.end() ? std::nullopt : std::optional(it->second);
}

const Desk* Trust::desk() const { return state_->desk ? &*state_->desk : nullptr; }

const Circle* Trust::circle(const CircleId& id) const {
  const auto it = state_->circles.find(id);
  return it == state_->circles.end() ? nullptr : &it->second.circle;
}

std::vector<const Circle*> Trust::circles() const {
  std::vector<const Circle*> out;
  for (const auto& [id, known] : state_->circles) out.push_back(&known.circle);
  return out;
}

const Circle* Trust::circle_of(const SignPublic& participant) const {
  const auto* known = state_->find_by(participant);
  return known == nullptr ? nullptr : &known->circle;
}

bool Trust::roster_fresh(Instant now) const {
  const auto& desk = state_->desk;
  return desk && desk->roster && (*desk->roster)->not_after > state_->trusted(now);
}

bool Trust::on_roster(const SignPublic& account, const DeviceId& device) const {
  if (!state_->desk || !state_->desk->roster) return false;
  const protocol::RosterEntry* entry = (*state_->desk->roster)->find(account);
  return entry != nullptr &&
         std::find(entry->devices.begin(), entry->devices.end(), device) != entry->devices.end();
}

bool Trust::directory_fresh(Instant now) const {
  const auto& desk = state_->desk;
  return desk && desk->directory && (*desk->directory)->not_after > state_->trusted(now);
}

bool Trust::frozen(const SignPublic& account) const {
  const auto it = state_->lists.find(account);
  return it != state_->lists.end() && it->second.frozen;
}

std::optional<Standing> Trust::standing(const Circle& circle, const SignPublic& account,
                                        Instant now) const {
  const auto* newest = circle.newest();
  return state_->standing(newest == nullptr ? nullptr : &**newest, circle, account,
                          state_->trusted(now));
}

std::optional<Standing> Trust::standing_at(const Circle& circle, std::uint32_t seq,
                                           const SignPublic& account) const {
  const auto it = circle.manifests.find(seq);
  if (it == circle.manifests.end()) return std::nullopt;
  return state_->standing(&**it->second, circle, account, std::nullopt);
}

std::vector<Trust::Reach> Trust::reach(const Circle& circle, std::uint16_t scope,
                                       Instant now) const {
  const auto* known = state_->find(circle.id);
  if (known == nullptr) return {};
  return state_->reach(*known, scope, state_->trusted(now));
}

std::optional<Role> Trust::desk_role(const SignPublic& account) const {
  return state_->desk_role(account);
}

std::optional<Verified<protocol::StaffAct>> Trust::verify_act(ByteView record) const {
  return state_->verify_act(record);
}

std::optional<Verified<protocol::StaffAct>> Trust::verify_former_act(ByteView record) const {
  return state_->verify_former_act(record);
}
bool Trust::approves(ByteView approval, const Circle& circle, const crypto::Hash& plan) const {
  return state_->approves(approval, circle, plan);
}

// The desk's word goes first, then what somebody said of themselves or at a pairing, then a
// participant's lines.
Trust::State::PersonText Trust::State::person(const SignPublic& account) const {
  const auto by_commit = [&](const crypto::Hash& commit) -> std::optional<PersonText> {
    const auto detail = stored_detail(context.store, commit);
    if (!detail || detail->name.empty()) return std::nullopt;
    return PersonText{detail->name, detail->organisation};
  };
  if (desk && desk->directory)
    if (const auto* entry = (*desk->directory)->find(account))
      if (auto text = by_commit(entry->detail_commit)) return *text;
  const auto it = people.find(account);
  if (it != people.end()) return it->second;
  for (const auto& [id, known] : circles) {
    const auto* newest = known.circle.newest();
    if (newest == nullptr) continue;
    for (const protocol::Line& line : (*newest)->lines)
      if (line.type == protocol::LineType::account && line.key == account)
        if (auto text = by_commit(line.detail_commit)) return *text;
  }
  return {to_string(context.store.get(label_key(account))), {}};
}

std::string Trust::person_name(const SignPublic& account) const {
  return state_->person(account).name;
}

std::string Trust::person_organisation(const SignPublic& account) const {
  return state_->person(account).organisation;
}

void Trust::set_person(const SignPublic& account, std::string_view name,
                       std::string_view organisation) {
  State::PersonText person{std::string(name.substr(0, max_name)),
                           std::string(organisation.substr(0, max_name))};
  ByteWriter w;
  w.u8(trust_version).bytes(account.view());
  w.sized(view(person.name)).sized(view(person.organisation));
  state_->context.store.put(person_key(account), w.get());  // names stay out of the decoy realm
  state_->people.insert_or_assign(account, std::move(person));
  ++state_->revision;
}

Status Trust::accept_device_list(ByteView record) { return state_->accept_list(record); }
crypto::Hash Trust::roster_fork() const { return state_->roster_fork.value_or(crypto::Hash{}); }
crypto::Hash Trust::directory_fork() const {
  return state_->directory_fork.value_or(crypto::Hash{});
}
crypto::Hash Trust::manifest_fork(const CircleId& circle) const {
  const auto* known = state_->find(circle);
  return known == nullptr ? crypto::Hash{} : known->fork.value_or(crypto::Hash{});
}
Status Trust::accept_roster(ByteView record) { return state_->accept_roster(record); }
Status Trust::accept_directory(ByteView record) { return state_->accept_directory(record); }

Status Trust::accept_manifest(ByteView record, ByteView confirm) {
  return state_->accept_manifest(record, confirm);
}

Status Trust::accept_plan(ByteView record, ByteView approval) {
  return state_->accept_plan(record, approval);
}

Status Trust::accept_shadow_mark(ByteView record) { return state_->accept_shadow_mark(record); }

void Trust::note_incident(const CircleId& circle, std::optional<Instant> since) {
  if (auto* known = state_->find(circle)) known->incident_since = since;
}

void Trust::note_server_state(const CircleId& circle, CircleState state, std::uint32_t category) {
  auto* known = state_->find(circle);
  if (known == nullptr) return;
  // A push tells the state alone.
  const std::uint32_t new_category = category == 0 ? known->circle.category : category;
  if (known->circle.server_state == state && known->circle.category == new_category) return;
  known->circle.server_state = state;
  known->circle.category = new_category;
  state_->save_head(*known);
  ++state_->revision;
}

void Trust::pin_participant(const SignPublic& account, const CircleId& circle,
                            const crypto::Hash& tx) {
  State::KnownCircle known(circle, account);
  known.paired = true;
  known.tx = tx;
  state_->save_head(known);
  state_->circles.insert_or_assign(circle, std::move(known));
  ++state_->revision;
}

void Trust::forget_participant(const CircleId& circle) { state_->forget_unsigned(circle); }

void Trust::pin_desk(const SignPublic& desk) {
  if (state_->desk && state_->desk->key == desk) return;
  state_->desk = Desk{desk, {}, nullptr, nullptr, false};
  state_->save_desk_head();
  ++state_->revision;
}

void Trust::name_desk(std::string_view name) {
  if (!state_->desk) return;
  state_->desk->name = std::string(name.substr(0, max_name));
  state_->save_desk_head();
}

void Trust::fetch_device_list(const SignPublic& account, Then then) {
  state_->fetch_list(account, std::move(then));
}

void Trust::fetch_desk(Then then) { state_->fetch_desk(std::move(then)); }

void Trust::fetch_circle(const CircleId& id, Then then) {
  state_->fetch_circle(id, std::move(then));
}

void Trust::fetch_circles(Then then) { state_->fetch_circles(std::move(then)); }

}  // namespace livlina::client
