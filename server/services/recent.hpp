// The values that were asked for lately, by key: a bounded memory that forgets what nobody asked
// for, never all at once.
#pragma once

#include <cstddef>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace livlina::server {

// `Key`: an array of bytes that are as good as random, such as a hash.
template <class Key, class Value>
class Recent {
 public:
  // Holds at most `most` values, and at least the last `most` / 2 that were asked for.
  explicit Recent(std::size_t most) : half_(most / 2) {}

  // Null: not known, or forgotten. Lives until the next call.
  [[nodiscard]] const Value* find(const Key& key) {
    if (const auto it = young_.find(key); it != young_.end()) return &it->second;
    const auto it = old_.find(key);
    if (it == old_.end()) return nullptr;
    return &young(key, std::move(it->second));
  }
  void put(const Key& key, Value value) { (void)young(key, std::move(value)); }
  [[nodiscard]] std::size_t size() const { return young_.size() + old_.size(); }

 private:
  struct FirstBytes {
    std::size_t operator()(const Key& key) const noexcept {
      std::size_t out = 0;
      std::memcpy(&out, key.data(), sizeof out);
      return out;
    }
  };
  // When the young ones are as many as there may be, they become the old ones, and the old ones
  // that nobody asked for since go.
  const Value& young(const Key& key, Value value) {
    old_.erase(key);
    if (young_.size() >= half_ && !young_.contains(key)) {
      old_ = std::move(young_);
      young_.clear();
    }
    return young_.insert_or_assign(key, std::move(value)).first->second;
  }

  std::size_t half_;
  std::unordered_map<Key, Value, FirstBytes> young_;
  std::unordered_map<Key, Value, FirstBytes> old_;
};

}  // namespace livlina::server
