#include "server/services/envelopes.hpp"

#include <algorithm>

#include "protocol/proto.hpp"

namespace livlina::server {

namespace {

constexpr std::size_t flags_at = 1;
constexpr std::size_t queue_at = 2;
constexpr char frame_version = 1;
constexpr char with_init = 1;

bool is_frame(const std::string& frame, store::Rank queue) {
  if (frame.size() < min_frame || frame.size() > max_frame) return false;
  const char flags = frame[flags_at];
  if (frame[0] != frame_version || (flags != 0 && flags != with_init)) return false;
  return rank_of(frame) == queue && (flags == 0 || frame.size() >= min_frame + init_part);
}

}  // namespace

std::optional<store::Rank> rank_of(const std::string& frame) {
  switch (static_cast<std::uint8_t>(frame[queue_at])) {
    case 0:
      return store::Rank::normal;
    case 1:
      return store::Rank::urgent;
    case 2:
      return store::Rank::bulk;
    default:
      return std::nullopt;
  }
}

Notes notes_of(const google::protobuf::RepeatedPtrField<v1::Envelope>& envelopes, store::Rank queue,
               const std::vector<DeviceId>& to) {
  Notes out;
  out.sound = envelopes.size() <= max_envelopes;
  std::vector<DeviceId> seen;
  const int most = std::min(envelopes.size(), max_envelopes);
  for (int i = 0; i < most; ++i) {
    const v1::Envelope& e = envelopes[i];
    const auto id = DeviceId::from(e.device_id());
    if (!id || std::find(seen.begin(), seen.end(), *id) != seen.end() ||
        !is_frame(e.frame(), queue)) {
      out.sound = false;
      continue;
    }
    seen.push_back(*id);
    if (std::find(to.begin(), to.end(), *id) != to.end())
      out.list.push_back({*id, view(e.frame())});
  }
  return out;
}

void post_notes(Turn& turn, const Notes& notes) {
  for (const Note& n : notes.list) (void)post_mail(turn, n.device, MailKind::frame, n.frame, true);
}

}  // namespace livlina::server
