#include "clients/core/circles.hpp"

#include <algorithm>

#include "clients/core/detail.hpp"
#include "clients/core/given.hpp"
#include "clients/core/people.hpp"
#include "clients/core/pretence.hpp"
#include "clients/core/publish_again.hpp"
#include "clients/core/reply.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

using protocol::LineType;

// The signed manifest that the server has not taken yet: repeated byte by byte until it answers.
constexpr std::string_view pending_key = "manifest/pending";
// Hashes of manifests that we signed for the number that comes next and that were refused: the next
// one names them (`also`), so that whoever is shown one of them later knows that it is void.
// u8 version | hash 32 each, oldest first.
constexpr std::string_view refused_key = "manifest/refused";
constexpr std::uint8_t refused_version = 1;
constexpr Duration default_line_life = 365 * day;
constexpr std::uint16_t incident_grace_h = 72;

const protocol::Line* find_line(const protocol::Manifest* manifest, const std::string& id) {
  if (manifest == nullptr) return nullptr;
  for (const protocol::Line& line : manifest->lines)
    if (equal(line.id.view(), view(id))) return &line;
  return nullptr;
}

}  // namespace

Circles::Circles(Context& context, Trust& trust) : context_(context), trust_(trust) {}

crypto::Status Circles::load(const Identity& identity) {
  self_ = &identity;
  shown_.clear();
  for (const Circle* circle : trust_.circles()) shown_[circle->id] = state_of(*circle);
  shown_revision_ = trust_.revision();
  if (context_.store.has(pending_key) &&
      !protocol::verify_manifest(context_.store.get(pending_key)).ok())
    return crypto::Error::bad_format;
  const ByteView refused = context_.store.get(refused_key);
  if (!refused.empty() && (refused[0] != refused_version || refused.size() % 32 != 1))
    return crypto::Error::bad_format;
  return crypto::done();
}

bool Circles::command(const v1::Command& command) {
  if (!command.has_sign_manifest()) return false;
  sign(command.id(), command.sign_manifest());
  return true;
}

bool Circles::pushed(const v1::ServerFrame& frame) {
  if (frame.has_desk_changed()) {
    trust_.fetch_desk([](Status) {});
    return true;
  }
  if (!frame.has_circle_changed()) return false;
  const v1::CircleChanged& changed = frame.circle_changed();
  if (const auto id = CircleId::from(changed.circle_id())) {
    if (changed.state() != 0)
      trust_.note_server_state(*id, static_cast<CircleState>(changed.state()), 0);
    trust_.fetch_circle(*id, [](Status) {});
  }
  return true;
}

void Circles::online() {
  publish(0);
  refresh();
}

void Circles::offline() {
  asked_desk_ = false;
  retry_at_ = 0;  // at the next log-in
}

void Circles::tick() {
  if (retry_at_ != 0 && context_.now >= retry_at_) publish(0);
}

std::optional<Instant> Circles::wake_at() const {
  return retry_at_ == 0 ? std::nullopt : std::optional(retry_at_);
}

// The desk first: its directory says whose Confirm counts.
void Circles::refresh() {
  if (trust_.desk() == nullptr || refreshing_) return;
  refreshing_ = true;
  trust_.fetch_desk(
      [this](Status) { trust_.fetch_circles([this](Status) { refreshing_ = false; }); });
}

// A desk that was pinned a moment ago is not known yet.
void Circles::settle() {
  show_changes();
  const Desk* desk = trust_.desk();
  const bool unknown = desk != nullptr && !desk->directory && !desk->frozen;
  if (unknown && !asked_desk_ && context_.requests.logged_in()) {
    asked_desk_ = true;
    refresh();
  }
}

Circles::Shown Circles::state_of(const Circle& circle) {
  const auto* manifest = circle.newest();
  return {manifest == nullptr ? crypto::Hash{} : manifest->hash(),
          circle.plan ? circle.plan->hash() : crypto::Hash{}, circle.plan_approved};
}

// Whatever a circle goes by from now on is shown when it was accepted: lines, scopes and plans
// never change in silence.
void Circles::show_changes() {
  if (shown_revision_ == trust_.revision()) return;
  shown_revision_ = trust_.revision();
  trust_.mirror_labels();
  for (const Circle* circle : trust_.circles()) {
    const Shown now = state_of(*circle);
    Shown& before = shown_[circle->id];
    if (before == now) continue;
    before = now;
    v1::Event event;
    *event.mutable_circle() = circle_view(context_, trust_, *self_, *circle);
    context_.emit(std::move(event));
  }
}

// ---- the participant's own manifest ----

