#include "protocol/error.hpp"

namespace livlina::protocol {

std::string_view name(Error e) {
  switch (e) {
    case Error::bad_format:
      return "bad_format";
    case Error::bad_version:
      return "bad_version";
    case Error::too_large:
      return "too_large";
    case Error::bad_key:
      return "bad_key";
    case Error::bad_signature:
      return "bad_signature";
    case Error::bad_id:
      return "bad_id";
    case Error::bad_chain:
      return "bad_chain";
    case Error::fork:
      return "fork";
    case Error::stale:
      return "stale";
    case Error::bad_dates:
      return "bad_dates";
    case Error::bad_line:
      return "bad_line";
    case Error::bad_schedule:
      return "bad_schedule";
  }
  return "unknown";
}

}  // namespace livlina::protocol
