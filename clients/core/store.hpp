// The client's persistent values: a map in memory, with the changes of the running step.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/e2ee/vault.hpp"

namespace livlina::client {

// Keys are "subject/..." in plain ASCII with hex ids; values are versioned layouts of their subject
// (first byte: version). Everything is secret by default.
class Store {
 public:
  explicit Store(const crypto::Vault::Values& stored);

  [[nodiscard]] bool has(std::string_view key) const;
  // The value, or an empty view; lives until the next put or erase of that key.
  [[nodiscard]] ByteView get(std::string_view key) const;
  void put(std::string_view key, ByteView value);
  void erase(std::string_view key);
  // Every key that begins with `prefix`, in order.
  [[nodiscard]] std::vector<std::string> keys(std::string_view prefix) const;

  // Of the decoy realm, from the real one.
  void put_decoy(std::string_view key, ByteView value);

  [[nodiscard]] crypto::Vault::Changes take_changes();
  [[nodiscard]] crypto::Vault::Changes take_decoy_changes();

 private:
  std::map<std::string, crypto::SecretBytes, std::less<>> values_;
  crypto::Vault::Changes changes_;
  crypto::Vault::Changes decoy_changes_;
};

}  // namespace livlina::client
