#include "server/net/net_server.hpp"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <thread>

#include "server/log/log.hpp"
#include "server/net/arrival_rate.hpp"
#include "server/net/network_thread.hpp"
#include "server/net/tls_context.hpp"
#include "server/time/clocks.hpp"

namespace livlina::server {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto pause_without_descriptors = std::chrono::milliseconds(100);

// After so long a device has its burst of requests again.
Duration full_again(const SessionLimits& limits) {
  return limits.burst * second / std::max(limits.requests_per_second, 1U) + 1;
}

AddressKey key_of(const asio::ip::address& a) {
  return a.is_v4() ? address_key_v4(a.to_v4().to_bytes()) : address_key_v6(a.to_v6().to_bytes());
}

}  // namespace

struct NetServer::State {
  State(const NetSettings& its_settings, Gate& gate)
      : settings(its_settings),
        limits(settings.connections, settings.connections_per_address),
        arrivals(settings.arrivals_per_second, settings.arrival_burst),
        logins(full_again(settings.session)) {
    settings.threads = std::max(settings.threads, 1U);
    for (unsigned i = 0; i < settings.threads; ++i)
      threads.push_back(
          std::make_unique<NetworkThread>(i, settings.threads, gate, settings, counts, logins));
    acceptor.emplace(threads.front()->io());
    retry.emplace(threads.front()->io());
  }
  ~State() {
    for (auto& thread : threads) thread->stop();
  }

  [[nodiscard]] TlsContext read_tls() const {
    TlsContext fresh = make_tls_context(settings.certificate, settings.key, settings.tls12,
                                        system_clocks().wall() / 1000);
    const std::int64_t days = certificate_days_left(fresh.get(), system_clocks().wall() / 1000);
    if (days < 14) log::warning("certificate_ends_soon", {{"days", days}});
    return fresh;
  }

  void bind() {
    const std::string place = settings.address + " port " + std::to_string(settings.port);
    error_code e;
    const auto address = asio::ip::make_address(settings.address, e);
    if (e)
      throw ListenRefused("server.address: " + settings.address +
                          " is no IP address; use 0.0.0.0, :: or one of this machine's");
    const Tcp::endpoint endpoint(address, settings.port);
    (void)acceptor->open(endpoint.protocol(), e);
    if (!e) (void)acceptor->set_option(Tcp::acceptor::reuse_address(true), e);
    if (!e && address.is_v6()) (void)acceptor->set_option(asio::ip::v6_only(false), e);
    // Accepted sockets have it from here.
    const asio::socket_base::send_buffer_size buffer(static_cast<int>(settings.kernel_buffer));
    if (!e) (void)acceptor->set_option(buffer, e);
    if (!e) (void)acceptor->bind(endpoint, e);
    if (!e) (void)acceptor->listen(asio::socket_base::max_listen_connections, e);
    if (e == asio::error::address_in_use)
      throw ListenRefused(place + " is in use; stop the other program or set server.port");
    if (e) throw ListenRefused("cannot listen on " + place + ": " + e.message());
    port = acceptor->local_endpoint().port();
  }

  // On the first network thread.
  void accept() {
    acceptor->async_accept([this](error_code e, Tcp::socket socket) {
      if (e == asio::error::operation_aborted || !acceptor->is_open()) return;
      if (e) return accept_later(e);
      take(std::move(socket));
      accept();
    });
  }

  void take(Tcp::socket socket) {
    error_code e;
    const Tcp::endpoint peer = socket.remote_endpoint(e);
    if (e) return;  // already gone
    const AddressKey key = key_of(peer.address());
    if (!arrivals.admit(key, steady_now())) return counts.count(Limit::arrivals);
    Limit reached = Limit::places;
    std::optional<AddressPlace> place = limits.take(key, &reached);
    if (!place) return counts.count(reached);
    const bool v6 = peer.address().is_v6();
    const int native = socket.release(e);
    if (e) return;
    NetworkThread& thread = *threads[turn++ % threads.size()];
    const std::scoped_lock lock(tls_mutex);
    thread.adopt(native, v6, tls.get(), std::move(*place));
  }

  // Out of descriptors: waiting is better than spinning, and those who are connected are still
  // served.
  void accept_later(error_code e) {
    log::error("accept_failed", {{"error", e.value()}});
    retry->expires_after(pause_without_descriptors);
    retry->async_wait([this](error_code stopped) {
      if (!stopped && acceptor->is_open()) accept();
    });
  }

  NetSettings settings;
  AddressLimits limits;
  ArrivalRate arrivals;  // the first network thread's
  LimitCounts counts;
  RecentLogins logins;
  std::vector<std::unique_ptr<NetworkThread>> threads;  // after limits: places go back to it
  std::optional<Tcp::acceptor> acceptor;
  std::optional<asio::steady_timer> retry;
  std::mutex tls_mutex;
  TlsContext tls;
  std::size_t turn = 0;
  std::uint16_t port = 0;
};

NetServer::NetServer(const NetSettings& settings, Gate& gate)
    : state_(std::make_unique<State>(settings, gate)) {
  state_->tls = state_->read_tls();
  state_->bind();
}

NetServer::~NetServer() = default;

void NetServer::start() {
  asio::post(state_->threads.front()->io(), [this] { state_->accept(); });
  for (auto& thread : state_->threads) thread->start();
}

std::uint16_t NetServer::port() const { return state_->port; }

void NetServer::deliver(std::vector<NetOutgoing> out) {
  auto& threads = state_->threads;
  if (out.empty()) return;
  if (threads.size() == 1) return threads.front()->deliver(std::move(out));
  std::vector<std::vector<NetOutgoing>> parts(threads.size());
  for (NetOutgoing& one : out) parts[one.session % threads.size()].push_back(std::move(one));
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (!parts[i].empty()) threads[i]->deliver(std::move(parts[i]));
}

void NetServer::reload_certificate() {
  TlsContext fresh = state_->read_tls();
  const std::scoped_lock lock(state_->tls_mutex);
  state_->tls = std::move(fresh);
}

void NetServer::stop_reading() {
  asio::post(state_->threads.front()->io(), [this] {
    error_code ignored;
    (void)state_->acceptor->close(ignored);
    state_->retry->cancel();
  });
  for (auto& thread : state_->threads) thread->drain();
}

void NetServer::close_all(const std::string& frame, CloseCode code, Duration within) {
  for (auto& thread : state_->threads) thread->shut_all(frame, code);
  const Duration until = steady_now() + within;
  while (state_->limits.taken() > 0 && steady_now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

std::uint32_t NetServer::connections() const { return state_->limits.taken(); }
const LimitCounts& NetServer::counts() const { return state_->counts; }

}  // namespace livlina::server
