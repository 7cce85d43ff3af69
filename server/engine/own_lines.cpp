#include "server/engine/own_lines.hpp"

#include <algorithm>
#include <string_view>

#include "server/policy/notification.hpp"

namespace livlina::server {

void OwnLines::raise(const char* code, int severity, crypto::Random& random, Instant now) {
  for (const Line& line : lines_)
    if (std::string_view(line.notice.code) == code) return;
  lines_.push_back({{NoticeId{random.array<16>()}, IncidentId{}, severity, code}, 0, now});
}

void OwnLines::hand_out(std::vector<OperatorNotice>& out, Instant now) {
  for (Line& line : lines_) {
    if (line.next_at > now) continue;
    line.next_at = now + policy::backoff(++line.attempts);
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
