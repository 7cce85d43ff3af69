// The desks' channels in the configuration: one [[desk_channel]] for each, in the file alone.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <vector>

#include "server/app/config.hpp"

namespace livlina::server {

inline constexpr const char* desk_channel_section = "desk_channel";

struct DeskChannelEntries {
  std::vector<DeskChannel> channels;
  std::vector<ConfigEntry> entries;  // "desk_channel.0.url"
};

// Throws ConfigRefused for what is no list of sections, an unknown or missing key, a wrong type, or
// a desk that comes twice.
[[nodiscard]] DeskChannelEntries read_desk_channels(const std::string& file,
                                                    const toml::node& node);

// Throws ConfigRefused, as one line of printable characters whatever the file holds.
[[noreturn]] void refuse_config(const std::string& where, const std::string& what);

}  // namespace livlina::server
