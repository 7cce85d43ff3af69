// Log-in: the challenge, the counter, one session per device, and a shadow's that looks like any
// other.
#include <gtest/gtest.h>

#include <functional>

#include "protocol/records/login.hpp"
#include "server/policy/notification.hpp"
#include "server/store/accounts.hpp"
#include "tests/services/served_town.hpp"

namespace livlina::server {
namespace {

using testing::Connection;
using testing::Harness;
using testing::Town;
using v1::ServerFrame;

struct EngineLogin : testing::ServedTown {};

TEST_F(EngineLogin, T6_welcome_is_signed_by_the_server_over_both_nonces) {
  Connection& c = server->connect();
  auto request = server->login_request(c, town.mentor.primary(), 1);
  const auto reply = server->ask(c, request);
  ASSERT_EQ(reply.body_case(), ServerFrame::kWelcome);
  protocol::HelloTranscript t;
  t.server_nonce = c.nonce;
  t.client_nonce = ByteReader(view(request.login().client_nonce())).array<32>();
  t.time = reply.welcome().time();
  EXPECT_TRUE(
      protocol::verify_hello(t, server->key.public_key(), view(reply.welcome().signature())).ok());
  t.client_nonce[0] ^= 1;
  EXPECT_FALSE(
      protocol::verify_hello(t, server->key.public_key(), view(reply.welcome().signature())).ok());
}

TEST_F(EngineLogin, T5_other_keys_of_the_person_do_not_log_in) {
  // A leaked one-time or signed prekey is no signing key at all; the account key is, and must not
  // do. Nor do keys of others, or of the person's other devices.
  testing::Person& person = town.participant;
  const crypto::SignKeyPair* const others[] = {&person.account, &person.shadow().sig,
                                               &town.mentor.primary().sig, &town.mentor.account};
  for (const crypto::SignKeyPair* key : others) {
    testing::TestDevice wrong{key->copy(), person.primary().device};
    Connection& c = server->connect();
    EXPECT_EQ(server->log_in(c, wrong).error().code(), v1::LOGIN_REFUSED);
    EXPECT_EQ(c.closed, close_login_refused);
  }
  EXPECT_EQ(server->log_in(server->connect(), person.primary()).body_case(), ServerFrame::kWelcome);
}

// Whatever was made for one log-in alone, both nonces and the signature, is worth nothing later:
// not with another counter, nor with the client's nonce known beforehand.
TEST_F(EngineLogin, T5_what_was_made_for_one_log_in_opens_no_later_one) {
  Connection& first = server->connect();
  const auto good = server->login_request(first, town.mentor.primary(), 3);
  ASSERT_EQ(server->ask(first, good).body_case(), ServerFrame::kWelcome);
  const std::string old_nonce = to_string(ByteView(first.nonce));
  const std::function<void(v1::Login&)> changes[] = {
      [](v1::Login&) {}, [](v1::Login& l) { l.set_counter(l.counter() + 1); },
      [&](v1::Login& l) { l.set_client_nonce(old_nonce); },
      [&](v1::Login& l) { l.set_device_id(to_string(town.contact.primary().id().view())); }};
  const std::string before = testing::dump(town.db);
  for (const auto& change : changes) {
    for (const bool after_restart : {false, true}) {
      if (after_restart) server->restart();
      v1::Request again = good;
      change(*again.mutable_login());
      Connection& c = server->connect();
      EXPECT_EQ(server->code(c, again), v1::LOGIN_REFUSED);
      EXPECT_EQ(c.closed, close_login_refused);
    }
  }
  EXPECT_EQ(testing::dump(town.db), before);
}

TEST_F(EngineLogin, T6_replayed_login_is_refused_on_another_connection) {
  Connection& first = server->connect();
  const auto request = server->login_request(first, town.mentor.primary(), 1);
  ASSERT_EQ(server->ask(first, request).body_case(), ServerFrame::kWelcome);
  Connection& second = server->connect();
  EXPECT_EQ(server->code(second, request), v1::LOGIN_REFUSED);
}

TEST_F(EngineLogin, T6_login_for_another_epoch_name_or_server_is_refused) {
  for (int what = 0; what < 3; ++what) {
    Connection& c = server->connect();
    protocol::LoginTranscript t;
    t.server_name = what == 0 ? "another" : server->settings.server_name;
    t.server_pk = what == 1 ? town.desk.key().bytes() : server->key.public_key().bytes();
    t.server_nonce = c.nonce;
    t.counter = 1;
    t.epoch = what == 2 ? server->epoch + 1 : server->epoch;
    v1::Request request;
    auto& login = *request.mutable_login();
    login.set_device_id(to_string(town.mentor.primary().id().view()));
    login.set_counter(1);
    login.set_client_nonce(std::string(32, '\0'));
    login.set_signature(to_string(ByteView(protocol::sign_login(t, town.mentor.primary().sig))));
    EXPECT_EQ(server->code(c, request), v1::LOGIN_REFUSED) << what;
  }
}

TEST_F(EngineLogin, T11_counter_that_does_not_rise_is_a_clone) {
  Connection& first = server->connect();
  ASSERT_EQ(server->code(first, server->login_request(first, town.mentor.primary(), 5)), 0);
  for (const std::uint64_t counter : {std::uint64_t{5}, std::uint64_t{4}}) {
    Connection& c = server->connect();
    EXPECT_EQ(server->code(c, server->login_request(c, town.mentor.primary(), counter)),
              v1::CLONED_DEVICE);
    EXPECT_EQ(c.closed, close_login_refused);
  }
  EXPECT_FALSE(first.closed) << "the clone must not take the session away";
  Connection& c = server->connect();
  EXPECT_EQ(server->code(c, server->login_request(c, town.mentor.primary(), 6)), 0);
}

TEST_F(EngineLogin, T11_clone_of_a_participants_device_is_shown_to_the_desk_once_a_day) {
  Connection& desk = server->online(town.coordinator.primary());
  const auto& device = town.participant.primary();
  Connection& first = server->connect();
  ASSERT_EQ(server->code(first, server->login_request(first, device, 5)), 0);
  for (int i = 0; i < 3; ++i) {
    Connection& c = server->connect();
    EXPECT_EQ(server->code(c, server->login_request(c, device, 5)), v1::CLONED_DEVICE);
  }
  server->settle();
  const auto notice = desk.take(ServerFrame::kNotice);
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->notice().code(), static_cast<std::uint32_t>(policy::NoticeCode::device_cloned));
  EXPECT_EQ(notice->notice().circle_id(), to_string(town.circle.id.view()));
  EXPECT_EQ(desk.count(ServerFrame::kNotice), 0U);
}

TEST_F(EngineLogin, T11_counter_survives_a_restart) {
  (void)server->online(town.mentor.primary());
  server->restart();
  Connection& c = server->connect();
  EXPECT_EQ(server->code(c, server->login_request(c, town.mentor.primary(), 1)), v1::CLONED_DEVICE);
}

TEST_F(EngineLogin, T23_unknown_and_wrong_signature_get_the_same_answer) {
  auto stranger = testing::make_device(town.random);
  testing::TestDevice wrong{crypto::SignKeyPair::generate(town.random),
                            town.mentor.primary().device};
  Connection& a = server->connect();
  Connection& b = server->connect();
  auto one = server->log_in(a, stranger);
  auto other = server->log_in(b, wrong);
  one.set_id(0);
  other.set_id(0);
  EXPECT_EQ(one.SerializeAsString(), other.SerializeAsString());
  EXPECT_EQ(a.closed, b.closed);
}

TEST_F(EngineLogin, newest_session_wins_and_the_older_is_told) {
  Connection& old = server->online(town.mentor.primary());
  Connection& fresh = server->online(town.mentor.primary());
  EXPECT_EQ(old.closed, close_replaced);
  EXPECT_EQ(old.take(ServerFrame::kClosing)->closing().reason(), "replaced");
  v1::Request list;
  list.mutable_list_circles();
  EXPECT_EQ(server->ask(fresh, list).circle_heads().circles_size(), 1);
  // Nothing is done any more for the replaced one.
  list.set_id(4711);
  server->together({{&old, list}});
  EXPECT_FALSE(server->reply(old, 4711));
}

TEST_F(EngineLogin, removed_device_is_closed_and_cannot_come_back) {
  auto& mentor = town.mentor;
  testing::TestDevice laptop = std::move(mentor.devices[0]);
  mentor.devices[0] = testing::make_device(town.random);
  Connection& c = server->online(laptop);
  v1::Request put;
  put.mutable_put_device_list()->set_record(
      to_string(ByteView(mentor.next_list(town.now, town.random))));
  EXPECT_EQ(server->code(c, put), 0);
  EXPECT_EQ(c.closed, close_revoked);
  Connection& again = server->connect();
  EXPECT_EQ(server->log_in(again, laptop).error().code(), v1::LOGIN_REFUSED);
  (void)server->online(mentor.primary());
}

// Revocation takes effect at once: also for what the device sends in the same moment.
TEST_F(EngineLogin, T34_what_a_device_asks_right_after_its_removal_is_not_done) {
  auto& mentor = town.mentor;
  mentor.devices.push_back(testing::make_device(town.random));
  Connection& first = server->online(mentor.primary());
  const auto put = [&] {
    v1::Request out;
    out.mutable_put_device_list()->set_record(
        to_string(ByteView(mentor.next_list(town.now, town.random))));
    return out;
  };
  ASSERT_EQ(server->code(first, put()), 0);
  Connection& second = server->online(mentor.devices[1]);
  mentor.devices.pop_back();
  v1::Request message = testing::post_message(testing::random_id<MessageId>(town.random),
                                              {town.participant.primary().id()});
  message.set_id(1'000'000);
  server->together({{&first, put()}, {&second, message}});
  EXPECT_EQ(second.closed, close_revoked);
  EXPECT_FALSE(server->reply(second, message.id()));
  auto q = town.db.query("SELECT count(*) FROM mailbox");
  ASSERT_TRUE(q.step());
  EXPECT_EQ(q.integer(0), 0);
}

TEST_F(EngineLogin, I5_shadow_gets_the_primarys_bytes_and_changes_nothing) {
  Connection& mentor = server->online(town.mentor.primary());
  const DeviceId primary = town.participant.primary().id();
  const auto message = testing::random_id<MessageId>(town.random);
  ASSERT_EQ(server->code(mentor, testing::post_message(message, {primary})), 0);

  Connection& shadow = server->connect();
  const auto shadow_welcome = server->log_in(shadow, town.participant.shadow());
  ASSERT_EQ(shadow_welcome.body_case(), ServerFrame::kWelcome);
  EXPECT_EQ(shadow_welcome.welcome().queued(), 1U);
  const auto seen = shadow.take(ServerFrame::kDelivery);
  ASSERT_TRUE(seen);
  const std::string before = testing::dump(town.db);
  EXPECT_EQ(server->code(shadow, testing::ack({seen->delivery().seq()})), 0);
  EXPECT_EQ(testing::dump(town.db), before) << "the shadow's acknowledgement deletes nothing";

  Connection& real = server->online(town.participant.primary());
  const auto real_delivery = real.take(ServerFrame::kDelivery);
  ASSERT_TRUE(real_delivery);
  EXPECT_EQ(real_delivery->SerializeAsString(), seen->SerializeAsString());
  EXPECT_FALSE(shadow.closed) << "they are two devices";

  // Requests by the shadow: the primary's answers, no effect.
  v1::Request manifest;
  manifest.mutable_put_manifest()->set_record(
      to_string(ByteView(town.circle.next_manifest(town.participant, {}, false, town.now))));
  const std::string untouched = testing::dump(town.db);
  EXPECT_EQ(server->ask(shadow, manifest).body_case(), ServerFrame::kDone);
  EXPECT_EQ(testing::dump(town.db), untouched);
  EXPECT_EQ(server->ask(real, manifest).body_case(), ServerFrame::kDone);
  EXPECT_NE(testing::dump(town.db), untouched);
}

TEST_F(EngineLogin, messages_under_duress_reach_only_lines_with_the_alarm_scope) {
  auto lines = town.circle.manifest.lines;
  lines[0].scope = scope_messages;  // the contact person
  (void)town.circle.next_manifest(town.participant, lines, false, town.now);
  testing::store_manifest(town.db, town.circle);
  Connection& shadow = server->online(town.participant.shadow());
  const auto message = testing::random_id<MessageId>(town.random);
  EXPECT_EQ(server
                ->ask(shadow, testing::post_message(message, {town.contact.primary().id(),
                                                              town.mentor.primary().id()}))
                .body_case(),
            ServerFrame::kStored);
  Connection& contact = server->online(town.contact.primary());
  Connection& mentor = server->online(town.mentor.primary());
  EXPECT_EQ(contact.count(ServerFrame::kDelivery), 0U);
  EXPECT_EQ(mentor.count(ServerFrame::kDelivery), 1U);
}

}  // namespace
}  // namespace livlina::server
