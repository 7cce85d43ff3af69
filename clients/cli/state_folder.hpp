// Where one person's state lives on this machine: a folder of mode 0700 with the vault, the
// device's secret, a count of wrong PINs and a lock against a second process.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "clients/cli/failure.hpp"
#include "crypto/core/time.hpp"
#include "crypto/e2ee/vault.hpp"

namespace livlina::cli {

// The vault's bytes in a file. Throws nothing; failures are crypto::Error::storage.
class FileStorage final : public crypto::VaultStorage {
 public:
  // Opens or makes the file with mode 0600; throws Failure when it cannot.
  explicit FileStorage(const std::string& path);
  ~FileStorage() override;
  FileStorage(const FileStorage&) = delete;
  FileStorage& operator=(const FileStorage&) = delete;

  crypto::Result<std::uint64_t> size() override;
  crypto::Status read(std::uint64_t offset, std::span<std::uint8_t> out) override;
  crypto::Status write(std::uint64_t offset, ByteView data) override;
  crypto::Status sync() override;
  // Each goes on with the other's file.
  void swap(FileStorage& other) noexcept { std::swap(fd_, other.fd_); }

 private:
  int fd_ = -1;
};

// Whether a state folder of this path has a vault; nothing is opened.
[[nodiscard]] bool has_vault(const std::string& path);

class StateFolder {
 public:
  // Uses (or with `create` makes) the folder and locks it. Throws Failure: not there, not ours
  // alone, or in use by another livlina process.
  StateFolder(std::string path, bool create);
  ~StateFolder();
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;

  [[nodiscard]] bool has_vault() const;
  // Makes a new vault with empty realms and opens its real one. Throws Failure: one is there
  // already, or the PINs break a rule.
  [[nodiscard]] crypto::Vault create_vault(const crypto::SecretBytes& pin,
                                           const crypto::SecretBytes& duress_pin);
  // Counts the try before it is made; throws Failure on a wrong PIN, during a wait, or for a
  // vault that cannot be read. Overwrites what a change of PINs that was cut off left beside it.
  [[nodiscard]] crypto::Vault open_vault(const crypto::SecretBytes& pin);
  // Replaces the vault by a copy of it under new PINs, and overwrites the old file. Throws Failure:
  // the PINs break a rule, or the disk is full; the old PINs then hold on. `vault` goes on in the
  // new file.
  void change_pins(const crypto::Vault& vault, const crypto::SecretBytes& pin,
                   const crypto::SecretBytes& duress_pin);
  // Removes a vault that never came into use (an enrolment that failed before it was claimed); a
  // folder that this object made goes with it when it ends.
  void discard_vault();

  // A small plain setting beside the vault (the certificate authority's file name).
  [[nodiscard]] std::string setting(const std::string& name) const;
  void set_setting(const std::string& name, const std::string& value);

 private:
  void clear_leftovers();
  [[nodiscard]] std::string file(const char* name) const;
  [[nodiscard]] crypto::Secret<32> device_secret(bool create);
  std::string path_;
  bool made_folder_ = false;  // by this object: without a vault it goes again
  int lock_ = -1;
  std::unique_ptr<FileStorage> storage_;
};

}  // namespace livlina::cli
