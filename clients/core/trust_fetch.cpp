// Asking the server for lists, desk and circles; whatever it answers is verified before it counts.
#include <utility>

#include "clients/core/given.hpp"
#include "clients/core/reply.hpp"
#include "clients/core/trust_state.hpp"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

// Calls `then` once: when all of `count` answers are there; with offline if one of them is, else
// with the first that is not ok.
class Gather {
 public:
  Gather(std::size_t count, Trust::Then then)
      : shared_(std::make_shared<Shared>(Shared{count, Unit{}, std::move(then)})) {}
  void operator()(Status status) const {
    if (!status.ok() && (shared_->status.ok() || status.error() == Error::offline))
      shared_->status = status;
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

void call_all(const std::vector<Trust::Then>& waiting, const Status& status) {
  for (const Trust::Then& then : waiting) then(status);
}

Status told(const v1::ServerFrame* reply) {
  return no_answer(reply) ? Status(Error::offline) : outcome(reply).status;
}

}  // namespace

// ---- device lists ----

void Trust::State::fetch_list(const SignPublic& account, Then then) {
  if (list_fetches[account].join(std::move(then))) ask_list(account);
}

void Trust::State::ask_list(const SignPublic& account) {
  const auto known = lists.find(account);
  const std::uint32_t from = known == lists.end() ? 1 : (*known->second.newest)->version;
  v1::Request request;
  request.mutable_get_device_lists()->set_account(to_string(account.view()));
  request.mutable_get_device_lists()->set_from_version(from);
  context.requests.send(std::move(request), [this, account, from](const v1::ServerFrame* reply) {
    Status status = told(reply);
    if (status.ok()) status = accept_lists(account, from, views(reply->device_lists().records()));
    const auto now = lists.find(account);
    // An answer may have been cut at the size of a frame: as long as it leads on, there may be
    // more.
    if (status.ok() && (*now->second.newest)->version > from) return ask_list(account);
    FetchQueue& queue = list_fetches.at(account);
    const auto waiting = queue.answered();
    if (queue.under_way())
      ask_list(account);
    else
      list_fetches.erase(account);
    call_all(waiting, status);
  });
}

void Trust::State::fetch_lists(const std::vector<SignPublic>& accounts, Then then) {
  if (accounts.empty()) return then(Unit{});
  const Gather gather(accounts.size(), std::move(then));
  for (const SignPublic& account : accounts) fetch_list(account, gather);
}

// ---- the desk ----

void Trust::State::fetch_desk(Then then) {
  if (!desk) return then(Error::wrong_state);
  if (desk_fetches.join(std::move(then))) ask_desk();
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
    Status status = told(reply);
    if (status.ok()) status = take_desk(reply->desk(), roster, directory);
    const bool more = status.ok() && ((desk->roster && (*desk->roster)->serial > roster) ||
                                      (desk->directory && (*desk->directory)->serial > directory));
    if (more) return ask_desk();
    const auto finish = [this](Status s) {
      const auto waiting = desk_fetches.answered();
      if (desk_fetches.under_way()) ask_desk();
      call_all(waiting, s);
    };
    if (!status.ok()) return finish(status);
    fetch_lists(lists_to_fetch(), [this, finish](Status) {
      // Somebody whose list cannot be had is not reachable: that is no fault of the desk's.
      check_directory_lists();
      context.forget_warning("server_behind");
      finish(Unit{});
    });
  });
}

// `roster` and `directory`: the serials from which was asked. What was accepted meanwhile is newer
// than this answer, which is then no rollback. A fork is told at the end: what ends it may follow.
Status Trust::State::take_desk(const v1::Desk& told, std::uint32_t roster,
                               std::uint32_t directory) {
  if ((desk->roster && told.rosters().empty()) || (desk->directory && told.directories().empty()))
    return refuse("rollback", {}, desk->key.view());
  Status status = Unit{};
  for (const ByteView record : views(told.rosters())) {
    const auto next = protocol::verify_roster(record);
    const bool passed = next.ok() && desk->roster && (*next)->serial >= roster &&
                        (*next)->serial < (*desk->roster)->serial;
    if (!passed) status = accept_roster(record);
    if (!status.ok() && !roster_fork) return status;
  }
  for (const ByteView record : views(told.directories())) {
    const auto next = protocol::verify_directory(record);
    const bool passed = next.ok() && desk->directory && (*next)->serial >= directory &&
                        (*next)->serial < (*desk->directory)->serial;
    if (!passed) status = accept_directory(record);
    if (!status.ok() && !directory_fork) return status;
  }
  return status;
}

// ---- circles ----

void Trust::State::fetch_circle(const CircleId& id, Then then) {
  if (circle_fetches[id].join(std::move(then))) ask_circle(id, false);
}

void Trust::State::circle_answered(const CircleId& id, const Status& status) {
  FetchQueue& queue = circle_fetches.at(id);
  const auto waiting = queue.answered();
  if (status.ok()) context.forget_warning("server_behind", id.view());
  if (status.ok() && is_our_chain(id.view())) set_given_in_vain(context.store, false);
  if (queue.under_way())
    ask_circle(id, false);
  else
    circle_fetches.erase(id);
  call_all(waiting, status);
}

