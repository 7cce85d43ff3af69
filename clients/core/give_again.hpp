// After a copy of the server's database was put back: what the server had taken from this device is
// given to it again. What was said goes at once, the chains in their order beside it, what calls
// for nobody behind the manifests, and nothing waits for what the server does not answer. What it
// still has changes nothing there (I9).
#pragma once

#include <map>
#include <vector>

#include "clients/core/given.hpp"
#include "clients/core/part.hpp"
#include "clients/core/trust.hpp"

namespace livlina::client {

// Of the chains in 24 h, whatever the server says of its epoch. A round is one such giving; it goes
// on over as many connections as it takes, and counts when it is over. What was said is given at
// every new epoch.
inline constexpr std::uint8_t most_rounds = 8;
// What the server was not ready for, or refused although somebody waits for it, goes again then.
inline constexpr Duration round_retry = 1 * hour;
// Without an answer for so long, others go on; and what waits to be published does.
inline constexpr Duration item_patience = 10 * second;
inline constexpr Duration giving_patience = 1 * minute;

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
  [[nodiscard]] bool idle() const override;

 private:
  struct Item;
  enum class Lane : std::uint8_t { said, chains };
  void add_chains(std::vector<Item>& out) const;
  void add_said(std::vector<Item>& out);
  void tie_cancels(std::vector<Item>& said);
  void new_epoch();
  void begin();
  void end();
  void settle_in_vain();
  void go_on();
  [[nodiscard]] Item* next_of(Lane lane);
  [[nodiscard]] Instant due_at(const Item& item) const;
  [[nodiscard]] bool is_fresh(const Item& item) const;
  [[nodiscard]] bool is_behind(const Item& item) const;
  [[nodiscard]] bool is_put_off(const Item& item) const;
  void send(Item& item);
  void answered(const GivenTag& tag, const v1::ServerFrame* reply);
  void decided(std::size_t place, const v1::ServerFrame& reply);
  void say_giving() const;

  Context& context_;
  Trust& trust_;
  const Identity* self_ = nullptr;
  std::vector<Item> items_;  // that the server has not decided of yet
  bool under_way_ = false;
  bool chains_too_ = false;            // there is a round left for them
  Instant answered_at_ = 0;            // last
  Instant next_round_at_ = 0;          // 0: no round has to wait for its day
  std::map<GivenTag, Instant> waits_;  // of those that go again later, also on other connections
};

}  // namespace livlina::client
