// The webhooks of the configuration, made ready to be sent to.
#pragma once

#include "server/app/config.hpp"
#include "server/channels/webhook.hpp"

namespace livlina::server {

// Its secret is read anew for each notice.
[[nodiscard]] WebhookSettings webhook_settings(const WebhookConfig& config);

}  // namespace livlina::server
