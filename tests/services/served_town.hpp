// A town behind a whole server, and the requests that more than one test of it sends.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "protocol/records/checkin_record.hpp"
#include "protocol/records/staff_act.hpp"
#include "tests/services/harness.hpp"
#include "tests/services/town.hpp"

namespace livlina::testing {

class ServedTown : public ::testing::Test {
 protected:
  explicit ServedTown(server::CircleState state = server::CircleState::setup) : town(1, state) {
    make_server_row(town.db, town.now);
    server = std::make_unique<Harness>(town.db, town.random, town.now);
  }

  static v1::Request put_list(const Bytes& record) {
    v1::Request out;
    out.mutable_put_device_list()->set_record(to_string(ByteView(record)));
    return out;
  }
  static v1::Request put_roster(const Bytes& record) {
    v1::Request out;
    out.mutable_put_desk_roster()->set_record(to_string(ByteView(record)));
    return out;
  }
  static v1::Request put_directory(const Bytes& record) {
    v1::Request out;
    out.mutable_put_staff_directory()->set_record(to_string(ByteView(record)));
    return out;
  }
  // The first record of the participant's chain, by the primary device.
  v1::Request alarm(protocol::AlarmKind kind) {
    protocol::CheckinRecord r;
    r.type = protocol::RecordType::alarm;
    r.circle = town.circle.id;
    r.device = town.participant.primary().id();
    r.claimed_at = town.now;
    r.answer = static_cast<std::uint8_t>(kind);
    v1::Request out;
    out.mutable_post_record()->set_record(
        to_string(ByteView(sign_checkin(r, town.participant.primary().sig))));
    return out;
  }
  // By this person's first device.
  v1::Request take(const Person& by, const IncidentId& incident) {
    protocol::StaffAct act;
    act.act = protocol::Act::take;
    act.circle = town.circle.id;
    act.incident = incident;
    act.actor = by.devices.front().id();
    act.time = town.now;
    v1::Request out;
    out.mutable_post_act()->set_record(to_string(ByteView(sign_act(act, by.devices.front().sig))));
    return out;
  }

  Town town;
  std::unique_ptr<Harness> server;
};

}  // namespace livlina::testing
