#include "clients/core/give_again.hpp"

#include <algorithm>

#include "clients/core/given.hpp"
#include "clients/core/reply.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

// The rounds of the last day: u8 version | instant of the first | u8 how many.
constexpr std::string_view rounds_key = "given/rounds";
constexpr std::uint8_t layout = 1;
constexpr Duration item_retry = 5 * second;

struct Rounds {
  Instant since = 0;
  std::uint8_t used = 0;
};

// Of a day that is over, or of one to come before the phone's clock was set back: none.
Rounds read_rounds(const Store& store, Instant now) {
  ByteReader r(store.get(rounds_key));
  const std::uint8_t v = r.u8();
  const Rounds out{r.i64(), r.u8()};
  const bool today = out.since <= now && now - out.since < day;
  return r.done() && v == layout && today ? out : Rounds{now, 0};
}

v1::Request put_plan(const std::vector<GivenPlan>& plans) {
  v1::Request out;
  v1::PutPlan& put = *out.mutable_put_plan();
  put.set_record(to_string(plans.back().record));
  put.set_approval(to_string(plans.back().approval));
  for (std::size_t i = 0; i + 1 < plans.size(); ++i) put.add_before(to_string(plans[i].record));
  return out;
}

}  // namespace

struct GiveAgain::Item {
  v1::Request request;
  // The newest of a chain: it is said when the server does not take it. Empty: others follow.
  Bytes record{};
  bool waits_for_people = false;  // when the server is not ready for it
};

GiveAgain::GiveAgain(Context& context, Trust& trust) : context_(context), trust_(trust) {}
GiveAgain::~GiveAgain() = default;

crypto::Status GiveAgain::load(const Identity& identity) {
  self_ = &identity;
  set_giving_again(context_.store, false);  // a process that ended in the middle of a round
  return crypto::done();
}

// The plan goes before the manifests, because one of them may have dropped who approved it, and
// after them, because another may have brought who did. What was said goes last: then nobody is
// paged whom a manifest has dropped.
std::deque<GiveAgain::Item> GiveAgain::all() const {
  std::deque<Item> out;
  const Circle* circle = self_->participant ? trust_.circle_of(self_->account) : nullptr;
  const auto plans = given_plans(context_.store);
  if (!plans.empty()) out.push_back({put_plan(plans)});
  if (circle != nullptr)
    for (const auto& [seq, manifest] : circle->manifests) {
      v1::Request put;
      put.mutable_put_manifest()->set_record(to_string(manifest->record()));
      const bool newest = seq == circle->manifests.rbegin()->first;
      out.push_back({std::move(put), newest ? manifest->record() : Bytes(), true});
    }
  if (!plans.empty()) out.push_back({put_plan(plans), plans.back().record});
  for (const Bytes& record : given_desk_records(context_.store, DeskChain::roster)) {
    v1::Request put;
    put.mutable_put_desk_roster()->set_record(to_string(record));
    out.push_back({std::move(put)});
  }
  for (const Bytes& record : given_desk_records(context_.store, DeskChain::directory)) {
    v1::Request put;
    put.mutable_put_staff_directory()->set_record(to_string(record));
    out.push_back({std::move(put)});
  }
  for (v1::PostRecord& post : given_posts(context_.store, context_.now)) {
    v1::Request put;
    if (post.message_id().empty()) post.set_message_id(to_string(context_.random.array<16>()));
    *put.mutable_post_record() = std::move(post);
    out.push_back({std::move(put)});
  }
  return out;
}

// False: those of this day are used up; the next one is at retry_at_.
bool GiveAgain::take_round() {
  Rounds rounds = read_rounds(context_.store, context_.now);
  if (rounds.used >= most_rounds) {
    retry_at_ = rounds.since + day;
    return false;
  }
  ++rounds.used;
  ByteWriter w;
  context_.store.put(rounds_key, w.u8(layout).i64(rounds.since).u8(rounds.used).get());
  return true;
}

void GiveAgain::begin() {
  left_ = all();
  if (left_.empty()) return server_was_given(context_.store);
  if (!take_round()) return left_.clear();
  under_way_ = true;
  unready_ = false;
  retry_at_ = 0;
  set_giving_again(context_.store, true);
  next();
}

void GiveAgain::next() {
  if (left_.empty()) return end();
  context_.requests.send(left_.front().request,
                         [this](const v1::ServerFrame* reply) { answered(reply); });
}

void GiveAgain::answered(const v1::ServerFrame* reply) {
  if (reply == nullptr || !under_way_) return;  // a new round at the next log-in
  if (no_answer(reply)) {
    retry_at_ = context_.now + item_retry;
    return;
  }
  const Item item = std::move(left_.front());
  left_.pop_front();
  const Outcome o = outcome(reply);
  const crypto::Hash subject = crypto::sha256(item.record);
  if (!o.ok() && item.waits_for_people && reply->error().code() == v1::NOT_READY) unready_ = true;
  // In the decoy realm nothing of this takes effect, so nothing of it says anything.
  if (!o.ok() && !item.record.empty() && !self_->decoy)
    context_.warn("not_given_back", {}, subject, o.detail);
  else if (!item.record.empty())
    context_.forget_warning("not_given_back", {}, subject);
  next();
}

void GiveAgain::end() {
  under_way_ = false;
  set_giving_again(context_.store, false);
  if (unready_ && !self_->decoy)
    retry_at_ = context_.now + round_retry;
  else
    server_was_given(context_.store);
}

void GiveAgain::online() {
  if (context_.server_restored) owe_server(context_.store);
  if (owes_server(context_.store)) begin();
}

void GiveAgain::offline() {
  left_.clear();
  under_way_ = false;
  retry_at_ = 0;
  set_giving_again(context_.store, false);
}

void GiveAgain::tick() {
  if (retry_at_ == 0 || context_.now < retry_at_) return;
  retry_at_ = 0;
  if (under_way_) next();  // settle() begins a round
}

void GiveAgain::settle() {
  if (under_way_ || retry_at_ != 0 || !context_.requests.logged_in()) return;
  if (owes_server(context_.store)) begin();
}

std::optional<Instant> GiveAgain::wake_at() const {
  return retry_at_ == 0 ? std::nullopt : std::optional(retry_at_);
}

}  // namespace livlina::client
