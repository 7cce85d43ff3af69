// TLS over a pair of sockets: what a call does when the other side stops, lies, floods or is gone.
#include "server/net/tls_session.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ctime>
#include <string>

#include "server/net/tls_context.hpp"
#include "tests/server/temp_dir.hpp"
#include "tests/support/ws_client.hpp"

namespace livlina::testing {
namespace {

using server::TlsNext;
using server::TlsOutcome;

class TlsSessionTest : public ::testing::Test {
 protected:
  TlsSessionTest() {
    make_certificate(dir.file("c.pem"), dir.file("k.pem"));
    context =
        server::make_tls_context(dir.file("c.pem"), dir.file("k.pem"), false, std::time(nullptr));
    (void)::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends);
    tls.emplace(context.get());
    client_context.reset(SSL_CTX_new(TLS_client_method()));
    client = SSL_new(client_context.get());
    SSL_set_fd(client, ends[1]);
    SSL_set_connect_state(client);
  }
  ~TlsSessionTest() override {
    SSL_free(client);
    close_client();
    if (ends[0] >= 0) (void)::close(ends[0]);
  }
  void close_client() {
    if (ends[1] >= 0) (void)::close(ends[1]);
    ends[1] = -1;
  }
  void handshake() {
    TlsOutcome out;
    for (int i = 0; i < 10 && out.next != TlsNext::done; ++i) {
      (void)SSL_do_handshake(client);
      out = tls->handshake(ends[0]);
    }
    ASSERT_EQ(out.next, TlsNext::done);
    ASSERT_EQ(SSL_do_handshake(client), 1);
  }
  [[nodiscard]] std::string read(TlsNext* next = nullptr) {
    char to[1000];
    const TlsOutcome out = tls->read(ends[0], to, sizeof to);
    if (next != nullptr) *next = out.next;
    return {to, out.bytes};
  }
  [[nodiscard]] TlsNext read_next() {
    TlsNext next = TlsNext::done;
    (void)read(&next);
    return next;
  }
  void say(const std::string& text) {
    ASSERT_EQ(SSL_write(client, text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
  }

  TempDir dir;
  server::TlsContext context;
  server::TlsContext client_context;
  std::optional<server::TlsSession> tls;
  SSL* client = nullptr;
  int ends[2] = {-1, -1};
};

TEST_F(TlsSessionTest, both_ways_and_a_long_write_in_parts) {
  handshake();
  EXPECT_EQ(read_next(), TlsNext::wait_read);
  say("hello");
  EXPECT_EQ(read(), "hello");
  const std::string all(1'000'000, 'x');
  std::size_t written = 0;
  std::string got;
  int waits = 0;
  while (got.size() < all.size()) {
    while (written < all.size()) {
      const TlsOutcome out = tls->write(ends[0], all.data() + written,
                                        std::min<std::size_t>(all.size() - written, 40'000));
      if (out.next == TlsNext::wait_write) {
        ++waits;
        break;
      }
      ASSERT_EQ(out.next, TlsNext::done);
      EXPECT_LE(out.bytes, 2 * 16'384U) << "a record, and one that waited";
      written += out.bytes;
    }
    char to[20'000];
    for (int n = 0; (n = SSL_read(client, to, sizeof to)) > 0;)
      got.append(to, static_cast<std::size_t>(n));
  }
  EXPECT_EQ(got, all);
  EXPECT_GT(waits, 0) << "the socket was never full: this test shows nothing";
}

TEST_F(TlsSessionTest, several_records_at_once_are_told_of) {
  handshake();
  say("one");
  say("two");
  EXPECT_EQ(read(), "one");
  EXPECT_TRUE(tls->has_pending()) << "the socket is empty, the buffer is not";
  EXPECT_EQ(read(), "two");
  EXPECT_FALSE(tls->has_pending());
}

TEST_F(TlsSessionTest, T4_an_end_that_was_said_and_one_that_was_not) {
  handshake();
  say("last");
  (void)SSL_shutdown(client);
  EXPECT_EQ(read(), "last");
  EXPECT_EQ(read_next(), TlsNext::ended);
  close_client();
}

TEST_F(TlsSessionTest, T4_a_stream_cut_short_is_no_end) {
  handshake();
  say("cut off her");
  close_client();
  EXPECT_EQ(read(), "cut off her");
  EXPECT_EQ(read_next(), TlsNext::truncated);
  EXPECT_EQ(read_next(), TlsNext::broken) << "and stays so";
}

TEST_F(TlsSessionTest, T4_a_changed_byte_breaks_it) {
  handshake();
  const std::string record = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
  ASSERT_EQ(::send(ends[1], record.data(), record.size(), MSG_NOSIGNAL), 37);
  EXPECT_EQ(read_next(), TlsNext::broken);
  EXPECT_EQ(ERR_peek_error(), 0U) << "nothing is left for the next connection of this thread";
  EXPECT_EQ(tls->write(ends[0], "x", 1).next, TlsNext::broken);
}

// SIGPIPE would end this program.
TEST_F(TlsSessionTest, T26_writing_to_who_is_gone_raises_no_signal) {
  handshake();
  close_client();
  const std::string some(1000, 'x');
  TlsNext next = TlsNext::done;
  for (int i = 0; i < 10 && next == TlsNext::done; ++i)
    next = tls->write(ends[0], some.data(), some.size()).next;
  EXPECT_EQ(next, TlsNext::broken);
  tls->say_end(ends[0]);
}

TEST_F(TlsSessionTest, an_error_that_another_connection_left_is_not_ours) {
  handshake();
  ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
  EXPECT_EQ(read_next(), TlsNext::wait_read);
  ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
  EXPECT_EQ(tls->write(ends[0], "x", 1).next, TlsNext::done);
}

TEST_F(TlsSessionTest, a_socket_that_is_closed_is_never_touched) {
  handshake();
  say("for us");
  EXPECT_EQ(tls->write(-1, "x", 1).next, TlsNext::broken);
  char to[10];
  EXPECT_EQ(tls->read(-1, to, sizeof to).next, TlsNext::broken);
  tls->say_end(-1);
  EXPECT_EQ(SSL_read(client, to, sizeof to), -1);
}

TEST_F(TlsSessionTest, new_keys_are_followed_also_while_a_write_waits) {
  handshake();
  const std::string some(16'384, 'x');
  std::size_t written = 0;
  TlsOutcome out{TlsNext::done, 0};
  while ((out = tls->write(ends[0], some.data(), some.size())).next == TlsNext::done)
    written += out.bytes;
  ASSERT_EQ(out.next, TlsNext::wait_write);
  ASSERT_EQ(SSL_key_update(client, SSL_KEY_UPDATE_REQUESTED), 1);
  say("with new keys");
  std::string got;
  TlsNext next = TlsNext::again;
  for (int i = 0; i < 10 && got.empty(); ++i) {
    got = read(&next);
    ASSERT_TRUE(next == TlsNext::again || next == TlsNext::wait_read || next == TlsNext::done);
  }
  EXPECT_EQ(got, "with new keys");
  std::size_t arrived = 0;
  char to[20'000];
  const auto drain = [&] {
    for (int n = 0; (n = SSL_read(client, to, sizeof to)) > 0;)
      arrived += static_cast<std::size_t>(n);
  };
  drain();
  for (int i = 0; i < 3;) {  // the one that waited, and two with our own new keys
    out = tls->write(ends[0], some.data(), some.size());
    if (out.next == TlsNext::done) {
      ++i;
      written += out.bytes;
    }
    drain();
  }
  EXPECT_EQ(arrived, written);
}

// Else one call would go on for as long as they come.
TEST_F(TlsSessionTest, T26_new_keys_without_end_do_not_hold_a_read) {
  handshake();
  int turns = 0;
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(SSL_key_update(client, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    ASSERT_EQ(SSL_do_handshake(client), 1);
    const TlsNext next = read_next();
    if (next == TlsNext::again) ++turns;
    ASSERT_TRUE(next == TlsNext::again || next == TlsNext::wait_read);
  }
  EXPECT_GE(turns, 40);
}

}  // namespace
}  // namespace livlina::testing
