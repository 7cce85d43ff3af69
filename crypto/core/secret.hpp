// Secrets: memory that wipes itself, moves but does not copy by accident, prints nothing and
// compares only in constant time.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "crypto/core/bytes.hpp"

namespace livlina::crypto {

// Zeroes `size` bytes at `data` in a way that no compiler leaves out. Any thread.
void wipe_memory(void* data, std::size_t size);

// N secret bytes. Move-only; a moved-from or destroyed Secret is zeroed. There is no operator== and
// no operator<<: use secret_equal, and never print. copy() is spelled out where a copy is meant.
template <std::size_t N>
class Secret {
 public:
  static constexpr std::size_t size = N;

  Secret() = default;
  explicit Secret(ByteView bytes) {
    if (bytes.size() == N) std::memcpy(bytes_.data(), bytes.data(), N);
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept { take(other); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) take(other);
    return *this;
  }
  ~Secret() { wipe(); }

  bool operator==(const Secret&) const = delete;

  [[nodiscard]] Secret copy() const { return Secret(expose()); }
  [[nodiscard]] ByteView expose() const { return ByteView(bytes_); }
  [[nodiscard]] std::uint8_t* data() { return bytes_.data(); }
  [[nodiscard]] const std::uint8_t* data() const { return bytes_.data(); }
  void wipe() { wipe_memory(bytes_.data(), N); }

 private:
  void take(Secret& other) {
    bytes_ = other.bytes_;
    other.wipe();
  }
  std::array<std::uint8_t, N> bytes_{};
};

// A secret of variable length (a plaintext, a pickle). Move-only and wiped like Secret.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t n) : bytes_(n) {}
  explicit SecretBytes(ByteView b) : bytes_(b.begin(), b.end()) {}
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::move(other.bytes_)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      wipe();
      bytes_ = std::move(other.bytes_);
    }
    return *this;
  }
  ~SecretBytes() { wipe(); }

  bool operator==(const SecretBytes&) const = delete;

  [[nodiscard]] SecretBytes copy() const { return SecretBytes(ByteView(bytes_)); }
  [[nodiscard]] ByteView expose() const { return ByteView(bytes_); }
  [[nodiscard]] std::uint8_t* data() { return bytes_.data(); }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  // Shortens (never lengthens: growing would leave a copy behind), wiping what is cut off.
  void truncate(std::size_t n) {
    if (n >= bytes_.size()) return;
    wipe_memory(bytes_.data() + n, bytes_.size() - n);
    bytes_.resize(n);
  }

 private:
  void wipe() {
    if (!bytes_.empty()) wipe_memory(bytes_.data(), bytes_.size());
  }
  Bytes bytes_;
};

// Constant-time comparison of equally long secrets; false for different lengths.
[[nodiscard]] bool secret_equal(ByteView a, ByteView b);

// Wipes a buffer that held a secret.
inline void wipe(Bytes& b) {
  if (!b.empty()) wipe_memory(b.data(), b.size());
  b.clear();
}

}  // namespace livlina::crypto
