#include "server/channels/notice.hpp"

namespace livlina::server {

std::string webhook_body(const WebhookNotice& notice) {
  // Every value is a number, hexadecimal, or a word of the source: nothing has to be escaped.
  const std::string incident =
      notice.incident == IncidentId{} ? "null" : "\"" + notice.incident.hex() + "\"";
  return "{\"attempt\":" + std::to_string(notice.attempt) + ",\"at\":" + std::to_string(notice.at) +
         ",\"code\":\"" + notice.code + "\",\"id\":\"" + notice.id.hex() +
         "\",\"incident\":" + incident + ",\"severity\":" + std::to_string(notice.severity) + "}";
}

}  // namespace livlina::server
