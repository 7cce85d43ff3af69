// The only source of the channels with Beast, beside Asio's TLS.
#include "server/channels/post.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <optional>

namespace livlina::server {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using boost::system::error_code;
using Socket = asio::basic_stream_socket<Tcp, asio::io_context::executor_type>;
using Tls = asio::ssl::stream<Socket&>;

// Runs one asynchronous operation after the other, each until a time or the stop.
class Waiter {
 public:
  explicit Waiter(std::stop_token stop)
      : stop_(std::move(stop)), on_stop_(stop_, [this] { io.stop(); }) {}
  template <class Start>
  error_code run(Clock::time_point until, Start start) {
    // Shared: after a timeout the operation is still there and ends later.
    const auto result = std::make_shared<std::optional<error_code>>();
    start([result](error_code e, auto&&...) { *result = e; });
    while (!*result && Clock::now() < until) {
      io.restart();
      if (stop_.stop_requested()) return asio::error::operation_aborted;
      (void)io.run_one_until(until);
    }
    return result->value_or(asio::error::timed_out);
  }
  [[nodiscard]] bool stopped() const { return stop_.stop_requested(); }
  // Ends what is still under way, whose handlers must not outlive what they use.
  void end(Socket& socket) {
    error_code ignored;
    (void)socket.close(ignored);
    io.restart();
    (void)io.poll();
  }
  asio::io_context io{1};

 private:
  const std::stop_token stop_;
  std::stop_callback<std::function<void()>> on_stop_;
};

Tcp::endpoint endpoint_of(const IpAddress& address, std::uint16_t port) {
  if (address.v6) return {asio::ip::address_v6(address.bytes), port};
  asio::ip::address_v4::bytes_type bytes{};
  std::copy_n(address.bytes.begin(), bytes.size(), bytes.begin());
  return {asio::ip::address_v4(bytes), port};
}

class Posting {
 public:
  Posting(Post& what, const std::stop_token& stop)
      : what_(what), waiter_(stop), socket_(waiter_.io.get_executor()) {}
  ~Posting() { waiter_.end(socket_); }
  Posting(const Posting&) = delete;
  Posting& operator=(const Posting&) = delete;

  Attempt run() {
    if (const auto failed = connect()) return *failed;
    if (!what_.url.tls) return talk(socket_);
    asio::ssl::context context(what_.trust.release());
    error_code e;
    (void)context.set_verify_mode(asio::ssl::verify_peer, e);
    (void)context.set_verify_callback(asio::ssl::host_name_verification(what_.url.host), e);
    Tls tls(socket_, context);
    // Before the stream goes: what is still under way in it.
    const Attempt out = e ? ended_by(AttemptEnd::tls) : encrypted(tls);
    waiter_.end(socket_);
    return out;
  }

 private:
  Attempt failed(AttemptEnd otherwise, const error_code& e) const {
    if (waiter_.stopped()) return ended_by(AttemptEnd::stopped);
    return ended_by(e == asio::error::timed_out ? AttemptEnd::time : otherwise);
  }

  std::optional<Attempt> connect() {
    error_code e = asio::error::host_unreachable;
    for (const IpAddress& address : what_.to) {
      const Tcp::endpoint to = endpoint_of(address, what_.url.port);
      error_code ignored;
      (void)socket_.close(ignored);
      const auto until = std::min(what_.until, Clock::now() + what_.connect);
      e = waiter_.run(until, [&](auto done) { socket_.async_connect(to, done); });
      if (!e) return std::nullopt;
      if (waiter_.stopped() || Clock::now() >= what_.until) break;
      waiter_.end(socket_);
    }
    return failed(AttemptEnd::connection, e);
  }

  Attempt encrypted(Tls& tls) {
    // A name only: an address is no server name (RFC 6066, 3).
    if (!what_.url.address &&
        SSL_set_tlsext_host_name(tls.native_handle(), what_.url.host.c_str()) != 1)
      return ended_by(AttemptEnd::tls);
    const error_code e = waiter_.run(
        what_.until, [&](auto done) { tls.async_handshake(asio::ssl::stream_base::client, done); });
    if (!e) return talk(tls);
    const bool untrusted =
        e.category() == asio::error::get_ssl_category() &&
        ERR_GET_REASON(static_cast<unsigned long>(e.value())) == SSL_R_CERTIFICATE_VERIFY_FAILED;
    return failed(untrusted ? AttemptEnd::certificate : AttemptEnd::tls, e);
  }

  template <class Stream>
  Attempt talk(Stream& stream) {
    http::request<http::string_body> request(http::verb::post, what_.url.target, 11);
    request.set(http::field::host, what_.url.authority());
    request.set(http::field::content_type, "application/json");
    request.set(http::field::connection, "close");
    for (const auto& [name, value] : what_.headers) request.set(name, value);
    request.body() = what_.body;
    request.prepare_payload();
    beast::flat_buffer buffer(most_reply_head);
    http::response_parser<http::empty_body> parser;
    parser.header_limit(most_reply_head);
    parser.skip(true);  // the body, however long it would be
    error_code e =
        waiter_.run(what_.until, [&](auto done) { http::async_write(stream, request, done); });
    // Who answers before everything was read may break the connection: the answer counts.
    if (!e || e == asio::error::broken_pipe || e == asio::error::connection_reset)
      e = waiter_.run(what_.until,
                      [&](auto done) { http::async_read_header(stream, buffer, parser, done); });
    if (!e) {
      const auto after = parser.get()[http::field::retry_after];
      return answered(parser.get().result_int(), {after.data(), after.size()});
    }
    waiter_.end(socket_);  // before request and parser go
    const bool no_http = e.category() == http::make_error_code(http::error::bad_version).category();
    return failed(
        no_http && e != http::error::end_of_stream ? AttemptEnd::reply : AttemptEnd::connection, e);
  }

  Post& what_;
  Waiter waiter_;
  Socket socket_;
};

}  // namespace

Attempt post(Post what, const std::stop_token& stop) { return Posting(what, stop).run(); }

}  // namespace livlina::server
