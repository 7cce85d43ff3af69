// Asking the server for lists, desk and circles; whatever it answers is verified before it counts.
#include <utility>

#include "clients/core/reply.hpp"
#include "clients/core/trust_state.hpp"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

// Calls `then` once: when all of `count` answers are there, with the first that is not ok.
class Gather {
 public:
  Gather(std::size_t count, Trust::Then then)
      : shared_(std::make_shared<Shared>(Shared{count, Unit{}, std::move(then)})) {}
  void operator()(Status status) const {
    if (shared_->status.ok() && !status.ok()) shared_->status = status;
    if (--shared_->left == 0) shared_->then(shared_->status);
  }

 private:
  struct Shared {
    std::size_t left;
    Status status;
    Trust::Then then;
  };
  std::shared_ptr<Shared> shared_;
};

template <class Repeated>
std::vector<ByteView> views(const Repeated& records) {
  std::vector<ByteView> out;
  for (const std::string& r : records) out.push_back(view(r));
  return out;
}

void call_all(std::vector<Trust::Then> waiting, const Status& status) {
  for (const Trust::Then& then : waiting) then(status);
}

}  // namespace

// ---- device lists ----

void Trust::State::fetch_list(const SignPublic& account, Then then) {
  auto& waiting = list_waiting[account];
  waiting.push_back(std::move(then));
  if (waiting.size() == 1) ask_list(account);
}

void Trust::State::ask_list(const SignPublic& account) {
  const auto known = lists.find(account);
  const std::uint32_t from = known == lists.end() ? 1 : (*known->second.newest)->version;
  v1::Request request;
  request.mutable_get_device_lists()->set_account(to_string(account.view()));
  request.mutable_get_device_lists()->set_from_version(from);
  context.requests.send(std::move(request), [this, account, from](const v1::ServerFrame* reply) {
    Status status = outcome(reply).status;
    if (status.ok()) status = accept_lists(account, views(reply->device_lists().records()));
    const auto now = lists.find(account);
    // An answer may have been cut at the size of a frame: as long as it leads on, there may be
    // more.
    if (status.ok() && (*now->second.newest)->version > from) return ask_list(account);
    auto waiting = std::exchange(list_waiting[account], {});
    list_waiting.erase(account);
    call_all(std::move(waiting), status);
  });
}

void Trust::State::fetch_lists(std::vector<SignPublic> accounts, Then then) {
  if (accounts.empty()) return then(Unit{});
  const Gather gather(accounts.size(), std::move(then));
  for (const SignPublic& account : accounts) fetch_list(account, gather);
}

// ---- the desk ----

void Trust::State::fetch_desk(Then then) {
  if (!desk) return then(Error::wrong_state);
  desk_waiting.push_back(std::move(then));
  if (desk_waiting.size() == 1) ask_desk();
}

void Trust::State::ask_desk() {
  const std::uint32_t roster = desk->roster ? (*desk->roster)->serial : 1;
  const std::uint32_t directory = desk->directory ? (*desk->directory)->serial : 1;
  v1::Request request;
  v1::GetDesk& get = *request.mutable_get_desk();
  get.set_desk_pk(to_string(desk->key.view()));
  get.set_roster_from(roster);
  get.set_directory_from(directory);
  context.requests.send(std::move(request), [this, roster,
                                             directory](const v1::ServerFrame* reply) {
    Status status = outcome(reply).status;
    if (status.ok()) status = take_desk(reply->desk());
    const bool more = status.ok() && ((desk->roster && (*desk->roster)->serial > roster) ||
                                      (desk->directory && (*desk->directory)->serial > directory));
    if (more) return ask_desk();
    const auto finish = [this](Status s) { call_all(std::exchange(desk_waiting, {}), s); };
    if (!status.ok()) return finish(status);
    fetch_lists(lists_to_fetch(), [this, finish](Status) {
      // Somebody whose list cannot be had is not reachable: that is no fault of the desk's.
      check_directory_lists();
      finish(Unit{});
    });
  });
}

Status Trust::State::take_desk(const v1::Desk& told) {
  const bool roster = desk->roster != nullptr;
  const bool directory = desk->directory != nullptr;
  for (const ByteView record : views(told.rosters())) LIVLINA_CHECK(accept_roster(record));
  for (const ByteView record : views(told.directories())) LIVLINA_CHECK(accept_directory(record));
  // Asked from the one we hold on: an answer without it hides what is newer than the server says.
  if ((roster && told.rosters().empty()) || (directory && told.directories().empty()))
    return refuse("rollback", {}, desk->key.view());
  return Unit{};
}

