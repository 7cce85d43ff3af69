// The WebSocket endpoint over real TLS: what it refuses, and that one bad connection hurts no
// other.
#include "tests/server/net_fixture.hpp"

namespace livlina::testing {
namespace {

TEST_F(NetTest, a_connection_gets_its_challenge_logs_in_and_is_answered) {
  start();
  WsClient client = logged_in();
  for (std::uint64_t id = 2; id < 50; ++id) {
    client.send(request(id));
    EXPECT_EQ(parsed(client.receive()).id(), id);
  }
  const auto sessions = gate.open_sessions();
  ASSERT_EQ(sessions.size(), 1U);
  client.close();
  EXPECT_TRUE(gate.wait_until_closed(*sessions.begin()));
}

TEST_F(NetTest, several_network_threads_serve_alike) {
  settings.threads = 3;
  start();
  std::vector<WsClient> clients;
  for (int i = 0; i < 7; ++i) clients.push_back(logged_in());
  EXPECT_EQ(gate.open_sessions().size(), 7U);
  for (auto& client : clients) {
    client.send(request(9));
    EXPECT_TRUE(parsed(client.receive()).has_done());
  }
}

TEST_F(NetTest, T15_without_the_subprotocol_400) {
  start();
  WsOptions options = at();
  options.subprotocol.clear();
  try {
    const WsClient client(options);
    FAIL() << "upgraded";
  } catch (const WsRefused& e) {
    EXPECT_EQ(e.status(), 400);
  }
}

TEST_F(NetTest, T34_an_operation_before_login_is_refused) {
  start();
  WsClient client(at());
  (void)client.receive();
  client.send(request(5));
  const v1::ServerFrame f = parsed(client.receive());
  EXPECT_EQ(f.id(), 5U);
  EXPECT_EQ(f.error().code(), v1::NOT_LOGGED_IN);
  EXPECT_EQ(gate.requests(), 0U);
}

TEST_F(NetTest, a_text_frame_closes_1002) {
  start();
  WsClient client = logged_in();
  client.send_text("hello");
  EXPECT_EQ(client.wait_closed(), 1002);
}

TEST_F(NetTest, T24_an_oversized_message_closes_1009) {
  start();
  WsClient client = logged_in();
  client.send_raw(raw_frame(0x82, std::string(protocol::max_frame + 1, 'x')).substr(0, 20'000));
  EXPECT_EQ(client.wait_closed(), 1009);
}

TEST_F(NetTest, T24_fragments_add_up) {
  start();
  WsClient client = logged_in();
  const std::string half(protocol::max_frame / 2 + 1, 'x');
  client.send_raw(raw_frame(0x02, half));
  client.send_raw(raw_frame(0x80, half).substr(0, 20'000));
  EXPECT_EQ(client.wait_closed(), 1009);
}

TEST_F(NetTest, T24_strangers_are_limited_to_small_messages_and_members_are_not) {
  start();
  WsClient stranger(at());
  (void)stranger.receive();
  const std::string big = raw_frame(0x82, std::string(100'000, 'x'));
  stranger.send_raw(big.substr(0, 20'000));
  EXPECT_EQ(stranger.wait_closed(), 1009);
  WsClient member = logged_in();
  member.send_raw(big);
  EXPECT_EQ(parsed(member.receive()).error().code(), v1::MALFORMED);
}

TEST_F(NetTest, T24_three_malformed_frames_close_1002) {
  start();
  WsClient client = logged_in();
  for (int i = 0; i < 3; ++i) {
    client.send("rubbish");
    const v1::ServerFrame f = parsed(client.receive());
    EXPECT_EQ(f.id(), 0U);
    EXPECT_EQ(f.error().code(), v1::MALFORMED);
  }
  EXPECT_EQ(client.wait_closed(), 1002);
}

TEST_F(NetTest, T25_compression_is_not_negotiated_and_compressed_frames_are_refused) {
  start();
  WsOptions options = at();
  options.extensions = "permessage-deflate; client_max_window_bits";
  WsClient client(options);
  EXPECT_TRUE(client.extensions().empty());
  (void)client.receive();
  client.send_raw(raw_frame(0xc2, "x"));  // RSV1: compressed
  EXPECT_EQ(client.wait_closed(), 1002);
}

TEST_F(NetTest, T25_reserved_bits_and_opcodes_are_refused) {
  start();
  for (const int first : {0xa2, 0x92, 0xf2, 0x83, 0x8b}) {
    WsClient client(at());
    (void)client.receive();
    client.send_raw(raw_frame(static_cast<std::uint8_t>(first), "x"));
    EXPECT_EQ(client.wait_closed(), 1002) << first;
  }
}

TEST_F(NetTest, T25_an_unmasked_frame_is_refused) {
  start();
  WsClient client(at());
  (void)client.receive();
  client.send_raw(std::string("\x82\x01x", 3));
  EXPECT_EQ(client.wait_closed(), 1002);
}

TEST_F(NetTest, T26_a_slow_reader_is_cut_off_and_never_delays_others) {
  settings.send_queue = 256 * 1024;
  start();
  WsOptions options = at();
  options.receive_buffer = 4096;
  WsClient slow(options);
  (void)slow.receive();
  const auto session = *gate.open_sessions().begin();
  WsClient other = logged_in();
  for (int i = 0; i < 200 && gate.open_sessions().count(session) != 0; ++i) {
    gate.push(session, 100'000);
    other.send(request(static_cast<std::uint64_t>(10 + i)));
    ASSERT_TRUE(parsed(other.receive()).id() >= 10) << i;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(gate.wait_until_closed(session));
  other.send(request(900, true));
  EXPECT_TRUE(parsed(other.receive()).has_done());
}

TEST_F(NetTest, T26_a_ping_flood_ends_that_connection_only) {
  start();
  WsClient flooder = logged_in();
  WsClient other = logged_in();
  for (int i = 0; i < 60; ++i) flooder.send_raw(raw_frame(0x89, ""));
  EXPECT_EQ(flooder.wait_closed(), 1008);
  other.send(request(5, true));
  EXPECT_TRUE(parsed(other.receive()).has_done());
}

TEST_F(NetTest, T26_fragments_without_end_from_one_leave_others_served) {
  start();
  WsClient flooder = logged_in();
  WsClient other = logged_in();
  flooder.send_raw(raw_frame(0x02, "x"));
  std::string many;
  for (int i = 0; i < 2000; ++i) many += raw_frame(0x00, "");
  for (std::uint64_t i = 0; i < 20; ++i) {
    flooder.send_raw(many);
    other.send(request(10 + i, true));
    ASSERT_TRUE(parsed(other.receive()).has_done());
  }
}

TEST_F(NetTest, T26_connections_per_address_are_bounded) {
  settings.connections_per_address = 3;
  start();
  std::vector<WsClient> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(logged_in());
  EXPECT_THROW(WsClient{at()}, WsRefused);
  clients.pop_back();
  for (int i = 0; i < 200 && net->connections() > 2; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  clients.push_back(logged_in());
}

TEST_F(NetTest, T26_strangers_hold_half_of_the_places_and_who_logs_in_is_none) {
  settings.connections = 6;
  start();
  std::vector<WsClient> members;
  for (int i = 0; i < 4; ++i) members.push_back(logged_in());  // more than half
  std::vector<WsClient> strangers;
  for (int i = 0; i < 2; ++i) strangers.emplace_back(at());
  EXPECT_THROW(WsClient{at()}, WsRefused) << "all places are taken";
  members.clear();
  for (int i = 0; i < 200 && net->connections() > 2; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_THROW(WsClient{at()}, WsRefused) << "the other half is not for strangers, and of theirs "
                                             "an address leaves as much as it holds";
}

TEST_F(NetTest, T26_a_stranger_who_says_nothing_is_closed) {
  settings.session.login_time = 100;
  start();
  WsClient client(at());
  (void)client.receive();
  EXPECT_EQ(client.wait_closed(), 1008);
}

TEST_F(NetTest, T26_a_flood_of_alarms_is_read_slowly_and_none_is_refused) {
  settings.session.requests_per_second = 200;
  settings.session.burst = 10;
  start();
  WsClient client = logged_in();
  for (std::uint64_t id = 10; id < 60; ++id) client.send(request(id, true));
  for (std::uint64_t id = 10; id < 60; ++id) ASSERT_TRUE(parsed(client.receive()).has_done()) << id;
}

TEST_F(NetTest, a_dead_peer_is_noticed) {
  settings.idle_time = 200;
  start();
  WsClient client = logged_in();  // does not read, so it answers no ping
  const auto session = *gate.open_sessions().begin();
  EXPECT_TRUE(gate.wait_until_closed(session));
}

TEST_F(NetTest, G2_stopping_answers_what_was_read_then_says_goodbye) {
  start();
  WsClient client = logged_in();
  gate.hold();
  for (std::uint64_t id = 2; id < 7; ++id) client.send(request(id));
  ASSERT_TRUE(gate.wait_for_requests(6));
  net->stop_reading();
  client.send(request(99));
  EXPECT_THROW((void)https(at(), "GET", "/healthz"), WsRefused);
  gate.release();
  v1::ServerFrame bye;
  bye.set_version(protocol::wire_version);
  bye.mutable_closing()->set_reason("shutting_down");
  std::thread reader([&] {
    for (std::uint64_t id = 2; id < 7; ++id) {
      const v1::ServerFrame f = parsed(client.receive());
      EXPECT_EQ(f.id(), id);
      EXPECT_TRUE(f.has_done());
    }
    EXPECT_EQ(parsed(client.receive()).closing().reason(), "shutting_down");
    EXPECT_EQ(client.wait_closed(), 1001);
  });
  net->close_all(protocol::encode(bye), server::CloseCode::going_away, 5 * second);
  reader.join();
  EXPECT_EQ(net->connections(), 0U);
  EXPECT_EQ(gate.requests(), 6U);  // what came too late was not taken
}

TEST_F(NetTest, a_port_in_use_and_a_wrong_address_say_what_to_do) {
  start();
  server::NetSettings second_one = settings;
  second_one.port = net->port();
  ScriptedGate unused;
  try {
    const server::NetServer other(second_one, unused);
    FAIL();
  } catch (const server::ListenRefused& e) {
    EXPECT_NE(std::string(e.what()).find("in use"), std::string::npos) << e.what();
  }
  second_one.address = "example";
  EXPECT_THROW(server::NetServer(second_one, unused), server::ListenRefused);
}

}  // namespace
}  // namespace livlina::testing
