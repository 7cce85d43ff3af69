// A frame: what travels between two devices, and the layout of its sealed header.
#pragma once

#include "crypto/core/hash.hpp"
#include "crypto/core/ids.hpp"
#include "crypto/core/result.hpp"
#include "crypto/e2ee/header_key.hpp"

namespace livlina::crypto {

// The cleartext of a frame's sealed header (96 bytes).
struct Header {
  ByteArray<32> dh{};  // the sender's current ratchet key
  std::uint32_t pn = 0;
  std::uint32_t n = 0;
  std::uint8_t kind = 0;
  CircleId circle;
  std::uint32_t manifest_version = 0;
  Hash manifest_hash{};
};

inline constexpr std::size_t header_size = 96;
inline constexpr std::size_t sealed_header_size = 168;

// ver u8 | dh 32 | pn u32 | n u32 | kind u8 | circle 16 | manifest_version u32 | manifest_hash 32 |
// two reserved zeros.
[[nodiscard]] Bytes encode(const Header& header);
// bad_length, bad_version, or bad_format when a reserved byte is set.
[[nodiscard]] Result<Header> parse_header(ByteView bytes);

// A frame cut into its parts; views into the caller's bytes.
struct FrameParts {
  std::uint8_t queue = 0;
  ByteView init;  // empty or init_size bytes
  Hint hint{};
  ByteView header;  // 168 bytes
  ByteView body;
};

// ver u8 | flags u8 (1: init) | queue u8 | [init] | hint 8 | H 168 | body.
[[nodiscard]] Bytes encode(const FrameParts& parts);
// bad_format / bad_length / bad_version for anything that is not a frame; a body has the length of
// a padding class and 72 bytes more.
[[nodiscard]] Result<FrameParts> parse_frame(ByteView frame);

}  // namespace livlina::crypto
