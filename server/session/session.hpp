// The state machine of one connection, without sockets: frames and `now` in, actions out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "crypto/core/bytes.hpp"
#include "crypto/core/ids.hpp"
#include "server/session/limit.hpp"
#include "server/session/limits.hpp"
#include "server/session/token_bucket.hpp"

namespace livlina::v1 {
class Request;
}

namespace livlina::server {

// Close codes of RFC 6455, 7.4.1, as far as the server sends them.
enum class CloseCode : std::uint16_t {
  none = 0,
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  policy = 1008,
  too_large = 1009,
};

// What the driver has to do, in this order. Nothing more is done for a connection once `close` is
// set.
struct SessionActions {
  std::shared_ptr<const v1::Request> forward;  // to the database thread
  std::string send;                            // one encoded ServerFrame
  CloseCode close = CloseCode::none;
  std::optional<Limit> reached;  // to be counted
};

// `now` is the same steady clock in every call, in milliseconds.
class Session {
 public:
  Session(const SessionLimits& limits, Duration now);

  // A binary message. Check may_read() before reading the next one.
  [[nodiscard]] SessionActions on_binary(ByteView frame, Duration now);
  [[nodiscard]] SessionActions on_text();
  // A message beyond the largest size.
  [[nodiscard]] SessionActions on_too_large();
  // A ping or pong frame that the transport answers itself.
  [[nodiscard]] SessionActions on_ping(Duration now);
  // A frame from the database thread is about to be sent: learns of log-in and of answered
  // requests. The limit of the services that it tells of, if any.
  std::optional<Limit> on_reply(ByteView frame, Duration now);
  // The device that has logged in did so `since` ago as well: what it may ask for at once is a
  // tenth of the burst, and what has come back since then. Check-ins, alarms and acts are as ever.
  void back_after(Duration since, Duration now);
  [[nodiscard]] SessionActions on_timer(Duration now);

  // When on_timer must be called if nothing else happens; nothing: never.
  [[nodiscard]] std::optional<Duration> timer() const;
  // 0: read on. Above: read again after so many milliseconds. Negative: only after a reply.
  [[nodiscard]] Duration read_pause(Duration now);
  [[nodiscard]] bool logged_in() const { return state_ == State::device; }
  // The device that logged in, or tries to; all zeros before.
  [[nodiscard]] const DeviceId& device() const { return device_; }
  // The largest message that may come now.
  [[nodiscard]] std::size_t max_message() const;

 private:
  enum class State : std::uint8_t { stranger, logging_in, device, closed };

  SessionActions refuse(std::uint64_t id, int code, const char* detail, Duration retry_after = 0);
  SessionActions bad_frame(ByteView frame);
  SessionActions malformed(const char* detail);
  SessionActions over_quota(std::uint64_t id, Duration retry_after, Limit reached);
  SessionActions admit(std::shared_ptr<const v1::Request> request, Duration now);
  SessionActions close(CloseCode code, std::optional<Limit> reached = std::nullopt);
  [[nodiscard]] std::uint32_t most_in_flight() const;

  SessionLimits limits_;
  State state_ = State::stranger;
  std::optional<Duration> login_by_;
  std::uint64_t login_id_ = 0;
  DeviceId device_;
  std::uint32_t in_flight_ = 0;
  std::uint32_t malformed_ = 0;
  TokenBucket requests_;
  TokenBucket urgent_;
  TokenBucket pings_;
};

}  // namespace livlina::server
