// One-time keys as they come in, at join and later.
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <optional>

#include "server/services/turn.hpp"

namespace livlina::v1 {
class OneTimeKey;
}

namespace livlina::server {

using OneTimeKeys = google::protobuf::RepeatedPtrField<v1::OneTimeKey>;

// At most twice the stock, ids rising, every key canonical.
[[nodiscard]] std::optional<Refusal> check_one_time_keys(const Settings& settings,
                                                         const OneTimeKeys& keys);
// Those above the highest id ever stored, as far as there is room; the rest is left out.
void store_one_time_keys(Turn& turn, const DeviceId& device, const OneTimeKeys& keys);

}  // namespace livlina::server
