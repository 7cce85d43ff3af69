// What a batch wants done outside the database, kept until its commit and dropped with its
// rollback.
#pragma once

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "livlina/frames.pb.h"
#include "server/services/log_in.hpp"
#include "server/services/turn.hpp"

namespace livlina::server {

struct ReplyEffect {
  SessionId session = 0;
  std::string frame;
};
struct CloseEffect {
  SessionId session = 0;
  std::uint16_t code = 1000;
};
struct LogInEffect {
  SessionId session = 0;
  LoggedIn who;
  std::string welcome;
};
struct AckEffect {
  SessionId session = 0;
  std::vector<std::uint64_t> seqs;
};
struct PushEffect {
  DeviceId device;
  v1::ServerFrame frame;
};
struct MailEffect {
  DeviceId mailbox;
  store::Rank rank{};
};
struct IncidentEffect {
  IncidentId incident;
  bool may_wait = false;
};
struct RevokeEffect {
  DeviceId device;
  const char* reason = "";
};
using Effect = std::variant<ReplyEffect, CloseEffect, LogInEffect, AckEffect, PushEffect,
                            MailEffect, IncidentEffect, RevokeEffect>;

class Effects final : public Outbound {
 public:
  void push(const DeviceId& device, v1::ServerFrame frame) override {
    list.emplace_back(PushEffect{device, std::move(frame)});
  }
  void mail(const DeviceId& device, store::Rank rank) override {
    list.emplace_back(MailEffect{device, rank});
  }
  void incident_changed(const IncidentId& incident, bool may_wait) override {
    list.emplace_back(IncidentEffect{incident, may_wait});
  }
  void close(const DeviceId& device, const char* reason) override {
    list.emplace_back(RevokeEffect{device, reason});
    closed_.push_back(device);
  }
  // Its session ends with this batch: what it asks after that is not answered.
  [[nodiscard]] bool closes(const DeviceId& device) const {
    return std::find(closed_.begin(), closed_.end(), device) != closed_.end();
  }
  void add(Effect effect) { list.push_back(std::move(effect)); }

  std::vector<Effect> list;

 private:
  std::vector<DeviceId> closed_;
};

}  // namespace livlina::server