void Circles::sign(std::uint64_t command, const v1::SignManifest& wanted) {
  const bool decoy = self_->decoy;
  if (!self_->participant || (!decoy && !self_->account_key))
    return context_.finish(command, Error::not_yours);
  if (trust_.circle_of(self_->account) == nullptr || trust_.desk() == nullptr)
    return context_.finish(command, Error::wrong_state, "not_confirmed");
  if (context_.store.has(pending_key))
    return context_.finish(command, Error::wrong_state, "pending");
  std::string detail;
  const Circle& circle = *trust_.circle_of(self_->account);
  // The account's key is not in the decoy realm: with any key the same is refused and the same
  // goes to the server, which lets nobody hear of it.
  const auto pretended = pretended_circle(context_.store, *self_, circle);
  const auto any_key =
      decoy ? std::optional(crypto::SignKeyPair::generate(context_.random)) : std::nullopt;
  const crypto::SignKeyPair& key = decoy ? *any_key : *self_->account_key;
  const auto* newest = pretended ? pretended->newest() : circle.newest();
  // What is armed stays armed: whoever holds the phone cannot end the watch, and a server that lies
  // about the state cannot keep anybody from dropping a line.
  const bool stays_armed = circle.armed() || (pretended && pretended->armed());
  protocol::Manifest next{circle.id,
                          key.public_key(),
                          1,
                          {},
                          context_.clock.dated(context_.now),
                          wanted.armed() || stays_armed,
                          {},
                          {trust_.desk()->key, {}}};
  const Status composed = compose(wanted, newest, next, detail);
  if (!composed.ok()) return context_.finish(command, composed, detail);
  const Bytes record = protocol::sign_manifest(next, key);
  if (!protocol::verify_manifest(record).ok())
    return context_.finish(command, Error::bad_argument, "lines");
  context_.store.put(pending_key, record);
  publish(command);
}

Status Circles::compose(const v1::SignManifest& wanted, const Verified<protocol::Manifest>* newest,
                        protocol::Manifest& next, std::string& detail) {
  const protocol::Manifest* before = newest == nullptr ? nullptr : &**newest;
  next.also = refused_hashes();
  if (newest != nullptr) {
    next.seq = before->seq + 1;
    next.prev = newest->hash();
    // Of two under one number the server most likely goes by the one that it showed; when it has
    // refused that, by ours.
    if (const crypto::Hash fork = trust_.manifest_fork(next.circle); fork != crypto::Hash{}) {
      const bool shown = next.also.size() % 2 == 0;
      next.also.push_back(shown ? newest->hash() : fork);
      next.prev = shown ? fork : newest->hash();
    }
  }
  const auto end = std::remove(next.also.begin(), next.also.end(), next.prev);
  next.also.erase(end, next.also.end());
  if (next.also.size() > protocol::max_also)
    next.also.erase(next.also.begin(), next.also.end() - protocol::max_also);
  for (const std::string& id : wanted.keep()) {
    const protocol::Line* line = find_line(before, id);
    if (line == nullptr) {
      detail = "keep";
      return Error::bad_argument;
    }
    next.lines.push_back(*line);
  }
  for (const v1::Person& person : wanted.lines()) {
    const protocol::Line* old = find_line(before, person.line_id());
    if (old == nullptr && !person.line_id().empty()) {
      detail = "line_id";
      return Error::bad_argument;
    }
    auto line = new_line(person, wanted, old);
    if (!line.ok()) {
      detail = "line";
      return line.error();
    }
    next.lines.push_back(*line);
  }
  if (next.lines.size() > protocol::max_lines) return Error::too_large;
  const Desk& desk = *trust_.desk();
  for (const protocol::Line& line : next.lines)
    if (line.type == LineType::account &&
        !(desk.roster && (*desk.roster)->find(line.key) != nullptr))
      next.recovery.eligible.push_back(line.key);
  return Unit{};
}

Result<protocol::Line> Circles::new_line(const v1::Person& person, const v1::SignManifest& wanted,
                                         const protocol::Line* before) {
  if (person.line_type() < 1 || person.line_type() > 3 || person.scope() > scope_all ||
      wanted.purpose_text().size() > max_wording || wanted.wording().size() > max_wording)
    return Error::bad_argument;
  const auto type = static_cast<LineType>(person.line_type());
  SignPublic key = trust_.desk()->key;
  if (!person.account().empty()) {
    const auto parsed = crypto::parse_sign_key(view(person.account()));
    if (!parsed.ok()) return Error::bad_argument;
    key = *parsed;
  }
  auto role = static_cast<std::uint8_t>(std::min<std::uint32_t>(person.role(), 0xff));
  if (type == LineType::account) {
    // Only somebody whose keys are known, and in no other role than the desk's directory says
    // (T16).
    if (trust_.device_list(key) == nullptr) return Error::unknown_person;
    const auto listed = trust_.desk_role(key);
    if (role == 0 && listed) role = static_cast<std::uint8_t>(*listed);
    if (listed && role != static_cast<std::uint8_t>(*listed)) return Error::not_trusted;
  } else {
    if (key != trust_.desk()->key) return Error::unknown_person;
    role = static_cast<std::uint8_t>(type == LineType::desk ? Role::coordinator : Role::mentor);
  }
  if (!role_known(role) || static_cast<Role>(role) == Role::participant) return Error::bad_argument;
  const bool by_account = type == LineType::account;
  const Detail text{context_.random.array<32>(),
                    by_account ? trust_.person_name(key) : trust_.desk()->name,
                    by_account ? trust_.person_organisation(key) : std::string(),
                    wanted.purpose_text(),
                    wanted.wording(),
                    static_cast<std::uint8_t>(self_->language)};
  // The wording is no look over the shoulder's business, and nobody gets it from the decoy realm.
  if (!self_->decoy) store_detail(context_.store, text);
  // From now on by everybody's clock: none of the others is held to more than that behind.
  const Instant now = context_.clock.dated(context_.now);
  const Instant from = person.not_before() != 0 ? person.not_before() : now - clock_tolerance;
  const Instant to = person.not_after() != 0 ? person.not_after() : now + default_line_life;
  return protocol::Line{before != nullptr ? before->id : LineId{context_.random.array<16>()},
                        type,
                        key,
                        static_cast<Role>(role),
                        static_cast<std::uint16_t>(person.scope()),
                        from,
                        to,
                        incident_grace_h,
                        text.commit()};
}