// ---- circles ----

void Trust::State::ask_circle(const CircleId& id, bool desk_asked, Then then) {
  const KnownCircle* known = find(id);
  const auto* newest = known == nullptr ? nullptr : known->circle.newest();
  const std::uint32_t from = newest == nullptr ? 1 : (*newest)->seq;
  v1::Request request;
  request.mutable_get_circle()->set_circle_id(to_string(id.view()));
  request.mutable_get_circle()->set_manifest_from(from);
  context.requests.send(std::move(request), [this, id, desk_asked, from,
                                             then = std::move(then)](const v1::ServerFrame* reply) {
    const Status status = outcome(reply).status;
    if (!status.ok()) return then(status);
    const v1::Circle& told = reply->circle();
    const auto confirm = protocol::verify_confirm(view(told.confirm()));
    if (find(id) == nullptr && confirm.ok() && !listed((*confirm)->signer) && desk && !desk_asked)
      // Perhaps the inviter was listed a moment ago.
      return fetch_desk([this, id, then](Status) { ask_circle(id, true, then); });
    const Status taken = take_circle(id, told);
    if (!taken.ok()) return then(taken);
    const auto* now = find(id)->circle.newest();
    if (now != nullptr && (*now)->seq > from) return ask_circle(id, true, then);
    fetch_lists(lists_of(id), [this, told, then](Status) {
      if (!told.plan().empty())
        return then(accept_plan(view(told.plan()), view(told.plan_approval())));
      then(Unit{});
    });
  });
}

Status Trust::State::take_circle(const CircleId& id, const v1::Circle& told) {
  const KnownCircle* before = find(id);
  const auto* newest = before == nullptr ? nullptr : before->circle.newest();
  for (const ByteView record : views(told.manifests()))
    LIVLINA_CHECK(accept_manifest(record, view(told.confirm())));
  KnownCircle* known = find(id);
  if (known == nullptr) return Error::not_trusted;
  if (newest != nullptr && told.manifests().empty())
    return refuse("rollback", id.view(), known->circle.participant.view());
  if (known->circle.server_state != told.state() ||
      (told.category() != 0 && known->circle.category != told.category())) {
    known->circle.server_state = told.state();
    if (told.category() != 0) known->circle.category = told.category();
    save_head(*known);
    ++revision;
  }
  // Plans older than the one in force, so that no version is skipped unseen.
  for (const ByteView record : views(told.plans())) {
    const auto plan = protocol::verify_plan(record);
    if (plan.ok() && known->circle.plan && (*plan)->version <= (*known->circle.plan)->version)
      continue;
    LIVLINA_CHECK(accept_plan(record, {}));
  }
  return Unit{};
}

// Lists that the circle needs: the participant's always anew, and those never seen.
std::vector<SignPublic> Trust::State::lists_of(const CircleId& id) const {
  const KnownCircle& known = circles.at(id);
  std::vector<SignPublic> out{known.circle.participant};
  if (const auto* newest = known.circle.newest())
    for (const protocol::Line& line : (*newest)->lines)
      if (line.type == protocol::LineType::account && lists.count(line.key) == 0)
        out.push_back(line.key);
  return out;
}

void Trust::State::take_heads(const v1::CircleHeads& heads, Then then) {
  std::vector<CircleId> ids;
  for (const v1::CircleHead& head : heads.circles()) {
    const auto id = CircleId::from(head.circle_id());
    if (!id) continue;
    ids.push_back(*id);
    KnownCircle* known = find(*id);
    if (known == nullptr) continue;
    const auto* newest = known->circle.newest();
    if (newest != nullptr && head.manifest_seq() < (*newest)->seq)
      (void)refuse("rollback", id->view(), known->circle.participant.view()).ok();
  }
  if (ids.empty()) return then(Unit{});
  const Gather gather(ids.size(), std::move(then));
  for (const CircleId& id : ids) ask_circle(id, false, gather);
}

void Trust::fetch_circles(Then then) {
  v1::Request request;
  (void)request.mutable_list_circles();
  state_->context.requests.send(std::move(request), [state = state_.get(), then = std::move(then)](
                                                        const v1::ServerFrame* reply) {
    const Status status = outcome(reply).status;
    if (!status.ok()) return then(status);
    state->take_heads(reply->circle_heads(), then);
  });
}

}  // namespace livlina::client
