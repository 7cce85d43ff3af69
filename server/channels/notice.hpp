// What a webhook says of a notice: ids, words, numbers, and nothing that tells what they are about.
#pragma once

#include <string>

#include "crypto/core/ids.hpp"
#include "crypto/core/time.hpp"

namespace livlina::server {

struct WebhookNotice {
  NoticeId id;
  IncidentId incident;    // zeros: it is about none
  int severity = 0;       // 1 to 4; 0: none
  const char* code = "";  // a word of the source
  Instant at = 0;         // when it was made
  int attempt = 1;
};

// {"attempt":1,"at":1767225600000,"code":"page","id":"<32 hex>","incident":"<32 hex>","severity":3}
// without an incident: null.
[[nodiscard]] std::string webhook_body(const WebhookNotice& notice);

}  // namespace livlina::server
