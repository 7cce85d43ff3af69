// A server that is never there: what is tested before it comes in by hand.
#pragma once

#include "clients/core/context.hpp"
#include "livlina/frames.pb.h"

namespace livlina::testing {

class NoServer final : public client::Requests {
 public:
  [[nodiscard]] bool logged_in() const override { return false; }
  [[nodiscard]] bool connected() const override { return false; }
  void send(v1::Request, OnReply on_reply) override { on_reply(nullptr); }
};

}  // namespace livlina::testing
