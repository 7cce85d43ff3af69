// The desk as its keepers and coordinators run it: its root key, roster and directory, and the
// protection need of a circle.
#pragma once

#include <functional>

#include "clients/core/detail.hpp"
#include "clients/core/messenger.hpp"
#include "clients/core/part.hpp"

namespace livlina::v1 {
class RenewDesk;
}  // namespace livlina::v1

namespace livlina::client {

class DeskKeeper final : public Part {
 public:
  // `self` is this device's identity: CreateDesk sets its desk.
  DeskKeeper(Context& context, Trust& trust, Messenger& messenger, std::optional<Identity>& self);

  [[nodiscard]] crypto::Status load(const Identity& identity) override;
  bool command(const v1::Command& command) override;
  void online() override;
  void settle() override;
  void tick() override;
  [[nodiscard]] std::optional<Instant> wake_at() const override;
  [[nodiscard]] bool idle() const override { return !pending_ || !context_.requests.logged_in(); }
  void describe(v1::Status& status) const override;

  [[nodiscard]] bool keeper() const { return root_.has_value(); }
  // Signs and publishes the directory (and for a coordinator the roster) with a new member of staff
  // whose DeviceList is known, and tells the others the name. `then` once: ok also when listed
  // already; wrong_state when something else is being published.
  using Then = std::function<void(Status, std::string detail)>;
  void add_staff(const SignPublic& account, Role role, std::string name, std::string organisation,
                 Then then);

 private:
  // Signed, stored, and not yet taken by the server: repeated byte by byte until it answers.
  struct Pending {
    Bytes roster;
    Bytes directory;
    std::vector<crypto::Hash> announce;  // details to tell once the directory stands
  };
  void create(std::uint64_t command, const std::string& name);
  void renew(std::uint64_t command, const v1::RenewDesk& wanted);
  void set_category(std::uint64_t command, const CircleId& circle, std::uint32_t category);
  using Accounts = std::vector<SignPublic>;
  [[nodiscard]] Bytes next_roster(const SignPublic* newcomer, const Accounts& without = {}) const;
  [[nodiscard]] Bytes next_directory(const protocol::StaffEntry* newcomer,
                                     const Accounts& without = {}) const;
  void publish(Pending pending, Then then);
  void put_next();
  void answered(bool roster, const v1::ServerFrame* reply);
  void taken(bool roster);
  void finish(Status status, std::string detail);
  void announce(const std::vector<crypto::Hash>& commits);
  void save_pending();
  [[nodiscard]] std::optional<Instant> warn_at() const;

  Context& context_;
  Trust& trust_;
  Messenger& messenger_;
  std::optional<Identity>& self_;
  std::optional<crypto::SignKeyPair> root_;
  std::optional<crypto::DhKeyPair> env_;
  std::optional<Pending> pending_;
  bool sending_ = false;
  bool held_ = false;     // until what the server lost was given again
  bool lacking_ = false;  // it has said that it lacks what is before this one
  Then then_;
};

}  // namespace livlina::client
