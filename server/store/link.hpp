// One stored link of a chain of signed records: device lists, rosters, directories, manifests,
// plans.
#pragma once

#include <vector>

#include "crypto/core/hash.hpp"

namespace livlina::server::store {

// An account's or desk's public key as it stands in a column; parsed where a signature is checked.
using Key = ByteArray<32>;

struct Link {
  std::uint32_t version = 0;  // or seq, or serial
  Bytes record;
  crypto::Hash hash{};
};

}  // namespace livlina::server::store
