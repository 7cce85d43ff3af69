// The outer fields of a frame, read without decoding what is inside.
#pragma once

#include <cstdint>
#include <optional>

#include "crypto/core/bytes.hpp"

namespace livlina::server {

struct FrameHead {
  std::uint64_t id = 0;
  std::uint32_t version = 0;
  int body = 0;  // number of the last field of the oneof; 0: none
};

// Serves Request and ServerFrame alike: id is field 1, version 2, the oneof's fields start at 10.
// Nothing when the outer layer is not protobuf.
[[nodiscard]] std::optional<FrameHead> frame_head(ByteView frame);

}  // namespace livlina::server
