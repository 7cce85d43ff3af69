// After a copy of the server's database was put back: what the server had taken from this device is
// given to it again, in order. What it still has changes nothing there (I9).
#pragma once

#include <deque>

#include "clients/core/part.hpp"
#include "clients/core/trust.hpp"

namespace livlina::client {

// In 24 h, whatever the server says of its epoch. A round is one such giving.
inline constexpr std::uint8_t most_rounds = 8;
// Between two rounds when the server was not ready for a manifest: people act in between.
inline constexpr Duration round_retry = 1 * hour;

class GiveAgain final : public Part {
 public:
  GiveAgain(Context& context, Trust& trust);
  ~GiveAgain() override;

  [[nodiscard]] crypto::Status load(const Identity& identity) override;
  void online() override;
  void offline() override;
  void tick() override;
  void settle() override;
  [[nodiscard]] std::optional<Instant> wake_at() const override;
  [[nodiscard]] bool idle() const override { return !under_way_ || retry_at_ != 0; }

 private:
  struct Item;
  [[nodiscard]] std::deque<Item> all() const;
  [[nodiscard]] bool take_round();
  void begin();
  void next();
  void answered(const v1::ServerFrame* reply);
  void end();

  Context& context_;
  Trust& trust_;
  const Identity* self_ = nullptr;
  std::deque<Item> left_;
  bool under_way_ = false;
  bool unready_ = false;  // in this round: something has to go again
  Instant retry_at_ = 0;  // of the next item, or of the next round; 0: neither waits
};

}  // namespace livlina::client
