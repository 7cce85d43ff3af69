// Which HTTP request gets what: decided from method, target and headers, without a network.
#pragma once

#include <string_view>

namespace livlina::server {

inline constexpr std::string_view websocket_path = "/v1/ws";
inline constexpr std::string_view subprotocol = "livlina.v1";

enum class Route : unsigned char {
  alive,               // 200: the process answers
  ready,               // 200 after a round of the database thread, else 503
  websocket,           // 101
  bad_websocket,       // 400: the path of the WebSocket without its upgrade or subprotocol
  not_found,           // 404
  method_not_allowed,  // 405
};

struct HttpHead {
  std::string_view method;
  std::string_view target;
  bool upgrade = false;           // a valid WebSocket upgrade of RFC 6455
  std::string_view subprotocols;  // Sec-WebSocket-Protocol, as it came
};

[[nodiscard]] Route route(const HttpHead& head);

}  // namespace livlina::server
