#include "server/app/config_table.hpp"

namespace livlina::server {

namespace {

// A key over a member that `field` finds in a Config.
template <class Field>
ConfigKey text(const char* name, Field field) {
  return {.name = name,
          .get = [field](const Config& c) -> ConfigValue { return field(c); },
          .set = [field](Config& c, const ConfigValue& v) { field(c) = std::get<std::string>(v); }};
}

template <class Field>
ConfigKey yes_no(const char* name, Field field) {
  return {.name = name,
          .get = [field](const Config& c) -> ConfigValue { return field(c); },
          .set = [field](Config& c, const ConfigValue& v) { field(c) = std::get<bool>(v); }};
}

// An integer of the file that the program holds multiplied by `unit`.
template <class Field>
ConfigKey number(const char* name, Field field, std::int64_t least, std::int64_t most,
                 std::int64_t unit = 1) {
  return {.name = name,
          .get = [field, unit](const Config& c) -> ConfigValue {
            return static_cast<std::int64_t>(field(c)) / unit;
          },
          .set =
              [field, unit](Config& c, const ConfigValue& v) {
                auto& target = field(c);
                target = static_cast<std::remove_reference_t<decltype(target)>>(
                    std::get<std::int64_t>(v) * unit);
              },
          .least = least,
          .most = most,
          .demonstration_least = least};
}

// Seconds of the watch, which a demonstration may shorten to one.
template <class Field>
ConfigKey watch_seconds(const char* name, Field field, std::int64_t least, std::int64_t most) {
  ConfigKey key = number(name, field, least, most, second);
  key.demonstration_least = 1;
  return key;
}

#define LIVLINA_FIELD(member) [](auto& c) -> auto& { return c.member; }

std::vector<ConfigKey> server_keys() {
  return {
      text("server.name", LIVLINA_FIELD(watch.server_name)),
      text("server.address", LIVLINA_FIELD(net.address)),
      number("server.port", LIVLINA_FIELD(net.port), 0, 65'535),
      text("server.public_address", LIVLINA_FIELD(public_address)),
      text("server.certificate", LIVLINA_FIELD(net.certificate)),
      text("server.key", LIVLINA_FIELD(net.key)),
      text("server.database", LIVLINA_FIELD(database)),
      text("server.identity", LIVLINA_FIELD(server_key)),
      number("server.network_threads", LIVLINA_FIELD(net.threads), 1, 64),
      yes_no("server.tls12", LIVLINA_FIELD(net.tls12)),
  };
}

std::vector<ConfigKey> limit_keys() {
  return {
      number("limits.connections", LIVLINA_FIELD(net.connections), 1, 1'000'000),
      number("limits.connections_per_address", LIVLINA_FIELD(net.connections_per_address), 1,
             1'000'000),
      number("limits.arrivals_per_second", LIVLINA_FIELD(net.arrivals_per_second), 1, 1'000'000),
      number("limits.arrival_burst", LIVLINA_FIELD(net.arrival_burst), 1, 1'000'000),
      number("limits.requests_per_second", LIVLINA_FIELD(net.session.requests_per_second), 1,
             1'000'000),
      number("limits.burst", LIVLINA_FIELD(net.session.burst), 1, 1'000'000),
      number("limits.in_flight", LIVLINA_FIELD(net.session.in_flight), 1, 10'000),
      number("limits.urgent_in_flight", LIVLINA_FIELD(net.session.urgent_in_flight), 4, 1000),
      number("limits.strangers_in_flight", LIVLINA_FIELD(net.session.strangers_in_flight), 1, 100),
      number("limits.stranger_frame_kib", LIVLINA_FIELD(net.session.stranger_frame), 48, 512, 1024),
      number("limits.header_kib", LIVLINA_FIELD(net.header_bytes), 1, 64, 1024),
      number("limits.malformed_frames", LIVLINA_FIELD(net.session.malformed), 1, 1000),
      number("limits.pings_per_second", LIVLINA_FIELD(net.session.pings_per_second), 1, 1000),
      number("limits.ping_burst", LIVLINA_FIELD(net.session.ping_burst), 10, 10'000),
      number("limits.send_queue_kib", LIVLINA_FIELD(net.send_queue), 1024, 1'048'576, 1024),
      number("limits.send_queues_mib", LIVLINA_FIELD(net.send_queues), 8, 1'048'576, 1'048'576),
      number("limits.kernel_buffer_kib", LIVLINA_FIELD(net.kernel_buffer), 4, 65'536, 1024),
      number("limits.login_seconds", LIVLINA_FIELD(net.session.login_time), 1, 120, second),
      number("limits.opening_seconds", LIVLINA_FIELD(net.opening_time), 1, 120, second),
      number("limits.idle_seconds", LIVLINA_FIELD(net.idle_time), 10, 3600, second),
      number("limits.message_days", LIVLINA_FIELD(watch.message_ttl), 1, 365, day),
      number("limits.queue", LIVLINA_FIELD(watch.max_queue), 100, 1'000'000),
      number("limits.reserved_queue", LIVLINA_FIELD(watch.reserved_queue), 10, 100'000),
      number("limits.one_time_keys", LIVLINA_FIELD(watch.one_time_keys), 10, 200),
      number("limits.open_invites", LIVLINA_FIELD(watch.open_invites), 1, 10'000),
      // More than the write-ahead log may have (40 MiB): it must still fit into the database.
      [] {
        ConfigKey key = number("limits.ballast_mib", LIVLINA_FIELD(ballast), 48, 65'536, 1 << 20);
        key.demonstration_least = 1;
        return key;
      }(),
  };
}

// Bounds: watch.md, ESCALATE and "Rules that shape everything".
std::vector<ConfigKey> watch_keys() {
  return {
      watch_seconds("watch.wait_category1_seconds", LIVLINA_FIELD(watch.wait_category1), 60, 3600),
      watch_seconds("watch.wait_category2_seconds", LIVLINA_FIELD(watch.wait_category2), 60, 3600),
      watch_seconds("watch.calm_wait_seconds", LIVLINA_FIELD(watch.calm_wait), 60, 3600),
      watch_seconds("watch.lease_category1_seconds", LIVLINA_FIELD(watch.lease_category1), 600,
                    14'400),
      watch_seconds("watch.lease_category2_seconds", LIVLINA_FIELD(watch.lease_category2), 600,
                    14'400),
      watch_seconds("watch.lease_reminder_seconds", LIVLINA_FIELD(watch.lease_reminder), 60, 300),
      watch_seconds("watch.loud_alarm_delay_seconds", LIVLINA_FIELD(watch.loud_alarm_delay), 5, 10),
      watch_seconds("watch.reask_seconds", LIVLINA_FIELD(watch.reask), 60, 900),
      watch_seconds("watch.min_grace_seconds", LIVLINA_FIELD(watch.min_grace), 300, 3600),
      [] {
        ConfigKey key = number("watch.min_member_wait_seconds",
                               LIVLINA_FIELD(watch.min_member_wait_s), 60, 3600);
        key.demonstration_least = 1;
        return key;
      }(),
      yes_no("demonstration.enabled", LIVLINA_FIELD(watch.demonstration)),
  };
}

constexpr const char* level_words[] = {"debug", "info", "warning", "error"};

std::vector<ConfigKey> other_keys() {
  return {
      {.name = "operator_channel.type",
       .get = [](const Config& c) -> ConfigValue {
         if (c.watch.operator_command && c.watch.operator_webhook) return std::string("both");
         if (c.watch.operator_webhook) return std::string("webhook");
         return std::string(c.watch.operator_command ? "command" : "none");
       },
       .set =
           [](Config& c, const ConfigValue& v) {
             const auto& word = std::get<std::string>(v);
             c.watch.operator_command = word == "command" || word == "both";
             c.watch.operator_webhook = word == "webhook" || word == "both";
           },
       .words = {"none", "command", "webhook", "both"}},
      text("operator_channel.url", LIVLINA_FIELD(operator_webhook.url)),
      text("operator_channel.secret_file", LIVLINA_FIELD(operator_webhook.secret_file)),
      text("operator_channel.ca_file", LIVLINA_FIELD(operator_webhook.ca_file)),
      yes_no("operator_channel.allow_private", LIVLINA_FIELD(operator_webhook.allow_private)),
      {.name = "operator_channel.command",
       .get = [](const Config& c) -> ConfigValue { return c.operator_command; },
       .set =
           [](Config& c, const ConfigValue& v) {
             c.operator_command = std::get<std::vector<std::string>>(v);
           }},
      {.name = "log.level",
       .get = [](const Config& c) -> ConfigValue {
         return std::string(level_words[static_cast<std::size_t>(c.log_level)]);
       },
       .set =
           [](Config& c, const ConfigValue& v) {
             for (std::size_t i = 0; i < std::size(level_words); ++i)
               if (std::get<std::string>(v) == level_words[i])
                 c.log_level = static_cast<log::Level>(i);
           },
       .words = {std::begin(level_words), std::end(level_words)}},
      {.name = "log.format",
       .get = [](const Config& c) -> ConfigValue {
         return std::string(c.log_json ? "json" : "text");
       },
       .set = [](Config& c,
                 const ConfigValue& v) { c.log_json = std::get<std::string>(v) == "json"; },
       .words = {"json", "text"}},
  };
}

#undef LIVLINA_FIELD

}  // namespace

const std::vector<ConfigKey>& config_table() {
  static const std::vector<ConfigKey> table = [] {
    std::vector<ConfigKey> all;
    for (const auto& part : {server_keys(), limit_keys(), watch_keys(), other_keys()})
      all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return table;
}

const char* type_name(const ConfigValue& value) {
  static constexpr const char* names[] = {"true or false", "an integer", "a text in quotes",
                                          "a list of texts"};
  return names[value.index()];
}

std::string quoted(const std::string& s) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : s) {
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out.append("\\u00").append(1, digits[c >> 4]).append(1, digits[c & 15]);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string printed(const ConfigValue& value) {
  if (const auto* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
  if (const auto* i = std::get_if<std::int64_t>(&value)) return std::to_string(*i);
  if (const auto* s = std::get_if<std::string>(&value)) return quoted(*s);
  std::string out = "[";
  for (const std::string& s : std::get<std::vector<std::string>>(value))
    out += (out.size() > 1 ? ", " : "") + quoted(s);
  return out + "]";
}

}  // namespace livlina::server
