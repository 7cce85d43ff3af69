#include "server/channels/webhook.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "server/channels/post.hpp"
#include "server/channels/signature.hpp"
#include "server/log/log.hpp"
#include "server/time/clocks.hpp"

namespace livlina::server {

namespace {

log::Word word_of(AttemptEnd end) {
  switch (end) {
    case AttemptEnd::answered:
      return "answered";
    case AttemptEnd::url:
      return "url";
    case AttemptEnd::secret:
      return "secret";
    case AttemptEnd::trust:
      return "trust";
    case AttemptEnd::lookup:
      return "lookup";
    case AttemptEnd::address:
      return "address";
    case AttemptEnd::connection:
      return "connection";
    case AttemptEnd::tls:
      return "tls";
    case AttemptEnd::certificate:
      return "certificate";
    case AttemptEnd::time:
      return "time";
    case AttemptEnd::reply:
      return "reply";
    case AttemptEnd::stopped:
      break;
  }
  return "stopped";
}

std::optional<crypto::SecretBytes> secret_of(const WebhookSettings& settings) {
  try {
    const crypto::SecretBytes text = settings.secret();
    const ByteView bytes = text.expose();
    return parse_webhook_secret(
        std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  } catch (const std::exception&) {  // the file cannot be read
    return std::nullopt;
  }
}

}  // namespace

Attempt send_webhook(const WebhookSettings& settings, const WebhookNotice& notice, Instant now,
                     const Lookup& lookup, const WebhookLimits& limits,
                     const std::stop_token& stop) {
  const auto until = Lookup::Clock::now() + std::chrono::milliseconds(limits.time);
  const auto url = parse_url(settings.url);
  if (!url.ok() || url_problem(*url, settings.allow_private)) return ended_by(AttemptEnd::url);
  const auto secret = secret_of(settings);
  if (!secret) return ended_by(AttemptEnd::secret);
  Post what{.url = *url,
            .to = {},
            .trust = nullptr,
            .headers = {},
            .body = webhook_body(notice),
            .until = until,
            .connect = std::chrono::milliseconds(limits.connect)};
  if (url->tls) {
    what.trust = make_trust(settings.ca_file);
    if (!what.trust) return ended_by(AttemptEnd::trust);
  }
  if (url->address) {
    what.to = {*url->address};
  } else {
    auto found = lookup.find(url->host, until, stop);
    if (stop.stop_requested()) return ended_by(AttemptEnd::stopped);
    if (!found || found->empty()) return ended_by(AttemptEnd::lookup);
    what.to = std::move(*found);
  }
  std::erase_if(what.to, [&](const IpAddress& address) {
    return !may_be_sent_to(address, settings.allow_private, !url->tls);
  });
  if (what.to.empty()) return ended_by(AttemptEnd::address);
  if (what.to.size() > limits.addresses) what.to.resize(limits.addresses);
  const std::string id = notice.id.hex();
  const std::int64_t seconds = now / second;
  what.headers = {
      {"webhook-id", id},
      {"webhook-timestamp", std::to_string(seconds)},
      {"webhook-signature", webhook_signature(secret->expose(), id, seconds, what.body)}};
  return post(std::move(what), stop);
}

Webhook::Webhook(WebhookSettings settings, Done done, Resolver resolver, WebhookLimits limits)
    : settings_(std::move(settings)),
      done_(std::move(done)),
      limits_(limits),
      lookup_(std::move(resolver)),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

void Webhook::send(const WebhookNotice& notice) {
  {
    const std::scoped_lock lock(mutex_);
    if (!known_.insert(notice.id).second) return;
    waiting_.push_back(notice);
  }
  wake_.notify_one();
}

WebhookNotice Webhook::take() {
  const auto first = std::max_element(
      waiting_.begin(), waiting_.end(), [](const WebhookNotice& a, const WebhookNotice& b) {
        return std::tie(a.severity, a.at) < std::tie(b.severity, b.at);
      });
  const WebhookNotice out = *first;
  waiting_.erase(first);
  return out;
}

void Webhook::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [this] { return !waiting_.empty(); }) && !stop.stop_requested()) {
    const WebhookNotice notice = take();
    lock.unlock();
    const Attempt attempt =
        send_webhook(settings_, notice, system_clocks().wall(), lookup_, limits_, stop);
    if (attempt.delivery.what != policy::Delivery::What::accepted &&
        attempt.end != AttemptEnd::stopped)
      log::warning("webhook_failed", {{"notice", notice.id},
                                      {"why", word_of(attempt.end)},
                                      {"status", attempt.status},
                                      {"attempt", notice.attempt}});
    lock.lock();
    known_.erase(notice.id);  // first: the engine may send it again from within done
    if (stop.stop_requested()) return;
    lock.unlock();
    done_(notice.id, attempt);
    lock.lock();
  }
}

}  // namespace livlina::server
