// The one place that instantiates Beast and WebSocket.
#include "server/net/connection.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <list>
#include <new>
#include <optional>

#include "crypto/core/random.hpp"
#include "server/log/log.hpp"
#include "server/net/message_buffer.hpp"
#include "server/net/routes.hpp"
#include "server/net/tls_stream.hpp"
#include "server/time/clocks.hpp"

namespace livlina::server {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

using Executor = asio::io_context::executor_type;
using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using WebSocket =
    websocket::stream<TlsStream, false>;  // false: no permessage-deflate in the program
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

constexpr Duration farewell_time = 2 * second;  // for the close of TLS after an HTTP reply
// Beside what a message may have, for headers of frames: a client that sends one in pieces of 128
// bytes and more has room, empty fragments without end have not.
constexpr std::uint64_t headers_share = 8;
constexpr std::uint64_t headers_least = std::uint64_t{8} * 1024;
constexpr std::uint64_t control_frame = 256;  // the longest has 131 bytes

class TlsConnection final : public Connection, public std::enable_shared_from_this<TlsConnection> {
 public:
  // Throws std::bad_alloc.
  TlsConnection(Socket socket, SSL_CTX* tls, SessionId id, AddressPlace place, ConnectionHome& home)
      : home_(home),
        place_(std::move(place)),
        id_(id),
        timer_(socket.get_executor()),
        buffer_(protocol_buffer(*home.settings)),
        ws_(std::move(socket), tls) {}

  void start() {
    error_code ignored;
    (void)socket().set_option(Tcp::no_delay(true), ignored);
    limit(home_.settings->opening_time);
    ws_.next_layer().async_handshake([self = shared_from_this()](error_code e) {
      if (e) return self->end();
      self->read_header();
    });
  }

  void deliver(std::string frame, CloseCode close) override {
    if (phase_ != Phase::open || closing_ != CloseCode::none) return;
    if (!frame.empty()) {
      const bool known = session_->logged_in();
      if (const auto reached = session_->on_reply(view(frame), steady_now())) count(*reached);
      if (session_->logged_in() && !known) welcomed();
      send(std::move(frame));
    }
    if (close != CloseCode::none) begin_close(close);
    read();
  }

  void drain() override { draining_ = true; }

  void shut(const std::string& frame, CloseCode code) override {
    if (phase_ == Phase::open) return deliver(frame, code);
    cut();
  }

  [[nodiscard]] std::size_t queued() const override { return queued_; }

  // Frees the kernel's send buffer at once as well: this reader would not empty it.
  void cut_off() override {
    give_back_queue();
    error_code ignored;
    (void)socket().set_option(asio::socket_base::linger(true, 0), ignored);
    cut();
    closing_ = CloseCode::policy;
    asio::post(socket().get_executor(), [self = shared_from_this()] { self->end(); });
  }

 private:
  enum class Phase : std::uint8_t { opening, open, over };

  static std::size_t protocol_buffer(const NetSettings& settings) {
    // Header first, messages later; a message's own bound is set for each read.
    return std::max<std::size_t>(std::size_t{settings.header_bytes} * 2, std::size_t{1} << 20);
  }
  Socket& socket() { return beast::get_lowest_layer(ws_); }
  void count(Limit limit) { home_.counts->count(limit); }

  // Ends the connection without ceremony; what is pending fails and finds its way to end().
  void cut() {
    error_code ignored;
    (void)socket().close(ignored);
  }

  void end() {
    if (phase_ == Phase::over) return;
    const bool was_open = phase_ == Phase::open;
    phase_ = Phase::over;
    timer_.cancel();
    cut();
    give_back_queue();
    if (was_open) home_.gate->closed(id_);
    home_.gone(id_);
  }

  // One limit for all that comes before the WebSocket.
  void limit(Duration time) {
    timer_.expires_after(std::chrono::milliseconds(time));
    timer_.async_wait([self = shared_from_this()](error_code e) {
      if (e || self->phase_ != Phase::opening) return;
      if (!self->response_) self->count(Limit::opening_time);
      self->cut();
    });
  }

