#include "tests/support/webhook_receiver.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace livlina::testing {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr auto longest_wait = std::chrono::seconds(20);

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

// Blocking calls, one thread for each connection; shutting a socket down ends them.
struct WebhookReceiver::State {
  State(const std::string& certificate, const std::string& key)
      : acceptor(io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    if (certificate.empty()) return;
    tls.emplace(asio::ssl::context::tls_server);
    tls->use_certificate_chain_file(certificate);
    tls->use_private_key_file(key, asio::ssl::context::pem);
  }

  void accept() {
    while (true) {
      Tcp::socket socket(io);
      error_code e;
      acceptor.accept(socket, e);
      const std::scoped_lock lock(mutex);
      if (stopping) return;
      if (e) continue;
      ++connections;
      changed.notify_all();
      open.insert(socket.native_handle());
      threads.emplace_back([this, s = std::move(socket), m = manner, r = answer]() mutable {
        serve(s, m, r);
        const std::scoped_lock inner(mutex);
        open.erase(s.native_handle());
        error_code ignored;
        s.close(ignored);
      });
    }
  }

  void serve(Tcp::socket& socket, Manner how, const std::string& what) {
    if (how == Manner::silent) return wait_for_end();
    if (!tls) return talk(socket, how, what);
    asio::ssl::stream<Tcp::socket&> stream(socket, *tls);
    error_code e;
    stream.handshake(asio::ssl::stream_base::server, e);
    if (!e) talk(stream, how, what);
  }

  template <class Stream>
  void talk(Stream& stream, Manner how, const std::string& what) {
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    error_code e;
    http::read(stream, buffer, request, e);
    if (e) return;
    keep(request);
    const auto write = [&](const std::string& text) {
      asio::write(stream, asio::buffer(text), e);
      return !e;
    };
    switch (how) {
      case Manner::answers:
        (void)write(what);
        return;
      case Manner::silent:
      case Manner::mute:
        return wait_for_end();
      case Manner::drips:
        for (bool goes_on = write("HTTP/1.1 200 OK\r\n"); goes_on; goes_on = write("a: b\r\n"))
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        return;
      case Manner::long_head:
        for (bool goes_on = write("HTTP/1.1 200 OK\r\n"); goes_on;)
          goes_on = write("a: " + std::string(1000, 'b') + "\r\n");
        return;
      case Manner::long_body:
        for (bool goes_on = write("HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n");
             goes_on;)
          goes_on = write(std::string(10'000, 'b'));
        return;
      case Manner::speaks_tea:
        (void)write("I am a teapot.\r\n\r\n");
        return;
    }
  }

  void keep(const http::request<http::string_body>& request) {
    ReceivedPost post;
    post.method = std::string(request.method_string());
    post.target = std::string(request.target());
    for (const auto& field : request)
      post.headers[lower(std::string(field.name_string()))] = std::string(field.value());
    post.body = request.body();
    const std::scoped_lock lock(mutex);
    posts.push_back(std::move(post));
    changed.notify_all();
  }

  void wait_for_end() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return stopping; });
  }

  asio::io_context io;
  std::optional<asio::ssl::context> tls;
  Tcp::acceptor acceptor;
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  bool stopping = false;
  Manner manner = Manner::answers;
  std::string answer = "HTTP/1.1 204 No Content\r\n\r\n";
  std::vector<ReceivedPost> posts;
  std::size_t connections = 0;
  std::set<int> open;
  std::vector<std::thread> threads;
  std::thread accepting;
};

WebhookReceiver::WebhookReceiver(const std::string& certificate, const std::string& key)
    : state_(std::make_unique<State>(certificate, key)) {
  state_->accepting = std::thread([this] { state_->accept(); });
}

WebhookReceiver::~WebhookReceiver() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->stopping = true;
    (void)::shutdown(state_->acceptor.native_handle(), SHUT_RDWR);
    for (const int socket : state_->open) (void)::shutdown(socket, SHUT_RDWR);
    state_->changed.notify_all();
  }
  state_->accepting.join();
  for (std::thread& thread : state_->threads) thread.join();
}

std::uint16_t WebhookReceiver::port() const { return state_->acceptor.local_endpoint().port(); }

std::string WebhookReceiver::url(const std::string& host) const {
  return (state_->tls ? "https://" : "http://") + host + ":" + std::to_string(port()) + "/hook?a=b";
}

void WebhookReceiver::set(Manner manner) {
  const std::scoped_lock lock(state_->mutex);
  state_->manner = manner;
}

void WebhookReceiver::reply(const std::string& head_and_body) {
  const std::scoped_lock lock(state_->mutex);
  state_->answer = head_and_body;
}

void WebhookReceiver::reply_status(int status, const std::string& more_headers) {
  reply("HTTP/1.1 " + std::to_string(status) + " Word\r\n" + more_headers +
        "Content-Length: 0\r\n\r\n");
}

std::vector<ReceivedPost> WebhookReceiver::posts() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->posts;
}

std::size_t WebhookReceiver::connections() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->connections;
}

bool WebhookReceiver::wait_for_posts(std::size_t n) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, longest_wait, [&] { return state_->posts.size() >= n; });
}

bool WebhookReceiver::wait_for_connections(std::size_t n) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, longest_wait, [&] { return state_->connections >= n; });
}

}  // namespace livlina::testing
