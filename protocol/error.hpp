// Why a frame or a signed record is not accepted: one enum for the protocol library.
#pragma once

#include <cstdint>
#include <string_view>

#include "crypto/core/result.hpp"

namespace livlina::protocol {

enum class Error : std::uint8_t {
  bad_format,     // bytes do not follow the layout
  bad_version,    // a record or frame version that this code does not know
  too_large,      // beyond the size or count limit of its type
  bad_key,        // a public key inside is not canonical
  bad_signature,  // the signature does not verify under the key that must have signed
  bad_id,         // a device id is not the hash of its keys, or an id stands twice
  bad_chain,      // version or previous hash does not follow the known record
  fork,           // the same version or serial as the known record with another hash
  stale,          // older than the known record
  bad_dates,      // dates out of order or beyond their bound
  bad_line,       // a manifest line is doubled, or has an unknown role, type or scope
  bad_schedule,   // an impossible time, zone, window, grace or count in a plan
};

[[nodiscard]] std::string_view name(Error e);

template <class T>
using Result = BasicResult<T, Error>;
using Status = BasicResult<Unit, Error>;

}  // namespace livlina::protocol
