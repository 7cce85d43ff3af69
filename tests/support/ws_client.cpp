#include "tests/support/ws_client.hpp"

#include <openssl/evp.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <sstream>

#include "crypto/core/bytes.hpp"

namespace livlina::testing {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using Tcp = asio::ip::tcp;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using Tls = asio::ssl::stream<Socket>;

// Runs one asynchronous operation with a limit.
struct Waiter {
  asio::io_context io{1};
  // `start(handler)` begins the operation; its error, or timed_out.
  template <class Start>
  error_code run(std::chrono::milliseconds limit, Start start) {
    // Shared: after a timeout the operation is still there and ends later.
    const auto result = std::make_shared<std::optional<error_code>>();
    start([result](error_code e, auto&&...) { *result = e; });
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!*result && std::chrono::steady_clock::now() < until) {
      io.restart();
      io.run_one_until(until);
    }
    return result->value_or(asio::error::timed_out);
  }
};

asio::ssl::context make_tls(const WsOptions& options) {
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.set_verify_mode(asio::ssl::verify_none);
  if (options.only_tls12) SSL_CTX_set_max_proto_version(tls.native_handle(), TLS1_2_VERSION);
  return tls;
}

void open(Waiter& waiter, Tls& stream, const WsOptions& options) {
  error_code e;
  Socket& socket = stream.next_layer();
  const Tcp::endpoint to(asio::ip::make_address(options.host), options.port);
  socket.open(to.protocol(), e);
  if (options.receive_buffer > 0)
    socket.set_option(asio::socket_base::receive_buffer_size(options.receive_buffer), e);
  e = waiter.run(options.limit, [&](auto done) { socket.async_connect(to, done); });
  if (e) throw WsRefused("connect: " + e.message(), 0);
  socket.set_option(Tcp::no_delay(true), e);
  e = waiter.run(options.limit,
                 [&](auto done) { stream.async_handshake(asio::ssl::stream_base::client, done); });
  if (e) throw WsRefused("TLS: " + e.message(), 0);
}

}  // namespace

struct WsClient::State {
  explicit State(const WsOptions& options)
      : tls(make_tls(options)), ws(waiter.io.get_executor(), tls) {}
  ~State() {
    error_code ignored;
    beast::get_lowest_layer(ws).close(ignored);
    waiter.io.restart();
    waiter.io.poll();
  }
  Waiter waiter;
  asio::ssl::context tls;
  websocket::stream<Tls, false> ws;
  std::string extensions;
  beast::flat_buffer incoming;
  bool reading = false;
  std::optional<error_code> read;
  std::string ended;
};

WsClient::WsClient(const WsOptions& options)
    : state_(std::make_unique<State>(options)), limit_(options.limit) {
  open(state_->waiter, state_->ws.next_layer(), options);
  state_->ws.set_option(
      websocket::stream_base::decorator([&options](websocket::request_type& request) {
        if (!options.subprotocol.empty())
          request.set(http::field::sec_websocket_protocol, options.subprotocol);
        if (!options.extensions.empty())
          request.set(http::field::sec_websocket_extensions, options.extensions);
      }));
  websocket::response_type response;
  const error_code e = state_->waiter.run(options.limit, [&](auto done) {
    state_->ws.async_handshake(response, options.host, options.target, done);
  });
  if (e) throw WsRefused("upgrade: " + e.message(), static_cast<int>(response.result_int()));
  const auto found = response[http::field::sec_websocket_extensions];
  state_->extensions.assign(found.data(), found.size());
  state_->ws.binary(true);
  state_->ws.auto_fragment(false);
  state_->ws.read_message_max(16 * 1024 * 1024);
}

WsClient::~WsClient() = default;
WsClient::WsClient(WsClient&&) noexcept = default;

void WsClient::send(const std::string& binary) {
  const error_code e = state_->waiter.run(
      limit_, [&](auto done) { state_->ws.async_write(asio::buffer(binary), done); });
  if (e) throw WsRefused("send: " + e.message(), 0);
}

