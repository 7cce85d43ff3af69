#include "server/channels/attempt.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace livlina::server {

namespace {

using What = policy::Delivery::What;

// RFC 9110, 10.2.3; a date is not read: the wait is then the row's own.
Duration seconds_of(std::string_view text) {
  std::uint32_t n = 0;
  const auto [end, e] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (e != std::errc{} || end != text.data() + text.size()) return 0;
  return std::min<Duration>(Duration{n} * second, policy::last_backoff);
}

const char* words_of(AttemptEnd end) {
  switch (end) {
    case AttemptEnd::answered:
      break;
    case AttemptEnd::url:
      return "the URL is none to which anything is sent; check-config says why";
    case AttemptEnd::secret:
      return "there is no secret to sign with; check-config says why";
    case AttemptEnd::trust:
      return "there are no certificates to trust; check-config says why";
    case AttemptEnd::lookup:
      return "the host's name was not found in time; look at it, and at this machine's resolver";
    case AttemptEnd::address:
      return "the host is only at addresses to which nothing is sent (this machine's, private or "
             "reserved ones); if that is meant, set allow_private = true";
    case AttemptEnd::connection:
      return "nobody took the connection, or it broke; is the receiver running, and let through?";
    case AttemptEnd::tls:
      return "the receiver speaks no TLS 1.2 or newer";
    case AttemptEnd::certificate:
      return "the receiver's certificate is not for this host, has ended, or is by an authority "
             "that is not trusted; name that authority's file as ca_file";
    case AttemptEnd::time:
      return "there was no answer in time";
    case AttemptEnd::reply:
      return "what came back is no HTTP reply, or its head is too long";
    case AttemptEnd::stopped:
      return "it was given up";
  }
  return "";
}

}  // namespace

Attempt ended_by(AttemptEnd end) {
  Attempt out;
  out.end = end;
  switch (end) {
    case AttemptEnd::url:
    case AttemptEnd::secret:
    case AttemptEnd::trust:
    case AttemptEnd::address:
    case AttemptEnd::certificate:
      out.delivery.what = What::refused;
      break;
    case AttemptEnd::answered:
    case AttemptEnd::lookup:
    case AttemptEnd::connection:
    case AttemptEnd::tls:
    case AttemptEnd::time:
    case AttemptEnd::reply:
    case AttemptEnd::stopped:
      break;
  }
  return out;
}

Attempt answered(unsigned status, std::string_view retry_after) {
  Attempt out;
  out.end = AttemptEnd::answered;
  out.status = status;
  if (status >= 200 && status < 300) {
    out.delivery.what = What::accepted;
  } else if (status >= 500 || status == 408 || status == 425 || status == 429 || status < 200) {
    out.delivery.retry_after = seconds_of(retry_after);
  } else {
    out.delivery.what = What::refused;
  }
  return out;
}

std::string told(const Attempt& attempt) {
  if (attempt.end != AttemptEnd::answered) return words_of(attempt.end);
  const std::string number = std::to_string(attempt.status);
  switch (attempt.delivery.what) {
    case What::accepted:
      return "the receiver accepted it (" + number + ")";
    case What::later:
      return "the receiver cannot take it now (" + number + "); it would be repeated";
    case What::refused:
      break;
  }
  if (attempt.status < 400)
    return "the receiver sends elsewhere (" + number +
           "), and that is never followed: name the last place as url";
  return "the receiver refuses it (" + number + "); look at url, secret and the receiver's own log";
}

}  // namespace livlina::server
