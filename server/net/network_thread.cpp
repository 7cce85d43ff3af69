#include "server/net/network_thread.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <vector>

#include "server/log/log.hpp"

namespace livlina::server {

namespace asio = boost::asio;

NetworkThread::NetworkThread(unsigned index, unsigned count, Gate& its_gate,
                             const NetSettings& its_settings, LimitCounts& its_counts,
                             RecentLogins& its_logins)
    : index_(index), count_(count), io_(1), work_(io_.get_executor()) {
  gate = &its_gate;
  settings = &its_settings;
  counts = &its_counts;
  logins = &its_logins;
  most_queued = its_settings.send_queues / count;
}

NetworkThread::~NetworkThread() { stop(); }

void NetworkThread::start() {
  thread_ = std::thread([this] { io_.run(); });
}

void NetworkThread::stop() {
  if (!thread_.joinable()) return;
  io_.stop();
  thread_.join();
}

void NetworkThread::adopt(int socket, bool v6, SSL_CTX* tls, AddressPlace place) {
  SSL_CTX_up_ref(tls);
  asio::post(io_, [this, socket, v6, place = std::move(place),
                   tls = std::shared_ptr<SSL_CTX>(tls, SSL_CTX_free)]() mutable {
    const SessionId id = ++next_ * count_ + index_;
    auto connection = start_connection(io_, socket, v6, tls.get(), id, std::move(place), *this);
    if (connection) connections_.emplace(id, std::move(connection));
  });
}

void NetworkThread::deliver(std::vector<NetOutgoing> out) {
  asio::post(io_, [this, out = std::move(out)]() mutable {
    for (NetOutgoing& one : out) {
      const auto it = connections_.find(one.session);
      if (it == connections_.end()) continue;
      const std::shared_ptr<Connection> kept = it->second;  // it may end and leave the map
      kept->deliver(std::move(one.frame), one.close);
    }
  });
}

void NetworkThread::drain() {
  serving_ = false;
  asio::post(io_, [this] {
    for (const auto& [id, connection] : connections_) connection->drain();
  });
}

void NetworkThread::shut_all(std::string frame, CloseCode code) {
  asio::post(io_, [this, frame = std::move(frame), code] {
    std::vector<std::shared_ptr<Connection>> all;
    all.reserve(connections_.size());
    for (const auto& [id, connection] : connections_) all.push_back(connection);
    for (const auto& connection : all) connection->shut(frame, code);
  });
}

void NetworkThread::gone(SessionId id) { connections_.erase(id); }

void NetworkThread::make_room() {
  // Each look frees more than the average, so that it stays cheap however many are slow.
  const auto longest = std::max_element(
      connections_.begin(), connections_.end(),
      [](const auto& a, const auto& b) { return a.second->queued() < b.second->queued(); });
  if (longest == connections_.end()) return;
  const std::shared_ptr<Connection> kept = longest->second;
  counts->count(Limit::send_queues);
  kept->cut_off();
}

}  // namespace livlina::server
