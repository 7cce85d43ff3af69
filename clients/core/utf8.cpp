#include "clients/core/utf8.hpp"

namespace livlina::client {

namespace {

struct Lead {
  std::size_t more = 0;  // continuation bytes
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;  // bounds of the first of them
};

// RFC 3629, section 4; false for a byte that begins nothing.
bool lead(std::uint8_t b, Lead& out) {
  if (b < 0x80) return out = {}, true;
  if (b >= 0xC2 && b <= 0xDF) return out = {1}, true;
  if (b == 0xE0) return out = {2, 0xA0, 0xBF}, true;
  if (b == 0xED) return out = {2, 0x80, 0x9F}, true;
  if (b >= 0xE1 && b <= 0xEF) return out = {2}, true;
  if (b == 0xF0) return out = {3, 0x90, 0xBF}, true;
  if (b >= 0xF1 && b <= 0xF3) return out = {3}, true;
  if (b == 0xF4) return out = {3, 0x80, 0x8F}, true;
  return false;
}

}  // namespace

bool is_utf8(ByteView bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    Lead l;
    if (!lead(bytes[i], l) || bytes.size() - i <= l.more) return false;
    ++i;
    for (std::size_t k = 0; k < l.more; ++k, ++i) {
      const std::uint8_t low = k == 0 ? l.low : 0x80;
      const std::uint8_t high = k == 0 ? l.high : 0xBF;
      if (bytes[i] < low || bytes[i] > high) return false;
    }
  }
  return true;
}

}  // namespace livlina::client
