// Bytes to messages and back with size and depth limits; never throws.
#pragma once

#include <string>

#include "crypto/core/bytes.hpp"
#include "protocol/error.hpp"

namespace livlina::v1 {
class Request;
class ServerFrame;
}  // namespace livlina::v1

namespace livlina::protocol {

inline constexpr std::uint32_t wire_version = 1;
inline constexpr std::size_t max_frame = 512 * 1024;  // largest WebSocket message either way
inline constexpr int max_depth = 8;                   // nested messages

// Parses one binary frame: too_large, bad_format (also for trailing rubbish, a wrong depth, or a
// frame without an operation), bad_version. Unknown fields are ignored.
[[nodiscard]] Result<v1::Request> decode_request(ByteView frame);
[[nodiscard]] Result<v1::ServerFrame> decode_server_frame(ByteView frame);
[[nodiscard]] std::string encode(const v1::Request& request);
[[nodiscard]] std::string encode(const v1::ServerFrame& frame);

}  // namespace livlina::protocol
