// Routes over real TLS, and the limits of what comes before a WebSocket.
#include "server/net/routes.hpp"
#include "tests/server/net_fixture.hpp"

namespace livlina::testing {
namespace {

TEST_F(NetTest, healthz_answers_get_and_head) {
  start();
  const HttpAnswer get = https(at(), "GET", "/healthz");
  EXPECT_EQ(get.status, 200);
  EXPECT_EQ(get.body, "ok\n");
  EXPECT_NE(get.headers.find("no-store"), std::string::npos);
  const HttpAnswer head = https(at(), "HEAD", "/healthz");
  EXPECT_EQ(head.status, 200);
  EXPECT_TRUE(head.body.empty());
  EXPECT_NE(head.headers.find("Content-Length: 3"), std::string::npos) << head.headers;
}

TEST_F(NetTest, G7_readyz_needs_a_round_of_the_database_thread) {
  settings.probe_time = 50;
  start();
  EXPECT_EQ(https(at(), "GET", "/readyz").status, 200);
  gate.stick();
  EXPECT_EQ(https(at(), "GET", "/readyz").status, 503);
  EXPECT_EQ(https(at(), "GET", "/healthz").status, 200);
}

TEST_F(NetTest, G7_readyz_says_when_the_watch_cannot_write) {
  start();
  gate.fall_ill();
  const HttpAnswer answer = https(at(), "GET", "/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "the watch cannot write\n");
}

TEST_F(NetTest, other_paths_and_methods) {
  start();
  EXPECT_EQ(https(at(), "GET", "/").status, 404);
  EXPECT_EQ(https(at(), "GET", "/healthz/x").status, 404);
  const HttpAnswer post = https(at(), "POST", "/healthz");
  EXPECT_EQ(post.status, 405);
  EXPECT_NE(post.headers.find("Allow: GET, HEAD"), std::string::npos);
  EXPECT_EQ(https(at(), "GET", "/v1/ws").status, 400);
}

TEST_F(NetTest, T24_a_huge_header_is_refused) {
  start();
  const std::string huge =
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(9'000, 'a') + "\r\n\r\n";
  EXPECT_EQ(https(at(), "GET", "", huge).status, 431);
}

TEST_F(NetTest, rubbish_is_a_bad_request) {
  start();
  EXPECT_EQ(https(at(), "GET", "", "\x01\x02 rubbish\r\n\r\n").status, 400);
}

TEST_F(NetTest, T26_a_header_that_never_ends_is_cut_off) {
  settings.opening_time = 100;
  start();
  WsOptions options = at();
  EXPECT_THROW((void)https(options, "GET", "", "GET /healthz HTTP/1.1\r\nHost: "), WsRefused);
  for (int i = 0; i < 100 && net->connections() > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(net->connections(), 0U);
}

TEST_F(NetTest, T15_tls_1_2_is_refused_unless_switched_on) {
  start();
  WsOptions old = at();
  old.only_tls12 = true;
  EXPECT_THROW((void)https(old, "GET", "/healthz"), WsRefused);
  net.reset();
  settings.tls12 = true;
  start();
  old.port = net->port();
  EXPECT_EQ(https(old, "GET", "/healthz").status, 200);
}

TEST_F(NetTest, a_new_certificate_reaches_new_connections_only) {
  start();
  WsClient old = logged_in();
  const std::string before = shown_certificate(at());
  make_certificate(settings.certificate, settings.key);
  net->reload_certificate();
  EXPECT_NE(shown_certificate(at()), before);
  old.send(request(2));
  EXPECT_TRUE(parsed(old.receive()).has_done());
  dir.write("cert.pem", "rubbish");
  EXPECT_ANY_THROW(net->reload_certificate());
  EXPECT_EQ(https(at(), "GET", "/healthz").status, 200);  // the last good one stays
}

TEST(Routes, subprotocol_is_one_of_the_offered_words) {
  using server::HttpHead;
  using server::Route;
  const auto go = [](std::string_view offered) {
    return route(HttpHead{"GET", "/v1/ws", true, offered});
  };
  EXPECT_EQ(go("livlina.v1"), Route::websocket);
  EXPECT_EQ(go("chat, livlina.v1 ,x"), Route::websocket);
  EXPECT_EQ(go(""), Route::bad_websocket);
  EXPECT_EQ(go("livlina.v2"), Route::bad_websocket);
  EXPECT_EQ(go("Livlina.v1"), Route::bad_websocket);
  EXPECT_EQ(go("livlina.v1x,xlivlina.v1"), Route::bad_websocket);
}

}  // namespace
}  // namespace livlina::testing
