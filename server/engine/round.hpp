// One round: the requests of a moment and the work that is due, in the order of their urgency.
#pragma once

#include <vector>

#include "server/engine/state.hpp"

namespace livlina::server {

class Round {
 public:
  using State = Engine::State;
  // `idle`: without requests.
  Round(State& state, Instant now, bool idle, const Sink& send)
      : state_(state), now_(now), idle_(idle), send_(send) {}

  // round_watch.cpp. Watch.md rule 17: before anything is judged.
  void write_gap();
  // Circles to judge anew, who came and what was recorded (at their beat), deadlines, the
  // operator's lines.
  void watch();
  void openings();

  // round_effects.cpp. Incidents that have changed, to whoever is online and may see them.
  void tell_incidents();

  // round.cpp. What the round takes of a class, in chunks of rows_per_commit; a chunk that fails is
  // run again one by one.
  void requests(RequestClass of);

  // round_upkeep.cpp. What has expired; part of a pass over old rows; what the database has to know
  // of this round besides; the log's checkpoint; when the next round is due.
  void sweep();
  void delete_old();
  void note();
  void delete_acknowledged();  // deletions.cpp
  void checkpoint();
  [[nodiscard]] RoundResult finish();

 private:
  // A transaction of this round. A locked database costs its wait once, not for each of them.
  template <class Do>
  [[nodiscard]] std::optional<store::Fault> attempt(Work what, Effects& effects, Do work,
                                                    Progress* progress = nullptr) {
    if (locked_) return store::Fault::busy;
    const auto fault = state_.attempt(what, now_, effects, std::move(work), progress);
    locked_ = fault == store::Fault::busy;
    return fault;
  }

  void run(const std::vector<Inbound>& items);
  void handle(Turn& turn, Effects& effects, const Inbound& item);
  [[nodiscard]] std::optional<Refusal> log_in(Turn& turn, Effects& effects, Live& live,
                                              const v1::Request& request, v1::ServerFrame& reply);
  void fail(const Inbound& item, store::Fault fault);
  void closed(SessionId session);
  [[nodiscard]] bool to_judge();

  // When the watch has work, as it is after the last commit; nothing: it cannot be read.
  [[nodiscard]] std::optional<Calendar::Due> look();
  [[nodiscard]] bool at_beat(const Calendar::Due& due) const;
  // A work of the watch as one transaction, if there is any. A row that fails is set aside and the
  // others go on; what fails as a whole is tried again a second later. False: not written.
  template <class Do>
  bool job(Work what, bool wanted, Do work);
  // The desks' webhooks; results of webhooks.
  void channels(bool rows, std::size_t most);
  void tell_operator_of_stall();
  void tell_operator_of_room();

  // round_effects.cpp. After the commit: in order, deliveries last, and out.
  void apply(Effects& effects);
  void take(ReplyEffect& effect);
  void take(CloseEffect& effect);
  void take(LogInEffect& effect);
  void take(AckEffect& effect);
  void take(PushEffect& effect);
  void take(MailEffect& effect);
  void take(IncidentEffect& effect);
  void take(RevokeEffect& effect);
  void say_closing(SessionId session, const char* reason, std::uint16_t code);
  void deliver();
  void flush();

  State& state_;
  Instant now_;
  bool idle_;
  bool locked_ = false;
  const Sink& send_;
  RoundResult result_;
  std::size_t worked_ = 0;  // rows that the watch has moved on in this round
  std::vector<Outgoing> out_;
  std::vector<SessionId> to_deliver_;
};

[[nodiscard]] std::string encoded(v1::ServerFrame& frame);

}  // namespace livlina::server
