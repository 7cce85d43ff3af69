// Sends notices to one URL, signed, one at a time, from a thread of its own.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "crypto/core/secret.hpp"
#include "server/channels/attempt.hpp"
#include "server/channels/lookup.hpp"
#include "server/channels/notice.hpp"

namespace livlina::server {

struct WebhookSettings {
  std::string url;
  std::string ca_file;         // empty: whom the system trusts
  bool allow_private = false;  // this machine and private networks as well
  // The content of the secret's file; may throw a std::exception. Asked anew for each notice, so
  // that another secret needs no restart.
  std::function<crypto::SecretBytes()> secret;
};

struct WebhookLimits {
  Duration time = 10 * second;    // from the look-up to the reply's head
  Duration connect = 3 * second;  // for each address
  std::size_t addresses = 4;      // of a name, tried at most
};

// One try. Blocks at most limits.time. `now` is signed.
[[nodiscard]] Attempt send_webhook(const WebhookSettings& settings, const WebhookNotice& notice,
                                   Instant now, const Lookup& lookup, const WebhookLimits& limits,
                                   const std::stop_token& stop);

class Webhook {
 public:
  // `done` is called from this class's thread.
  using Done = std::function<void(const NoticeId& id, const Attempt& attempt)>;
  Webhook(WebhookSettings settings, Done done, Resolver resolver = system_resolver,
          WebhookLimits limits = {});
  // Gives up what is on its way; the engine sends those notices again after the next start.
  ~Webhook() = default;
  Webhook(const Webhook&) = delete;
  Webhook& operator=(const Webhook&) = delete;

  // Never waits. A notice that is waiting or on its way is not taken twice. Of those that wait the
  // most severe goes first, then the newest.
  void send(const WebhookNotice& notice);
  // From now on nothing is sent. Does not wait.
  void stop() { thread_.request_stop(); }

 private:
  void work(const std::stop_token& stop);
  [[nodiscard]] WebhookNotice take();  // the next that waits; there is one

  const WebhookSettings settings_;
  const Done done_;
  const WebhookLimits limits_;
  const Lookup lookup_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<WebhookNotice> waiting_;
  std::set<NoticeId> known_;  // waiting or on its way
  std::jthread thread_;       // last: it uses the others
};

}  // namespace livlina::server
