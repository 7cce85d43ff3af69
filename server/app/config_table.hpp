// The table of all configuration keys: type, bounds, and the field that each one fills.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "server/app/config.hpp"

namespace livlina::server {

using ConfigValue = std::variant<bool, std::int64_t, std::string, std::vector<std::string>>;

struct ConfigKey {
  std::string name;  // "section.key"
  std::function<ConfigValue(const Config&)> get;
  std::function<void(Config&, const ConfigValue&)> set;
  std::int64_t least = 0;  // of integers
  std::int64_t most = 0;
  std::int64_t demonstration_least = 0;  // with [demonstration] enabled = true
  std::vector<std::string> words = {};   // of texts with a fixed choice
};
// The value that get() gives for a fresh Config is the default and fixes the type.
[[nodiscard]] const std::vector<ConfigKey>& config_table();
// "text", "an integer", ...
[[nodiscard]] const char* type_name(const ConfigValue& value);
// As TOML writes it, which for these types is also how JSON does.
[[nodiscard]] std::string printed(const ConfigValue& value);
[[nodiscard]] std::string quoted(const std::string& s);

}  // namespace livlina::server
