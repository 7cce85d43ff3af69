#include "clients/core/store.hpp"

#include <utility>

#include "crypto/core/secret.hpp"

namespace livlina::client {

Store::Store(const crypto::Vault::Values& stored) {
  for (const auto& [key, value] : stored) values_.emplace(key, value.copy());
}

bool Store::has(std::string_view key) const { return values_.find(key) != values_.end(); }

ByteView Store::get(std::string_view key) const {
  const auto it = values_.find(key);
  return it == values_.end() ? ByteView() : it->second.expose();
}

void Store::put(std::string_view key, ByteView value) {
  const auto it = values_.find(key);
  // What stands already is either stored or among the changes of this step.
  if (it != values_.end() && crypto::secret_equal(it->second.expose(), value)) return;
  crypto::SecretBytes copy(value);  // `value` may be a view of the value that it replaces
  changes_.insert_or_assign(std::string(key), copy.copy());
  values_.insert_or_assign(std::string(key), std::move(copy));
}

void Store::erase(std::string_view key) {
  const auto it = values_.find(key);
  if (it == values_.end()) return;
  changes_.insert_or_assign(std::string(key), std::nullopt);
  values_.erase(it);
}

std::vector<std::string> Store::keys(std::string_view prefix) const {
  std::vector<std::string> out;
  for (auto it = values_.lower_bound(prefix); it != values_.end(); ++it) {
    if (std::string_view(it->first).substr(0, prefix.size()) != prefix) break;
    out.push_back(it->first);
  }
  return out;
}

void Store::put_decoy(std::string_view key, ByteView value) {
  decoy_changes_.insert_or_assign(std::string(key), crypto::SecretBytes(value));
}

crypto::Vault::Changes Store::take_changes() { return std::exchange(changes_, {}); }

crypto::Vault::Changes Store::take_decoy_changes() { return std::exchange(decoy_changes_, {}); }

}  // namespace livlina::client
