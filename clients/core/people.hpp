// Who stands around whom, as this client has verified it: answers to GetStatus, GetPeople and
// GetSafetyNumber.
#pragma once

#include "clients/core/part.hpp"
#include "clients/core/trust.hpp"

namespace livlina::v1 {
class Person;
class CircleView;
class GetPeople;
class GetSafetyNumber;
}  // namespace livlina::v1

namespace livlina::client {

class People final : public Part {
 public:
  People(Context& context, Trust& trust);

  [[nodiscard]] crypto::Status load(const Identity& identity) override;
  bool command(const v1::Command& command) override;
  void describe(v1::Status& status) const override;

 private:
  void people(std::uint64_t command, const v1::GetPeople& wanted) const;
  void safety_number(std::uint64_t command, const v1::GetSafetyNumber& wanted) const;

  Context& context_;
  Trust& trust_;
  const Identity* self_ = nullptr;
};

// Whether this user compared numbers with them, and whether they have a new device since.
void mark_devices(const Context& context, const Trust& trust, const SignPublic& account,
                  v1::Person& out);
// The circle as this user sees it: of the participant's own in the decoy realm what was "signed"
// there. Names are empty where nobody told them; proposed is a plan that follows the one in force.
[[nodiscard]] v1::CircleView circle_view(const Context& context, const Trust& trust,
                                         const Identity& self, const Circle& circle);

}  // namespace livlina::client
