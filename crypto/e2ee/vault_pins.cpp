// The rules for PINs (H34), which the screen and the vault share.
#include <algorithm>

#include "crypto/e2ee/vault.hpp"

namespace livlina::crypto {

namespace {

constexpr std::size_t fewest_digits = 6;
constexpr std::size_t fewest_characters = 12;  // of a passphrase
constexpr std::size_t fewest_differences = 2;  // one slip of a finger never opens the other realm
constexpr std::uint32_t free_tries = 5;
constexpr std::int64_t first_wait = 30'000;
constexpr std::int64_t longest_wait = 3'600'000;

// What the person sees as characters: UTF-8 sequences, not bytes.
std::vector<std::string_view> characters(ByteView pin) {
  const std::string_view all = text(pin);
  std::vector<std::string_view> out;
  std::size_t start = 0;
  for (std::size_t i = 1; i <= all.size(); ++i) {
    const bool continues = i < all.size() && (static_cast<std::uint8_t>(all[i]) & 0xc0) == 0x80;
    if (continues) continue;
    out.push_back(all.substr(start, i - start));
    start = i;
  }
  return out;
}

bool long_enough(ByteView pin, std::size_t length) {
  const bool digits =
      std::all_of(pin.begin(), pin.end(), [](std::uint8_t c) { return c >= '0' && c <= '9'; });
  return length >= (digits ? fewest_digits : fewest_characters);
}

}  // namespace

Status check_pins(ByteView pin, ByteView duress_pin) {
  const auto ours = characters(pin);
  if (!long_enough(pin, ours.size())) return Error::bad_format;
  if (duress_pin.empty()) return done();

  const auto other = characters(duress_pin);
  if (!long_enough(duress_pin, other.size()) || ours.size() != other.size())
    return Error::bad_format;
  std::size_t different = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) different += ours[i] != other[i] ? 1 : 0;
  return different >= fewest_differences ? done() : Error::bad_format;
}

std::int64_t pin_wait(std::uint32_t wrong_tries) {
  if (wrong_tries < free_tries) return 0;
  std::int64_t wait = first_wait;
  for (std::uint32_t i = free_tries; i < wrong_tries && wait < longest_wait; ++i) wait *= 2;
  return std::min(wait, longest_wait);
}

}  // namespace livlina::crypto
