#include "clients/cli/person_name.hpp"

#include "clients/cli/client.hpp"
#include "clients/cli/failure.hpp"
#include "clients/cli/terminal.hpp"

namespace livlina::cli {

void need_good_name(const std::string& name) {
  const auto refuse = [&](const std::string& why) {
    throw Failure(Exit::usage, "The name " + printable(name) + " cannot be used: " + why,
                  "bad_argument");
  };
  if (name.find_first_not_of(' ') == std::string::npos) refuse("it is empty.");
  if (same_name(name, "all") || same_name(name, "desk"))
    refuse("commands mean something else by it.");
  if (name.find(':') != std::string::npos) refuse("a colon ends a name in `circle sign --line`.");
  if (printable(name) != name)
    refuse("it has characters that no screen shows, several spaces, or is not UTF-8.");
}

}  // namespace livlina::cli
