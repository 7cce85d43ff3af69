#include "tests/smoke/plaintext_scan.hpp"

#include <algorithm>
#include <cstdint>

namespace livlina::testing {

namespace {

std::string hex_of(const std::string& text, const char* digits) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

// Of ASCII; other bytes as if each were a character.
std::string utf16(const std::string& text, bool big_endian) {
  std::string out;
  for (const char c : text) {
    out += big_endian ? '\0' : c;
    out += big_endian ? c : '\0';
  }
  return out;
}

// The characters that depend on nothing but the text, when `before` bytes of another text precede
// it in its first group.
std::string base64(const std::string& text, std::size_t before, const char* last_two) {
  const std::string digits =
      std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") + last_two;
  const std::string padded = std::string(before, '\0') + text;
  std::string out;
  const std::size_t bits = padded.size() * 8;
  for (std::size_t at = 0; at + 6 <= bits; at += 6) {
    if (at < before * 8) continue;
    unsigned value = 0;
    for (std::size_t bit = at; bit < at + 6; ++bit)
      value = value << 1 | (static_cast<std::uint8_t>(padded[bit / 8]) >> (7 - bit % 8) & 1U);
    out += digits[value];
  }
  return out;
}

}  // namespace

std::vector<std::string> disguises(const std::string& text) {
  std::vector<std::string> out = {text, utf16(text, false), utf16(text, true),
                                  hex_of(text, "0123456789abcdef"),
                                  hex_of(text, "0123456789ABCDEF")};
  for (std::size_t before = 0; before < 3; ++before)
    for (const char* last_two : {"+/", "-_"}) out.push_back(base64(text, before, last_two));
  return out;
}

std::vector<std::string> found_in(const std::string& bytes, const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const std::string& text : texts) {
    const auto forms = disguises(text);
    if (std::any_of(forms.begin(), forms.end(),
                    [&](const std::string& form) { return bytes.find(form) != std::string::npos; }))
      out.push_back(text);
  }
  return out;
}

}  // namespace livlina::testing
