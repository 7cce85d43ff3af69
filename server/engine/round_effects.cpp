// What a commit lets out: replies, pushes, deliveries, ends of sessions.
#include <algorithm>
#include <utility>
#include <variant>

#include "server/delivery/dispatcher.hpp"
#include "server/engine/round.hpp"
#include "server/services/incident_view.hpp"

namespace livlina::server {

void Round::apply(Effects& effects) {
  for (Effect& e : effects.list) std::visit([&](auto& effect) { take(effect); }, e);
  deliver();
  flush();
}

void Round::tell_incidents() {
  State& s = state_;
  const auto changed = s.changed.take(now_);
  if (changed.empty()) return;
  Effects effects;
  Turn turn{s.db, now_, effects, s.sessions, s.settings, s.zones, s.random};
  try {
    for (const IncidentId& id : changed) tell_incident(turn, id);
  } catch (const store::Failure& failure) {
    s.note({Work::reading, failure.fault()});  // a push may be lost; a notice is not
  }
  apply(effects);
}

void Round::flush() {
  if (!out_.empty()) send_(std::exchange(out_, {}));
}

void Round::take(ReplyEffect& effect) {
  out_.push_back({effect.session, std::move(effect.frame), false, 0});
}

void Round::take(CloseEffect& effect) {
  closed(effect.session);
  out_.push_back({effect.session, {}, true, effect.code});
}

void Round::take(LogInEffect& effect) {
  if (const auto old = state_.sessions.log_in(effect.session, effect.who))
    say_closing(*old, "replaced", close_replaced);
  out_.push_back({effect.session, std::move(effect.welcome), false, 0});
  // The shadow's as well: reminders come to it as they would come to the primary.
  state_.came.push_back(effect.who.caller.device);
  to_deliver_.push_back(effect.session);
}

void Round::take(AckEffect& effect) {
  Live* live = state_.sessions.find(effect.session);
  if (live == nullptr) return;
  const std::size_t handed = live->window.acknowledged(effect.seqs);
  // A shadow's word deletes nothing: its primary is handed the same rows.
  if (live->caller && !live->caller->shadow)
    state_.sessions.acknowledged().add(live->caller->device, effect.seqs, handed, now_);
  if (live->window.may_have_any()) to_deliver_.push_back(effect.session);
}

void Round::take(PushEffect& effect) {
  if (const Live* live = state_.sessions.of(effect.device))
    out_.push_back({live->id, encoded(effect.frame), false, 0});
}

void Round::take(MailEffect& effect) {
  for (Live* live : state_.sessions.readers(effect.mailbox)) {
    live->window.came(effect.rank);
    to_deliver_.push_back(live->id);
  }
}

void Round::take(IncidentEffect& effect) {
  state_.changed.add(effect.incident, effect.may_wait, now_);
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
  out_.push_back({session, encoded(frame), true, code});
}

void Round::deliver() {
  std::sort(to_deliver_.begin(), to_deliver_.end());
  to_deliver_.erase(std::unique(to_deliver_.begin(), to_deliver_.end()), to_deliver_.end());
  for (const SessionId id : to_deliver_) {
    Live* live = state_.sessions.find(id);
    if (live == nullptr) continue;
    try {
      for (v1::ServerFrame& frame :
           next_deliveries(state_.db, *live, state_.sessions.acknowledged()))
        out_.push_back({id, encoded(frame), false, 0});
    } catch (const store::Failure& failure) {
      // Unreadable now: the client comes back and is handed the same rows.
      state_.note({Work::reading, failure.fault()});
      closed(id);
      out_.push_back({id, {}, true, 1011});
    }
  }
  to_deliver_.clear();
}

}  // namespace livlina::server
