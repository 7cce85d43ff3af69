#include "clients/core/circles.hpp"

#include <algorithm>

#include "clients/core/detail.hpp"
#include "clients/core/reply.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

using protocol::LineType;

// The signed manifest that the server has not taken yet: repeated byte by byte until it answers.
constexpr std::string_view pending_key = "manifest/pending";
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
  if (context_.store.has(pending_key) &&
      !protocol::verify_manifest(context_.store.get(pending_key)).ok())
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
    if (changed.state() != 0) trust_.note_server_state(*id, changed.state(), 0);
    trust_.fetch_circle(*id, [](Status) {});
  }
  return true;
}

void Circles::online() {
  publish(0);
  refresh();
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
  const Desk* desk = trust_.desk();
  const bool unknown = desk != nullptr && !desk->directory && !desk->frozen;
  if (unknown && !asked_desk_ && context_.requests.logged_in()) {
    asked_desk_ = true;
    refresh();
  }
}

// ---- the participant's own manifest ----

void Circles::sign(std::uint64_t command, const v1::SignManifest& wanted) {
  // To whoever looks over the shoulder of the decoy realm it is done; nothing changes.
  if (self_->decoy) return context_.finish(command, Unit{});
  if (!self_->participant || !self_->account_key) return context_.finish(command, Error::not_yours);
  if (trust_.circle_of(self_->account) == nullptr || trust_.desk() == nullptr)
    return context_.finish(command, Error::wrong_state, "not_confirmed");
  if (context_.store.has(pending_key))
    return context_.finish(command, Error::wrong_state, "pending");
  std::string detail;
  const Circle& circle = *trust_.circle_of(self_->account);
  protocol::Manifest next{circle.id,
                          self_->account,
                          1,
                          {},
                          context_.clock.trusted(context_.now),
                          wanted.armed(),
                          {},
                          {trust_.desk()->key, {}}};
  const Status composed = compose(wanted, next, detail);
  if (!composed.ok()) return context_.finish(command, composed, detail);
  const Bytes record = protocol::sign_manifest(next, *self_->account_key);
  if (!protocol::verify_manifest(record).ok())
    return context_.finish(command, Error::bad_argument, "lines");
  context_.store.put(pending_key, record);
  publish(command);
}

Status Circles::compose(const v1::SignManifest& wanted, protocol::Manifest& next,
                        std::string& detail) {
  const auto* newest = trust_.circle_of(self_->account)->newest();
  const protocol::Manifest* before = newest == nullptr ? nullptr : &**newest;
  if (newest != nullptr) {
    next.seq = before->seq + 1;
    next.prev = newest->hash();
  }
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
    next.lines.push_back(std::move(*line));
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
  store_detail(context_.store, text);
  const Instant from =
      person.not_before() != 0 ? person.not_before() : context_.clock.trusted(context_.now);
  const Instant to = person.not_after() != 0 ? person.not_after() : from + default_line_life;
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
  publishing_ = true;
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
  if (o.ok()) return taken(command);
  if (!is_conflict(reply)) {
    context_.store.erase(pending_key);
    return finish(o.status, o.detail);
  }
  // Perhaps it was ours that came first, and the reply was lost.
  const CircleId id = trust_.circle_of(self_->account)->id;
  trust_.fetch_circle(id, [this, id, command, finish, o](Status fetched) {
    if (!fetched.ok() && fetched.error() == Error::offline) return finish(fetched, "pending");
    const auto* newest = trust_.circle(id)->newest();
    if (newest != nullptr && equal(newest->record(), context_.store.get(pending_key)))
      return taken(command);
    context_.store.erase(pending_key);
    finish(o.status, o.detail);
  });
}

void Circles::taken(std::uint64_t command) {
  const Bytes record = to_bytes(context_.store.get(pending_key));
  context_.store.erase(pending_key);
  const Status accepted = trust_.accept_manifest(record, {});
  // What else changed by it (the circle's state) is fetched with the push that follows.
  if (command != 0) context_.finish(command, accepted);
}

}  // namespace livlina::client
