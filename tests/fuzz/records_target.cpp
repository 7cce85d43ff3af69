// Signed records: the fuzzer plays a signer who signs any body. What is accepted is signed again to
// the same bytes, so there is one encoding of every record (T2, T24).
#include "tests/fuzz/target.hpp"
#include "tests/protocol/record_samples.hpp"

namespace livlina::testing::fuzz {

namespace {

constexpr std::size_t key_offset = 1;  // behind the version byte, where a record names its signer

void run(ByteView input) {
  if (input.empty()) return;
  const RecordKind& kind = record_kinds()[input[0] % record_kinds().size()];
  Bytes body = to_bytes(input.subspan(1));
  const ByteView sample = kind.sample;
  const auto key = owner().public_key().view();
  // The signer's own key, where this kind has it: else nothing but the signature check would run.
  const bool self_signed =
      sample.size() > key_offset + key.size() && equal(sample.subspan(key_offset, key.size()), key);
  if (self_signed && body.size() >= key_offset + key.size())
    std::copy(key.begin(), key.end(), body.begin() + key_offset);
  const Bytes record = sign_body(body, kind.purpose);
  const auto again = kind.verify_and_sign(record);
  if (again.ok()) must(*again == record, "an accepted record has one encoding");
  must(!kind.verify_and_sign(input.subspan(1)).ok(), "no signature, no record");
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> out;
  for (std::size_t i = 0; i < record_kinds().size(); ++i) {
    ByteWriter w;
    w.u8(static_cast<std::uint8_t>(i)).bytes(body_of(record_kinds()[i].sample));
    out.push_back(w.take());
  }
  return out;
}

}  // namespace

const Target records{"records", 8 * 1024, run, seeds};

}  // namespace livlina::testing::fuzz