void Circles::publish(std::uint64_t command) {
  if (!context_.store.has(pending_key) || publishing_) return;
  if (giving_again(context_.store)) {
    retry_at_ = context_.now + after_giving;
    if (command != 0) context_.finish(command, Error::offline, "pending");
    return;
  }
  publishing_ = true;
  retry_at_ = 0;
  v1::Request request;
  request.mutable_put_manifest()->set_record(to_string(context_.store.get(pending_key)));
  context_.requests.send(std::move(request), [this, command](const v1::ServerFrame* reply) {
    publishing_ = false;
    published(command, reply);
  });
}

void Circles::published(std::uint64_t command, const v1::ServerFrame* reply) {
  const Outcome o = outcome(reply);
  const auto finish = [this, command](const Status& status, std::string_view detail) {
    if (command != 0) context_.finish(command, status, detail);
  };
  if (reply == nullptr) return finish(Error::offline, "pending");  // goes at the next log-in
  // The key was a strange one, and an older server says so.
  if (self_->decoy && (o.ok() || is_forbidden(reply))) return pretend(command);
  if (o.ok()) return taken(command);
  if (no_answer(reply)) {
    // Nothing was decided: what was sent may be kept there, so nothing else gets its number.
    retry_at_ = context_.now + publish_again;
    return finish(o.status, o.detail);
  }
  if (!is_conflict(reply)) {
    refused();
    return finish(o.status, o.detail);
  }
  // Perhaps it was ours that came first, and the reply was lost.
  const CircleId id = trust_.circle_of(self_->account)->id;
  trust_.fetch_circle(id, [this, id, command, finish, o](Status fetched) {
    if (!fetched.ok() && fetched.error() == Error::offline) return finish(fetched, "pending");
    const auto* newest = trust_.circle(id)->newest();
    if (newest != nullptr && equal(newest->record(), context_.store.get(pending_key)))
      return taken(command);
    // It lacks those before: they are given again first.
    if (owes_server(context_.store)) {
      retry_at_ = context_.now + after_lacking(context_.store);
      return finish(Error::offline, "pending");
    }
    refused();
    finish(o.status, o.detail);
  });
}

std::vector<crypto::Hash> Circles::refused_hashes() const {
  ByteReader r(context_.store.get(refused_key));
  (void)r.u8();
  std::vector<crypto::Hash> out;
  while (r.ok() && r.left() >= 32) out.push_back(r.array<32>());
  return out;
}

// For good. It is signed all the same, and whoever has it may show it to others.
void Circles::refused() {
  auto hashes = refused_hashes();
  hashes.push_back(crypto::sha256(context_.store.get(pending_key)));
  if (hashes.size() > protocol::max_also) hashes.erase(hashes.begin());
  ByteWriter w;
  w.u8(refused_version);
  for (const crypto::Hash& hash : hashes) w.bytes(hash);
  context_.store.put(refused_key, w.get());
  context_.store.erase(pending_key);
}

// The server has answered as it would have answered the real realm, and kept nothing.
void Circles::pretend(std::uint64_t command) {
  const Bytes record = to_bytes(context_.store.get(pending_key));
  context_.store.erase(pending_key);
  const Circle& circle = *trust_.circle_of(self_->account);
  const Told told = pretend_manifest(context_, circle, record);
  if (command != 0) context_.finish(command, told.status, told.detail);
  if (!told.status.ok()) return;
  v1::Event event;
  *event.mutable_circle() = circle_view(context_, trust_, *self_, circle);
  context_.emit(std::move(event));
}

void Circles::taken(std::uint64_t command) {
  const Bytes record = to_bytes(context_.store.get(pending_key));
  context_.store.erase(pending_key);
  if (context_.store.has(refused_key)) context_.store.erase(refused_key);  // it names them
  const Status accepted = trust_.accept_manifest(record, {});
  // What else changed by it (the circle's state) is fetched with the push that follows.
  if (command != 0) context_.finish(command, accepted);
}

}  // namespace livlina::client
