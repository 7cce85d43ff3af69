// What the decoy realm signs for the own circle, by a key of nobody: on the wire as the primary's,
// and kept nowhere.
#include <gtest/gtest.h>

#include "protocol/records/plan.hpp"
#include "tests/services/served_town.hpp"

namespace livlina::server {
namespace {

using testing::Connection;
using v1::ServerFrame;

class ShadowCircle : public testing::ServedTown {
 protected:
  ShadowCircle() : nobody(crypto::SignKeyPair::generate(town.random)) {
    mentor = &server->online(town.mentor.primary());
    contact = &server->online(town.contact.primary());
    coordinator = &server->online(town.coordinator.primary());
    shadow = &server->online(town.participant.shadow());
    server->settle();
    forget();
  }
  void forget() {
    for (Connection* c : {mentor, contact, coordinator, primary, shadow})
      if (c != nullptr) c->pushed.clear();
  }
  // Follows the newest; the last line is left out.
  [[nodiscard]] protocol::Manifest next() const {
    protocol::Manifest m = town.circle.manifest;
    m.prev = crypto::sha256(town.circle.manifest_record);
    m.seq += 1;
    m.lines.pop_back();
    m.issued_at = town.now;
    return m;
  }
  [[nodiscard]] v1::Request put(protocol::Manifest m, const crypto::SignKeyPair& key) const {
    m.participant = key.public_key();
    v1::Request out;
    out.mutable_put_manifest()->set_record(to_string(protocol::sign_manifest(m, key)));
    return out;
  }
  [[nodiscard]] v1::Request put_plan(protocol::Plan p, const crypto::SignKeyPair& key) const {
    p.participant = key.public_key();
    v1::Request out;
    out.mutable_put_plan()->set_record(to_string(protocol::sign_plan(p, key)));
    return out;
  }
  [[nodiscard]] protocol::Plan plan() {
    protocol::Plan p{town.circle.id, nobody.public_key(), 1, {}, town.now, 120, {}};
    p.schedules = {testing::daily(town.random, "UTC", {20 * 60}, town.now, town.now + 300 * day)};
    return p;
  }
  // The reply without its number, and what else came to the asker, in order.
  std::vector<std::string> wire(Connection& c, const v1::Request& request) {
    ServerFrame reply = server->ask(c, request);
    reply.set_id(0);
    server->settle();
    std::vector<std::string> out{reply.SerializeAsString()};
    for (const ServerFrame& f : c.pushed) out.push_back(f.SerializeAsString());
    c.pushed.clear();
    return out;
  }
  void expect_like_the_primarys(const v1::Request& pretended, const v1::Request& real) {
    const std::string before = testing::dump(town.db);
    const auto seen = wire(*shadow, pretended);
    EXPECT_EQ(testing::dump(town.db), before);
    for (Connection* c : {mentor, contact, coordinator})
      EXPECT_TRUE(c->pushed.empty()) << "nobody hears of it";
    primary = &server->online(town.participant.primary());
    server->settle();
    forget();
    EXPECT_EQ(seen, wire(*primary, real));
    EXPECT_NE(testing::dump(town.db), before);
  }

  crypto::SignKeyPair nobody;
  Connection* mentor = nullptr;
  Connection* contact = nullptr;
  Connection* coordinator = nullptr;
  Connection* shadow = nullptr;
  Connection* primary = nullptr;
};

TEST_F(ShadowCircle, T30_a_manifest_by_any_key_looks_done_on_the_wire) {
  expect_like_the_primarys(put(next(), nobody), put(next(), town.participant.account));
}

TEST_F(ShadowCircle, T30_a_plan_by_any_key_looks_done_on_the_wire) {
  const protocol::Plan wanted = plan();
  expect_like_the_primarys(put_plan(wanted, nobody), put_plan(wanted, town.participant.account));
}

TEST_F(ShadowCircle, T30_there_is_a_push_and_the_primary_gets_none) {
  primary = &server->online(town.participant.primary());
  server->settle();
  forget();
  EXPECT_EQ(server->code(*shadow, put(next(), nobody)), 0);
  server->settle();
  EXPECT_EQ(shadow->count(ServerFrame::kCircleChanged), 1u);
  EXPECT_TRUE(primary->pushed.empty()) << "I5";
}

TEST_F(ShadowCircle, T30_what_stands_on_pretended_ones_looks_done_too) {
  protocol::Manifest m = next();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(server->code(*shadow, put(m, nobody)), 0) << i;
    m.prev = crypto::Hash{static_cast<std::uint8_t>(i + 1)};  // of a record that is nowhere
    ++m.seq;
  }
}

TEST_F(ShadowCircle, T30_what_the_primary_is_refused_the_shadow_is_refused) {
  protocol::Manifest armed = next();
  armed.armed = true;
  protocol::Manifest stranger = next();
  stranger.prev = crypto::Hash{7};
  protocol::Manifest old = town.circle.manifest;
  old.lines.clear();
  protocol::Manifest elsewhere = next();
  elsewhere.circle = testing::random_id<CircleId>(town.random);
  protocol::Plan second_plan = plan();
  second_plan.prev = crypto::Hash{7};
  protocol::Plan lost = plan();
  lost.schedules[0].zone = "Nowhere/Land";
  const auto requests = [&](const crypto::SignKeyPair& key) {
    return std::vector<v1::Request>{
        put(armed, key),     put(stranger, key),         put(old, key),
        put(elsewhere, key), put_plan(second_plan, key), put_plan(lost, key)};
  };
  std::vector<std::vector<std::string>> seen;
  for (const v1::Request& r : requests(nobody)) seen.push_back(wire(*shadow, r));
  primary = &server->online(town.participant.primary());
  server->settle();
  forget();
  std::size_t i = 0;
  for (const v1::Request& r : requests(town.participant.account))
    EXPECT_EQ(seen[i++], wire(*primary, r)) << i;
  for (const auto& frames : seen) {
    ServerFrame reply;
    ASSERT_TRUE(reply.ParseFromString(frames.at(0)));
    EXPECT_TRUE(reply.has_error());
    EXPECT_EQ(frames.size(), 1u);
  }
}

TEST_F(ShadowCircle, T34_no_other_device_signs_by_any_key) {
  primary = &server->online(town.participant.primary());
  EXPECT_EQ(server->code(*primary, put(next(), nobody)), v1::FORBIDDEN);
  EXPECT_EQ(server->code(*primary, put_plan(plan(), nobody)), v1::FORBIDDEN);
  EXPECT_EQ(server->code(*mentor, put(next(), nobody)), v1::FORBIDDEN);
}

// The chain that the real realm signs goes on from where it stood.
TEST_F(ShadowCircle, T30_the_real_realm_signs_on_as_if_nothing_had_been) {
  EXPECT_EQ(server->code(*shadow, put(next(), nobody)), 0);
  primary = &server->online(town.participant.primary());
  EXPECT_EQ(server->code(*primary, put(next(), town.participant.account)), 0);
}

}  // namespace
}  // namespace livlina::server
