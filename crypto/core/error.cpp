#include "crypto/core/error.hpp"

namespace livlina::crypto {

std::string_view name(Error e) {
  switch (e) {
    case Error::bad_length:
      return "bad_length";
    case Error::bad_public_key:
      return "bad_public_key";
    case Error::bad_signature:
      return "bad_signature";
    case Error::bad_dh:
      return "bad_dh";
    case Error::cannot_open:
      return "cannot_open";
    case Error::bad_padding:
      return "bad_padding";
    case Error::too_large:
      return "too_large";
    case Error::bad_version:
      return "bad_version";
    case Error::bad_format:
      return "bad_format";
    case Error::bad_suite:
      return "bad_suite";
    case Error::bad_words:
      return "bad_words";
    case Error::unknown_hint:
      return "unknown_hint";
    case Error::duplicate:
      return "duplicate";
    case Error::limit:
      return "limit";
    case Error::not_ready:
      return "not_ready";
    case Error::expired:
      return "expired";
    case Error::out_of_memory:
      return "out_of_memory";
    case Error::storage:
      return "storage";
    case Error::wrong_pin:
      return "wrong_pin";
    case Error::wait:
      return "wait";
  }
  return "unknown";
}

}  // namespace livlina::crypto
