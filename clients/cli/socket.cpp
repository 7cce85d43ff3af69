// The only file of the command line that knows Asio, Beast and OpenSSL: they take long to compile.
#include "clients/cli/socket.hpp"

#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <chrono>
#include <csignal>
#include <deque>

#include "protocol/codec.hpp"

namespace livlina::cli {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto connect_timeout = std::chrono::seconds(10);
using Stream = websocket::stream<asio::ssl::stream<tcp::socket>, false>;

// The certificate must name this host; OpenSSL then says by its result that it was this.
void expect_name(SSL* ssl, const std::string& host, bool is_address) {
  X509_VERIFY_PARAM* wanted = ::SSL_get0_param(ssl);
  ::X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool expected = is_address ? ::X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1
                                   : ::SSL_set1_host(ssl, host.c_str()) == 1;
  if (!expected) ::SSL_set_verify(ssl, SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 0; });
}

// What is wrong with a file that was named with --ca.
std::string unusable(const std::string& ca_file) {
  if (::access(ca_file.c_str(), R_OK) != 0)
    return "The certificate file cannot be read: " + ca_file +
           ". Name one that you may read with --ca.";
  return "There is no certificate in " + ca_file +
         ". Name a PEM file with --ca (it begins with -----BEGIN CERTIFICATE-----).";
}

// Why the handshake failed, and what to do about it.
std::string tls_problem(const SSL* ssl, const Endpoint& endpoint, error_code ec) {
  const std::string place = endpoint.host + ":" + endpoint.port;
  switch (::SSL_get_verify_result(ssl)) {
    case X509_V_OK:
      break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "The certificate of " + place + " is made out to another name than " + endpoint.host +
             ". Use the name that the invitation says; if it is that one, tell the operator.";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "The certificate of " + place +
             " has expired. Look whether the date of this machine is right; if it is, the operator "
             "must renew the certificate.";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "The certificate of " + place +
             " is not valid yet. Look whether the date of this machine is right; if it is, the "
             "operator must look at it.";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return "The certificate of " + place +
             " comes from an authority that is not known here. If the server has an authority of "
             "its own, name its file with --ca (the operator has it); else do not go on.";
    default:
      return "The certificate of " + place + " does not hold (" +
             ::X509_verify_cert_error_string(::SSL_get_verify_result(ssl)) +
             "). Tell the operator.";
  }
  return "TLS with " + place + " failed (" + ec.message() +
         "). Look whether host and port are those of a Livlina server.";
}

// One attempt to be connected, from the look-up to the close; events go to the owner's list as long
// as this attempt is its current one.
struct Attempt : std::enable_shared_from_this<Attempt> {
  Attempt(asio::io_context& io, asio::ssl::context& tls, std::vector<SocketEvent>& out)
      : resolver(io), stream(io, tls), timer(io), events(out) {}

  tcp::resolver resolver;
  Stream stream;
  asio::steady_timer timer;
  beast::flat_buffer buffer;
  std::deque<std::string> queue;
  std::vector<SocketEvent>& events;
  bool is_open = false;
  bool writing = false;
  bool closing = false;
  bool over = false;

  void start(const Endpoint& endpoint) {
    timer.expires_after(connect_timeout);
    timer.async_wait([self = shared_from_this()](error_code ec) {
      if (!ec && !self->is_open) self->end("The server did not answer within 10 seconds.");
    });
    resolver.async_resolve(
        endpoint.host, endpoint.port,
        [self = shared_from_this(), endpoint](error_code ec, const tcp::resolver::results_type& r) {
          if (ec) return self->end("The host name cannot be found: " + endpoint.host);
          self->connect(endpoint, r);
        });
  }

  void connect(const Endpoint& endpoint, const tcp::resolver::results_type& addresses) {
    asio::async_connect(stream.next_layer().next_layer(), addresses,
                        [self = shared_from_this(), endpoint](error_code ec, const tcp::endpoint&) {
                          if (ec)
                            return self->end("No connection to " + endpoint.host + ":" +
                                             endpoint.port + ": " + ec.message());
                          self->handshake(endpoint);
                        });
  }

