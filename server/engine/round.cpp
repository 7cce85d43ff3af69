// The requests of a round.
#include "server/engine/round.hpp"

#include <algorithm>
#include <span>

#include "protocol/codec.hpp"
#include "server/engine/router.hpp"
#include "server/services/log_in.hpp"

namespace livlina::server {

namespace {

void set_error(v1::ServerFrame& reply, const Refusal& why) {
  auto& error = *reply.mutable_error();
  error.set_code(static_cast<v1::ErrorCode>(why.code));
  error.set_detail(why.detail);
  error.set_retry_after_ms(static_cast<std::uint32_t>(why.retry_after));
}

Refusal refusal_of(store::Fault fault) {
  switch (fault) {
    case store::Fault::full:
      return refuse(Code::disk_full, "", 30 * second);
    case store::Fault::busy:
      return refuse(Code::busy, "", second);
    case store::Fault::corrupt:
    case store::Fault::constraint:
    case store::Fault::other:
      break;
  }
  return refuse(Code::internal);
}

// A request, not the end of a session.
bool asks(const Inbound& item) { return item.what == Inbound::What::request; }

// The first items that make at most `most` rows together, one request in any case.
std::span<const Inbound> chunk_of(std::span<const Inbound> items, std::size_t most) {
  std::size_t n = 0;
  for (std::size_t rows = 0; n < items.size(); ++n) {
    const std::size_t more = rows_of(items[n]);
    if (rows > 0 && rows + more > most) break;
    rows += more;
  }
  return items.first(n);
}

// The first multiple of judge_beat that is not before `now`.
Instant beat(Instant now) { return (now + judge_beat - 1) / judge_beat * judge_beat; }

}  // namespace

std::string encoded(v1::ServerFrame& frame) {
  frame.set_version(protocol::wire_version);
  return protocol::encode(frame);
}

void Round::requests(RequestClass of) {
  State& s = state_;
  const std::size_t most = std::max<std::size_t>(1, s.settings.rows_per_commit);
  switch (of) {
    case RequestClass::urgent: {
      const std::vector<Inbound> items = s.backlog.take(of, urgent_chunks * most);
      run(items);
      if (!s.judge_at && !items.empty() && to_judge()) s.judge_at = beat(now_);
      return;
    }
    case RequestClass::normal: {
      // What a session asked for before it ended is done all the same.
      if (s.backlog.waits(RequestClass::urgent)) return;
      const std::vector<Inbound> items = s.backlog.take(of, most);
      run(items);
      for (const Inbound& item : items)
        if (item.what == Inbound::What::closed) closed(item.session);
      return;
    }
    case RequestClass::bulk:
      run(s.backlog.take_bulk(bulk_in_a_round, s.sessions));
  }
}

bool Round::to_judge() {
  if (!state_.came.empty()) return true;
  const auto due = look();
  return !due || due->unjudged;
}

void Round::run(const std::vector<Inbound>& items) {
  const std::size_t most = std::max<std::size_t>(1, state_.settings.rows_per_commit);
  for (std::span<const Inbound> rest = items; !rest.empty();) {
    const auto chunk = chunk_of(rest, most);
    rest = rest.subspan(chunk.size());
    if (std::none_of(chunk.begin(), chunk.end(), asks)) continue;
    Effects effects;
    const auto all = [&](Turn& turn) {
      for (const Inbound& item : chunk) handle(turn, effects, item);
    };
    if (!attempt(Work::requests, effects, all)) {
      apply(effects);
      continue;
    }
    // One of them, or the disk: each alone, so that nobody pays for another's failure.
    for (const Inbound& item : chunk) {
      Effects alone;
      const auto one = [&](Turn& turn) { handle(turn, alone, item); };
      if (const auto fault = attempt(Work::requests, alone, one))
        fail(item, *fault);
      else
        apply(alone);
    }
  }
}

void Round::handle(Turn& turn, Effects& effects, const Inbound& item) {
  if (!asks(item)) return;
  Live* live = state_.sessions.find(item.session);
  if (live == nullptr) return;  // closed meanwhile by us: replaced, revoked, refused
  if (live->caller && effects.closes(live->caller->device)) return;  // revoked a moment ago
  const v1::Request& request = *item.request;
  v1::ServerFrame reply;
  reply.set_id(request.id());
  std::optional<Refusal> why;
  if (request.op_case() == v1::Request::kLogin) {
    why = log_in(turn, effects, *live, request, reply);
    if (!why) return;  // the welcome stands in its effect
  } else if (state_.room.tight() && can_wait(request)) {
    why = refusal_of(store::Fault::full);
  } else {
    why = run_route(turn, live->caller ? &*live->caller : nullptr, request, reply);
  }
  if (why) set_error(reply, *why);
  effects.add(ReplyEffect{item.session, encoded(reply)});
  if (why && (why->code == Code::login_refused || why->code == Code::cloned_device))
    effects.add(CloseEffect{item.session, close_login_refused});
  if (!why && request.op_case() == v1::Request::kAckDeliveries)
    effects.add(AckEffect{
        item.session,
        {request.ack_deliveries().seqs().begin(), request.ack_deliveries().seqs().end()}});
}

std::optional<Refusal> Round::log_in(Turn& turn, Effects& effects, Live& live,
                                     const v1::Request& request, v1::ServerFrame& reply) {
  if (live.caller) return refuse(Code::wrong_state, "logged_in");
  const LoginContext context{live.server_nonce, state_.key, state_.epoch};
  const auto who = server::log_in(turn, context, request.login());
  if (!who.ok()) return who.error();
  *reply.mutable_welcome() = welcome(turn, context, *who);
  effects.add(LogInEffect{live.id, *who, encoded(reply)});
  return std::nullopt;
}

void Round::fail(const Inbound& item, store::Fault fault) {
  if (!asks(item)) return;
  v1::ServerFrame reply;
  reply.set_id(item.request->id());
  set_error(reply, refusal_of(fault));
  out_.push_back({item.session, encoded(reply), false, 0});
  flush();
}

void Round::closed(SessionId session) {
  if (const auto device = state_.sessions.close(session)) state_.left.emplace_back(*device, now_);
}

}  // namespace livlina::server
