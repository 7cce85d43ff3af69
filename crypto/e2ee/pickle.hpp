// Pickles: versioned, checksummed serialisations of secret state, written without leaving copies.
#pragma once

#include <type_traits>

#include "crypto/core/result.hpp"
#include "crypto/core/secret.hpp"

namespace livlina::crypto {

// What a pickle holds; its second byte, so that one type is never read as another.
enum class PickleType : std::uint8_t { session = 1, session_set = 2 };

inline constexpr std::uint8_t pickle_version = 1;

// Writes version u8 | type u8 | fields, little endian, and at the end the checksum: SHA-256 over
// "livlina/1/pickle" and everything before it. Buffers that it outgrows are wiped.
class PickleWriter {
 public:
  explicit PickleWriter(PickleType type);

  PickleWriter& u8(std::uint8_t v) { return integer(v); }
  PickleWriter& u16(std::uint16_t v) { return integer(v); }
  PickleWriter& u32(std::uint32_t v) { return integer(v); }
  PickleWriter& i64(std::int64_t v) { return integer(static_cast<std::uint64_t>(v)); }
  PickleWriter& bytes(ByteView b);
  PickleWriter& sized(ByteView b) { return u32(static_cast<std::uint32_t>(b.size())).bytes(b); }

  [[nodiscard]] SecretBytes finish() &&;

 private:
  template <class T>
  PickleWriter& integer(T v) {
    static_assert(std::is_unsigned_v<T>);
    ByteArray<sizeof(T)> b;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      b[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(v) >> (8 * i));
    return bytes(b);
  }
  SecretBytes out_;
  std::size_t used_ = 0;
};

// A reader of the fields, once version, type and checksum are right: bad_version for a version that
// this code does not know, else bad_format. Lives as long as the pickle's bytes.
[[nodiscard]] Result<ByteReader> open_pickle(PickleType type, ByteView pickle);

}  // namespace livlina::crypto
