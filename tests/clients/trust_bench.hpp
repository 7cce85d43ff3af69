// A client's trust alone: a desk, its staff, a participant and their circle, each with real keys;
// what comes in is given by hand.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "clients/core/trust.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"
#include "tests/clients/no_server.hpp"
#include "tests/support/people.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {

inline constexpr Instant start = 1'772'438'400'000;

class TrustTest : public ::testing::Test {
 protected:
  TrustTest()
      : coordinator(make_person(random, start)),
        contact(make_person(random, start)),
        mentor(make_person(random, start)),
        participant(make_participant(random, start)),
        desk(make_desk(random, {&coordinator},
                       {{&contact, Role::contact_person}, {&mentor, Role::mentor}}, start)),
        circle(make_circle(random, participant, desk.key(), lines(), start)) {
    context.events = &events;
    context.now = start;
  }

  std::vector<protocol::Line> lines() {
    using protocol::LineType;
    return {
        make_line(random, LineType::account, contact.key(), Role::contact_person, scope_all, start),
        make_line(random, LineType::desk, desk.key(), Role::coordinator, scope_alarm, start),
        make_line(random, LineType::pool, desk.key(), Role::mentor, scope_messages | scope_alarm,
                  start)};
  }
  Bytes confirm_by(const Person& who) {
    return protocol::sign_confirm(
        {crypto::sha256(view(std::string("tx"))), circle.id, participant.key(), who.key()},
        who.account);
  }
  void know_desk() {
    trust.pin_desk(desk.key());
    ASSERT_TRUE(trust.accept_roster(desk.roster_record).ok());
    ASSERT_TRUE(trust.accept_directory(desk.directory_record).ok());
    for (const Person* p : {&coordinator, &contact, &mentor, &participant})
      ASSERT_TRUE(trust.accept_device_list(p->list_record).ok());
  }
  void know_circle() {
    know_desk();
    ASSERT_TRUE(trust.accept_manifest(circle.manifest_record, confirm_by(contact)).ok());
  }
  [[nodiscard]] bool warned(const std::string& code) const {
    for (const v1::Event& e : events)
      if (e.has_warning() && e.warning().code() == code) return true;
    return false;
  }

  SeededRandom random{7};
  Person coordinator, contact, mentor, participant;
  TestDesk desk;
  TestCircle circle;
  crypto::Vault::Values nothing;
  client::Store store{nothing};
  NoServer server;
  std::vector<v1::Event> events;
  client::Context context{store, server, random, protocol::tzdata_zones()};
  client::Trust trust{context};
};

}  // namespace livlina::testing