void WsClient::send_text(const std::string& text) {
  state_->ws.text(true);
  send(text);
  state_->ws.binary(true);
}

void WsClient::send_ping() {
  const error_code e =
      state_->waiter.run(limit_, [&](auto done) { state_->ws.async_ping({}, done); });
  if (e) throw WsRefused("ping: " + e.message(), 0);
}

void WsClient::send_raw(const std::string& bytes) {
  const error_code e = state_->waiter.run(limit_, [&](auto done) {
    asio::async_write(state_->ws.next_layer(), asio::buffer(bytes), done);
  });
  if (e) throw WsRefused("send: " + e.message(), 0);
}

std::optional<std::string> WsClient::receive(std::chrono::milliseconds limit) {
  State& s = *state_;
  if (!s.ended.empty()) return std::nullopt;
  if (!s.reading) {
    s.reading = true;
    s.read.reset();
    s.incoming.clear();
    s.ws.async_read(s.incoming, [&s](error_code e, std::size_t) { s.read = e; });
  }
  const auto until = std::chrono::steady_clock::now() + limit;
  do {
    s.waiter.io.restart();
    s.waiter.io.run_one_until(until);
  } while (!s.read && std::chrono::steady_clock::now() < until);
  if (!s.read) return std::nullopt;  // the read goes on in the next call
  s.reading = false;
  if (*s.read) {
    s.ended = s.read->message();
    return std::nullopt;
  }
  return std::string(static_cast<const char*>(s.incoming.cdata().data()), s.incoming.size());
}

std::optional<int> WsClient::wait_closed() {
  const auto until = std::chrono::steady_clock::now() + limit_;
  while (state_->ended.empty() && std::chrono::steady_clock::now() < until)
    (void)receive(std::chrono::milliseconds(200));
  if (state_->ended.empty()) return std::nullopt;
  return state_->ws.reason().code;
}

std::string WsClient::extensions() const { return state_->extensions; }

void WsClient::close() {
  (void)state_->waiter.run(
      limit_, [&](auto done) { state_->ws.async_close(websocket::close_code::normal, done); });
}

HttpAnswer https(const WsOptions& options, const std::string& method, const std::string& target,
                 const std::string& raw) {
  Waiter waiter;
  asio::ssl::context tls = make_tls(options);
  Tls stream(waiter.io.get_executor(), tls);
  open(waiter, stream, options);
  const std::string request =
      raw.empty() ? method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n" : raw;
  error_code e = waiter.run(
      options.limit, [&](auto done) { asio::async_write(stream, asio::buffer(request), done); });
  if (e) throw WsRefused("send: " + e.message(), 0);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.skip(method == "HEAD");
  e = waiter.run(options.limit, [&](auto done) { http::async_read(stream, buffer, parser, done); });
  if (e) throw WsRefused("reply: " + e.message(), 0);
  HttpAnswer answer;
  answer.status = static_cast<int>(parser.get().result_int());
  answer.body = parser.get().body();
  std::ostringstream headers;
  headers << parser.get().base();
  answer.headers = headers.str();
  return answer;
}

std::string raw_frame(std::uint8_t first, const std::string& payload) {
  std::string out(1, static_cast<char>(first));
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else if (payload.size() < 65536) {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  } else {
    out += static_cast<char>(0x80 | 127);
    for (int shift = 56; shift >= 0; shift -= 8)
      out += static_cast<char>(static_cast<std::uint64_t>(payload.size()) >> shift & 0xff);
  }
  out += std::string(4, '\0');  // a mask of zeros leaves the payload as it is
  return out + payload;
}

std::string shown_certificate(const WsOptions& options) {
  Waiter waiter;
  asio::ssl::context tls = make_tls(options);
  Tls stream(waiter.io.get_executor(), tls);
  open(waiter, stream, options);
  ByteArray<EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509* shown = SSL_get1_peer_certificate(stream.native_handle());
  X509_digest(shown, EVP_sha256(), digest.data(), &size);
  X509_free(shown);
  return hex(ByteView(digest).first(size));
}

}  // namespace livlina::testing
