// A small town for service tests: a migrated in-memory database with a desk of one coordinator, a
// contact person, two mentors and one participant's circle, written through the repositories; and a
// Turn over it whose effects are kept for looking at.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/services/people.hpp"
#include "server/services/turn.hpp"
#include "server/store/db.hpp"
#include "tests/support/people.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {

// A Monday, 08:00 UTC.
inline constexpr Instant town_start = 1'767'600'000'000;

class KeptOutbound final : public server::Outbound {
 public:
  ~KeptOutbound() override;
  void push(const DeviceId& device, v1::ServerFrame frame) override;
  void mail(const DeviceId& device, server::store::Rank rank) override;
  void incident_changed(const IncidentId& incident, bool may_wait) override;
  void close(const DeviceId& device, const char* reason) override;

  std::vector<std::pair<DeviceId, std::shared_ptr<const v1::ServerFrame>>> pushed;
  std::vector<DeviceId> mailed;
  std::vector<std::pair<IncidentId, bool>> changed;  // and whether it may wait
  std::vector<std::pair<DeviceId, std::string>> closed;
  void clear();
};

class KeptPresence final : public server::Presence {
 public:
  [[nodiscard]] bool online(const DeviceId& device) const override {
    return devices.contains(device);
  }
  [[nodiscard]] std::uint32_t acknowledged(const DeviceId& /*device*/) const override { return 0; }
  std::set<DeviceId> devices;
};

// Rows as a join makes them. The shadow of a participant (purpose 2) is devices[1].
void install_account(server::store::Db& db, const Person& person, int purpose, bool setup);
void install_desk(server::store::Db& db, const TestDesk& desk, const Person& creator);
// The circle with its newest manifest in this state. Later manifests by store_manifest.
void install_circle(server::store::Db& db, const TestCircle& circle, server::CircleState state,
                    int category);
void store_manifest(server::store::Db& db, const TestCircle& circle);
void store_plan(server::store::Db& db, const TestCircle& circle);

struct Town {
  explicit Town(std::uint64_t seed = 1, server::CircleState state = server::CircleState::setup,
                int category = 2, const std::string& database = ":memory:");

  SeededRandom random;
  server::store::Db db;
  Person coordinator, contact, mentor, other_mentor, participant;
  TestDesk desk;
  TestCircle circle;  // contact by account line, the desk, the pool of both mentors; all scopes
  server::Settings settings;
  KeptOutbound sent;
  KeptPresence presence;
  const protocol::Zones* zones = &protocol::tzdata_zones();
  Instant now = town_start;

  // Valid until the Town dies; a new one takes today's `now`.
  [[nodiscard]] server::Turn turn();
  [[nodiscard]] server::Caller as(const Person& person, std::size_t device = 0) const;
  [[nodiscard]] server::CircleFacts facts();
};

}  // namespace livlina::testing
