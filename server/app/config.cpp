#include "server/app/config.hpp"

#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "server/app/config_desks.hpp"
#include "server/app/config_table.hpp"

namespace livlina::server {

namespace {

struct Given {
  ConfigValue value;
  std::string from;
};
using GivenByKey = std::map<std::string, Given>;

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
  refuse_config(where, what);
}

const ConfigKey* find_key(const std::string& name) {
  const auto& table = config_table();
  const auto it =
      std::find_if(table.begin(), table.end(), [&](const ConfigKey& k) { return k.name == name; });
  return it == table.end() ? nullptr : &*it;
}

ConfigValue default_of(const ConfigKey& key) { return key.get(Config{}); }

// --- file -------------------------------------------------------------------------------------

std::string place(const std::string& file, const toml::source_region& at) {
  return file + ":" + std::to_string(at.begin.line) + ":" + std::to_string(at.begin.column);
}

std::optional<ConfigValue> from_toml(const toml::node& node, const ConfigValue& like) {
  if (std::holds_alternative<bool>(like)) {
    if (const auto* v = node.as_boolean()) return v->get();
  } else if (std::holds_alternative<std::int64_t>(like)) {
    if (const auto* v = node.as_integer()) return v->get();
  } else if (std::holds_alternative<std::string>(like)) {
    if (const auto* v = node.as_string()) return v->get();
  } else if (const auto* array = node.as_array()) {
    std::vector<std::string> out;
    for (const auto& item : *array) {
      if (!item.is_string()) return std::nullopt;
      out.push_back(item.as_string()->get());
    }
    return out;
  }
  return std::nullopt;
}

std::string content_of(const std::string& file) {
  std::error_code e;
  if (std::filesystem::is_directory(file, e)) refuse(file, "is a directory; name a TOML file");
  std::ifstream in(file, std::ios::binary);
  if (!in)
    refuse(file, std::string("cannot be read: ") + std::generic_category().message(errno) +
                     "; name an existing file with --config");
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

void read_section(const std::string& file, const std::string& section, const toml::table& table,
                  GivenByKey& given) {
  for (const auto& [name, node] : table) {
    const std::string full = section + "." + std::string(name.str());
    const ConfigKey* key = find_key(full);
    if (key == nullptr)
      refuse(place(file, name.source()),
             "unknown key " + full + "; livlina-server check-config lists the known ones");
    const ConfigValue like = default_of(*key);
    auto value = from_toml(node, like);
    if (!value) refuse(place(file, node.source()), full + " must be " + type_name(like));
    given[full] = {std::move(*value), place(file, node.source())};
  }
}

std::string not_a_section(const std::string& name) {
  return name + " is a section: write [" + name + "]";
}

void read_file(const std::string& file, GivenByKey& given, DeskChannelEntries& desks) {
  const std::string content = content_of(file);
  try {
    const toml::table root = toml::parse(content, file);
    for (const auto& [name, node] : root) {
      const std::string section(name.str());
      if (section == desk_channel_section) {
        desks = read_desk_channels(file, node);
        continue;
      }
      const auto& keys = config_table();
      const bool known = std::any_of(keys.begin(), keys.end(), [&](const ConfigKey& k) {
        return k.name.starts_with(section + ".");
      });
      if (!known) refuse(place(file, name.source()), "unknown section or key " + section);
      if (!node.is_table()) refuse(place(file, node.source()), not_a_section(section));
      read_section(file, section, *node.as_table(), given);
    }
  } catch (const toml::parse_error& e) {
    refuse(place(file, e.source()), std::string(e.description()));
  }
}

// --- environment and flags --------------------------------------------------------------------

ConfigValue from_text(const std::string& text, const ConfigKey& key, const std::string& from) {
  const ConfigValue like = default_of(key);
  if (std::holds_alternative<std::string>(like)) return text;
  if (std::holds_alternative<bool>(like)) {
    if (text == "true" || text == "false") return text == "true";
  } else if (std::holds_alternative<std::int64_t>(like)) {
    std::int64_t v = 0;
    const auto [end, e] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (e == std::errc{} && end == text.data() + text.size()) return v;
  } else {
    try {
      const toml::table parsed = toml::parse("x = " + text);
      if (auto value = from_toml(*parsed.get("x"), like)) return *value;
    } catch (const toml::parse_error&) {
      refuse(from, key.name + R"( must be a list of texts such as ["/usr/bin/page", "now"])");
    }
  }
  refuse(from, key.name + " must be " + type_name(like));
}

void read_environment(const std::map<std::string, std::string>& environment, GivenByKey& given) {
  for (const auto& [name, text] : environment) {
    if (name.starts_with(environment_name(std::string(desk_channel_section) + ".")))
      refuse("environment " + name,
             "the desks' channels, [[desk_channel]], stand in the file alone");
    const auto& keys = config_table();
    // Other programs of ours have variables of their own: a name is ours by its section.
    const bool ours = std::any_of(keys.begin(), keys.end(), [&](const ConfigKey& k) {
      return name.starts_with(environment_name(k.name.substr(0, k.name.find('.') + 1)));
    });
    if (!ours) continue;
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const ConfigKey& k) {
      return environment_name(k.name) == name;
    });
    const std::string from = "environment " + name;
    if (key == keys.end())
      refuse(from, "no such setting; livlina-server check-config lists the known ones");
    given[key->name] = {from_text(text, *key, from), from};
  }
}

