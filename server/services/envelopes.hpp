// Ciphertext frames as requests bring them: what the server can tell of a frame that it cannot
// open, and the notes that travel with a signed record or act.
#pragma once

#include <optional>
#include <vector>

#include "server/services/people.hpp"
#include "server/store/mailbox.hpp"

namespace google::protobuf {
template <typename Element>
class RepeatedPtrField;
}
namespace livlina::v1 {
class Envelope;
}

namespace livlina::server {

inline constexpr int max_envelopes = 64;  // of one request
// ver | flags | queue | hint 8 | H 168 | body: nothing shorter is a frame (protocol/spec/e2ee.md).
inline constexpr std::size_t min_frame = 3 + 8 + 168 + 72;
inline constexpr std::size_t init_part = 1139;       // comes before the hint when flags is 1
inline constexpr std::size_t max_frame = 72 * 1024;  // the largest padding class with an init part

// Queue of a frame, as the place it gets in a mailbox; nothing for no queue. At least three bytes.
[[nodiscard]] std::optional<store::Rank> rank_of(const std::string& frame);

struct Note {
  DeviceId device;
  ByteView frame;  // lives as long as the request
};
// The frames of `envelopes` that are notes: of this queue, as the table of kinds says, with a
// frame's shape and size, one for each device of `to`; those for other devices are left out.
// `sound` is false when something was no note, or more than max_envelopes came: then only the first
// ones are here.
struct Notes {
  std::vector<Note> list;
  bool sound = true;
};
[[nodiscard]] Notes notes_of(const google::protobuf::RepeatedPtrField<v1::Envelope>& envelopes,
                             store::Rank queue, const std::vector<DeviceId>& to);
void post_notes(Turn& turn, const Notes& notes);

}  // namespace livlina::server
