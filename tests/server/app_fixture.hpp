// The whole server in this process: initialised in a directory of its own, on a free port.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "livlina/frames.pb.h"
#include "server/app/init.hpp"
#include "server/app/server.hpp"
#include "tests/server/temp_dir.hpp"
#include "tests/support/ws_client.hpp"

namespace livlina::testing {

class AppTest : public ::testing::Test {
 protected:
  AppTest();
  // As `livlina-server init` and `serve`.
  void init();
  void start(const server::Clocks& clocks = server::system_clocks());
  // Why a server with this configuration does not start; "started" if it does.
  [[nodiscard]] std::string refusal() const;
  [[nodiscard]] WsOptions at() const;
  // A claim of the first code, as the first person's client sends it.
  [[nodiscard]] std::string claim(std::uint64_t id) const;
  [[nodiscard]] static v1::ServerFrame parsed(const std::optional<std::string>& frame);

  TempDir dir;
  server::Config config;
  server::InitDone made;
  std::unique_ptr<server::Server> server;
};

}  // namespace livlina::testing
