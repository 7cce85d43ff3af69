// Encrypts the notes of a record or act that travel in one request with it: sessions first, then
// everything in one step.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "clients/core/messenger.hpp"
#include "clients/core/sender.hpp"

namespace livlina::client {

class NoteSealer {
 public:
  NoteSealer(Messaging& m, SessionStarter& starter, Outbox& outbox, Sender& sender)
      : m_(m), starter_(starter), outbox_(outbox), sender_(sender) {}

  // See Messenger::seal_notes.
  void seal(crypto::Kind kind, const CircleId& circle, std::uint16_t scope, ByteView plain,
            std::optional<Duration> wait, Messenger::Sealed then);
  // See Messenger::send_apart.
  void send_apart(const MessageId& notes, const std::vector<v1::Envelope>& envelopes);
  // After an answer of the server about prekeys, or when time has passed: finishes what has waited
  // for it, or waited long enough.
  void go_on();
  [[nodiscard]] std::optional<Instant> wake_at() const;
  [[nodiscard]] bool idle() const { return jobs_.empty(); }

 private:
  struct Job {
    Letter letter;
    Messenger::Sealed then;
    std::optional<Instant> until = std::nullopt;  // goes then with the sessions that are there
  };
  [[nodiscard]] bool waits(const Job& job) const;
  void finish(Job job);

  Messaging& m_;
  SessionStarter& starter_;
  Outbox& outbox_;
  Sender& sender_;
  std::vector<Job> jobs_;
};

}  // namespace livlina::client
