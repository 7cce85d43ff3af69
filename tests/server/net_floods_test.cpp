// Floods at the real door: each ends or is slowed at its own limit, the limit is counted, and
// others are served meanwhile.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "server/session/limit.hpp"
#include "tests/server/net_fixture.hpp"

namespace livlina::testing {
namespace {

using server::Limit;

// Without TLS.
class Tcp {
 public:
  explicit Tcp(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  ~Tcp() { (void)::close(fd_); }
  Tcp(const Tcp&) = delete;
  Tcp& operator=(const Tcp&) = delete;
  void send(const std::string& bytes) const {
    (void)!::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  // The server ends it, perhaps after some bytes, within ten seconds.
  [[nodiscard]] bool ended() const {
    char some[1000];
    for (int i = 0; i < 100; ++i) {
      pollfd one{fd_, POLLIN, 0};
      if (::poll(&one, 1, 10'000) != 1) return false;
      if (::recv(fd_, some, sizeof some, 0) <= 0) return true;
    }
    return false;
  }

 private:
  int fd_;
};

class NetFlood : public NetTest {
 protected:
  [[nodiscard]] std::uint64_t counted(Limit limit) const { return net->counts().of(limit); }
  // Somebody else is served as ever.
  void served(WsClient& other) {
    other.send(request(++asked, true));
    EXPECT_TRUE(parsed(other.receive()).has_done());
  }
  void wait_until_left(std::uint32_t connections) {
    for (int i = 0; i < 500 && net->connections() > connections; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(net->connections(), connections);
  }
  std::uint64_t asked = 10;
};

TEST_F(NetFlood, T26_who_never_ends_the_tls_handshake_is_cut_off) {
  settings.opening_time = 200;
  start();
  const Tcp silent(net->port());
  const Tcp slow(net->port());
  // The header of a record with a ClientHello of 512 bytes, and its beginning.
  slow.send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  EXPECT_TRUE(silent.ended());
  EXPECT_TRUE(slow.ended());
  wait_until_left(0);
  EXPECT_EQ(counted(Limit::opening_time), 2U);
}

TEST_F(NetFlood, T26_who_speaks_no_tls_is_ended_at_once) {
  settings.opening_time = hour;
  start();
  const Tcp plain(net->port());
  plain.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(plain.ended());
  wait_until_left(0);
  EXPECT_EQ(counted(Limit::opening_time), 0U);
}

TEST_F(NetFlood, T26_half_open_connections_hold_no_place_for_long) {
  settings.opening_time = 300;
  settings.connections = 20;
  start();
  std::vector<std::unique_ptr<Tcp>> silent;
  for (int i = 0; i < 30; ++i) silent.push_back(std::make_unique<Tcp>(net->port()));
  for (int i = 0; i < 500 && counted(Limit::places) == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_GE(counted(Limit::places), 1U) << "strangers have half of the places";
  wait_until_left(0);
  // A slow machine may need longer for its own handshake than this server grants.
  std::optional<WsClient> client;
  for (int i = 0; i < 50 && !client; ++i) {
    try {
      client.emplace(logged_in());
    } catch (const WsRefused&) {
      continue;
    }
  }
  ASSERT_TRUE(client);
  served(*client);
}

TEST_F(NetFlood, T24_a_header_that_is_too_long_is_counted) {
  settings.header_bytes = 1024;
  start();
  const std::string huge =
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(2'000, 'a') + "\r\n\r\n";
  EXPECT_EQ(https(at(), "GET", "", huge).status, 431);
  EXPECT_EQ(counted(Limit::header), 1U);
}

TEST_F(NetFlood, T24_a_message_that_is_too_long_is_counted) {
  start();
  WsClient client = logged_in();
  client.send_raw(raw_frame(0x82, std::string(protocol::max_frame + 1, 'x')).substr(0, 20'000));
  EXPECT_EQ(client.wait_closed(), 1009);
  wait_until_left(0);  // the client hears it first
  EXPECT_EQ(counted(Limit::message), 1U);
}

TEST_F(NetFlood, T26_empty_fragments_without_end_end_that_connection_only) {
  start();
  WsClient flooder = logged_in();
  WsClient other = logged_in();
  const auto sessions = gate.open_sessions();
  flooder.send_raw(raw_frame(0x02, "x"));
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += raw_frame(0x00, "");
  std::size_t sent = 0;
  try {
    for (; sent < 4 * protocol::max_frame; sent += many.size()) {
      flooder.send_raw(many);
      served(other);
    }
  } catch (const WsRefused&) {
    // It was cut off while it sent.
  }
  EXPECT_TRUE(gate.wait_until_closed(*sessions.begin()));
  EXPECT_EQ(counted(Limit::fragments), 1U);
  served(other);
}

TEST_F(NetFlood, a_message_in_many_small_pieces_is_taken) {
  start();
  WsClient client = logged_in();
  const std::string whole(100'000, 'x');
  std::string frames;
  for (std::size_t at = 0; at < whole.size(); at += 125)
    frames += raw_frame(at == 0                   ? 0x02
                        : at + 125 < whole.size() ? 0x00
                                                  : 0x80,
                        whole.substr(at, 125));
  client.send_raw(frames);
  EXPECT_EQ(parsed(client.receive()).error().code(), v1::MALFORMED) << "read, and no frame of ours";
  EXPECT_EQ(counted(Limit::fragments), 0U);
}

// Pings are paid for by their own limit: years of them are no flood of fragments.
TEST_F(NetFlood, pings_within_their_rate_are_never_too_many) {
  settings.session.pings_per_second = 1'000'000;
  settings.session.ping_burst = 1'000'000;
  start();
  WsClient client = logged_in();
  std::string pings;
  for (int i = 0; i < 100; ++i)
    pings += raw_frame(0x8a, std::string(125, 'p'));     // pongs: no answer
  for (int i = 0; i < 100; ++i) client.send_raw(pings);  // 1.3 MB
  served(client);
  EXPECT_EQ(counted(Limit::fragments), 0U);
}

TEST_F(NetFlood, T26_pings_without_end_are_counted) {
  start();
  WsClient flooder = logged_in();
  WsClient other = logged_in();
  for (int i = 0; i < 60; ++i) flooder.send_raw(raw_frame(0x89, ""));
  EXPECT_EQ(flooder.wait_closed(), 1008);
  EXPECT_EQ(counted(Limit::pings), 1U);
  served(other);
}

TEST_F(NetFlood, T26_all_send_queues_together_are_bounded) {
  settings.send_queues = 8 * 1024 * 1024;
  start();
  std::vector<WsClient> slow;
  WsOptions options = at();
  options.receive_buffer = 4096;
  constexpr std::size_t readers = 30;
  for (std::size_t i = 0; i < readers; ++i) {
    slow.emplace_back(options);
    (void)slow.back().receive();
  }
  const auto sessions = gate.open_sessions();
  WsClient other = logged_in();
  // Far below the bound of one connection, and 15 MB in all; the last one has most.
  for (const auto session : sessions)
    for (int i = 0; i < (session == *sessions.rbegin() ? 6 : 2); ++i) gate.push(session, 250'000);
  EXPECT_TRUE(gate.wait_until_closed(*sessions.rbegin())) << "who has most waiting goes first";
  for (int i = 0; i < 20; ++i) served(other);
  const std::uint64_t cut = counted(Limit::send_queues);
  EXPECT_GE(cut, 5U);
  EXPECT_LE(cut, readers - 10) << "whoever fits stays";
  EXPECT_EQ(counted(Limit::send_queue), 0U);
  wait_until_left(static_cast<std::uint32_t>(readers + 1 - cut));
}

TEST_F(NetFlood, T26_a_slow_reader_is_counted_and_leaves_its_share) {
  settings.send_queue = 1024 * 1024;
  settings.send_queues = 2 * 1024 * 1024;
  start();
  WsOptions options = at();
  options.receive_buffer = 4096;
  // One after the other: what the one before had waiting must not be counted for ever.
  for (std::uint64_t i = 1; i <= 8; ++i) {
    WsClient slow(options);
    (void)slow.receive();
    const auto session = *gate.open_sessions().begin();
    for (int n = 0; n < 10; ++n) gate.push(session, 200'000);
    EXPECT_TRUE(gate.wait_until_closed(session));
    EXPECT_EQ(counted(Limit::send_queue), i);
  }
  EXPECT_EQ(counted(Limit::send_queues), 0U);
}

TEST_F(NetFlood, T26_connections_that_come_and_go_are_slowed) {
  settings.arrivals_per_second = 1;
  settings.arrival_burst = 5;
  start();
  WsClient first = logged_in();
  int refused = 0;
  for (int i = 0; i < 20; ++i) {
    try {
      (void)https(at(), "GET", "/healthz");
    } catch (const WsRefused&) {
      ++refused;
    }
  }
  EXPECT_GE(refused, 1) << "fifteen, if this machine makes them all within a second";
  EXPECT_EQ(counted(Limit::arrivals), static_cast<std::uint64_t>(refused));
  served(first);
}

TEST_F(NetFlood, T26_places_of_an_address_are_counted) {
  settings.connections_per_address = 2;
  start();
  WsClient a = logged_in();
  WsClient b = logged_in();
  EXPECT_THROW(WsClient{at()}, WsRefused);
  EXPECT_EQ(counted(Limit::address_places), 1U);
}

TEST_F(NetFlood, T26_ipv4_through_an_ipv6_listener_counts_as_ipv4) {
  settings.address = "::";
  settings.connections_per_address = 2;
  try {
    start();
  } catch (const server::ListenRefused&) {
    GTEST_SKIP() << "no IPv6 here";
  }
  WsOptions six = at();
  six.host = "::1";
  WsClient a = logged_in();
  WsClient b = logged_in();
  EXPECT_THROW(WsClient{at()}, WsRefused);
  WsClient c(six);
  WsClient d(six);
  EXPECT_THROW(WsClient{six}, WsRefused) << "and a /64 is one address";
  EXPECT_EQ(counted(Limit::address_places), 2U);
}

TEST_F(NetFlood, T26_a_device_that_comes_again_and_again_has_one_burst) {
  settings.session.burst = 40;
  settings.session.requests_per_second = 1;
  start();
  v1::Request login;
  login.set_id(1);
  login.set_version(protocol::wire_version);
  login.mutable_login()->set_device_id(std::string(16, 'd'));
  const auto taken = [&] {
    WsClient client(at());
    (void)client.receive();
    client.send(protocol::encode(login));
    EXPECT_TRUE(parsed(client.receive()).has_welcome());
    int done = 0;
    for (std::uint64_t id = 2; id < 42; ++id) client.send(request(id));
    for (std::uint64_t id = 2; id < 42; ++id)
      if (parsed(client.receive()).has_done()) ++done;
    client.send(request(99, true));
    EXPECT_TRUE(parsed(client.receive()).has_done()) << "an alarm is taken in any case";
    return done;
  };
  EXPECT_GE(taken(), 39);
  // A tenth, and what comes back while this runs, which is far from the rest.
  EXPECT_LT(taken(), 30);
  EXPECT_GE(counted(Limit::rate), 10U);
}

// The socket ends while bytes wait on both sides of it: nothing of it may reach another connection.
TEST_F(NetFlood, a_close_in_the_middle_of_everything_hurts_nobody) {
  start();
  WsClient other = logged_in();
  const auto mine = gate.open_sessions();
  for (int i = 0; i < 30; ++i) {
    WsClient client(at());
    (void)client.receive();
    server::SessionId session = 0;
    for (const auto s : gate.open_sessions())
      if (!mine.contains(s)) session = s;
    gate.push(session, 300'000);
    const std::string big = raw_frame(0x82, std::string(60'000, 'x'));
    try {
      client.send_raw(big + big.substr(0, 30'000));
      if (i % 3 == 0) client.send_raw(big.substr(30'000) + big);
      if (i % 3 == 1) net->deliver({{session, "", server::CloseCode::policy}});
    } catch (const WsRefused&) {
      // Closed while it sent.
    }
    served(other);
  }
  wait_until_left(1);
}

// All connections of a thread gather their frames in the same place, and their writes wait and go
// on in any order.
TEST_F(NetFlood, M1_what_waits_for_one_connection_never_reaches_another) {
  settings.kernel_buffer = 4096;
  start();
  constexpr std::size_t sizes[] = {1, 100, 125, 126, 5000, 16'378, 16'384, 16'385, 65'535, 90'000};
  constexpr std::size_t frames = 60;
  std::vector<WsClient> clients;
  std::vector<server::SessionId> sessions;
  for (int i = 0; i < 12; ++i) {
    clients.push_back(logged_in());
    for (const auto s : gate.open_sessions())
      if (std::find(sessions.begin(), sessions.end(), s) == sessions.end()) sessions.push_back(s);
  }
  ASSERT_EQ(sessions.size(), clients.size());
  const auto content = [&](std::size_t client, std::size_t n) {
    std::string out(sizes[(n * 7 + client) % std::size(sizes)], static_cast<char>('A' + client));
    out.back() = static_cast<char>('a' + n % 26);
    return out;
  };
  for (std::size_t n = 0; n < frames; ++n)
    for (std::size_t c = 0; c < clients.size(); ++c) {
      net->deliver({{sessions[c], content(c, n), server::CloseCode::none}});
      if (n % 9 == c % 9) clients[c].send_ping();  // the pong goes between
    }
  // Read in turns, so that writes of all of them wait again and again.
  for (std::size_t n = 0; n < frames; ++n)
    for (std::size_t c = 0; c < clients.size(); ++c) {
      const auto got = clients[(c * 5) % clients.size()].receive();
      ASSERT_TRUE(got) << n;
      ASSERT_EQ(*got, content((c * 5) % clients.size(), n)) << n;
    }
}

TEST_F(NetFlood, T4_a_message_that_is_cut_short_is_not_taken) {
  start();
  {
    WsClient client = logged_in();
    const std::string whole = raw_frame(0x82, request(5));
    client.send_raw(whole.substr(0, whole.size() - 1));
  }
  wait_until_left(0);
  EXPECT_EQ(gate.requests(), 1U) << "the log-in only";
}

}  // namespace
}  // namespace livlina::testing
