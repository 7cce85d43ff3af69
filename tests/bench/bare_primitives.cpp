#include "tests/bench/bare_primitives.hpp"

#include <sodium.h>

#include "tests/bench/failed.hpp"

namespace livlina::bench {

namespace {

constexpr std::size_t header = 96, body = 256, init_identity = 1024;
constexpr std::size_t associated = 190;  // bytes bound to a header or a body, about

void must(int result) {
  if (result != 0) throw Failed("libsodium refused");
}

}  // namespace

BarePrimitives::BarePrimitives() {
  randombytes_buf(key_.data(), key_.size());
  must(crypto_scalarmult_base(point_.data(), key_.data()));
}

void BarePrimitives::agree() {
  must(crypto_scalarmult(shared_.data(), key_.data(), point_.data()));
}

void BarePrimitives::make_key() {
  randombytes_buf(key_.data(), key_.size());
  must(crypto_scalarmult_base(point_.data(), key_.data()));
}

void BarePrimitives::mac() {
  must(crypto_auth_hmacsha256(shared_.data(), text_.data(), 32, shared_.data()));
}

// HKDF: extract, then a MAC for each 32 bytes of output.
void BarePrimitives::derive(std::size_t blocks) {
  for (std::size_t i = 0; i <= blocks; ++i)
    must(crypto_auth_hmacsha256(shared_.data(), text_.data(), 64, shared_.data()));
}

// The key-committing seal: hash of the associated data, HKDF of 88 bytes, XChaCha20-Poly1305; and
// the same again to open it.
void BarePrimitives::seal_and_open(std::size_t ad, std::size_t plain) {
  std::array<std::uint8_t, 24> nonce{};
  randombytes_buf(nonce.data(), nonce.size());
  std::array<std::uint8_t, 32> key{};
  for (int side = 0; side < 2; ++side) {
    must(crypto_hash_sha256(key.data(), text_.data(), ad));
    derive(3);
    if (side == 0)
      must(crypto_aead_xchacha20poly1305_ietf_encrypt(sealed_.data(), nullptr, text_.data(), plain,
                                                      text_.data(), ad, nullptr, nonce.data(),
                                                      key.data()));
    else
      must(crypto_aead_xchacha20poly1305_ietf_decrypt(
          text_.data(), nullptr, nullptr, sealed_.data(),
          plain + crypto_aead_xchacha20poly1305_ietf_ABYTES, text_.data(), ad, nonce.data(),
          key.data()));
  }
}

// Sender and receiver each make message key and chain key, and seal or open header and body.
void BarePrimitives::message() {
  for (int i = 0; i < 4; ++i) mac();
  seal_and_open(associated, header);
  seal_and_open(associated + header, body);
}

void BarePrimitives::chain() { message(); }

// The receiver of a new ratchet key: its chain, a key of its own, its own chain; a hint for each of
// the two header keys.
void BarePrimitives::turn() {
  agree();
  derive(3);
  make_key();
  agree();
  derive(3);
  mac();
  mac();
}

void BarePrimitives::set_up() {
  make_key();                           // the initiator's ephemeral key
  for (int i = 0; i < 4; ++i) agree();  // DH1 to DH4
  derive(1);                            // the key of the sealed identity
  seal_and_open(64, init_identity);     // on both sides
  derive(4);
  make_key();  // the initiator's first ratchet key
  agree();
  derive(3);
  for (int i = 0; i < 4; ++i) agree();  // the responder's; DH2 opened the identity
  derive(1);
  derive(4);
  for (int i = 0; i < 4; ++i) mac();  // hints
  turn();                             // with its first message the responder turns
  message();
}

void BarePrimitives::ping_pong() {
  for (int side = 0; side < 2; ++side) {
    message();
    turn();
  }
}

}  // namespace livlina::bench