  // --- HTTP -----------------------------------------------------------------------------------

  using Parser = http::request_parser<http::empty_body>;

  void read_header() {
    parser_ = std::make_unique<Parser>();
    parser_->header_limit(home_.settings->header_bytes);
    http::async_read_header(
        ws_.next_layer(), buffer_, *parser_,
        [self = shared_from_this()](error_code e, std::size_t) { self->on_header(e); });
  }

  void on_header(error_code e) {
    if (e == http::error::header_limit) {
      count(Limit::header);
      return respond(http::status::request_header_fields_too_large, "header too large\n");
    }
    if (e && e.category() == http::make_error_code(http::error::bad_method).category() &&
        e != http::error::end_of_stream && e != http::error::partial_message)
      return respond(http::status::bad_request, "not an HTTP request\n");
    if (e) return end();
    const auto& request = parser_->get();
    const auto text = [](auto s) { return std::string_view(s.data(), s.size()); };
    HttpHead head;
    head.method = text(request.method_string());
    head.target = text(request.target());
    // Bytes behind the header would be WebSocket frames before our answer.
    head.upgrade = websocket::is_upgrade(request) && buffer_.size() == 0;
    head.subprotocols = text(request[http::field::sec_websocket_protocol]);
    switch (route(head)) {
      case Route::alive:
        return respond(http::status::ok, "ok\n");
      case Route::ready:
        return probe();
      case Route::websocket:
        return upgrade();
      case Route::bad_websocket:
        return respond(http::status::bad_request,
                       "a WebSocket upgrade with subprotocol livlina.v1 is needed here\n");
      case Route::not_found:
        return respond(http::status::not_found, "not found\n");
      case Route::method_not_allowed:
        return respond(http::status::method_not_allowed, "only GET and HEAD\n");
    }
  }

  void probe() {
    if (!home_.serving()) return respond(http::status::service_unavailable, "stopping\n");
    timer_.expires_after(std::chrono::milliseconds(home_.settings->probe_time));
    timer_.async_wait([self = shared_from_this()](error_code e) {
      if (!e) self->respond(http::status::service_unavailable, "database thread is late\n");
    });
    home_.gate->probe([weak = weak_from_this(), executor = socket().get_executor()](bool well) {
      asio::post(executor, [weak, well] {
        const auto self = weak.lock();
        if (!self) return;
        if (well) return self->respond(http::status::ok, "ok\n");
        self->respond(http::status::service_unavailable, "the watch cannot write\n");
      });
    });
  }

  void respond(http::status status, const char* text) {
    if (response_ || phase_ != Phase::opening) return;
    const bool head =
        parser_ && parser_->is_header_done() && parser_->get().method() == http::verb::head;
    response_ = std::make_unique<http::response<http::string_body>>(status, 11U);
    response_->set(http::field::content_type, "text/plain; charset=utf-8");
    response_->set(http::field::cache_control, "no-store");
    response_->set("X-Content-Type-Options", "nosniff");
    if (status == http::status::method_not_allowed) response_->set(http::field::allow, "GET, HEAD");
    response_->keep_alive(false);
    response_->body() = text;
    response_->prepare_payload();
    if (head) response_->body().clear();  // the length stays: what a GET would get
    limit(farewell_time);
    serializer_ = std::make_unique<http::response_serializer<http::string_body>>(*response_);
    if (head) serializer_->split(true);
    auto then = [self = shared_from_this()](error_code e, std::size_t) { self->farewell(e); };
    if (head)
      http::async_write_header(ws_.next_layer(), *serializer_, std::move(then));
    else
      http::async_write(ws_.next_layer(), *serializer_, std::move(then));
  }

  void farewell(error_code e) {
    if (e) return end();
    async_teardown(beast::role_type::server, ws_.next_layer(),
                   [self = shared_from_this()](error_code) { self->end(); });
  }

