// The encrypted store on a device: one file with two realms, opened by a PIN each, of which a
// single image shows neither whether the second is used nor which is which (protocol/spec/e2ee.md,
// Vault).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "crypto/core/random.hpp"
#include "crypto/core/result.hpp"
#include "crypto/core/secret.hpp"

namespace livlina::crypto {

// Where the vault's bytes live; implemented by the driver (a file, IndexedDB, memory in tests).
// Every call may fail with Error::storage. Writes are durable only after sync() returned.
class VaultStorage {
 public:
  virtual ~VaultStorage() = default;
  [[nodiscard]] virtual Result<std::uint64_t> size() = 0;
  [[nodiscard]] virtual Status read(std::uint64_t offset, std::span<std::uint8_t> out) = 0;
  [[nodiscard]] virtual Status write(std::uint64_t offset, ByteView data) = 0;
  [[nodiscard]] virtual Status sync() = 0;
};

enum class Realm : std::uint8_t { real, decoy };

// Argon2id's costs; the second set exists for tests only.
struct VaultCost {
  std::uint64_t passes = 3;
  std::size_t memory = 64u << 20;
};

class Vault {
 public:
  // Makes a vault in empty storage (else bad_format). `duress_pin` empty: a random slot and a decoy
  // set all the same. PINs: 6 digits or more (or a passphrase of 12 characters or more); with a
  // duress PIN of equal length and at least two digits different, else bad_format. `real` and
  // `decoy` are the first contents. Keys: 1 to 255 bytes, the first not zero, else bad_format.
  using Values = std::map<std::string, SecretBytes>;
  [[nodiscard]] static Status create(VaultStorage& storage, ByteView pin, ByteView duress_pin,
                                     const Secret<32>& device_secret, const Values& real,
                                     const Values& decoy, Random& random, VaultCost cost = {});
  // Opens the realm of this PIN (the real one, should a change have given both the same);
  // wrong_pin, bad_version, bad_format, storage, out_of_memory. Which realm it is stands inside the
  // realm. One Argon2id, both slots always tried, an unlock rewrites exactly 4 pages. A commit cut
  // off by a crash is found whole or not at all. `storage` must outlive the vault.
  [[nodiscard]] static Result<Vault> open(VaultStorage& storage, ByteView pin,
                                          const Secret<32>& device_secret, Random& random);
  Vault(Vault&&) noexcept;
  Vault& operator=(Vault&&) noexcept;
  ~Vault();

  [[nodiscard]] const Values& values() const;  // everything in this realm, by key
  // Applies puts (value) and erasures (nullopt) in one durable, atomic write. On an error (storage;
  // too_large: more than 427 MiB; bad_format: a key) values() stays as it was, and the next commit
  // may be tried; whoever opens the storage again finds the old or the new state.
  using Changes = std::map<std::string, std::optional<SecretBytes>>;
  [[nodiscard]] Status commit(Changes changes, Random& random);

  // Seals the realms under new PINs into `copy`, an exact copy of this vault's storage. The caller
  // puts the copy in the storage's place in one step: a slot torn by a crash would lock its owner
  // out for good. PINs as for create(). In the decoy realm the first one becomes that realm's own
  // and the second changes nothing, at the same cost: its key cannot seal the real slot.
  // bad_format (a PIN, or `copy` is no vault), storage, out_of_memory.
  [[nodiscard]] Status change_pins(VaultStorage& copy, ByteView pin, ByteView duress_pin,
                                   const Secret<32>& device_secret, Random& random) const;

  // The real realm holds the decoy realm's key, so it can keep the decoy current: its values, and a
  // commit into it. In the decoy realm, or when the decoy's pages do not open: nullptr. Lives as
  // long as this vault does, wherever that is moved.
  [[nodiscard]] Vault* decoy();

 private:
  struct State;
  explicit Vault(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// How long a wrong PIN makes the next try wait: 5 free, then 30 s doubling to 1 h. In milliseconds.
[[nodiscard]] std::int64_t pin_wait(std::uint32_t wrong_tries);
// The two PIN rules above.
[[nodiscard]] Status check_pins(ByteView pin, ByteView duress_pin);

}  // namespace livlina::crypto
