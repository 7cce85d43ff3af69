// How this device becomes somebody's: claim an invitation, join, compare the safety words, pin.
#pragma once

#include <optional>
#include <string>

#include "clients/core/connection.hpp"
#include "clients/core/pairing.hpp"
#include "clients/core/trust.hpp"

namespace livlina::v1 {
class Command;
class ConfirmPairing;
class Enrol;
}  // namespace livlina::v1

namespace livlina::client {

class Enrolment {
 public:
  // `self` is set when this device joins, and its desk when the person confirmed the pairing.
  Enrolment(Context& context, Connection& connection, Trust& trust, std::optional<Identity>& self);
  [[nodiscard]] crypto::Status load();  // bad_format

  // Enrol, and ConfirmPairing of our own pairing; false for any other.
  bool command(const v1::Command& command);
  // Between Enrol and the server's answer to JoinInvite: nobody logs in.
  [[nodiscard]] bool joining() const;
  [[nodiscard]] std::string host() const;  // "" when nothing was begun
  void challenged();                       // only while joining()
  void offline();
  void online();  // shows the safety words again while they wait for an answer
  bool pushed(const v1::ServerFrame& frame);  // false: not for our own pairing
  // True once after the server took the JoinInvite: `self` is complete and may log in.
  [[nodiscard]] bool take_joined();

 private:
  void enrol(std::uint64_t command, const v1::Enrol& enrol);
  void confirm(std::uint64_t command, const v1::ConfirmPairing& confirm);
  void claim();
  void claimed(const v1::ServerFrame* reply);
  void join();
  void joined(const v1::ServerFrame* reply);
  [[nodiscard]] Status check(const Invitation& invitation) const;
  void make_identity(Role role);
  [[nodiscard]] protocol::DeviceList make_device_list(const Shadow* shadow);
  void pin();                          // what the person confirmed
  void refuse(std::uint64_t command);  // the person
  // Nothing of the pairing is kept but that it was refused.
  void forget_pairing();
  void ask_whether_refused();
  void refused_there();   // by the inviter, as the server says
  void fail(Status why);  // the code is of no use: nothing of it is kept
  void finish(Status status, std::string_view detail = {});
  void show_words() const;
  void mirror_identity() const;  // a participant's decoy realm
  [[nodiscard]] bool pretend(std::uint64_t command, const v1::ConfirmPairing& confirm);
  void forget_everything();

  Context& context_;
  Connection& connection_;
  Trust& trust_;
  std::optional<Identity>& self_;
  std::optional<Pairing> pairing_;
  std::uint64_t command_ = 0;  // of the Enrol under way
  bool joined_ = false;
};

// The role by which we were invited; nothing before that.
[[nodiscard]] std::optional<Role> own_role(const Store& store);

}  // namespace livlina::client
