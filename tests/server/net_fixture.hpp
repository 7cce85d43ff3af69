// A real NetServer on a free port with a scripted database thread behind it.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <vector>

#include "livlina/frames.pb.h"
#include "protocol/codec.hpp"
#include "server/net/net_server.hpp"
#include "tests/server/temp_dir.hpp"
#include "tests/support/ws_client.hpp"

namespace livlina::testing {

// Answers on the network thread itself: welcome to a log-in, done to everything else, unless held.
class ScriptedGate final : public server::Gate {
 public:
  void opened(server::SessionId session, const ByteArray<32>& nonce) override;
  void request(server::SessionId session, std::shared_ptr<const v1::Request> request) override;
  void closed(server::SessionId session) override;
  void probe(std::function<void(bool well)> done) override;

  // Keeps requests (not log-ins) until release(), as a slow disk would.
  void hold() { held_ = true; }
  void release();
  // Never answers a probe, as a stuck database thread.
  void stick() { stuck_ = true; }
  // Answers that the watch cannot write.
  void fall_ill() { ill_ = true; }
  void push(server::SessionId session, std::size_t bytes);
  [[nodiscard]] std::set<server::SessionId> open_sessions() const;
  [[nodiscard]] std::size_t requests() const;
  [[nodiscard]] bool wait_for_requests(std::size_t n) const;
  [[nodiscard]] bool wait_until_closed(server::SessionId session) const;

  server::NetServer* net = nullptr;

 private:
  void answer(server::SessionId session, const v1::Request& request);
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::set<server::SessionId> open_;
  std::vector<std::pair<server::SessionId, std::shared_ptr<const v1::Request>>> kept_;
  std::size_t requests_ = 0;
  std::atomic<bool> held_ = false;
  std::atomic<bool> stuck_ = false;
  std::atomic<bool> ill_ = false;
};

class NetTest : public ::testing::Test {
 protected:
  NetTest();
  ~NetTest() override;
  void start();
  [[nodiscard]] WsOptions at() const;
  // Connected, challenged and logged in.
  [[nodiscard]] WsClient logged_in();
  [[nodiscard]] static std::string request(std::uint64_t id, bool urgent = false);
  [[nodiscard]] static std::string login(std::uint64_t id);
  [[nodiscard]] static v1::ServerFrame parsed(const std::optional<std::string>& frame);

  TempDir dir;
  server::NetSettings settings;
  ScriptedGate gate;
  std::unique_ptr<server::NetServer> net;
};

}  // namespace livlina::testing
