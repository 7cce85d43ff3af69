// The log-in from the client's side: which server, which counter, which time.
#include "clients/core/connection.hpp"

#include <gtest/gtest.h>

#include "tests/clients/sim_commands.hpp"

namespace livlina::testing::sim {
namespace {

class LogIn : public ::testing::Test {
 protected:
  LogIn() : world(11), phone(world.add("Carin")) {}
  void SetUp() override { ASSERT_TRUE(set_up_desk(world, phone)); }
  // Connects anew and says whether it logged in.
  bool log_in() {
    phone.disconnect();
    phone.clear();
    phone.connect();
    return phone.last(v1::Event::kLoggedIn) != nullptr;
  }
  World world;
  Phone& phone;
};

TEST_F(LogIn, another_servers_key_is_refused) {
  const auto other = crypto::SignKeyPair::generate(world.random);
  bool sent = false;
  phone.on_frame = [&](v1::ServerFrame& f) {
    if (f.has_challenge())
      f.mutable_challenge()->set_server_pk(to_string(other.public_key().view()));
    return true;
  };
  phone.on_request = [&](v1::Request&) { return !(sent = true); };
  EXPECT_FALSE(log_in());
  EXPECT_TRUE(phone.warned("wrong_server"));
  EXPECT_FALSE(phone.connected());
  EXPECT_FALSE(sent) << "nothing is signed for a stranger";
  // It is said again at the next attempt, and the right server is as good as before.
  EXPECT_FALSE(log_in());
  EXPECT_TRUE(phone.warned("wrong_server"));
  phone.on_frame = nullptr;
  phone.on_request = nullptr;
  EXPECT_TRUE(log_in());
}

TEST_F(LogIn, T6_replayed_challenge_and_welcome_are_refused) {
  v1::ServerFrame challenge;
  v1::ServerFrame welcome;
  phone.on_frame = [&](v1::ServerFrame& f) {
    if (f.has_challenge()) challenge = f;
    if (f.has_welcome()) welcome = f;
    return true;
  };
  ASSERT_TRUE(log_in());
  // Somebody in between answers with what was recorded: the client's nonce is another.
  phone.on_frame = [&](v1::ServerFrame& f) {
    if (f.has_challenge()) f = challenge;
    if (f.has_error()) {
      const std::uint64_t id = f.id();
      f = welcome;
      f.set_id(id);
    }
    return true;
  };
  EXPECT_FALSE(log_in());
  EXPECT_TRUE(phone.warned("wrong_server"));
}

TEST_F(LogIn, T4_every_part_of_the_welcome_is_signed) {
  for (int part = 0; part < 4; ++part) {
    phone.on_frame = [&](v1::ServerFrame& f) {
      if (!f.has_welcome()) return true;
      v1::Welcome& w = *f.mutable_welcome();
      if (part == 0) w.set_time(w.time() + 1);
      if (part == 1) w.set_audit_n(w.audit_n() + 1);
      if (part == 2) (*w.mutable_audit_hash())[0] ^= 1;
      if (part == 3) (*w.mutable_signature())[5] ^= 1;
      return true;
    };
    EXPECT_FALSE(log_in()) << part;
    EXPECT_TRUE(phone.warned("wrong_server")) << part;
  }
}

TEST_F(LogIn, T11_counter_rises_and_is_stored_before_it_is_sent) {
  std::vector<std::uint64_t> counters;
  bool stored_first = true;
  phone.on_request = [&](v1::Request& r) {
    if (!r.has_login()) return true;
    counters.push_back(r.login().counter());
    ByteReader reader(phone.values().at("login/counter").expose());
    (void)reader.u8();
    stored_first = stored_first && reader.u64() == r.login().counter();
    return true;
  };
  ASSERT_TRUE(log_in());
  ASSERT_TRUE(phone.reopen());
  ASSERT_TRUE(log_in());
  ASSERT_GE(counters.size(), 2u);
  for (std::size_t i = 1; i < counters.size(); ++i) EXPECT_GT(counters[i], counters[i - 1]);
  EXPECT_TRUE(stored_first);
}

TEST_F(LogIn, T11_a_copy_of_the_device_is_noticed) {
  crypto::Vault::Values old;
  for (const auto& [key, value] : phone.values()) old.emplace(key, value.copy());
  ASSERT_TRUE(log_in());
  ASSERT_TRUE(log_in());
  phone.disconnect();
  Phone& clone = world.add("clone");
  for (auto& [key, value] : old) clone.values().emplace(key, std::move(value));
  ASSERT_TRUE(clone.reopen());
  clone.connect();
  EXPECT_TRUE(clone.warned("cloned_device"));
  EXPECT_FALSE(clone.connected());
}

TEST_F(LogIn, T15_unknown_wire_version_is_refused) {
  phone.on_frame = [](v1::ServerFrame& f) {
    if (f.has_challenge()) f.mutable_challenge()->set_wire_version(2);
    return true;
  };
  EXPECT_FALSE(log_in());
  EXPECT_TRUE(phone.warned("unsupported_version"));
}

TEST_F(LogIn, T24_rubbish_ends_the_connection) {
  phone.core().received(view(std::string("\xff\xff\xff not a frame")), client::Moment(world.now()));
  const client::Step step = phone.core().take_step();
  EXPECT_TRUE(step.disconnect);
}

TEST_F(LogIn, T28_a_jump_of_the_servers_clock_is_shown_and_not_stored) {
  const Bytes before = to_bytes(phone.values().at("clock").expose());
  phone.disconnect();
  // The server lives three days on while the phone's clock shows that a minute passed.
  world.advance(3 * day);
  phone.skew = -3 * day + minute;
  EXPECT_TRUE(log_in()) << "the log-in itself is fine";
  EXPECT_TRUE(phone.warned("clock_jump"));
  EXPECT_EQ(to_bytes(phone.values().at("clock").expose()), before);
  phone.skew = 0;
  EXPECT_TRUE(log_in());
  EXPECT_FALSE(phone.warned("clock_jump"));
  EXPECT_NE(to_bytes(phone.values().at("clock").expose()), before);
}

TEST_F(LogIn, T28_clocks_that_differ_are_shown_until_they_agree) {
  EXPECT_FALSE(phone.warned("clock_differs"));
  phone.disconnect();
  phone.skew = -3 * hour;
  phone.clear();
  EXPECT_TRUE(log_in());
  ASSERT_TRUE(phone.warned("clock_differs"));
  EXPECT_EQ(phone.last(v1::Event::kWarning)->warning().detail(), "180 min");
  phone.skew = 20 * minute;
  phone.clear();
  EXPECT_TRUE(log_in());
  EXPECT_FALSE(phone.warned("clock_differs"));
  phone.skew = 3 * hour;
  EXPECT_TRUE(log_in());
  EXPECT_TRUE(phone.warned("clock_differs")) << "it was right in between";
}

TEST_F(LogIn, M1_a_reply_of_busy_is_asked_again) {
  int busy = 0;
  phone.on_frame = [&](v1::ServerFrame& f) {
    if (f.id() == 0 || !f.has_done() || busy > 0) return true;
    ++busy;
    f.mutable_error()->set_code(v1::BUSY);
    f.mutable_error()->set_retry_after_ms(700);
    return true;
  };
  EXPECT_TRUE(phone.ok(plain(v1::Command::kRenewDesk)));
  EXPECT_EQ(busy, 1);
}

// Nobody is turned away for good because the server's disk is full just now.
TEST_F(LogIn, M1_a_log_in_that_cannot_be_written_is_asked_again) {
  bool full = true;
  world.set_commit_probe([&](server::CommitPoint) {
    if (full) throw server::store::Failure(server::store::Fault::full, "commit", "full");
  });
  EXPECT_FALSE(log_in());
  EXPECT_FALSE(phone.warned("login_refused"));
  full = false;
  world.advance(minute);
  EXPECT_NE(phone.last(v1::Event::kLoggedIn), nullptr);
}

}  // namespace
}  // namespace livlina::testing::sim
