#include "server/engine/round.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "protocol/codec.hpp"
#include "server/delivery/dispatcher.hpp"
#include "server/engine/router.hpp"
#include "server/services/handlers.hpp"
#include "server/store/accounts.hpp"
#include "server/store/circles.hpp"
#include "server/store/server_row.hpp"

namespace livlina::server {

namespace {

constexpr Duration retry_watch = second;       // after a failed write of deadlines
constexpr Duration sweep_every = minute;       // expiry is not a matter of seconds
constexpr Duration checkpoint_every = minute;  // deleted content leaves the log this soon (M4)
constexpr int checkpoint_pages = 1000;         // 4 MiB
constexpr int most_pages = 10'000;             // then even a busy server stops for it

std::string encoded(v1::ServerFrame& frame) {
  frame.set_version(protocol::wire_version);
  return protocol::encode(frame);
}

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

// When the watch has work: deadlines of rows, or circles to judge anew.
std::optional<Instant> next_watch(Turn& turn) {
  const auto recheck = store::Circles(turn.db).next_recheck();
  if (recheck && *recheck <= turn.now) return turn.now;
  const auto next = next_deadline(turn);
  return recheck && (!next || *recheck < *next) ? recheck : next;
}

}  // namespace

// ---- requests ----

void Round::requests(const std::vector<const Inbound*>& items) {
  const std::size_t most = std::max<std::size_t>(1, state_.settings.rows_per_commit);
  for (std::size_t from = 0; from < items.size(); from += most) {
    const std::size_t to = std::min(items.size(), from + most);
    Effects effects;
    const auto all = [&](Turn& turn) {
      for (std::size_t i = from; i < to; ++i) handle(turn, effects, *items[i]);
    };
    if (!state_.attempt(now_, effects, all)) {
      apply(effects);
      continue;
    }
    // One of them, or the disk: each alone, so that nobody pays for another's failure.
    for (std::size_t i = from; i < to; ++i) {
      Effects alone;
      const auto one = [&](Turn& turn) { handle(turn, alone, *items[i]); };
      if (const auto fault = state_.attempt(now_, alone, one))
        fail(*items[i], *fault);
      else
        apply(alone);
    }
  }
}

void Round::handle(Turn& turn, Effects& effects, const Inbound& item) {
  Live* live = state_.sessions.find(item.session);
  if (live == nullptr) return;  // closed meanwhile by us: replaced, revoked, refused
  const v1::Request& request = *item.request;
  v1::ServerFrame reply;
  reply.set_id(request.id());
  std::optional<Refusal> why;
  if (request.op_case() == v1::Request::kLogin) {
    why = log_in(turn, effects, *live, request, reply);
    if (!why) return;  // the welcome stands in its effect
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
  v1::ServerFrame reply;
  reply.set_id(item.request->id());
  set_error(reply, refusal_of(fault));
  result_.out.push_back({item.session, encoded(reply), false, 0});
}

// ---- work that is due ----

void Round::write_gap() {
  if (!state_.blind_from) return;
  Effects effects;
  const auto gap = [&](Turn& turn) {
    on_gap(turn, *state_.blind_from, now_);
    store::Server(turn.db).set_last_round(now_);
  };
  if (state_.attempt(now_, effects, gap)) return;
  state_.blind_from.reset();
  state_.noted = now_;
  apply(effects);
}

bool Round::watch_due() {
  if (!state_.came.empty()) return true;
  Effects none;
  Turn turn{state_.db, now_, none, state_.sessions, state_.settings, state_.zones, state_.random};
  try {
    const auto at = next_watch(turn);
    return at && *at <= now_;
  } catch (const store::Failure&) {
    return false;  // nothing can be read: finish() waits and tries again
  }
}

void Round::watch() {
  if (state_.blind_from || now_ < state_.watch_after || !watch_due()) return;
  const std::size_t most = state_.settings.rows_per_commit;
  bool failed = false;
  const auto step = [&](auto work) {
    Effects effects;
    if (state_.attempt(now_, effects, work))
      failed = true;
    else
      apply(effects);
  };
  step([&](Turn& turn) {
    for (const DeviceId& device : state_.came) device_online(turn, device);
    (void)recheck_circles(turn, most);
    (void)judge(turn, most);
  });
  if (!failed) state_.came.clear();
  std::vector<OperatorNotice> notices;
  step([&](Turn& turn) {
    (void)run_deadlines(turn, most);
    notices = due_operator_notices(turn, most);
  });
  if (failed)
    state_.watch_after = now_ + retry_watch;
  else
    for (OperatorNotice& n : notices) result_.operator_notices.push_back(n);
}

void Round::openings() {
  if (state_.blind_from || now_ < state_.watch_after || !watch_due()) return;
  Effects effects;
  const auto open = [&](Turn& turn) { (void)run_openings(turn, state_.settings.rows_per_commit); };
  if (state_.attempt(now_, effects, open))
    state_.watch_after = now_ + retry_watch;
  else
    apply(effects);
}

void Round::sweep() {
  if (now_ - state_.swept < sweep_every && now_ >= state_.swept) return;
  bool more = false;
  Effects effects;
  const auto work = [&](Turn& turn) {
    const auto at = next_expiry(turn);
    more = at && *at <= now_ && expire(turn, state_.settings.rows_per_commit);
  };
  (void)state_.attempt(now_, effects, work);
  state_.swept = more ? 0 : now_;
}

void Round::delete_old() {
  State& s = state_;
  // Not at once after a start: there is other work then. A step of the clock begins the wait anew.
  if (s.retention_at == 0 || s.retention_at > now_ + retention_every)
    s.retention_at = now_ + retention_every;
  if (s.blind_from || now_ < s.retention_at) return;
  RetentionPlace place = s.retention;
  bool more = false;
  Effects effects;
  const auto work = [&](Turn& turn) {
    more = server::delete_old(turn, place, std::max<std::size_t>(s.settings.rows_per_commit, 16));
  };
  const bool done = !s.attempt(now_, effects, work);
  if (done) s.retention = place;
  s.retention_at = now_ + (done && more ? retention_step : retention_every);
}

void Round::closed(SessionId session) {
  if (const auto device = state_.sessions.close(session)) state_.left.emplace_back(*device, now_);
}

void Round::note() {
  state_.last_round = now_;
  const bool recent = now_ >= state_.noted && now_ - state_.noted < second;
  // An unwritten gap must still be known after a crash.
  if (state_.blind_from || (recent && state_.left.empty())) return;
  Effects effects;
  const auto write = [&](Turn& turn) {
    store::Server(turn.db).set_last_round(now_);
    for (const auto& [device, at] : state_.left) store::Accounts(turn.db).seen(device, at);
  };
  if (state_.attempt(now_, effects, write)) return;
  state_.noted = now_;
  state_.left.clear();
}

void Round::checkpoint() {
  State& s = state_;
  s.checkpoint_at.reset();
  const int pages = s.db.wal_pages();
  if (pages == 0) {
    s.dirty_since = 0;
    return;
  }
  if (s.dirty_since == 0 || s.dirty_since > now_) s.dirty_since = now_;
  Instant at = pages >= checkpoint_pages ? now_ : s.dirty_since + checkpoint_every;
  at = std::max(at, s.checkpoint_after);
  s.checkpoint_at = at;
  // Off the way of acknowledgements: in a round without requests, unless the log grows without end.
  if (now_ < at || (!idle_ && pages < most_pages)) return;
  bool moved = false;
  try {
    moved = s.db.checkpoint();
  } catch (const store::Failure&) {
    // A full disk: the log stays, nothing is lost.
  }
  if (moved) {
    s.dirty_since = 0;
    s.checkpoint_at.reset();
  } else {
    s.checkpoint_after = now_ + second;
    s.checkpoint_at = s.checkpoint_after;
  }
}

RoundResult Round::finish() {
  Effects none;
  Turn turn{state_.db, now_, none, state_.sessions, state_.settings, state_.zones, state_.random};
  try {
    state_.due = next_watch(turn);
    if (const auto at = next_expiry(turn)) {
      const Instant sweep_at = std::max(*at, state_.swept + sweep_every);
      state_.due = state_.due ? std::min(*state_.due, sweep_at) : sweep_at;
    }
  } catch (const store::Failure&) {
    state_.due = now_ + retry_watch;
  }
  if (!state_.came.empty()) state_.due = now_;
  if (state_.blind_from) state_.due = now_ + retry_watch;
  if (state_.due && now_ < state_.watch_after)
    state_.due = std::max(*state_.due, state_.watch_after);
  result_.more = state_.due && *state_.due <= now_;
  result_.faults = std::exchange(state_.faults, {});
  return std::move(result_);
}

// ---- effects, after the commit ----

void Round::apply(Effects& effects) {
  for (Effect& e : effects.list) std::visit([&](auto& effect) { take(effect); }, e);
  deliver();
}

void Round::take(ReplyEffect& effect) {
  result_.out.push_back({effect.session, std::move(effect.frame), false, 0});
}

void Round::take(CloseEffect& effect) {
  closed(effect.session);
  result_.out.push_back({effect.session, {}, true, effect.code});
}

void Round::take(LogInEffect& effect) {
  if (const auto old = state_.sessions.log_in(effect.session, effect.who))
    say_closing(*old, "replaced", close_replaced);
  result_.out.push_back({effect.session, std::move(effect.welcome), false, 0});
  if (!effect.who.caller.shadow) state_.came.push_back(effect.who.caller.device);
  to_deliver_.push_back(effect.session);
}

void Round::take(AckEffect& effect) {
  Live* live = state_.sessions.find(effect.session);
  if (live == nullptr) return;
  live->window.acknowledged(effect.seqs);
  to_deliver_.push_back(effect.session);
}

void Round::take(PushEffect& effect) {
  if (const Live* live = state_.sessions.of(effect.device))
    result_.out.push_back({live->id, encoded(effect.frame), false, 0});
}

void Round::take(MailEffect& effect) {
  for (const Live* live : state_.sessions.readers(effect.mailbox)) to_deliver_.push_back(live->id);
}

void Round::take(RevokeEffect& effect) {
  const Live* live = state_.sessions.of(effect.device);
  if (live == nullptr) return;
  const SessionId session = live->id;
  (void)state_.sessions.close(session);
  say_closing(session, effect.reason, close_revoked);
}

void Round::say_closing(SessionId session, const char* reason, std::uint16_t code) {
  v1::ServerFrame frame;
  frame.mutable_closing()->set_reason(reason);
  result_.out.push_back({session, encoded(frame), true, code});
}

void Round::deliver() {
  std::sort(to_deliver_.begin(), to_deliver_.end());
  to_deliver_.erase(std::unique(to_deliver_.begin(), to_deliver_.end()), to_deliver_.end());
  for (const SessionId id : to_deliver_) {
    Live* live = state_.sessions.find(id);
    if (live == nullptr) continue;
    try {
      for (v1::ServerFrame& frame : next_deliveries(state_.db, *live))
        result_.out.push_back({id, encoded(frame), false, 0});
    } catch (const store::Failure&) {
      // Unreadable now: the client comes back and is handed the same rows.
      closed(id);
      result_.out.push_back({id, {}, true, 1011});
    }
  }
  to_deliver_.clear();
}

}  // namespace livlina::server