void read_flags(const std::vector<std::pair<std::string, std::string>>& flags, GivenByKey& given) {
  for (const auto& [name, text] : flags) {
    const ConfigKey* key = find_key(name);
    if (key == nullptr)
      refuse("flag --set " + name,
             "no such setting; livlina-server check-config lists the known ones");
    given[name] = {from_text(text, *key, "flag " + name), "flag"};
  }
}

// --- bounds -----------------------------------------------------------------------------------

void check_bounds(const ConfigKey& key, const Given& given, bool demonstration) {
  if (const auto* v = std::get_if<std::int64_t>(&given.value)) {
    const std::int64_t least = demonstration ? key.demonstration_least : key.least;
    if (*v < least || *v > key.most)
      refuse(given.from, key.name + " = " + std::to_string(*v) + " is out of bounds: " +
                             std::to_string(least) + " to " + std::to_string(key.most) +
                             (least != key.demonstration_least
                                  ? " (less only with [demonstration] enabled = true)"
                                  : ""));
  }
  const auto* word = std::get_if<std::string>(&given.value);
  if (word == nullptr || key.words.empty()) return;
  if (std::find(key.words.begin(), key.words.end(), *word) != key.words.end()) return;
  std::string all;
  for (const std::string& w : key.words) all += (all.empty() ? "" : ", ") + w;
  refuse(given.from, key.name + " = \"" + *word + "\" is none of: " + all);
}

// What no single key can see.
void check_together(const Config& c, const GivenByKey& given) {
  const auto where = [&](const char* key) {
    const auto it = given.find(key);
    return it == given.end() ? std::string("default") : it->second.from;
  };
  const Settings& w = c.watch;
  if (w.lease_reminder >= std::min(w.lease_category1, w.lease_category2))
    refuse(where("watch.lease_reminder_seconds"),
           "watch.lease_reminder_seconds must be shorter than both leases");
  if (w.reserved_queue >= w.max_queue)
    refuse(where("limits.reserved_queue"), "limits.reserved_queue must be below limits.queue");
  if (w.server_name.empty() || w.server_name.size() > 200)
    refuse(where("server.name"), "server.name must have 1 to 200 characters");
  if (w.operator_command && c.operator_command.empty())
    refuse(where("operator_channel.type"),
           "operator_channel.type names a command but operator_channel.command is empty");
  if (!w.operator_command && !c.operator_command.empty())
    refuse(where("operator_channel.command"),
           "operator_channel.command needs operator_channel.type = \"command\" or \"both\"");
  if (w.operator_webhook && c.operator_webhook.url.empty())
    refuse(where("operator_channel.type"),
           "operator_channel.type names a webhook but operator_channel.url is empty");
  if (!w.operator_webhook && !c.operator_webhook.url.empty())
    refuse(where("operator_channel.url"),
           "operator_channel.url needs operator_channel.type = \"webhook\" or \"both\"");
  if (c.reachable_at().size() > 255)
    refuse(where("server.public_address"), "server.public_address has over 255 characters");
}

}  // namespace

void refuse_config(const std::string& where, const std::string& what) {
  std::string line = where + ": " + what;
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  throw ConfigRefused(line);
}

std::string Config::server_key_file() const {
  if (!server_key.empty()) return server_key;
  return (std::filesystem::path(database).parent_path() / "server-identity.key").string();
}

std::string Config::reachable_at() const {
  if (!public_address.empty()) return public_address;
  return watch.server_name + ":" + std::to_string(net.port);
}

std::string environment_name(const std::string& key) {
  std::string out = "LIVLINA_";
  for (const char c : key)
    out += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return out;
}

std::map<std::string, std::string> livlina_environment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string all = *entry;
    const auto equals = all.find('=');
    if (all.starts_with("LIVLINA_") && equals != std::string::npos)
      out[all.substr(0, equals)] = all.substr(equals + 1);
  }
  return out;
}

LoadedConfig load_config(const ConfigSources& sources) {
  GivenByKey given;
  DeskChannelEntries desks;
  if (sources.file) read_file(*sources.file, given, desks);
  read_environment(sources.environment, given);
  read_flags(sources.flags, given);
  const auto demonstration = given.find("demonstration.enabled");
  const bool relaxed = demonstration != given.end() && std::get<bool>(demonstration->second.value);
  LoadedConfig out;
  for (const ConfigKey& key : config_table()) {
    const auto it = given.find(key.name);
    if (it == given.end()) continue;
    check_bounds(key, it->second, relaxed);
    key.set(out.config, it->second.value);
  }
  out.config.desk_channels = desks.channels;
  for (const DeskChannel& channel : desks.channels)
    out.config.watch.desk_channels.insert(channel.desk);
  check_together(out.config, given);
  for (const ConfigKey& key : config_table()) {
    const auto it = given.find(key.name);
    out.entries.push_back({key.name, printed(key.get(out.config)),
                           it == given.end() ? std::string("default") : it->second.from});
  }
  out.entries.insert(out.entries.end(), desks.entries.begin(), desks.entries.end());
  return out;
}

}  // namespace livlina::server
