#include "clients/core/reply.hpp"

#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

std::string_view word(v1::ErrorCode code) {
  switch (code) {
    case v1::MALFORMED:
      return "malformed";
    case v1::TOO_LARGE:
      return "too_large";
    case v1::UNSUPPORTED_VERSION:
      return "unsupported_version";
    case v1::NOT_LOGGED_IN:
      return "not_logged_in";
    case v1::LOGIN_REFUSED:
      return "login_refused";
    case v1::CLONED_DEVICE:
      return "cloned_device";
    case v1::FORBIDDEN:
      return "forbidden";
    case v1::UNKNOWN_DEVICE:
      return "unknown_device";
    case v1::BAD_RECORD:
      return "bad_record";
    case v1::CONFLICT:
      return "conflict";
    case v1::FORK:
      return "fork";
    case v1::INVITE_GONE:
      return "invite_gone";
    case v1::NOT_READY:
      return "not_ready";
    case v1::BUSY:
      return "busy";
    case v1::QUEUE_FULL:
      return "queue_full";
    case v1::DISK_FULL:
      return "disk_full";
    case v1::INTERNAL:
      return "internal";
    case v1::WRONG_STATE:
      return "wrong_state";
    case v1::BAD_TIMES:
      return "bad_times";
    case v1::SHUTTING_DOWN:
      return "shutting_down";
    default:
      return "unknown";
  }
}

Error error_for(v1::ErrorCode code) {
  switch (code) {
    case v1::CONFLICT:
      return Error::conflict;
    case v1::INVITE_GONE:
      return Error::invite_gone;
    case v1::WRONG_STATE:
      return Error::wrong_state;
    default:
      return Error::refused;
  }
}

}  // namespace

Outcome outcome(const v1::ServerFrame* reply) {
  if (reply == nullptr) return {Error::offline, {}};
  if (!reply->has_error()) return {};
  std::string detail(word(reply->error().code()));
  if (!reply->error().detail().empty()) detail += ":" + reply->error().detail();
  return {error_for(reply->error().code()), std::move(detail)};
}

bool no_answer(const v1::ServerFrame* reply) {
  if (reply == nullptr) return true;
  if (!reply->has_error()) return false;
  const v1::ErrorCode code = reply->error().code();
  return code == v1::BUSY || code == v1::QUEUE_FULL || code == v1::DISK_FULL ||
         code == v1::INTERNAL || code == v1::SHUTTING_DOWN;
}

bool is_forbidden(const v1::ServerFrame* reply) {
  return reply != nullptr && reply->has_error() && reply->error().code() == v1::FORBIDDEN;
}

bool is_conflict(const v1::ServerFrame* reply) {
  return reply != nullptr && reply->has_error() &&
         (reply->error().code() == v1::CONFLICT || reply->error().code() == v1::FORK);
}

}  // namespace livlina::client
