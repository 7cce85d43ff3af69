// The Double Ratchet with header encryption (Signal's specification, section 4) as keys only: it
// knows nothing of frames, kinds or people.
#pragma once

#include <optional>
#include <vector>

#include "crypto/e2ee/receiving_chain.hpp"
#include "crypto/e2ee/root_key.hpp"
#include "crypto/e2ee/x3dh.hpp"

namespace livlina::crypto {

// What a sender says of its ratchet in every header.
struct RatchetHeader {
  ByteArray<32> dh{};    // its current public key
  std::uint32_t pn = 0;  // messages in its previous chain
  std::uint32_t n = 0;   // number of this message in its chain
};

class DoubleRatchet {
 public:
  // RK = SK, DHr = SPK_B, HKs = HKA, NHKr = HKB, and one step sets CKs and NHKs; bad_dh.
  [[nodiscard]] static Result<DoubleRatchet> initiator(const Agreement& agreement,
                                                       const DhPublic& their_spk, Random& random);
  // DHs = SPK_B's pair, RK = SK, NHKs = HKB, NHKr = HKA. Cannot send before it has received.
  [[nodiscard]] static DoubleRatchet responder(const Agreement& agreement,
                                               const DhKeyPair& our_spk);
  [[nodiscard]] DoubleRatchet copy() const;

  struct Sending {
    RatchetHeader header;
    HeaderKey header_key;
    MessageKey message_key;
  };
  // The keys of the next message; advances. not_ready before the responder has received, limit at
  // the end of the numbers.
  [[nodiscard]] Result<Sending> send();
  [[nodiscard]] bool can_send() const { return sending_.has_value(); }
  // The highest number that was received in the peer's newest chain; nothing before the first.
  [[nodiscard]] std::optional<std::uint32_t> last_n() const;

  // Which receiving header key a hint names: a chain, or the one that the peer's next key begins.
  struct ChainRef {
    enum class Which : std::uint8_t { current, next, old } which;
    std::size_t index = 0;  // among the old ones
  };
  [[nodiscard]] std::vector<ChainRef> find(const Hint& hint) const;
  [[nodiscard]] const HeaderKey& header_key(ChainRef chain) const;
  // The key of a message whose header opened with that chain's key; advances. On an error
  // (duplicate, limit, expired, bad_public_key, bad_dh, cannot_open) the state is spoilt: work on a
  // copy and throw it away.
  [[nodiscard]] Result<MessageKey> receive(ChainRef chain, const RatchetHeader& header, Instant now,
                                           Random& random);

  [[nodiscard]] std::vector<Hint> hints() const;
  [[nodiscard]] std::size_t stored() const;  // keys of skipped messages
  // Drops keys and chains older than 35 days; true when a skipped key was among them.
  bool expire(Instant now);

  void write(PickleWriter& w) const;
  [[nodiscard]] static Result<DoubleRatchet> read(ByteReader& r);

 private:
  struct SendingChain {
    HeaderKey header_key;
    ChainKey chain;
  };
  DoubleRatchet(RootKey root, DhKeyPair ours, HeaderKey next_sending, HeaderKey next_receiving)
      : root_(std::move(root)),
        ours_(std::move(ours)),
        next_sending_(std::move(next_sending)),
        next_receiving_(std::move(next_receiving)) {}
  [[nodiscard]] Status turn(const RatchetHeader& header, Instant now, Random& random);
  [[nodiscard]] Status retire_current(std::uint32_t pn, Instant now);
  [[nodiscard]] std::size_t room() const;

  RootKey root_;
  DhKeyPair ours_;                  // DHs
  std::optional<DhPublic> theirs_;  // DHr
  std::optional<SendingChain> sending_;
  HeaderKey next_sending_;    // NHKs
  HeaderKey next_receiving_;  // NHKr
  std::uint32_t ns_ = 0;
  std::uint32_t pn_ = 0;
  std::optional<ReceivingChain> current_;
  std::vector<ReceivingChain> old_;  // oldest first
};

}  // namespace livlina::crypto
