// A vault in memory for the tests: storage that fails, tears and forgets on demand, cheap Argon2id.
#pragma once

#include <gtest/gtest.h>

#include "crypto/e2ee/vault.hpp"
#include "crypto/e2ee/vault_format.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {

// What one access to the storage did.
struct Access {
  enum class Kind { read, write, sync } kind;
  std::uint64_t offset = 0;
  std::size_t size = 0;
  bool operator==(const Access&) const = default;
};

// Bytes in memory with a write cache, as an operating system has: reads see every write, a power
// cut keeps what was synced and any part of the rest.
class FakeStorage final : public crypto::VaultStorage {
 public:
  FakeStorage() = default;
  explicit FakeStorage(Bytes image) : seen(image), durable(std::move(image)) {}

  crypto::Result<std::uint64_t> size() override { return std::uint64_t{seen.size()}; }
  crypto::Status read(std::uint64_t offset, std::span<std::uint8_t> out) override;
  crypto::Status write(std::uint64_t offset, ByteView data) override;
  crypto::Status sync() override;

  // The n-th write (torn in the middle) or sync from now fails, and, with `for_good`, everything
  // that would change the storage after it.
  void fail_at(std::size_t n, bool for_good) {
    fails_in_ = n;
    for_good_ = for_good;
  }
  [[nodiscard]] bool failed() const { return failed_; }
  // From now on syncs succeed, and make nothing durable.
  void lie() { lying_ = true; }
  // As a process that starts again finds it.
  void restart() {
    fails_in_.reset();
    failed_ = dead_ = false;
  }

  // What a power cut leaves: what was synced, and of the writes since then a random part, each
  // possibly torn between sectors. Seed 0 keeps none of them, seed 1 the last alone.
  [[nodiscard]] Bytes after_power_cut(std::uint64_t seed) const;

  Bytes seen;
  Bytes durable;
  std::vector<Access> log;

 private:
  struct Pending {
    std::uint64_t offset;
    Bytes data;
  };
  enum class Outcome { works, tears, refuses };
  Outcome next();
  static void put(Bytes& image, std::uint64_t offset, ByteView data);

  std::vector<Pending> pending_;
  std::optional<std::size_t> fails_in_;
  bool for_good_ = false;
  bool failed_ = false;
  bool dead_ = false;
  bool lying_ = false;
};

inline constexpr crypto::VaultCost cheap{1, 8192};
inline const ByteView real_pin = view(std::string_view("271828"));
inline const ByteView duress_pin = view(std::string_view("314159"));

crypto::Secret<32> device_secret();
crypto::SecretBytes secret_text(std::string_view text);
// `size` bytes that depend on `seed`.
crypto::SecretBytes noise(std::size_t size, std::uint64_t seed);

// Public copies of values, so that tests can compare and print them.
using Model = std::map<std::string, Bytes>;
Model model(const crypto::Vault::Values& values);
crypto::Vault::Values values(const Model& model);
crypto::Vault::Changes changes(
    std::initializer_list<std::pair<std::string, std::string_view>> puts);
crypto::Vault::Changes erase(const std::string& key);

// Makes a vault with both PINs.
void make_vault(FakeStorage& storage, const Model& real, const Model& decoy, std::uint64_t seed = 1,
                ByteView duress = duress_pin);
crypto::Result<crypto::Vault> open_vault(FakeStorage& storage, ByteView pin,
                                         std::uint64_t seed = 2);
// What a PIN opens: the place of its slot and the slot.
struct Opened {
  std::uint8_t place;
  crypto::vault::Slot slot;
};
std::optional<Opened> open_slots(ByteView image, ByteView pin);
// Which set and page of the file an offset lies in.
struct Place {
  std::uint8_t set;
  std::uint32_t page;
};
Place place_of(std::uint64_t offset);

}  // namespace livlina::testing
