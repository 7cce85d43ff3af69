#include "server/net/routes.hpp"

namespace livlina::server {

namespace {

std::string_view trimmed(std::string_view s) {
  const auto first = s.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(" \t") - first + 1);
}

// One of the comma-separated words is ours; they are case-sensitive (RFC 6455, 11.3.4).
bool offers_ours(std::string_view list) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (trimmed(list.substr(0, comma)) == subprotocol) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace

Route route(const HttpHead& head) {
  if (head.method != "GET" && head.method != "HEAD") return Route::method_not_allowed;
  if (head.target == "/healthz") return Route::alive;
  if (head.target == "/readyz") return Route::ready;
  if (head.target != websocket_path) return Route::not_found;
  const bool opens = head.upgrade && head.method == "GET" && offers_ours(head.subprotocols);
  return opens ? Route::websocket : Route::bad_websocket;
}

}  // namespace livlina::server
