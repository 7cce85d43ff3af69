#include "server/app/config_desks.hpp"

#include <algorithm>

#include "server/app/config_table.hpp"

namespace livlina::server {

namespace {

std::string place(const std::string& file, const toml::node& node) {
  const toml::source_region& at = node.source();
  return file + ":" + std::to_string(at.begin.line) + ":" + std::to_string(at.begin.column);
}

// One section.
class Section {
 public:
  Section(const std::string& file, std::size_t n, const toml::table& table, DeskChannelEntries& out)
      : file_(file), prefix_("desk_channel." + std::to_string(n) + "."), table_(table), out_(out) {}

  void read() {
    for (const auto& [name, node] : table_) one(std::string(name.str()), node);
    if (!desk_)
      refuse_config(place(file_, table_),
                    "desk_channel.desk is missing: the desk's key, 64 hexadecimal digits, as "
                    "livlina --json desk show prints it");
    for (const DeskChannel& other : out_.channels)
      if (other.desk == channel_.desk)
        refuse_config(place(file_, table_), "desk_channel.desk: this desk has one already");
    if (channel_.webhook.url.empty())
      refuse_config(place(file_, table_), "desk_channel.url is missing");
    if (channel_.webhook.secret_file.empty())
      refuse_config(place(file_, table_), "desk_channel.secret_file is missing");
    out_.channels.push_back(channel_);
  }

 private:
  void one(const std::string& name, const toml::node& node) {
    WebhookConfig& w = channel_.webhook;
    if (name == "desk") {
      std::string key;
      text(name, node, key);
      const Bytes bytes = unhex(key);
      if (bytes.size() != channel_.desk.size())
        refuse_config(place(file_, node), "desk_channel.desk must have 64 hexadecimal digits");
      std::copy(bytes.begin(), bytes.end(), channel_.desk.begin());
      desk_ = true;
    } else if (name == "url") {
      text(name, node, w.url);
    } else if (name == "secret_file") {
      text(name, node, w.secret_file);
    } else if (name == "ca_file") {
      text(name, node, w.ca_file);
    } else if (name == "allow_private") {
      if (!node.is_boolean())
        refuse_config(place(file_, node), "desk_channel.allow_private must be true or false");
      w.allow_private = node.as_boolean()->get();
      note(name, node, w.allow_private);
    } else {
      refuse_config(place(file_, node), "unknown key desk_channel." + name +
                                            "; known are desk, url, secret_file, ca_file, "
                                            "allow_private");
    }
  }

  void text(const std::string& name, const toml::node& node, std::string& to) {
    if (!node.is_string())
      refuse_config(place(file_, node), "desk_channel." + name + " must be a text in quotes");
    to = node.as_string()->get();
    note(name, node, to);
  }

  void note(const std::string& name, const toml::node& node, const ConfigValue& value) {
    out_.entries.push_back({prefix_ + name, printed(value), place(file_, node)});
  }

  const std::string& file_;
  const std::string prefix_;
  const toml::table& table_;
  DeskChannelEntries& out_;
  DeskChannel channel_;
  bool desk_ = false;
};

}  // namespace

DeskChannelEntries read_desk_channels(const std::string& file, const toml::node& node) {
  DeskChannelEntries out;
  const toml::array* list = node.as_array();
  if (list == nullptr || !list->is_homogeneous(toml::node_type::table))
    refuse_config(place(file, node), "desk_channel is a list of sections: write [[desk_channel]]");
  for (const toml::node& item : *list)
    Section(file, out.channels.size(), *item.as_table(), out).read();
  return out;
}

}  // namespace livlina::server
