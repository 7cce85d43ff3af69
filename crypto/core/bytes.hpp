// Bytes as they are passed around: owning buffers, views, and little-endian readers and writers for
// the fixed layouts of signed records and associated data.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace livlina {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

template <std::size_t N>
using ByteArray = std::array<std::uint8_t, N>;

inline ByteView view(std::string_view s) {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}
inline ByteView view(const std::string& s) { return view(std::string_view(s)); }
inline std::string_view text(ByteView b) {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}
inline std::string to_string(ByteView b) { return std::string(text(b)); }
inline Bytes to_bytes(ByteView b) { return Bytes(b.begin(), b.end()); }
inline bool equal(ByteView a, ByteView b) {  // for public values only; secrets use secret_equal
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// Byte by byte, as unsigned numbers: libc++ 13 compares arrays, but does not order them by <=>.
template <std::size_t N>
std::strong_ordering order(const ByteArray<N>& a, const ByteArray<N>& b) {
  return std::memcmp(a.data(), b.data(), N) <=> 0;
}

// Appends integers (little endian, fixed width) and bytes to a buffer.
class ByteWriter {
 public:
  ByteWriter() = default;
  explicit ByteWriter(std::size_t reserve) { out_.reserve(reserve); }

  ByteWriter& u8(std::uint8_t v) { return integer(v); }
  ByteWriter& u16(std::uint16_t v) { return integer(v); }
  ByteWriter& u32(std::uint32_t v) { return integer(v); }
  ByteWriter& u64(std::uint64_t v) { return integer(v); }
  ByteWriter& i64(std::int64_t v) { return integer(static_cast<std::uint64_t>(v)); }
  ByteWriter& bytes(ByteView b) {
    out_.insert(out_.end(), b.begin(), b.end());
    return *this;
  }
  ByteWriter& str(std::string_view s) { return bytes(view(s)); }
  // u32 length, then the bytes.
  ByteWriter& sized(ByteView b) { return u32(static_cast<std::uint32_t>(b.size())).bytes(b); }
  ByteWriter& zeros(std::size_t n) {
    out_.insert(out_.end(), n, 0);
    return *this;
  }

  [[nodiscard]] const Bytes& get() const { return out_; }
  [[nodiscard]] Bytes take() { return std::move(out_); }
  [[nodiscard]] std::size_t size() const { return out_.size(); }

 private:
  template <class T>
  ByteWriter& integer(T v) {
    static_assert(std::is_unsigned_v<T>);
    for (std::size_t i = 0; i < sizeof(T); ++i)
      out_.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(v) >> (8 * i)));
    return *this;
  }
  Bytes out_;
};

// Reads what ByteWriter wrote. A read past the end yields zeros and makes ok() false for good, so a
// parser reads everything and asks once at the end: ok() for a prefix, done() for the whole.
class ByteReader {
 public:
  explicit ByteReader(ByteView in) : in_(in) {}

  std::uint8_t u8() { return integer<std::uint8_t>(); }
  std::uint16_t u16() { return integer<std::uint16_t>(); }
  std::uint32_t u32() { return integer<std::uint32_t>(); }
  std::uint64_t u64() { return integer<std::uint64_t>(); }
  std::int64_t i64() { return static_cast<std::int64_t>(integer<std::uint64_t>()); }
  template <std::size_t N>
  ByteArray<N> array() {
    ByteArray<N> out{};
    ByteView b = view(N);
    if (b.size() == N) std::memcpy(out.data(), b.data(), N);
    return out;
  }
  // The next n bytes, or an empty view on failure. Lives as long as the input.
  ByteView view(std::size_t n) {
    if (!ok_ || in_.size() - pos_ < n) {
      ok_ = false;
      return {};
    }
    ByteView out = in_.subspan(pos_, n);
    pos_ += n;
    return out;
  }
  // u32 length of at most `most`, then the bytes.
  ByteView sized(std::size_t most) {
    const std::uint32_t n = u32();
    if (n > most) {
      ok_ = false;
      return {};
    }
    return view(n);
  }
  [[nodiscard]] std::size_t left() const { return in_.size() - pos_; }
  [[nodiscard]] std::size_t position() const { return pos_; }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool done() const { return ok_ && left() == 0; }

 private:
  template <class T>
  T integer() {
    ByteView b = view(sizeof(T));
    std::uint64_t v = 0;
    for (std::size_t i = 0; i < b.size(); ++i) v |= static_cast<std::uint64_t>(b[i]) << (8 * i);
    return static_cast<T>(v);
  }
  ByteView in_;
  std::size_t pos_ = 0;
  bool ok_ = true;
};

// Lower-case hexadecimal, for ids and public values.
[[nodiscard]] std::string hex(ByteView b);
// The bytes of an even-length hexadecimal text; empty when it is not one.
[[nodiscard]] Bytes unhex(std::string_view s);

}  // namespace livlina
