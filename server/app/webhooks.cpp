#include "server/app/webhooks.hpp"

#include "server/app/private_file.hpp"
#include "server/channels/signature.hpp"
#include "server/channels/trust.hpp"
#include "server/channels/url.hpp"

namespace livlina::server {

namespace {

constexpr std::size_t longest_secret = 200;  // bytes of its file

crypto::SecretBytes read_secret(const std::string& file) {
  return read_private(file, "the webhook's secret", longest_secret);
}

}  // namespace

WebhookSettings webhook_settings(const WebhookConfig& config) {
  WebhookSettings out;
  out.url = config.url;
  out.ca_file = config.ca_file;
  out.allow_private = config.allow_private;
  out.secret = [file = config.secret_file] { return read_secret(file); };
  return out;
}

std::vector<std::string> readiness_of_webhooks(const Config& config) {
  std::vector<std::string> out;
  const auto check = [&](const std::string& setting, const WebhookConfig& webhook) {
    if (std::string problem = webhook_problem(setting, webhook); !problem.empty())
      out.push_back(std::move(problem));
  };
  if (!config.operator_webhook.url.empty()) check("operator_channel", config.operator_webhook);
  for (std::size_t i = 0; i < config.desk_channels.size(); ++i)
    check("desk_channel." + std::to_string(i), config.desk_channels[i].webhook);
  return out;
}

std::string webhook_problem(const std::string& setting, const WebhookConfig& webhook) {
  // A URL may itself be a secret of its receiver, and is not repeated.
  const auto url = parse_url(webhook.url);
  if (!url.ok()) return setting + ".url: " + url.error().text;
  if (const auto problem = url_problem(*url, webhook.allow_private))
    return setting + ".url: " + problem->text;
  const std::string secret = setting + ".secret_file: ";
  if (webhook.secret_file.empty())
    return secret +
           "not set; name a file (mode 0600) with a line made by: echo \"whsec_$(openssl "
           "rand -base64 32)\"";
  try {
    const crypto::SecretBytes text = read_secret(webhook.secret_file);
    const ByteView bytes = text.expose();
    if (!parse_webhook_secret({reinterpret_cast<const char*>(bytes.data()), bytes.size()}))
      return secret + webhook.secret_file +
             ": is no secret: whsec_ and the base64 of 24 to 64 bytes, made by: echo "
             "\"whsec_$(openssl rand -base64 32)\"";
  } catch (const FileRefused& refused) {
    return secret + refused.what();
  }
  if (url->tls && !make_trust(webhook.ca_file))
    return setting + ".ca_file: " +
           (webhook.ca_file.empty()
                ? "the system's certificates cannot be read; install ca-certificates"
                : webhook.ca_file + ": holds no certificates in PEM that this user may read");
  return {};
}

}  // namespace livlina::server
