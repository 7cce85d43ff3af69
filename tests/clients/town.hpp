// The people of the messenger's tests: Sara and her circle, their desk, and a stranger.
#pragma once

#include <memory>

#include "crypto/e2ee/session.hpp"
#include "protocol/records/desk.hpp"
#include "protocol/records/manifest.hpp"
#include "tests/clients/phone.hpp"

namespace livlina::testing {

// An account with its devices' keys: of a participant the primary, then the shadow.
struct Resident {
  struct Keys {
    crypto::SignKeyPair sig;
    crypto::DhKeyPair ik;
    DeviceId id;
  };
  crypto::SignKeyPair account;
  std::vector<Keys> devices;
  protocol::DeviceList list;
  Bytes record;

  [[nodiscard]] const crypto::SignPublic& key() const { return account.public_key(); }
};

class Town {
 public:
  Town();

  SeededRandom random{1};
  PostOffice office;
  Resident sara, bo, amal, cam, stranger;
  std::unique_ptr<crypto::SignKeyPair> desk;
  CircleId circle;
  CircleId desk_circle;
  crypto::Vault::Values decoy_disk;
  // Sara's phone, Bo the mentor's, Amal the contact person's, Cam the coordinator's.
  Phone sara_phone, bo_phone, amal_phone, cam_phone;

  // Everybody works until nobody has anything to do.
  void settle();
  void connect_all();
  // Time passes for all; ticks that are due are done.
  void pass(Duration time);
  // Sara signs the next manifest; the server has it, the phones do not.
  void sign_manifest(const std::vector<protocol::Line>& lines);
  [[nodiscard]] std::vector<protocol::Line> lines() const;
  [[nodiscard]] protocol::Line line(const Resident& who, Role role, std::uint16_t scope) const;
  // The next version of the list has another device; the server has it.
  void replace_device(Resident& who);
  // The phone of Sara's decoy realm, with what the real one put there.
  [[nodiscard]] std::unique_ptr<Phone> decoy_phone();
  // A frame from this device to the other, as whoever has the keys would write it: a session of its
  // own, gen 1.
  [[nodiscard]] std::string forge(const Resident& from, std::size_t device, const Phone& to,
                                  crypto::Outgoing what, ByteView plain, bool one_time = true);
  // Frames of a session that the phones have, as a client with other ideas about the circle would
  // write them: one for each text.
  [[nodiscard]] std::vector<std::string> speak(Phone& from, const Phone& to,
                                               const crypto::Outgoing& what,
                                               const std::vector<std::string>& texts);
  [[nodiscard]] crypto::Outgoing by(Role from, Role to, crypto::Kind kind) const;
  // The phone fetches what the server has of the circle.
  void learn_manifest(Phone& phone);
  // Ids of the sessions that a phone has stored with another, and of the one it sends with.
  [[nodiscard]] static std::set<std::string> sids(const Phone& phone, const Phone& other);
  [[nodiscard]] static std::string sending_sid(const Phone& phone, const Phone& other);
  [[nodiscard]] std::vector<Phone*> phones() {
    return {&sara_phone, &bo_phone, &amal_phone, &cam_phone};
  }

 private:
  Resident make_resident(std::size_t devices);
  void give_identity(const Resident& who, std::size_t device, Phone& phone, bool participant,
                     bool decoy);
  void seed_trust(Phone& phone);

  protocol::Manifest manifest_;
};

}  // namespace livlina::testing
