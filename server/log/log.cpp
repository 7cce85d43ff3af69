#include "server/log/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace livlina::server::log {

namespace {

std::shared_ptr<spdlog::logger> logger;  // set once by open()
bool as_json = true;

spdlog::level::level_enum native(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      break;
  }
  return spdlog::level::err;
}

const char* name(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      break;
  }
  return "error";
}

struct Printer {
  std::string& out;
  bool json;
  void quoted(std::string_view s) const {
    if (json) out += '"';
    out += s;
    if (json) out += '"';
  }
  void operator()(std::int64_t v) const { out += std::to_string(v); }
  void operator()(bool v) const { out += v ? "true" : "false"; }
  void operator()(Millis v) const { out += std::to_string(v.value); }
  void operator()(Word v) const { quoted(v.text()); }
  void operator()(const ByteArray<16>& v) const { quoted(hex(v)); }
};

}  // namespace

void Field::print(std::string& out, bool json) const {
  out += json ? ",\"" : " ";
  out += name_.text();
  if (std::holds_alternative<Millis>(value_)) out += "_ms";
  out += json ? "\":" : "=";
  std::visit(Printer{out, json}, value_);
}

std::string line(bool json, Level level, Word event, std::initializer_list<Field> fields) {
  std::string out;
  if (json) {
    out.append("\"level\":\"").append(name(level)).append("\",\"event\":\"");
    out.append(event.text()).append("\"");
  } else {
    out.append(name(level)).append(" ").append(event.text());
  }
  for (const Field& field : fields) field.print(out, json);
  return out;
}

void open(bool json, Level level) {
  as_json = json;
  logger = std::make_shared<spdlog::logger>("livlina",
                                            std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern(json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v})" : "%Y-%m-%dT%H:%M:%S.%eZ %v",
                      spdlog::pattern_time_type::utc);
  logger->set_level(native(level));
}

void set_level(Level level) {
  if (logger) logger->set_level(native(level));
}

Level level() {
  if (!logger) return Level::info;
  const auto l = logger->level();
  if (l == spdlog::level::debug) return Level::debug;
  if (l == spdlog::level::info) return Level::info;
  return l == spdlog::level::warn ? Level::warning : Level::error;
}

void write(Level level, Word event, std::initializer_list<Field> fields) {
  if (!logger || !logger->should_log(native(level))) return;
  logger->log(native(level), "{}", line(as_json, level, event, fields));
}

}  // namespace livlina::server::log
