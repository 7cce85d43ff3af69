// livlina-server channel test: one notice to each configured channel, and what came of it.
#pragma once

#include <string>
#include <vector>

#include "server/app/config.hpp"

namespace livlina::server {

struct ChannelTried {
  std::string channel;  // "operator_channel.command", "operator_channel.url", "desk_channel.0.url"
  bool delivered = false;
  std::string told;  // what happened, for a person
};

// `which`: "operator", the beginning of a desk's key in hex, or empty for all. Needs no running
// server, and none that is stopped. Throws ConfigRefused where there is no such channel.
[[nodiscard]] std::vector<ChannelTried> try_channels(const Config& config,
                                                     const std::string& which);

}  // namespace livlina::server
