// Circles as they change: the participant signs manifests; everybody fetches and verifies what the
// server says has changed, and is shown what was accepted.
#pragma once

#include <map>

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
  void offline() override;
  void tick() override;
  [[nodiscard]] std::optional<Instant> wake_at() const override;
  [[nodiscard]] bool idle() const override { return !refreshing_; }

 private:
  // What a circle goes by.
  struct Shown {
    crypto::Hash manifest{};
    crypto::Hash plan{};
    bool approved = false;
    bool operator==(const Shown&) const = default;
  };
  [[nodiscard]] static Shown state_of(const Circle& circle);
  void show_changes();
  void refresh();
  void sign(std::uint64_t command, const v1::SignManifest& wanted);
  // `newest`: what the next one follows, nullptr for the first.
  [[nodiscard]] Status compose(const v1::SignManifest& wanted,
                               const Verified<protocol::Manifest>* newest, protocol::Manifest& out,
                               std::string& detail);
  [[nodiscard]] Result<protocol::Line> new_line(const v1::Person& person,
                                                const v1::SignManifest& wanted,
                                                const protocol::Line* before);
  void publish(std::uint64_t command);
  void published(std::uint64_t command, const v1::ServerFrame* reply);
  void taken(std::uint64_t command);
  void pretend(std::uint64_t command);
  void refused();
  [[nodiscard]] std::vector<crypto::Hash> refused_hashes() const;

  Context& context_;
  Trust& trust_;
  const Identity* self_ = nullptr;
  std::map<CircleId, Shown> shown_;
  std::uint64_t shown_revision_ = 0;
  bool refreshing_ = false;
  bool publishing_ = false;
  Instant retry_at_ = 0;     // the server could not decide; 0: nothing to repeat
  bool asked_desk_ = false;  // since the log-in
};

}  // namespace livlina::client
