// The server's log: events with ids, counts, durations and words from the source, by type. Nothing
// else can be passed, so no content, name or address gets in by accident.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "crypto/core/ids.hpp"
#include "crypto/core/time.hpp"

namespace livlina::server::log {

// A word that stands in the source. The constructor runs in the compiler, so a text made while the
// program runs cannot become one.
class Word {
 public:
  template <std::size_t N>
  consteval Word(const char (&literal)[N]) : text_(literal, N - 1) {  // NOLINT: implicit
    for (const char c : text_)
      if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) not_a_stable_word();
  }
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  static void not_a_stable_word() {}  // not constexpr: a capital or a blank does not compile
  std::string_view text_;
};

// Milliseconds; the field's name gets "_ms".
struct Millis {
  Duration value = 0;
};

// One named value of an event.
class Field {
 public:
  template <std::integral T>
    requires(!std::same_as<T, char> && !std::same_as<T, bool>)
  Field(Word name, T count) : name_(name), value_(static_cast<std::int64_t>(count)) {}
  template <std::same_as<bool> T>
  Field(Word name, T yes) : name_(name), value_(yes) {}
  Field(Word name, Millis duration) : name_(name), value_(duration) {}
  Field(Word name, Word word) : name_(name), value_(word) {}
  template <class Tag>
  Field(Word name, const Id<Tag>& id) : name_(name), value_(id.bytes) {}
  // What could carry content.
  Field(Word, const std::string&) = delete;
  Field(Word, std::string_view) = delete;
  template <class T>
    requires(std::same_as<T, const char*> || std::same_as<T, char*>)
  Field(Word, T) = delete;

  // `"name":value` for JSON, ` name=value` else; appended to `out`.
  void print(std::string& out, bool json) const;

 private:
  Word name_;
  std::variant<std::int64_t, bool, Millis, Word, ByteArray<16>> value_;
};

enum class Level : std::uint8_t { debug, info, warning, error };

// Before the first event and before other threads: lines go to stderr. Without it nothing is
// written.
void open(bool json, Level level);
// While running, from any thread.
void set_level(Level level);
[[nodiscard]] Level level();

// One line: time, level, event, fields. Thread-safe.
void write(Level level, Word event, std::initializer_list<Field> fields = {});

inline void debug(Word event, std::initializer_list<Field> fields = {}) {
  write(Level::debug, event, fields);
}
inline void info(Word event, std::initializer_list<Field> fields = {}) {
  write(Level::info, event, fields);
}
inline void warning(Word event, std::initializer_list<Field> fields = {}) {
  write(Level::warning, event, fields);
}
inline void error(Word event, std::initializer_list<Field> fields = {}) {
  write(Level::error, event, fields);
}

// The line as it would be written, without the time; for tests.
[[nodiscard]] std::string line(bool json, Level level, Word event,
                               std::initializer_list<Field> fields);

}  // namespace livlina::server::log
