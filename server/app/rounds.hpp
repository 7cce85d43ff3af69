// What the database thread drives: the engine in the server, a script in tests of the thread
// itself.
#pragma once

#include "server/engine/engine.hpp"

namespace livlina::server {

// The contracts are those of Engine.
class Rounds {
 public:
  virtual ~Rounds() = default;
  virtual void wake(Instant blind_from, Instant now, const Sink& send) = 0;
  [[nodiscard]] virtual RoundResult round(std::vector<Inbound> inbound, Instant now,
                                          const Sink& send) = 0;
  virtual void operator_result(const NoticeId& id, bool delivered, Instant now) = 0;
  virtual void webhook_result(const WebhookResult& result, Instant now) = 0;
  virtual void finish(Instant now) = 0;
  [[nodiscard]] virtual std::optional<Instant> next_deadline() const = 0;
  [[nodiscard]] virtual std::string challenge(const ByteArray<32>& nonce, Instant now) const = 0;
};

class EngineRounds final : public Rounds {
 public:
  explicit EngineRounds(Engine& engine) : engine_(engine) {}
  void wake(Instant blind_from, Instant now, const Sink& send) override {
    engine_.wake(blind_from, now, send);
  }
  RoundResult round(std::vector<Inbound> inbound, Instant now, const Sink& send) override {
    return engine_.round(std::move(inbound), now, send);
  }
  void operator_result(const NoticeId& id, bool delivered, Instant now) override {
    engine_.operator_result(id, delivered, now);
  }
  void webhook_result(const WebhookResult& result, Instant now) override {
    engine_.webhook_result(result, now);
  }
  void finish(Instant now) override { engine_.finish(now); }
  std::optional<Instant> next_deadline() const override { return engine_.next_deadline(); }
  std::string challenge(const ByteArray<32>& nonce, Instant now) const override {
    return engine_.challenge(nonce, now);
  }

 private:
  Engine& engine_;
};

}  // namespace livlina::server
