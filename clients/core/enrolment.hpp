// How this device becomes somebody's: claim an invitation, join, compare the safety words, pin.
#pragma once

#include <optional>
#include <string>

#include "clients/core/connection.hpp"
#include "clients/core/invitation.hpp"
#include "clients/core/trust.hpp"

namespace livlina::v1 {
class ConfirmPairing;
class Enrol;
class InviteInfo;
}  // namespace livlina::v1

namespace livlina::client {

class Enrolment {
 public:
  // `self` is set when this device joins, and its desk when the person confirmed the pairing.
  Enrolment(Context& context, Connection& connection, Trust& trust, std::optional<Identity>& self);
  ~Enrolment();
  [[nodiscard]] crypto::Status load();  // bad_format

  // Enrol, and ConfirmPairing of our own pairing; false for any other.
  bool command(const v1::Command& command);
  // Between Enrol and the server's answer to JoinInvite: nobody logs in.
  [[nodiscard]] bool joining() const;
  [[nodiscard]] std::string host() const;  // "" when nothing was begun
  void challenged();                       // only while joining()
  void offline();
  void online() const;  // shows the safety words again while they wait for an answer
  // True once after the server took the JoinInvite: `self` is complete and may log in.
  [[nodiscard]] bool take_joined();

 private:
  enum class Phase : std::uint8_t {
    claiming = 1,
    joining = 2,
    paired = 3,
    confirmed = 4,
    refused = 5
  };
  struct Pairing;
  void enrol(std::uint64_t command, const v1::Enrol& enrol);
  void confirm(std::uint64_t command, const v1::ConfirmPairing& confirm);
  void claim();
  void claimed(const v1::ServerFrame* reply);
  void join();
  void joined(const v1::ServerFrame* reply);
  void make_identity(const ByteArray<32>& server_pk);
  void fail(Error error, std::string_view detail = {});  // nothing is kept
  void show_words() const;
  void save();
  [[nodiscard]] Status check(const Invitation& invitation) const;

  Context& context_;
  Connection& connection_;
  Trust& trust_;
  std::optional<Identity>& self_;
  std::unique_ptr<Pairing> pairing_;
  std::uint64_t command_ = 0;  // of the Enrol under way
  bool joined_ = false;
};

// How ListInvites shows our own pairing; nothing when there was none, or nothing to compare.
[[nodiscard]] std::optional<v1::InviteInfo> own_pairing(const Store& store);

}  // namespace livlina::client
