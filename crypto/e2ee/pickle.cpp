#include "crypto/e2ee/pickle.hpp"

#include <algorithm>

#include "crypto/core/hash.hpp"

namespace livlina::crypto {

namespace {
constexpr std::size_t checksum_size = 32;

Hash checksum(ByteView body) { return sha256({view(std::string_view("livlina/1/pickle")), body}); }
}  // namespace

PickleWriter::PickleWriter(PickleType type) {
  u8(pickle_version);
  u8(static_cast<std::uint8_t>(type));
}

PickleWriter& PickleWriter::bytes(ByteView b) {
  if (out_.size() - used_ < b.size()) {
    SecretBytes grown(std::max<std::size_t>(2048, (used_ + b.size()) * 2));
    if (used_ > 0) std::memcpy(grown.data(), out_.data(), used_);
    out_ = std::move(grown);
  }
  if (!b.empty()) std::memcpy(out_.data() + used_, b.data(), b.size());
  used_ += b.size();
  return *this;
}

SecretBytes PickleWriter::finish() && {
  const Hash sum = checksum(out_.expose().first(used_));
  bytes(sum);
  out_.truncate(used_);
  return std::move(out_);
}

Result<ByteReader> open_pickle(PickleType type, ByteView pickle) {
  if (pickle.empty()) return Error::bad_format;
  if (pickle[0] != pickle_version) return Error::bad_version;
  if (pickle.size() < 2 + checksum_size) return Error::bad_format;
  const ByteView body = pickle.first(pickle.size() - checksum_size);
  if (!secret_equal(checksum(body), pickle.last(checksum_size))) return Error::bad_format;
  ByteReader r(body);
  r.u8();  // the version
  if (r.u8() != static_cast<std::uint8_t>(type)) return Error::bad_format;
  return r;
}

}  // namespace livlina::crypto
