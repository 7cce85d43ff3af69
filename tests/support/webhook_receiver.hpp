// A receiver of webhooks on a free port of 127.0.0.1: keeps what comes, and answers as it is told,
// well or badly.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace livlina::testing {

struct ReceivedPost {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in small letters
  std::string body;
};

enum class Manner : std::uint8_t {
  answers,     // with the reply that was set
  silent,      // takes the connection and says nothing, not even TLS
  mute,        // reads the request and never answers
  drips,       // a head whose lines come one after the other, without end
  long_head,   // a head without end, as fast as it goes
  long_body,   // a good head, and a body without end
  speaks_tea,  // no HTTP
};

class WebhookReceiver {
 public:
  // HTTPS with these PEM files; both empty: HTTP.
  WebhookReceiver(const std::string& certificate, const std::string& key);
  ~WebhookReceiver();
  WebhookReceiver(const WebhookReceiver&) = delete;
  WebhookReceiver& operator=(const WebhookReceiver&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // At a name or address of this machine.
  [[nodiscard]] std::string url(const std::string& host = "localhost") const;
  // From the next connection on.
  void set(Manner manner);
  void reply(const std::string& head_and_body);
  void reply_status(int status, const std::string& more_headers = {});

  [[nodiscard]] std::vector<ReceivedPost> posts() const;
  [[nodiscard]] std::size_t connections() const;
  // Bounded; false: they did not come.
  [[nodiscard]] bool wait_for_posts(std::size_t n) const;
  [[nodiscard]] bool wait_for_connections(std::size_t n) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace livlina::testing
