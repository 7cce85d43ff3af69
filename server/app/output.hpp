// What the subcommands print, for people and as JSON.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "server/app/channel_test.hpp"
#include "server/app/config.hpp"
#include "server/app/init.hpp"
#include "server/app/restored.hpp"

namespace livlina::server {

void print_config(const LoadedConfig& loaded, std::ostream& out);
// The last lines of check-config.
void print_verdict(const Config& config, std::size_t problems, std::ostream& out);
void print_config_json(const LoadedConfig& loaded, const std::vector<std::string>& problems,
                       std::ostream& out);
void print_init(const InitDone& made, std::ostream& out);
void print_init_json(const InitDone& made, std::ostream& out);
// {"ok":false,...}: why a command with --json was not done.
void print_failure_json(const std::string& text, std::ostream& out);
void print_restored(const RestoreDone& done, std::ostream& out);
void print_restored_json(const RestoreDone& done, std::ostream& out);
// A line for each channel.
void print_channels(const std::vector<ChannelTried>& tried, std::ostream& out);
void print_channels_json(const std::vector<ChannelTried>& tried, std::ostream& out);
void print_version(std::ostream& out);

}  // namespace livlina::server
