#include "clients/cli/options.hpp"

#include <cstdlib>

namespace livlina::cli {

namespace {
std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets it
  return value == nullptr ? std::string{} : std::string{value};
}
}  // namespace

void complete(Options& options) {
  if (options.state.empty()) options.state = environment("LIVLINA_STATE");
  if (options.state.empty()) options.state = environment("HOME") + "/.local/share/livlina";
  if (options.pin_file.empty()) options.pin_file = environment("LIVLINA_PIN_FILE");
  if (options.ca.empty()) options.ca = environment("LIVLINA_CA");
}

}  // namespace livlina::cli
