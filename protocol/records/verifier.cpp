#include "protocol/records/verifier.hpp"

namespace livlina::protocol {

Bytes Verifier::sign(ByteWriter body, std::string_view purpose, const crypto::SignKeyPair& key) {
  const crypto::Signature signature = key.sign(purpose, body.get());
  return body.bytes(signature).take();
}

Status Verifier::check_frame(ByteView record, std::size_t most) {
  if (record.size() > most) return Error::too_large;
  if (record.size() <= 1 + signature_size) return Error::bad_format;
  if (record[0] != record_version) return Error::bad_version;
  return Unit{};
}

Result<crypto::SignPublic> Verifier::signer(ByteView record, std::size_t most) {
  LIVLINA_CHECK(check_frame(record, most));
  RecordReader r(record.first(record.size() - signature_size));
  (void)r.u8();
  return r.sign_key();
}

Result<ByteView> Verifier::signed_body(ByteView record, std::size_t most, std::string_view purpose,
                                       const crypto::SignPublic& key) {
  LIVLINA_CHECK(check_frame(record, most));
  const ByteView body = record.first(record.size() - signature_size);
  if (!crypto::verify(key, purpose, body, record.last(signature_size)).ok())
    return Error::bad_signature;
  return body.subspan(1);
}

Result<crypto::SignPublic> RecordReader::sign_key() {
  if (kept_) {
    const auto stored = array<32>();
    return ok() ? Result<crypto::SignPublic>(crypto::SignPublic(stored)) : Error::bad_format;
  }
  const ByteView b = view(32);
  if (!ok()) return Error::bad_format;
  auto key = crypto::parse_sign_key(b);
  if (!key.ok()) return Error::bad_key;
  return *key;
}

Result<crypto::DhPublic> read_dh_key(ByteReader& r) {
  const ByteView b = r.view(32);
  if (!r.ok()) return Error::bad_format;
  auto key = crypto::parse_dh_key(b);
  if (!key.ok()) return Error::bad_key;
  return *key;
}

Result<bool> read_bool(ByteReader& r) {
  const std::uint8_t v = r.u8();
  if (!r.ok() || v > 1) return Error::bad_format;
  return v == 1;
}

Status check_chain_start(std::uint32_t version, const crypto::Hash& prev) {
  if (version == 0) return Error::bad_format;
  const bool no_prev = prev == crypto::Hash{};
  if ((version == 1) != no_prev) return Error::bad_chain;
  return Unit{};
}

Status check_link(bool same_owner, std::uint32_t known_version, const crypto::Hash& known_hash,
                  std::uint32_t next_version, const crypto::Hash& next_prev,
                  const crypto::Hash& next_hash) {
  if (!same_owner) return Error::bad_chain;
  if (next_version < known_version) return Error::stale;
  if (next_version == known_version) return next_hash == known_hash ? Error::stale : Error::fork;
  if (next_version - known_version != 1 || next_prev != known_hash) return Error::bad_chain;
  return Unit{};
}

}  // namespace livlina::protocol
