// Two devices that talk: keys, bundles, and sessions between them, for the tests of this folder.
#pragma once

#include <string>

#include "crypto/core/sign.hpp"
#include "crypto/e2ee/session.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {

inline constexpr Instant start_of_time = 1'750'000'000'000;

struct Device {
  explicit Device(crypto::Random& random);

  crypto::SignKeyPair account;
  crypto::SignKeyPair sig;
  crypto::DhKeyPair ik;
  crypto::DhKeyPair spk;
  crypto::DhKeyPair opk;
  std::uint32_t spk_id = 7;
  std::uint32_t opk_id = 21;

  [[nodiscard]] crypto::Party party() const;
  [[nodiscard]] crypto::Bundle bundle(bool with_opk) const;
};

// A session from `us` to `them`.
[[nodiscard]] crypto::Session begin(const Device& us, const Device& them, std::uint32_t gen,
                                    crypto::Random& random, bool with_opk = true,
                                    Instant now = start_of_time);
// What a receiver does with an unknown hint and an init part, the sender being `them`.
[[nodiscard]] crypto::Result<crypto::Session> answer(const Device& us, const Device& them,
                                                     ByteView frame, Instant now = start_of_time);

// A message of the given kind by the participant (the initiator in these tests), or to it.
[[nodiscard]] crypto::Outgoing by_participant(crypto::Kind kind = crypto::Kind::text);
[[nodiscard]] crypto::Outgoing to_participant(crypto::Kind kind = crypto::Kind::text);
[[nodiscard]] crypto::Roles roles_of(const crypto::Outgoing& what);

// parse_frame and decrypt in one step; a plain string, so that a failing test can print it.
[[nodiscard]] crypto::Result<std::string> read(crypto::Session& session, ByteView frame,
                                               crypto::Roles roles, crypto::Random& random,
                                               Instant now = start_of_time);

// A started session on one side and the answering one, which has opened one frame, on the other.
struct Pair {
  explicit Pair(std::uint64_t seed, bool with_opk = true);

  SeededRandom random;
  Device alice;  // the participant's phone, who starts
  Device bo;     // a mentor's device
  crypto::Session a;
  crypto::Session b;

  [[nodiscard]] Bytes from_a(std::string_view text, crypto::Kind kind = crypto::Kind::text);
  [[nodiscard]] Bytes from_b(std::string_view text, crypto::Kind kind = crypto::Kind::text);
  [[nodiscard]] crypto::Result<std::string> at_a(ByteView frame, Instant now = start_of_time);
  [[nodiscard]] crypto::Result<std::string> at_b(ByteView frame, Instant now = start_of_time);
};

// For comparisons in tests: the text, or the error's name in brackets.
[[nodiscard]] std::string shown(const crypto::Result<std::string>& result);

}  // namespace livlina::testing
