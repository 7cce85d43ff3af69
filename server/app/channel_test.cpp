#include "server/app/channel_test.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>

#include "crypto/core/random.hpp"
#include "server/app/operator_command.hpp"
#include "server/app/webhooks.hpp"
#include "server/time/clocks.hpp"

namespace livlina::server {

namespace {

ChannelTried by_command(const Config& config) {
  ChannelTried out{.channel = "operator_channel.command", .delivered = false, .told = {}};
  if (std::string problem = operator_command_problem(config); !problem.empty()) {
    out.told = std::move(problem);
    return out;
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<bool> delivered;
  OperatorCommand command(config.operator_command, [&](const NoticeId&, bool well) {
    const std::scoped_lock lock(mutex);
    delivered = well;
    changed.notify_all();
  });
  OperatorNotice notice;
  notice.id = {crypto::system_random().array<16>()};
  notice.code = "test";
  command.send(notice);
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return delivered.has_value(); });
  out.delivered = *delivered;
  out.told = out.delivered ? "the command ended with 0"
                           : "the command did not end with 0 within 10 s; run it by hand";
  return out;
}

ChannelTried by_webhook(const std::string& setting, const WebhookConfig& webhook) {
  ChannelTried out{.channel = setting + ".url", .delivered = false, .told = {}};
  if (std::string problem = webhook_problem(setting, webhook); !problem.empty()) {
    out.told = std::move(problem);
    return out;
  }
  WebhookNotice notice;
  notice.id = {crypto::system_random().array<16>()};
  notice.code = "test";
  notice.at = system_clocks().wall();
  const Attempt attempt =
      send_webhook(webhook_settings(webhook), notice, notice.at, Lookup(), {}, {});
  out.delivered = attempt.delivery.what == policy::Delivery::What::accepted;
  out.told = told(attempt);
  return out;
}

}  // namespace

std::vector<ChannelTried> try_channels(const Config& config, const std::string& which) {
  std::vector<ChannelTried> out;
  const bool operators = which.empty() || which == "operator";
  if (operators && !config.operator_command.empty()) out.push_back(by_command(config));
  if (operators && !config.operator_webhook.url.empty())
    out.push_back(by_webhook("operator_channel", config.operator_webhook));
  for (std::size_t i = 0; i < config.desk_channels.size(); ++i)
    if (hex(config.desk_channels[i].desk).starts_with(which))
      out.push_back(
          by_webhook("desk_channel." + std::to_string(i), config.desk_channels[i].webhook));
  if (out.empty())
    throw ConfigRefused(which.empty()
                            ? "no channel is configured; set operator_channel or [[desk_channel]]"
                            : "no channel is configured for " + which +
                                  "; name operator, or a desk by the first digits of its key");
  return out;
}

}  // namespace livlina::server
