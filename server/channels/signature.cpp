#include "server/channels/signature.hpp"

#include <sodium.h>

#include "crypto/core/hash.hpp"

namespace livlina::server {

namespace {

constexpr std::string_view prefix = "whsec_";
constexpr std::size_t shortest = 24;
constexpr std::size_t longest = 64;

std::string base64(ByteView bytes) {
  constexpr int variant = sodium_base64_VARIANT_ORIGINAL;
  std::string out(sodium_base64_ENCODED_LEN(bytes.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes.data(), bytes.size(), variant);
  out.pop_back();  // its terminating zero
  return out;
}

}  // namespace

std::optional<crypto::SecretBytes> parse_webhook_secret(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  crypto::SecretBytes out(longest);
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(out.data(), longest, text.data(), text.size(), nullptr, &size, &end,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != text.data() + text.size() || size < shortest)
    return std::nullopt;
  out.truncate(size);
  return out;
}

std::string webhook_signature(ByteView secret, std::string_view id, std::int64_t timestamp,
                              std::string_view body) {
  constexpr std::string_view dot = ".";
  const std::string time = std::to_string(timestamp);
  const auto mac = crypto::hmac(secret, {view(id), view(dot), view(time), view(dot), view(body)});
  return "v1," + base64(mac.expose());
}

}  // namespace livlina::server
