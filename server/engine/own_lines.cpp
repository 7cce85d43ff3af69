#include "server/engine/own_lines.hpp"

#include <algorithm>
#include <string_view>

#include "server/policy/notification.hpp"
#include "server/store/operator_notices.hpp"

namespace livlina::server {

OwnLines::OwnLines(bool command, bool webhook) {
  if (webhook) channels_.push_back(store::OperatorChannel::webhook);
  if (command || !webhook) channels_.push_back(store::OperatorChannel::command);
}

void OwnLines::raise(const char* code, int severity, crypto::Random& random, Instant now) {
  for (const store::OperatorChannel channel : channels_) {
    const bool waits = std::any_of(lines_.begin(), lines_.end(), [&](const Line& line) {
      return std::string_view(line.notice.code) == code && line.notice.channel == channel;
    });
    if (waits) continue;
    OperatorNotice notice;
    notice.id = {random.array<16>()};
    notice.severity = severity;
    notice.code = code;
    notice.channel = channel;
    notice.at = now;
    lines_.push_back({notice, 0, now});
  }
}

void OwnLines::hand_out(std::vector<OperatorNotice>& out, Instant now) {
  for (Line& line : lines_) {
    if (line.next_at > now) continue;
    line.next_at = now + policy::backoff(++line.attempts);
    line.notice.attempt = line.attempts;
    out.push_back(line.notice);
  }
}

bool OwnLines::result(const NoticeId& id, bool delivered) {
  const auto it = std::find_if(lines_.begin(), lines_.end(),
                               [&](const Line& line) { return line.notice.id == id; });
  if (it == lines_.end()) return false;
  if (delivered) lines_.erase(it);
  return true;
}

std::optional<Instant> OwnLines::next() const {
  std::optional<Instant> out;
  for (const Line& line : lines_) out = out ? std::min(*out, line.next_at) : line.next_at;
  return out;
}

void OwnLines::clock_set(Instant now) {
  for (Line& line : lines_) line.next_at = std::min(line.next_at, now);
}

}  // namespace livlina::server
