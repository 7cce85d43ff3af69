// A header key HK and its hint: HMAC(HK, "livlina/1/hint")[0..8), by which a receiver finds it.
#pragma once

#include "crypto/core/hash.hpp"

namespace livlina::crypto {

using Hint = ByteArray<8>;

class HeaderKey {
 public:
  explicit HeaderKey(Secret<32> key) : key_(std::move(key)) {
    const Secret<32> mac = hmac(key_.expose(), {view(std::string_view("livlina/1/hint"))});
    std::memcpy(hint_.data(), mac.data(), hint_.size());
  }
  [[nodiscard]] const Secret<32>& key() const { return key_; }
  [[nodiscard]] const Hint& hint() const { return hint_; }
  [[nodiscard]] HeaderKey copy() const { return HeaderKey(key_.copy(), hint_); }

 private:
  HeaderKey(Secret<32> key, const Hint& hint) : key_(std::move(key)), hint_(hint) {}
  Secret<32> key_;
  Hint hint_{};
};

}  // namespace livlina::crypto