  // --- WebSocket ------------------------------------------------------------------------------

  void upgrade() {
    timer_.cancel();
    websocket::stream_base::timeout timeout;
    timeout.handshake_timeout = std::chrono::milliseconds(home_.settings->opening_time);
    timeout.idle_timeout = std::chrono::milliseconds(home_.settings->idle_time);
    timeout.keep_alive_pings = true;
    ws_.set_option(timeout);
    ws_.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
      response.set(http::field::sec_websocket_protocol, subprotocol);
    }));
    ws_.binary(true);
    ws_.auto_fragment(false);
    ws_.control_callback([this](websocket::frame_type kind, beast::string_view) {
      if (kind != websocket::frame_type::close) on_ping();
    });
    ws_.async_accept(parser_->get(), [self = shared_from_this()](error_code e) {
      if (e) return self->end();
      self->opened();
    });
  }

  void opened() {
    parser_.reset();
    buffer_.shrink_to_fit();
    phase_ = Phase::open;
    session_.emplace(home_.settings->session, steady_now());
    bound_message();
    home_.gate->opened(id_, crypto::system_random().array<32>());
    read();
  }

  // The largest message that may come now, also of a read that is under way; and how many bytes of
  // frames may come for it.
  void bound_message() {
    const std::size_t most = session_->max_message();
    ws_.read_message_max(most);
    ws_.next_layer().may_read(most + most / headers_share + headers_least);
  }

  void welcomed() {
    place_.known();
    bound_message();
    const Duration now = steady_now();
    const DeviceId& device = session_->device();
    if (!device.zero()) session_->back_after(home_.logins->note(device, now), now);
  }

  void read() {
    arm_timer();
    if (reading_ || draining_ || closing_ != CloseCode::none || phase_ != Phase::open) return;
    if (session_->read_pause(steady_now()) != 0) return;
    reading_ = true;
    bound_message();
    ws_.async_read(buffer_, [self = shared_from_this()](error_code e, std::size_t) {
      self->reading_ = false;
      self->on_message(e);
    });
  }

  void on_message(error_code e) {
    if (e == websocket::error::message_too_big) count(Limit::message);
    if (e == asio::error::no_buffer_space) count(Limit::fragments);
    if (e) return on_broken();
    const Duration now = steady_now();
    const auto data = buffer_.cdata();
    const ByteView bytes{static_cast<const std::uint8_t*>(data.data()), data.size()};
    if (!draining_ && closing_ == CloseCode::none)
      act(ws_.got_text() ? session_->on_text() : session_->on_binary(bytes, now));
    buffer_.clear();
    if (buffer_.capacity() > kept_buffer) buffer_.shrink_to_fit();
    read();
  }

  void on_broken() {
    // Beast has answered a broken or oversized frame with its close code itself. While our own
    // close is under way, its completion ends the connection.
    if (!close_started_) end();
  }

  void on_ping() {
    ws_.next_layer().may_read_more(control_frame);
    const SessionActions actions = session_->on_ping(steady_now());
    if (actions.close == CloseCode::none) return;
    if (actions.reached) count(*actions.reached);
    // Not from within the callback: Beast is in the middle of a read.
    asio::post(socket().get_executor(),
               [self = shared_from_this(), code = actions.close] { self->begin_close(code); });
  }

  void act(SessionActions actions) {
    if (actions.reached) count(*actions.reached);
    if (actions.forward) home_.gate->request(id_, std::move(actions.forward));
    if (!actions.send.empty()) send(std::move(actions.send));
    if (actions.close != CloseCode::none) begin_close(actions.close);
  }

  // The earlier of the session's own deadline and the end of a pause in reading.
  void arm_timer() {
    if (phase_ != Phase::open || closing_ != CloseCode::none) return;
    const Duration now = steady_now();
    std::optional<Duration> at = session_->timer();
    const Duration pause = session_->read_pause(now);
    if (pause > 0) at = std::min(at.value_or(now + pause), now + pause);
    if (at == timer_at_) return;
    timer_at_ = at;
    if (!at) {
      timer_.cancel();
      return;
    }
    timer_.expires_after(std::chrono::milliseconds(std::max<Duration>(*at - now, 0)));
    timer_.async_wait([self = shared_from_this()](error_code e) {
      if (e || self->phase_ != Phase::open) return;
      self->timer_at_.reset();
      self->act(self->session_->on_timer(steady_now()));
      self->read();
    });
  }

  void send(std::string frame) {
    if (phase_ != Phase::open) return;
    if (!socket().is_open()) return;  // cut off: its end is on its way
    queued_ += frame.size();
    home_.queued += frame.size();
    if (queued_ > home_.settings->send_queue) {
      log::debug("slow_reader_cut_off", {{"session", id_}, {"bytes", queued_}});
      count(Limit::send_queue);
      return cut_off();
    }
    queue_.push_back(std::move(frame));
    if (!writing_) write();
    if (home_.queued > home_.most_queued) home_.make_room();  // it may be this one
  }

  // What is being written stays until that has ended.
  void give_back_queue() {
    home_.queued -= queued_;
    queued_ = 0;
    if (queue_.size() > 1) queue_.erase(std::next(queue_.begin()), queue_.end());
  }

  void write() {
    writing_ = true;
    ws_.async_write(asio::buffer(queue_.front()),
                    [self = shared_from_this()](error_code e, std::size_t) { self->written(e); });
  }

  void written(error_code e) {
    writing_ = false;
    if (e || queued_ == 0) return on_broken();  // 0: it was cut off meanwhile
    queued_ -= queue_.front().size();
    home_.queued -= queue_.front().size();
    queue_.pop_front();
    if (!queue_.empty()) return write();
    if (closing_ != CloseCode::none) close_now();
  }

  void begin_close(CloseCode code) {
    if (phase_ != Phase::open || closing_ != CloseCode::none) return;
    closing_ = code;
    timer_.cancel();
    if (!writing_) close_now();
  }

  void close_now() {
    if (!socket().is_open() || !ws_.is_open()) return end();
    close_started_ = true;
    // Bounded by the stream's handshake timeout.
    ws_.async_close(websocket::close_reason(static_cast<std::uint16_t>(closing_)),
                    [self = shared_from_this()](error_code) { self->end(); });
  }

  ConnectionHome& home_;
  AddressPlace place_;
  SessionId id_;
  Phase phase_ = Phase::opening;
  bool reading_ = false;
  bool writing_ = false;
  bool draining_ = false;
  bool close_started_ = false;
  CloseCode closing_ = CloseCode::none;
  Timer timer_;
  std::optional<Duration> timer_at_;
  MessageBuffer buffer_;
  std::optional<Session> session_;
  std::list<std::string> queue_;  // nothing in memory while it is empty
  std::size_t queued_ = 0;
  std::unique_ptr<Parser> parser_;
  std::unique_ptr<http::response<http::string_body>> response_;
  std::unique_ptr<http::response_serializer<http::string_body>> serializer_;
  WebSocket ws_;
};

}  // namespace

std::shared_ptr<Connection> start_connection(asio::io_context& io, int socket, bool v6,
                                             SSL_CTX* tls, SessionId id, AddressPlace place,
                                             ConnectionHome& home) {
  Socket adopted(io.get_executor());
  error_code e;
  (void)adopted.assign(v6 ? Tcp::v6() : Tcp::v4(), socket, e);
  if (e) {
    (void)::close(socket);
    return nullptr;
  }
  try {
    auto connection =
        std::make_shared<TlsConnection>(std::move(adopted), tls, id, std::move(place), home);
    connection->start();
    return connection;
  } catch (const std::bad_alloc&) {
    log::error("no_memory_for_connection");
    return nullptr;
  }
}

}  // namespace livlina::server