void Trust::State::ask_circle(const CircleId& id, bool desk_asked) {
  const KnownCircle* known = find(id);
  const auto* newest = known == nullptr ? nullptr : known->circle.newest();
  const std::uint32_t from = newest == nullptr ? 1 : (*newest)->seq;
  const std::uint32_t plan_from =
      known != nullptr && known->circle.plan ? (*known->circle.plan)->version : 0;
  v1::Request request;
  request.mutable_get_circle()->set_circle_id(to_string(id.view()));
  request.mutable_get_circle()->set_manifest_from(from);
  context.requests.send(std::move(request), [this, id, desk_asked, from,
                                             plan_from](const v1::ServerFrame* reply) {
    const Status status = told(reply);
    if (!status.ok()) return circle_answered(id, status);
    const v1::Circle& circle = reply->circle();
    const auto confirm = protocol::verify_confirm(view(circle.confirm()));
    if (find(id) == nullptr && confirm.ok() && !listed((*confirm)->signer) && desk && !desk_asked)
      // Perhaps the inviter was listed a moment ago.
      return fetch_desk([this, id](Status) { ask_circle(id, true); });
    const Status taken = take_circle(id, circle, from);
    // In the decoy realm what was given in vain looks as if it had been taken.
    const bool in_vain = given_in_vain(context.store) && is_our_chain(id.view());
    if (!taken.ok() && !in_vain) return circle_answered(id, taken);
    const auto* now = find(id)->circle.newest();
    if (now != nullptr && (*now)->seq > from) return ask_circle(id, true);
    fetch_lists(lists_of(id), [this, id, circle, plan_from, taken](Status fetched) {
      if (find(id) == nullptr) return circle_answered(id, Error::not_trusted);  // forgotten
      const Status plan = take_plan(id, circle, plan_from);
      const bool offline = !fetched.ok() && fetched.error() == Error::offline;
      circle_answered(id, offline ? fetched : taken.ok() ? plan : taken);
    });
  });
}

Status Trust::State::take_circle(const CircleId& id, const v1::Circle& told, std::uint32_t from) {
  const auto newest_seq = [&]() -> std::uint32_t {
    const KnownCircle* known = find(id);
    const auto* newest = known == nullptr ? nullptr : known->circle.newest();
    return newest == nullptr ? 0 : (*newest)->seq;
  };
  for (const ByteView record : views(told.manifests())) {
    const auto next = protocol::verify_manifest(record);
    const bool passed =
        next.ok() && (*next)->circle == id && (*next)->seq >= from && (*next)->seq < newest_seq();
    if (!passed) LIVLINA_CHECK(accept_manifest(record, view(told.confirm())));
  }
  KnownCircle* known = find(id);
  if (known == nullptr) return Error::not_trusted;
  if (newest_seq() != 0 && told.manifests().empty())
    return refuse("rollback", id.view(), known->circle.participant.view());
  const auto state = static_cast<CircleState>(told.state());
  if (known->circle.server_state != state ||
      (told.category() != 0 && known->circle.category != told.category())) {
    known->circle.server_state = state;
    if (told.category() != 0) known->circle.category = told.category();
    save_head(*known);
    ++revision;
  }
  return Unit{};
}

// The versions between, so that none is skipped unseen, then the one in force with its approval.
// Once the circle is armed only that one says anything: the others come without their approvals.
Status Trust::State::take_plan(const CircleId& id, const v1::Circle& told, std::uint32_t from) {
  if (find(id) == nullptr) return Error::not_trusted;  // its pairing was refused meanwhile
  const auto version = [&]() -> std::uint32_t {
    const auto& plan = find(id)->circle.plan;
    return plan ? (*plan)->version : 0;
  };
  for (const ByteView record : views(told.plans())) {
    const auto plan = protocol::verify_plan(record);
    if (plan.ok() && ((*plan)->version <= version() || find(id)->circle.armed())) continue;
    LIVLINA_CHECK(accept_plan(record, {}));
  }
  if (told.plan().empty()) return Unit{};
  const auto plan = protocol::verify_plan(view(told.plan()));
  const bool passed = plan.ok() && (*plan)->version >= from && (*plan)->version < version();
  return passed ? Status(Unit{}) : accept_plan(view(told.plan()), view(told.plan_approval()));
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

void Trust::State::take_heads(const v1::CircleHeads& heads,
                              const std::map<CircleId, std::uint32_t>& asked, Then then) {
  std::vector<CircleId> ids;
  for (const v1::CircleHead& head : heads.circles()) {
    const auto id = CircleId::from(head.circle_id());
    if (!id) continue;
    ids.push_back(*id);
    const auto before = asked.find(*id);
    if (before != asked.end() && head.manifest_seq() < before->second)
      (void)refuse("rollback", id->view(), find(*id)->circle.participant.view()).ok();
  }
  if (ids.empty()) return then(Unit{});
  const Gather gather(ids.size(), std::move(then));
  for (const CircleId& id : ids) fetch_circle(id, gather);
}

void Trust::State::fetch_circles(Then then) {
  if (head_fetches.join(std::move(then))) ask_heads();
}

void Trust::State::ask_heads() {
  std::map<CircleId, std::uint32_t> asked;  // what we held when we asked
  for (const auto& [id, known] : circles)
    if (const auto* newest = known.circle.newest()) asked[id] = (*newest)->seq;
  v1::Request request;
  (void)request.mutable_list_circles();
  context.requests.send(std::move(request),
                        [this, asked = std::move(asked)](const v1::ServerFrame* reply) {
                          const auto finish = [this](Status s) {
                            const auto waiting = head_fetches.answered();
                            if (head_fetches.under_way()) ask_heads();
                            call_all(waiting, s);
                          };
                          const Status status = told(reply);
                          if (!status.ok()) return finish(status);
                          take_heads(reply->circle_heads(), asked, finish);
                        });
}

}  // namespace livlina::client
