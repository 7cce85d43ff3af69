#include "crypto/core/padding.hpp"

#include <sodium.h>

#include <cstring>

namespace livlina::crypto {

Result<SecretBytes> pad_to(ByteView plain, std::size_t size) {
  if (plain.size() >= size) return Error::too_large;
  SecretBytes out(size);
  if (!plain.empty()) std::memcpy(out.data(), plain.data(), plain.size());
  std::size_t padded = 0;
  // The block is the whole class, so the padding fills exactly one block.
  if (sodium_pad(&padded, out.data(), plain.size(), size, size) != 0) return Error::too_large;
  return out;
}

Result<SecretBytes> pad(ByteView plain) {
  for (std::size_t size : padding_classes)
    if (plain.size() < size) return pad_to(plain, size);
  return Error::too_large;
}

Result<SecretBytes> unpad(SecretBytes padded) {
  std::size_t plain = 0;
  if (padded.size() == 0 || sodium_unpad(&plain, padded.data(), padded.size(), padded.size()) != 0)
    return Error::bad_padding;
  padded.truncate(plain);
  return padded;
}

}  // namespace livlina::crypto
