#include "clients/core/error.hpp"

namespace livlina::client {

std::string_view name(Error e) {
  switch (e) {
    case Error::bad_argument:
      return "bad_argument";
    case Error::bad_code:
      return "bad_code";
    case Error::invite_gone:
      return "invite_gone";
    case Error::already_enrolled:
      return "already_enrolled";
    case Error::not_enrolled:
      return "not_enrolled";
    case Error::offline:
      return "offline";
    case Error::refused:
      return "refused";
    case Error::not_trusted:
      return "not_trusted";
    case Error::wrong_server:
      return "wrong_server";
    case Error::not_yours:
      return "not_yours";
    case Error::unknown_person:
      return "unknown_person";
    case Error::unknown_circle:
      return "unknown_circle";
    case Error::unknown_incident:
      return "unknown_incident";
    case Error::unknown_invite:
      return "unknown_invite";
    case Error::no_scope:
      return "no_scope";
    case Error::wrong_state:
      return "wrong_state";
    case Error::conflict:
      return "conflict";
    case Error::held:
      return "held";
    case Error::too_large:
      return "too_large";
    case Error::no_session_yet:
      return "no_session_yet";
    case Error::cancelled:
      return "cancelled";
    case Error::corrupt:
      return "corrupt";
  }
  return "unknown";
}

}  // namespace livlina::client
