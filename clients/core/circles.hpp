// Circles as they change: the participant signs manifests; everybody fetches and verifies what the
// server says has changed.
#pragma once

#include "clients/core/messenger.hpp"
#include "clients/core/part.hpp"

namespace livlina::v1 {
class Person;
class SignManifest;
}  // namespace livlina::v1

namespace livlina::client {

class Circles final : public Part {
 public:
  Circles(Context& context, Trust& trust);

  [[nodiscard]] crypto::Status load(const Identity& identity) override;
  bool command(const v1::Command& command) override;
  bool pushed(const v1::ServerFrame& frame) override;
  void online() override;
  void settle() override;
  void offline() override { asked_desk_ = false; }
  [[nodiscard]] bool idle() const override { return !refreshing_; }

 private:
  void refresh();
  void sign(std::uint64_t command, const v1::SignManifest& wanted);
  [[nodiscard]] Status compose(const v1::SignManifest& wanted, protocol::Manifest& out,
                               std::string& detail);
  [[nodiscard]] Result<protocol::Line> new_line(const v1::Person& person,
                                                const v1::SignManifest& wanted,
                                                const protocol::Line* before);
  void publish(std::uint64_t command);
  void published(std::uint64_t command, const v1::ServerFrame* reply);
  void taken(std::uint64_t command);

  Context& context_;
  Trust& trust_;
  const Identity* self_ = nullptr;
  bool refreshing_ = false;
  bool publishing_ = false;
  bool asked_desk_ = false;  // since the log-in
};

}  // namespace livlina::client
