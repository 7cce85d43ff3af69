// The primitives that sessions need, straight from libsodium: no keys that wipe themselves, no
// layouts, no checks but the library's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace livlina::bench {

// Each does the primitives of both sides, in the numbers of protocol/spec/e2ee.md.
class BarePrimitives {
 public:
  BarePrimitives();
  void set_up();     // X3DH with a one-time key, and the first message sealed and opened
  void chain();      // one message sealed and opened in a chain
  void ping_pong();  // a message each way, both turning the ratchet
  [[nodiscard]] std::uint8_t result() const { return shared_[0]; }  // so that nothing is left out

 private:
  void agree();
  void make_key();
  void derive(std::size_t blocks);
  void mac();
  void seal_and_open(std::size_t ad, std::size_t plain);
  void message();
  void turn();
  std::array<std::uint8_t, 32> key_{};
  std::array<std::uint8_t, 32> point_{};
  std::array<std::uint8_t, 32> shared_{};
  std::array<std::uint8_t, 2048> text_{};
  std::array<std::uint8_t, 2048> sealed_{};
};

}  // namespace livlina::bench
