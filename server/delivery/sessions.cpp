#include "server/delivery/sessions.hpp"

namespace livlina::server {

void Sessions::open(SessionId id, const ByteArray<32>& server_nonce) {
  Live live;
  live.id = id;
  live.server_nonce = server_nonce;
  sessions_.insert_or_assign(id, std::move(live));
}

Live* Sessions::find(SessionId id) {
  const auto it = sessions_.find(id);
  return it == sessions_.end() ? nullptr : &it->second;
}

std::optional<SessionId> Sessions::log_in(SessionId id, const LoggedIn& who) {
  Live* live = find(id);
  if (live == nullptr) return std::nullopt;
  std::optional<SessionId> old;
  if (const auto it = by_device_.find(who.caller.device); it != by_device_.end()) {
    old = it->second;
    (void)close(*old);
  }
  live->caller = who.caller;
  live->mailbox = who.mailbox;
  by_device_[who.caller.device] = id;
  by_mailbox_.emplace(who.mailbox, id);
  return old;
}

std::optional<DeviceId> Sessions::close(SessionId id) {
  const auto it = sessions_.find(id);
  if (it == sessions_.end()) return std::nullopt;
  std::optional<DeviceId> device;
  if (it->second.caller) {
    device = it->second.caller->device;
    by_device_.erase(*device);
    const auto [first, last] = by_mailbox_.equal_range(it->second.mailbox);
    for (auto reader = first; reader != last; ++reader)
      if (reader->second == id) {
        by_mailbox_.erase(reader);
        break;
      }
  }
  sessions_.erase(it);
  return device;
}

Live* Sessions::of(const DeviceId& device) {
  const auto it = by_device_.find(device);
  return it == by_device_.end() ? nullptr : find(it->second);
}

std::vector<Live*> Sessions::readers(const DeviceId& mailbox) {
  std::vector<Live*> out;
  const auto [first, last] = by_mailbox_.equal_range(mailbox);
  for (auto it = first; it != last; ++it)
    if (Live* live = find(it->second)) out.push_back(live);
  return out;
}

}  // namespace livlina::server
