// Plans of check-ins: the participant signs; once the circle is armed a supporter approves before
// the plan is published (H32). Both travel end to end (kind 9).
#pragma once

#include "clients/core/messenger.hpp"
#include "clients/core/part.hpp"
#include "protocol/records/plan.hpp"

namespace livlina::v1 {
class CircleView;
class SetPlan;
}  // namespace livlina::v1

namespace livlina::client {

class Plans final : public Part {
 public:
  Plans(Context& context, Trust& trust, Messenger& messenger);

  [[nodiscard]] crypto::Status load(const Identity& identity) override;
  bool command(const v1::Command& command) override;
  void online() override;
  void offline() override { retry_at_ = 0; }  // at the next log-in
  void tick() override;
  [[nodiscard]] std::optional<Instant> wake_at() const override;

 private:
  void set(std::uint64_t command, const v1::SetPlan& wanted);
  [[nodiscard]] bool needs_approval(const Circle& circle) const;
  [[nodiscard]] Result<protocol::Plan> compose(const v1::SetPlan& wanted) const;
  void propose(std::uint64_t command, ByteView record);
  void approve(std::uint64_t command, const CircleId& circle, ByteView hash);
  void received(const Incoming& incoming);
  void received_plan(const Incoming& incoming, ByteView record);
  void received_approval(const Incoming& incoming, ByteView act);
  void publish(std::uint64_t command, bool whole = false);
  void keep(ByteView record, ByteView approval);
  [[nodiscard]] Status pretend(ByteView record);

  Context& context_;
  Trust& trust_;
  Messenger& messenger_;
  const Identity* self_ = nullptr;
  Instant retry_at_ = 0;  // the server could not decide; 0: nothing to repeat
};

// A plan that was proposed for this circle, or is not published yet, and is the next after the one
// in force; of the own circle in the decoy realm one that was "signed" there.
[[nodiscard]] std::optional<protocol::Verified<protocol::Plan>> proposed_plan(const Store& store,
                                                                              const Identity& self,
                                                                              const Circle& circle);

}  // namespace livlina::client