  void handshake(const Endpoint& endpoint) {
    error_code ignored;
    (void)stream.next_layer().next_layer().set_option(tcp::no_delay(true), ignored);
    auto* ssl = stream.next_layer().native_handle();
    asio::ip::make_address(endpoint.host, ignored);
    if (ignored)
      (void)::SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                       const_cast<char*>(endpoint.host.c_str()));  // the macro's cast is C's
    expect_name(ssl, endpoint.host, !ignored);
    stream.next_layer().async_handshake(
        asio::ssl::stream_base::client, [self = shared_from_this(), endpoint](error_code ec) {
          if (ec)
            return self->end(tls_problem(self->stream.next_layer().native_handle(), endpoint, ec));
          self->upgrade(endpoint);
        });
  }

  void upgrade(const Endpoint& endpoint) {
    stream.read_message_max(protocol::max_frame);
    stream.binary(true);
    stream.auto_fragment(false);
    stream.set_option(
        websocket::stream_base::timeout{connect_timeout, std::chrono::seconds(60), true});
    stream.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
      request.set(beast::http::field::sec_websocket_protocol, "livlina.v1");
    }));
    stream.async_handshake(endpoint.host, "/v1/ws", [self = shared_from_this()](error_code ec) {
      if (ec) return self->end("The server does not speak this protocol (" + ec.message() + ").");
      if (self->over) return;
      self->is_open = true;
      self->timer.cancel();
      self->events.push_back({SocketEvent::What::opened, {}});
      self->read();
    });
  }

  void read() {
    stream.async_read(buffer, [self = shared_from_this()](error_code ec, std::size_t) {
      if (ec == websocket::error::closed) return self->closed_by_server();
      if (ec) return self->end("The connection was lost: " + ec.message());
      self->events.push_back(
          {SocketEvent::What::frame, beast::buffers_to_string(self->buffer.data())});
      self->buffer.consume(self->buffer.size());
      self->read();
    });
  }

  void closed_by_server() {
    const unsigned code = stream.reason().code;
    end("The server closed the connection (" + std::to_string(code) + ").", code);
  }

  void send(std::string frame) {
    queue.push_back(std::move(frame));
    write();
  }

  void write() {
    if (writing || !is_open) return;
    if (queue.empty()) {
      if (closing) goodbye();
      return;
    }
    writing = true;
    stream.async_write(asio::buffer(queue.front()),
                       [self = shared_from_this()](error_code ec, std::size_t) {
                         self->writing = false;
                         if (ec) return self->end("The connection was lost: " + ec.message());
                         self->queue.pop_front();
                         self->write();
                       });
  }

  void goodbye() {
    is_open = false;
    stream.async_close(websocket::close_code::normal,
                       [self = shared_from_this()](error_code) { self->end("Closed."); });
  }

  void end(const std::string& why, unsigned close_code = 0) {
    if (over) return;
    over = true;
    is_open = false;
    timer.cancel();
    resolver.cancel();
    error_code ignored;
    (void)stream.next_layer().next_layer().close(ignored);
    events.push_back({SocketEvent::What::closed, why, close_code});
  }
};

}  // namespace

Instant wall_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::optional<Endpoint> parse_endpoint(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) return std::nullopt;
  Endpoint out{text.substr(0, colon), text.substr(colon + 1)};
  if (out.host.front() == '[' && out.host.back() == ']')
    out.host = out.host.substr(1, out.host.size() - 2);
  else if (out.host.find(':') != std::string::npos)
    return std::nullopt;
  if (out.host.empty() || out.port.size() > 5) return std::nullopt;
  unsigned port = 0;
  for (const char c : out.port) {
    if (c < '0' || c > '9') return std::nullopt;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  if (port == 0 || port > 65535) return std::nullopt;
  return out;
}

struct Socket::State {
  asio::io_context io{1};
  asio::ssl::context tls{asio::ssl::context::tls_client};
  asio::signal_set signals{io, SIGINT, SIGTERM};
  std::vector<SocketEvent> events;
  std::shared_ptr<Attempt> attempt;
  std::string ca_problem;

  explicit State(const std::string& ca_file) {
    error_code ec;
    SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_3_VERSION);
    (void)tls.set_verify_mode(asio::ssl::verify_peer, ec);
    if (ca_file.empty()) {
      (void)tls.set_default_verify_paths(ec);
    } else {
      (void)tls.load_verify_file(ca_file, ec);
      if (ec) ca_problem = unusable(ca_file);
    }
    watch_signals();
  }

  void watch_signals() {
    signals.async_wait([this](error_code ec, int) {
      if (ec) return;
      events.push_back({SocketEvent::What::interrupted, {}});
      watch_signals();
    });
  }
};

Socket::Socket(const std::string& ca_file) : state_(std::make_unique<State>(ca_file)) {}
Socket::~Socket() = default;

void Socket::connect(const Endpoint& endpoint) {
  if (!state_->ca_problem.empty()) {
    state_->events.push_back({SocketEvent::What::closed, state_->ca_problem});
    return;
  }
  state_->attempt = std::make_shared<Attempt>(state_->io, state_->tls, state_->events);
  state_->attempt->start(endpoint);
}

void Socket::send(std::string frame) {
  if (state_->attempt) state_->attempt->send(std::move(frame));
}

void Socket::close() {
  if (!state_->attempt) return;
  state_->attempt->closing = true;
  if (state_->attempt->is_open)
    state_->attempt->write();
  else
    state_->attempt->end("Closed.");
}

bool Socket::open() const { return state_->attempt && state_->attempt->is_open; }

std::vector<SocketEvent> Socket::wait(Instant until) {
  auto& events = state_->events;
  while (events.empty()) {
    const Instant left = until - wall_now();
    if (left <= 0) {
      state_->io.poll();
      break;
    }
    state_->io.run_one_for(std::chrono::milliseconds(left));
  }
  return std::exchange(events, {});
}

}  // namespace livlina::cli
