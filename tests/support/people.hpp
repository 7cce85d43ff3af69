// People with real keys and really signed records: staff, participants, a desk, lines of a
// manifest. What they sign goes through the same record code that the server and the clients use.
#pragma once

#include <string>
#include <vector>

#include "crypto/core/random.hpp"
#include "crypto/core/roles.hpp"
#include "protocol/records/desk.hpp"
#include "protocol/records/device_list.hpp"
#include "protocol/records/manifest.hpp"
#include "protocol/records/plan.hpp"

namespace livlina::testing {

template <class I>
[[nodiscard]] I random_id(crypto::Random& random) {
  return I{random.array<16>()};
}
[[nodiscard]] crypto::DhPublic random_dh(crypto::Random& random);

struct TestDevice {
  crypto::SignKeyPair sig;
  protocol::Device device;
  std::uint64_t login_counter = 0;

  [[nodiscard]] const DeviceId& id() const { return device.id; }
};
[[nodiscard]] TestDevice make_device(crypto::Random& random);

struct Person {
  crypto::SignKeyPair account;
  std::vector<TestDevice> devices;  // of a participant: the primary, then the shadow
  protocol::DeviceList list;
  Bytes list_record;  // the newest

  [[nodiscard]] const crypto::SignPublic& key() const { return account.public_key(); }
  [[nodiscard]] TestDevice& primary() { return devices.at(0); }
  [[nodiscard]] const TestDevice& primary() const { return devices.at(0); }
  [[nodiscard]] TestDevice& shadow() { return devices.at(1); }
  [[nodiscard]] const TestDevice& shadow() const { return devices.at(1); }
  [[nodiscard]] Bytes spk_record(std::uint32_t id, Instant now, crypto::Random& random,
                                 std::size_t device = 0) const;
  [[nodiscard]] Bytes shadow_mark() const;  // names devices[1]
  // The next version of the list with these devices, signed; becomes the newest here.
  Bytes next_list(Instant now, crypto::Random& random);
};
[[nodiscard]] Person make_person(crypto::Random& random, Instant now, std::size_t devices = 1);
[[nodiscard]] Person make_participant(crypto::Random& random, Instant now);

// The root key of a desk and what it signed last.
struct TestDesk {
  crypto::SignKeyPair root;
  protocol::DeskRoster roster;
  Bytes roster_record;
  protocol::StaffDirectory directory;
  Bytes directory_record;

  [[nodiscard]] const crypto::SignPublic& key() const { return root.public_key(); }
  // The next serial, signed; becomes the newest here.
  Bytes next_roster(const std::vector<const Person*>& coordinators, Instant now);
  struct Staff {
    const Person* person;
    Role role;
  };
  Bytes next_directory(const std::vector<Staff>& staff, Instant now);
};
// Serial 1 of both: these coordinators, and a directory that lists them and `staff`.
[[nodiscard]] TestDesk make_desk(crypto::Random& random,
                                 const std::vector<const Person*>& coordinators,
                                 const std::vector<TestDesk::Staff>& staff, Instant now);

[[nodiscard]] protocol::Line make_line(crypto::Random& random, protocol::LineType type,
                                       const crypto::SignPublic& key, Role role,
                                       std::uint16_t scope, Instant now);

// A participant's circle and what was signed in it last.
struct TestCircle {
  CircleId id;
  protocol::Manifest manifest;
  Bytes manifest_record;
  protocol::Plan plan;  // version 0 before the first
  Bytes plan_record;

  // The next version with these lines, signed; becomes the newest here.
  Bytes next_manifest(const Person& participant, std::vector<protocol::Line> lines, bool armed,
                      Instant now);
  Bytes next_plan(const Person& participant, std::vector<protocol::Schedule> schedules,
                  Instant now);
};
[[nodiscard]] TestCircle make_circle(crypto::Random& random, const Person& participant,
                                     const crypto::SignPublic& desk,
                                     std::vector<protocol::Line> lines, Instant now);
// Every day at these minutes of the local day in `zone`.
[[nodiscard]] protocol::Schedule daily(crypto::Random& random, const std::string& zone,
                                       const std::vector<std::uint16_t>& minutes, Instant from,
                                       Instant to, std::uint32_t grace_s = 1800,
                                       std::uint32_t opens_before_s = 3600);

}  // namespace livlina::testing
