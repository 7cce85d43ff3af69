#include "clients/cli/wrap.hpp"

#include <algorithm>

namespace livlina::cli {

namespace {

constexpr std::string_view deeper = "      ";

// Characters that are seen: no colours, and a character of several bytes once.
std::size_t width(std::string_view text) {
  std::size_t out = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      while (i < text.size() && text[i] != 'm') ++i;
      continue;
    }
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) ++out;
  }
  return out;
}

// Up to the space at which a line may be broken; the whole rest when there is none.
std::string_view next_word(std::string_view rest) {
  bool command = false;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '`') command = !command;
    if (rest[i] == ' ' && !command && i > 0) return rest.substr(0, i);
  }
  return rest;
}

std::string wrapped_line(std::string_view line, std::size_t columns) {
  if (width(line) <= columns) return std::string(line);
  const std::size_t indented = std::min(line.find_first_not_of(' '), line.size());
  std::string out(line.substr(0, indented));
  std::size_t used = indented;
  std::string_view rest = line.substr(indented);
  bool first = true;  // of its line
  while (!rest.empty()) {
    const std::string_view word = next_word(rest);
    const std::size_t wide = width(word);
    // A word begins with the space before it, unless it is the first of its line.
    if (!first && used + wide > columns) {
      const std::size_t text = std::min(word.find_first_not_of(' '), word.size());
      out += "\n" + std::string(deeper) + std::string(word.substr(text));
      used = deeper.size() + width(word.substr(text));
    } else {
      out += word;
      used += wide;
    }
    first = false;
    rest.remove_prefix(word.size());
  }
  return out;
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t columns) {
  if (columns == 0) return std::string(text);
  std::string out;
  while (true) {
    const std::size_t end = text.find('\n');
    out += wrapped_line(text.substr(0, end), columns);
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

}  // namespace livlina::cli
