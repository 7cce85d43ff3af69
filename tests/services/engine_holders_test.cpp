// Who holds an incident, when their device goes: through the whole engine, by signed lists.
#include <gtest/gtest.h>

#include "server/store/incidents.hpp"
#include "tests/services/served_town.hpp"

namespace livlina::server {
namespace {

using testing::Connection;
using testing::Harness;
using testing::Person;
using testing::Town;
using v1::ServerFrame;

class EngineHolders : public testing::ServedTown {
 protected:
  EngineHolders() : ServedTown(CircleState::armed) {}
  // A silent alarm that this person takes with their first device.
  void taken_by(Person& person, Connection& session) {
    Connection& phone = server->online(town.participant.primary());
    ASSERT_EQ(server->code(phone, alarm(protocol::AlarmKind::silent)), 0);
    server->settle();
    const auto open = incident();
    ASSERT_TRUE(open);
    ASSERT_EQ(server->ask(session, take(person, open->id)).act_answer().outcome(), 1U);
    ASSERT_EQ(incident()->i.state, policy::IncidentState::taken);
  }
  std::optional<store::IncidentRow> incident() {
    return store::Incidents(town.db).unresolved(town.circle.id, policy::Lane::silent);
  }
};

TEST_F(EngineHolders, H23_a_newer_list_without_the_holders_device_ends_the_lease_at_once) {
  auto& mentor = town.mentor;
  Connection& laptop = server->online(mentor.primary());
  Connection& other = server->online(town.other_mentor.primary());
  taken_by(mentor, laptop);
  server->settle();
  other.pushed.clear();
  // A second device changes nothing, the loss of the first one does.
  mentor.devices.push_back(testing::make_device(town.random));
  ASSERT_EQ(server->code(laptop, put_list(mentor.next_list(town.now, town.random))), 0);
  server->settle();
  ASSERT_EQ(incident()->i.state, policy::IncidentState::taken);
  Connection& phone = server->online(mentor.devices[1]);
  mentor.devices.erase(mentor.devices.begin());
  ASSERT_EQ(server->code(phone, put_list(mentor.next_list(town.now, town.random))), 0);
  server->settle();
  EXPECT_EQ(incident()->i.state, policy::IncidentState::notifying);
  EXPECT_GE(other.count(ServerFrame::kNotice), 1U) << "people are paged again";
}

TEST_F(EngineHolders, H23_a_roster_without_the_holders_device_ends_the_lease_at_once) {
  auto& coordinator = town.coordinator;
  Connection& laptop = server->online(coordinator.primary());
  taken_by(coordinator, laptop);
  coordinator.devices.push_back(testing::make_device(town.random));
  ASSERT_EQ(server->code(laptop, put_list(coordinator.next_list(town.now, town.random))), 0);
  ASSERT_EQ(server->code(laptop, put_roster(town.desk.next_roster({&town.coordinator}, town.now))),
            0);
  server->settle();
  ASSERT_EQ(incident()->i.state, policy::IncidentState::taken);
  Connection& phone = server->online(coordinator.devices[1]);
  std::swap(coordinator.devices[0], coordinator.devices[1]);
  testing::TestDevice lost = std::move(coordinator.devices[1]);
  coordinator.devices.pop_back();
  ASSERT_EQ(server->code(phone, put_roster(town.desk.next_roster({&town.coordinator}, town.now))),
            0);
  server->settle();
  EXPECT_EQ(incident()->i.state, policy::IncidentState::notifying)
      << "its account still lists the laptop, the desk does not";
}

}  // namespace
}  // namespace livlina::server
