// What the module asks of its host, the page or the test around it: where the vault's bytes live,
// and random bytes. The host is an object given at start, see clients/wasm/client.mjs.
#pragma once

#include "crypto/core/random.hpp"
#include "crypto/e2ee/vault.hpp"

namespace livlina::wasm {

// The host's file of the vault. Whatever the host throws is Error::storage.
class HostStorage final : public crypto::VaultStorage {
 public:
  [[nodiscard]] crypto::Result<std::uint64_t> size() override;
  [[nodiscard]] crypto::Status read(std::uint64_t offset, std::span<std::uint8_t> out) override;
  [[nodiscard]] crypto::Status write(std::uint64_t offset, ByteView data) override;
  [[nodiscard]] crypto::Status sync() override;
};

// The host's source of unpredictable bytes. Without one the module ends: nothing goes on with bytes
// that are not random.
class HostRandom final : public crypto::Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

}  // namespace livlina::wasm
