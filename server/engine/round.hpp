// One round: the requests of a moment and the work that is due, in the order of their urgency.
#pragma once

#include <vector>

#include "server/engine/state.hpp"

namespace livlina::server {

class Round {
 public:
  using State = Engine::State;
  // `idle`: without requests.
  Round(State& state, Instant now, bool idle) : state_(state), now_(now), idle_(idle) {}

  // Watch.md rule 17: before anything is judged.
  void write_gap();
  // In chunks of rows_per_commit; a chunk that fails is run again one by one.
  void requests(const std::vector<const Inbound*>& items);
  // Those who came, circles to judge anew, judged records, deadlines, the operator's lines.
  void watch();
  void openings();
  void sweep();
  // Part of a pass over old rows.
  void delete_old();
  void closed(SessionId session);
  // What the database has to know of this round besides, and the log's checkpoint.
  void note();
  void checkpoint();
  [[nodiscard]] RoundResult finish();

 private:
  void handle(Turn& turn, Effects& effects, const Inbound& item);
  [[nodiscard]] std::optional<Refusal> log_in(Turn& turn, Effects& effects, Live& live,
                                              const v1::Request& request, v1::ServerFrame& reply);
  void fail(const Inbound& item, store::Fault fault);
  [[nodiscard]] bool watch_due();

  // After the commit: in order, deliveries last.
  void apply(Effects& effects);
  void take(ReplyEffect& effect);
  void take(CloseEffect& effect);
  void take(LogInEffect& effect);
  void take(AckEffect& effect);
  void take(PushEffect& effect);
  void take(MailEffect& effect);
  void take(RevokeEffect& effect);
  void say_closing(SessionId session, const char* reason, std::uint16_t code);
  void deliver();

  State& state_;
  Instant now_;
  bool idle_;
  RoundResult result_;
  std::vector<SessionId> to_deliver_;
};

}  // namespace livlina::server
