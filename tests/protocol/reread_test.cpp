// T2: a stored record that is read again without its signature is what verify_*() took, or nothing.
#include "protocol/records/reread.hpp"

#include <gtest/gtest.h>

#include "tests/protocol/record_samples.hpp"
#include "tests/protocol/why.hpp"

namespace livlina::server {

// This test's own door: the server's is in server/services/records.cpp.
class KeptRecords {
 public:
  static protocol::Kept kept(ByteView record, const crypto::Hash& hash) { return {record, hash}; }
};

}  // namespace livlina::server

namespace livlina::testing {
namespace {

using namespace protocol;

// The outcome of reading these bytes again under this hash; nothing: it was read.
using Reread = std::optional<Error> (*)(ByteView, const crypto::Hash&);
template <auto reread>
std::optional<Error> refusal(ByteView record, const crypto::Hash& hash) {
  const auto again = reread(server::KeptRecords::kept(record, hash));
  return again.ok() ? std::nullopt : std::optional(again.error());
}

struct KeptKind {
  const char* purpose;
  Bytes record;
  Reread refusal;
};

std::vector<KeptKind> kinds() {
  return {{"devlist", sign_device_list(sample_device_list(), owner()), refusal<reread_device_list>},
          {"roster", sign_roster(sample_roster(), owner()), refusal<reread_roster>},
          {"directory", sign_directory(sample_directory(), owner()), refusal<reread_directory>},
          {"manifest", sign_manifest(sample_manifest(), owner()), refusal<reread_manifest>},
          {"plan", sign_plan(sample_plan(), owner()), refusal<reread_plan>}};
}

TEST(Reread, T2_gives_what_was_verified) {
  const Bytes record = sign_manifest(sample_manifest(), owner());
  const auto first = must<Manifest>(verify_manifest, record);
  const auto again = reread_manifest(server::KeptRecords::kept(record, first.hash()));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->record(), first.record());
  EXPECT_EQ(again->hash(), first.hash());
  EXPECT_EQ(sign_manifest(**again, owner()), record) << "every field";
  for (const KeptKind& kind : kinds())
    EXPECT_EQ(kind.refusal(kind.record, crypto::sha256(kind.record)), std::nullopt) << kind.purpose;
}

TEST(Reread, T4_every_flipped_bit_is_refused_by_the_hash_of_what_was_verified) {
  for (const KeptKind& kind : kinds()) {
    const crypto::Hash hash = crypto::sha256(kind.record);
    for (std::size_t i = 0; i < kind.record.size(); ++i) {
      Bytes changed = kind.record;
      changed[i] = static_cast<std::uint8_t>(changed[i] ^ 1 << (i % 8));
      ASSERT_TRUE(kind.refusal(changed, hash)) << kind.purpose << " byte " << i;
    }
    crypto::Hash other = hash;
    other[31] ^= 1;
    EXPECT_EQ(kind.refusal(kind.record, other), Error::bad_signature) << kind.purpose;
    EXPECT_EQ(kind.refusal(kind.record, {}), Error::bad_signature) << kind.purpose;
  }
}

TEST(Reread, T4_the_layout_is_checked_whatever_the_hash_says) {
  for (const KeptKind& kind : kinds()) {
    const auto refused = [&](const Bytes& bytes) {
      return kind.refusal(bytes, crypto::sha256(bytes)).has_value();
    };
    for (std::size_t n = 0; n < kind.record.size(); ++n)
      ASSERT_TRUE(refused(Bytes(kind.record.begin(), kind.record.begin() + static_cast<int>(n))))
          << kind.purpose << " to " << n;
    Bytes longer = kind.record;
    longer.push_back(0);
    EXPECT_TRUE(refused(longer)) << kind.purpose;
    Bytes version = kind.record;
    version[0] = 2;
    EXPECT_TRUE(refused(version)) << kind.purpose;
  }
}

TEST(Reread, T2_a_record_of_another_type_is_not_taken_for_this_one) {
  for (const KeptKind& kind : kinds())
    for (const KeptKind& other : kinds())
      EXPECT_EQ(kind.refusal(other.record, crypto::sha256(other.record)).has_value(),
                std::string_view(kind.purpose) != other.purpose)
          << kind.purpose << " of " << other.purpose;
}

}  // namespace
}  // namespace livlina::testing
