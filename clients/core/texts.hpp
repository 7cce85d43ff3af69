// The commands of people who write: SendText, MarkRead, ListMessages.
#pragma once

#include "clients/core/messenger.hpp"
#include "clients/core/part.hpp"

namespace livlina::v1 {
class ListMessages;
class MarkRead;
class SendText;
}  // namespace livlina::v1

namespace livlina::client {

inline constexpr std::size_t max_text = 60'000;  // bytes of a text

class Texts final : public Part {
 public:
  Texts(Context& context, Trust& trust, Messenger& messenger)
      : context_(context), trust_(trust), messenger_(messenger) {}

  [[nodiscard]] crypto::Status load(const Identity& identity) override;
  bool command(const v1::Command& command) override;
  void describe(v1::Status& out) const override;  // queued_here

 private:
  [[nodiscard]] Status send(const v1::SendText& send);
  // Whom the text goes to: the account named, or everybody who may read texts of the circle.
  [[nodiscard]] Result<std::vector<SignPublic>> readers(const CircleId& circle,
                                                        const v1::SendText& send) const;
  [[nodiscard]] Result<std::vector<SignPublic>> readers_in(const Circle& circle,
                                                           std::optional<SignPublic> to) const;
  [[nodiscard]] bool reads(const Circle& circle, const SignPublic& account) const;
  [[nodiscard]] Status read(const v1::MarkRead& read);
  [[nodiscard]] Status list(const v1::ListMessages& list) const;

  Context& context_;
  Trust& trust_;
  Messenger& messenger_;
  const Identity* self_ = nullptr;
};

}  // namespace livlina::client
