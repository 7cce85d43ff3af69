// One network thread: an io_context, its thread and the connections that live there. Internal to
// net/.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>
#include <unordered_map>

#include "server/net/connection.hpp"

namespace livlina::server {

class NetworkThread final : public ConnectionHome {
 public:
  // The `index`-th of `count`: its sessions have numbers that are `index` modulo `count`.
  NetworkThread(unsigned index, unsigned count, Gate& gate, const NetSettings& settings,
                LimitCounts& counts, RecentLogins& logins);
  ~NetworkThread() override;
  NetworkThread(const NetworkThread&) = delete;
  NetworkThread& operator=(const NetworkThread&) = delete;

  void start();
  void stop();  // joins; the connections end with the io_context
  [[nodiscard]] boost::asio::io_context& io() { return io_; }

  // From any thread: adopts the socket there.
  void adopt(int socket, bool v6, SSL_CTX* tls, AddressPlace place);
  void deliver(std::vector<NetOutgoing> out);
  void drain();
  void shut_all(std::string frame, CloseCode code);

 private:
  void gone(SessionId id) override;
  [[nodiscard]] bool serving() const override { return serving_; }
  void make_room() override;

  const unsigned index_;
  const unsigned count_;
  std::uint64_t next_ = 0;
  std::atomic<bool> serving_ = true;
  boost::asio::io_context io_;
  std::unordered_map<SessionId, std::shared_ptr<Connection>> connections_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace livlina::server
