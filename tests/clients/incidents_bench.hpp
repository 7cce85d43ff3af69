// One incident of Sami's, as a server of the test's own making tells it.
#pragma once

#include "clients/core/incidents.hpp"
#include "tests/clients/watch_bench.hpp"

namespace livlina::testing {

namespace incident {
inline constexpr std::uint32_t notifying = 1, taken = 2, resolved = 3, cancelled = 4;
inline constexpr std::uint32_t open = 1, silent = 2, drill = 3;
// Kinds of triggers and of events.
inline constexpr std::uint32_t miss = 1, talk = 2, not_ok = 3, loud = 4, quiet = 5, duress = 6,
                               practice = 7;
inline constexpr std::uint32_t opened = 1, seen = 9, took = 10, took_over = 11, ended = 20;
}  // namespace incident

// Who may act: Bo by his line, Cam for the desk. Acts are signed after the newest that was shown.
struct IncidentBench : WatchBench {
  explicit IncidentBench(Who who = Who::bo, bool armed = true);

  // ---- what staff sign ----
  [[nodiscard]] protocol::StaffAct said_by(const Person& by, protocol::Act what, Instant at) const;
  [[nodiscard]] static Bytes sign(const protocol::StaffAct& act, const Person& by,
                                  std::size_t device = 0);
  [[nodiscard]] Bytes act(const Person& by, protocol::Act what, Instant at) const;
  [[nodiscard]] Bytes resolve(const Person& by, protocol::Reason reason) const;
  // ---- what the participant says: type, answer, and for a cancel the alarm's number ----
  [[nodiscard]] Bytes record(protocol::RecordType type, std::uint8_t answer,
                             std::uint64_t alarm_seq = 0, bool by_shadow = false,
                             const crypto::Hash& note_ref = {});

  // ---- what the server tells ----
  void event(std::uint32_t kind, const Bytes& record = {});
  void trigger(std::uint32_t kind, const Bytes& record = {});  // with the severity of its kind
  void hold(const Person& who);
  [[nodiscard]] crypto::Hash newest() const;  // of what is signed in `told`
  // It is pushed; the client asks for newer lists if it likes, in vain. What it shows then.
  const v1::IncidentView& tell();
  // The same with what was told before, and nothing of the past in the events.
  void forget_events() { events.clear(); }

  // ---- what the person does ----
  [[nodiscard]] static v1::Command do_act(const v1::Incident& incident, protocol::Act what,
                                          protocol::Reason reason = protocol::Reason::none);
  // The act that was sent, after the server told `reply`; nothing: it was not signed.
  std::optional<protocol::StaffAct> signed_act(const v1::Command& command,
                                               const v1::Incident& reply);

  // The messenger is ticked as well, which the bench leaves alone.
  void pass(Duration time);
  // The other lines of the manifest, newly signed.
  void sign_lines(const std::vector<protocol::Line>& lines);

  v1::Incident told;
};

}  // namespace livlina::testing
