#include "server/session/session.hpp"

#include <algorithm>

#include "livlina/frames.pb.h"
#include "protocol/codec.hpp"
#include "server/session/frame_head.hpp"
#include "server/session/operations.hpp"

namespace livlina::server {

namespace {

// The burst divided by this is there at each log-in: enough to ask for what one needs first.
constexpr std::uint32_t returning_share = 10;

// What an error of the services says of a limit of theirs.
std::optional<Limit> limit_of(ByteView error_frame) {
  const auto frame = protocol::decode_server_frame(error_frame);
  if (!frame.ok()) return std::nullopt;
  switch (frame->error().code()) {
    case v1::LOGIN_REFUSED:
      return Limit::login;
    case v1::TOO_LARGE:
      return Limit::field;
    case v1::QUEUE_FULL:
      return Limit::mailbox;
    case v1::NOT_READY:
      if (frame->error().detail() == "open_invites") return Limit::invites;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

Session::Session(const SessionLimits& limits, Duration now)
    : limits_(limits),
      login_by_(now + limits.login_time),
      requests_(limits.requests_per_second, limits.burst, now),
      urgent_(limits.requests_per_second, limits.burst, now),
      pings_(limits.pings_per_second, limits.ping_burst, now) {}

SessionActions Session::close(CloseCode code, std::optional<Limit> reached) {
  state_ = State::closed;
  login_by_.reset();
  SessionActions out;
  out.close = code;
  out.reached = reached;
  return out;
}

SessionActions Session::refuse(std::uint64_t id, int code, const char* detail,
                               Duration retry_after) {
  v1::ServerFrame frame;
  frame.set_id(id);
  frame.set_version(protocol::wire_version);
  frame.mutable_error()->set_code(static_cast<v1::ErrorCode>(code));
  frame.mutable_error()->set_detail(detail);
  frame.mutable_error()->set_retry_after_ms(static_cast<std::uint32_t>(retry_after));
  SessionActions out;
  out.send = protocol::encode(frame);
  return out;
}

SessionActions Session::malformed(const char* detail) {
  SessionActions out = refuse(0, v1::MALFORMED, detail);
  if (++malformed_ < limits_.malformed) return out;
  out.close = close(CloseCode::protocol_error).close;
  out.reached = Limit::malformed;
  return out;
}

// A frame that the codec refused. A newer client's operation or version is told apart from rubbish,
// under its own id, so that the client can say "this server is older" and go on.
SessionActions Session::bad_frame(ByteView frame) {
  const std::optional<FrameHead> head = frame_head(frame);
  if (!head || head->id == 0) return malformed("not_a_frame");
  if (head->version != protocol::wire_version)
    return refuse(head->id, v1::UNSUPPORTED_VERSION, "version");
  if (head->body != 0 && access_of(head->body) == Access::unknown)
    return refuse(head->id, v1::UNSUPPORTED_VERSION, "unknown_operation");
  return malformed("bad_field");
}

SessionActions Session::on_binary(ByteView frame, Duration now) {
  if (state_ == State::closed) return {};
  auto decoded = protocol::decode_request(frame);
  if (!decoded.ok()) {
    requests_.charge(now);
    if (decoded.error() == protocol::Error::too_large) return on_too_large();
    return bad_frame(frame);
  }
  return admit(std::make_shared<v1::Request>(std::move(decoded).value()), now);
}

SessionActions Session::over_quota(std::uint64_t id, Duration retry_after, Limit reached) {
  SessionActions out = refuse(id, v1::BUSY, "rate", std::max<Duration>(retry_after, 1));
  out.reached = reached;
  return out;
}

SessionActions Session::admit(std::shared_ptr<const v1::Request> request, Duration now) {
  const std::uint64_t id = request->id();
  const Access access = access_of(request->op_case());
  const bool urgent = access == Access::urgent && state_ == State::device;
  if (urgent) {
    // Never refused: read_pause() slows the reading of who overdoes it.
    urgent_.charge(now);
  } else if (!requests_.take(now)) {
    requests_.charge(now);
    return over_quota(id, requests_.wait(now), Limit::rate);
  } else if (in_flight_ >= most_in_flight()) {
    return over_quota(id, 100, Limit::in_flight);
  }
  if (access != Access::stranger && state_ != State::device)
    return refuse(id, v1::NOT_LOGGED_IN, "");
  if (request->has_login()) {
    if (state_ != State::stranger) return refuse(id, v1::WRONG_STATE, "login");
    state_ = State::logging_in;
    login_id_ = id;
    device_ = DeviceId::from(request->login().device_id()).value_or(DeviceId{});
  }
  ++in_flight_;
  SessionActions out;
  out.forward = std::move(request);
  return out;
}

SessionActions Session::on_text() {
  if (state_ == State::closed) return {};
  return close(CloseCode::protocol_error);
}

SessionActions Session::on_too_large() {
  if (state_ == State::closed) return {};
  return close(CloseCode::too_large, Limit::message);
}

SessionActions Session::on_ping(Duration now) {
  if (state_ == State::closed || pings_.take(now)) return {};
  return close(CloseCode::policy, Limit::pings);
}

std::optional<Limit> Session::on_reply(ByteView frame, Duration now) {
  if (state_ == State::closed) return std::nullopt;
  const std::optional<FrameHead> head = frame_head(frame);
  if (!head || head->id == 0) return std::nullopt;
  if (in_flight_ > 0) --in_flight_;
  const bool refused = head->body == v1::ServerFrame::kErrorFieldNumber;
  const std::optional<Limit> reached = refused ? limit_of(frame) : std::nullopt;
  if (state_ == State::device) return reached;
  if (state_ == State::logging_in && head->id == login_id_) {
    state_ = head->body == v1::ServerFrame::kWelcomeFieldNumber ? State::device : State::stranger;
    if (state_ == State::device) login_by_.reset();
  } else if (!refused) {
    // A good invite: who joins with it needs time for the log-in that follows.
    login_by_ = now + limits_.login_time;
  }
  return reached;
}

void Session::back_after(Duration since, Duration now) {
  const std::int64_t come = std::max<Duration>(since, 0) * limits_.requests_per_second / second;
  const std::int64_t tokens = limits_.burst / returning_share + come;
  if (tokens >= limits_.burst) return;
  requests_.lower_to(static_cast<std::uint32_t>(tokens), now);
}

SessionActions Session::on_timer(Duration now) {
  // A log-in that waits for the database thread is not the client's delay.
  if (state_ != State::stranger || !login_by_ || now < *login_by_) return {};
  return close(CloseCode::policy, Limit::login_time);
}

std::optional<Duration> Session::timer() const {
  return state_ == State::stranger ? login_by_ : std::nullopt;
}

std::uint32_t Session::most_in_flight() const {
  return state_ == State::device ? limits_.in_flight : limits_.strangers_in_flight;
}

Duration Session::read_pause(Duration now) {
  if (state_ == State::closed) return 0;
  if (in_flight_ >= most_in_flight() + limits_.urgent_in_flight) return -1;
  return std::max(requests_.debt_wait(now), urgent_.wait(now));
}

std::size_t Session::max_message() const {
  return state_ == State::device ? protocol::max_frame : limits_.stranger_frame;
}

}  // namespace livlina::server
