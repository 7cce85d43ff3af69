// The one maker of Verified<T>, and the parts that all signed records share: version byte,
// signature, keys, ids and dates. Internal to protocol/records.
#pragma once

#include <string_view>

#include "crypto/core/ids.hpp"
#include "crypto/core/sign.hpp"
#include "crypto/core/time.hpp"
#include "protocol/records/kept.hpp"
#include "protocol/records/verified.hpp"

namespace livlina::protocol {

inline constexpr std::uint8_t record_version = 1;
inline constexpr std::size_t signature_size = 64;

// Dates in signed records lie between these: earlier or later is a broken clock or an attack.
inline constexpr Instant earliest_date = 1577836800000;  // 2020-01-01T00:00:00Z
inline constexpr Instant latest_date = 4102444800000;    // 2100-01-01T00:00:00Z, excluded
[[nodiscard]] constexpr bool sane_date(Instant t) { return t >= earliest_date && t < latest_date; }

// A device's claimed time may be years off (its word is taken all the same); it is bounded only so
// that every client's numbers hold it exactly and no sum overflows.
[[nodiscard]] constexpr bool exact_time(Instant t) {
  constexpr Instant bound = Instant{1} << 53;
  return t > -bound && t < bound;
}

// Reads the body of a record. Keys in it are checked to be points of the curve (40 us each), unless
// they were before the record was stored.
class RecordReader : public ByteReader {
 public:
  explicit RecordReader(ByteView body) : ByteReader(body) {}
  // The next 32 bytes as a key: bad_key when they are none, bad_format past the end.
  [[nodiscard]] Result<crypto::SignPublic> sign_key();

 private:
  friend class Verifier;
  RecordReader(ByteView body, const Kept&) : ByteReader(body), kept_(true) {}
  bool kept_ = false;
};

class Verifier {
 public:
  // body || signature under the purpose.
  [[nodiscard]] static Bytes sign(ByteWriter body, std::string_view purpose,
                                  const crypto::SignKeyPair& key);

  // Checks size, version byte and signature under `key`, then hands the body behind the version
  // byte to `parse` (RecordReader& -> Result<T>), which must read all of it.
  template <class T, class Parse>
  [[nodiscard]] static Result<Verified<T>> open(ByteView record, std::size_t most,
                                                std::string_view purpose,
                                                const crypto::SignPublic& key, Parse parse) {
    LIVLINA_TRY(body, signed_body(record, most, purpose, key));
    RecordReader reader(body);
    LIVLINA_TRY(value, parse(reader));
    if (!reader.done()) return Error::bad_format;
    return Verified<T>(std::move(value), record);
  }

  // The same for a record that names its own signer: the key stands right behind the version byte.
  // `parse` gets that key and the rest.
  template <class T, class Parse>
  [[nodiscard]] static Result<Verified<T>> open_self_signed(ByteView record, std::size_t most,
                                                            std::string_view purpose, Parse parse) {
    LIVLINA_TRY(key, signer(record, most));
    return open<T>(record, most, purpose, key, [&](RecordReader& reader) {
      (void)reader.view(32);
      return parse(key, reader);
    });
  }

  // What open_self_signed() gave for these bytes before they were stored.
  template <class T, class Parse>
  [[nodiscard]] static Result<Verified<T>> reread_self_signed(const Kept& kept, std::size_t most,
                                                              Parse parse) {
    const ByteView record = kept.record();
    LIVLINA_CHECK(check_frame(record, most));
    RecordReader reader(record.first(record.size() - signature_size).subspan(1), kept);
    LIVLINA_TRY(key, reader.sign_key());
    LIVLINA_TRY(value, parse(key, reader));
    if (!reader.done()) return Error::bad_format;
    Verified<T> out(std::move(value), record);
    if (out.hash() != kept.hash()) return Error::bad_signature;
    return out;
  }

  // Size and version of an unverified record: enough to look inside for an id.
  [[nodiscard]] static Status check_frame(ByteView record, std::size_t most);

 private:
  [[nodiscard]] static Result<crypto::SignPublic> signer(ByteView record, std::size_t most);
  [[nodiscard]] static Result<ByteView> signed_body(ByteView record, std::size_t most,
                                                    std::string_view purpose,
                                                    const crypto::SignPublic& key);
};

// The next 32 bytes as a key: bad_key when they are none, bad_format past the end.
[[nodiscard]] inline Result<crypto::SignPublic> read_sign_key(RecordReader& r) {
  return r.sign_key();
}
[[nodiscard]] Result<crypto::DhPublic> read_dh_key(ByteReader& r);

template <class IdType>
[[nodiscard]] IdType read_id(ByteReader& r) {
  IdType out;
  out.bytes = r.array<16>();
  return out;
}

// 0 or 1; anything else is bad_format.
[[nodiscard]] Result<bool> read_bool(ByteReader& r);

// Version 1 (or serial, or seq) has no predecessor, every later one names one.
[[nodiscard]] Status check_chain_start(std::uint32_t version, const crypto::Hash& prev);

// True when two of the values are equal. Lists here are short, or sorted first by the caller.
template <class Range, class Project>
[[nodiscard]] bool has_double(const Range& range, Project project) {
  for (auto a = range.begin(); a != range.end(); ++a)
    for (auto b = a + 1; b != range.end(); ++b)
      if (project(*a) == project(*b)) return true;
  return false;
}

// `next` follows `known` in a chain of the same owner; numbers count up by one.
[[nodiscard]] Status check_link(bool same_owner, std::uint32_t known_version,
                                const crypto::Hash& known_hash, std::uint32_t next_version,
                                const crypto::Hash& next_prev, const crypto::Hash& next_hash);

}  // namespace livlina::protocol
