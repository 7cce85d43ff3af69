// A session between two devices: Double Ratchet with header encryption (Signal's specification,
// section 4, and protocol/spec/e2ee.md), its frames and its pickle.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "crypto/core/time.hpp"
#include "crypto/e2ee/kinds.hpp"
#include "crypto/e2ee/x3dh.hpp"

namespace livlina::crypto {

using Hint = ByteArray<8>;

// The cleartext of a frame's sealed header (96 bytes).
struct Header {
  ByteArray<32> dh{};  // the sender's current ratchet key
  std::uint32_t pn = 0;
  std::uint32_t n = 0;
  std::uint8_t kind = 0;
  CircleId circle;
  std::uint32_t manifest_version = 0;
  Hash manifest_hash{};
};

// A frame cut into its parts; views into the caller's bytes.
struct FrameParts {
  std::uint8_t queue = 0;
  ByteView init;  // empty or init_size bytes
  Hint hint{};
  ByteView header;  // 168 bytes
  ByteView body;
};

// bad_format / bad_length / bad_version for anything that is not a frame.
[[nodiscard]] Result<FrameParts> parse_frame(ByteView frame);

// What the sender says beside the text. Queue and padding follow from the kind.
struct Outgoing {
  Kind kind = Kind::text;
  CircleId circle;
  std::uint32_t manifest_version = 0;
  Hash manifest_hash{};
  Role role_from = Role::participant;
  Role role_to = Role::participant;
  bool always_init = false;  // kinds 4 and 6: keep the init part even after a reply
};

struct Roles {
  Role from;
  Role to;
};

class Session {
 public:
  // The initiator's side: remembers the init part and repeats it until the first reply opened.
  [[nodiscard]] static Result<Session> start(const Party& us, const Party& them, Initiated initiated,
                                             std::uint32_t gen, const DhPublic& their_spk,
                                             Instant now, Random& random);
  // The responder's side.
  [[nodiscard]] static Result<Session> accept(const Party& us, const Party& them,
                                              Agreement agreement, std::uint32_t gen,
                                              const DhKeyPair& our_spk, Instant now);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();
  [[nodiscard]] Session copy() const;

  // Encrypts and advances. too_large beyond 65535 bytes. The caller commits the advanced session
  // with the frame before sending it.
  [[nodiscard]] Result<Bytes> encrypt(const Outgoing& what, ByteView plain, Random& random);

  // Opens the header alone, changing nothing: unknown_hint when no header key of this session has
  // the frame's hint, cannot_open when it does not open.
  [[nodiscard]] Result<Header> open_header(const FrameParts& frame) const;
  // Opens a frame whose roles the caller looked up with open_header. On any error this session is
  // unchanged. duplicate: n was already used. limit: skipping too far (the caller resets).
  [[nodiscard]] Result<SecretBytes> decrypt(const FrameParts& frame, Roles roles, Instant now,
                                            Random& random);

  // All hints that this session can receive now (current, next, skipped).
  [[nodiscard]] std::vector<Hint> hints() const;
  [[nodiscard]] std::uint32_t gen() const;
  [[nodiscard]] const ByteArray<32>& sid() const;
  [[nodiscard]] const DeviceId& their_device() const;
  [[nodiscard]] bool initiator() const;
  [[nodiscard]] bool replied() const;  // the peer has answered: no init part any more
  [[nodiscard]] Instant created_at() const;
  // The number that the next sent message of the current chain gets (named in a reset's body).
  [[nodiscard]] std::uint32_t next_n() const;
  // Drops skipped keys older than 35 days; true when something was dropped (a gap to show).
  bool expire(Instant now);

  // Serialised state, version first; secret. unpickle: bad_version, bad_format.
  [[nodiscard]] SecretBytes pickle() const;
  [[nodiscard]] static Result<Session> unpickle(ByteView bytes);

 private:
  struct State;
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// All sessions of one pair of devices (at most 5).
class SessionSet {
 public:
  // Adds; the rule "highest gen, tie smallest SID" picks the sending one. gen above the highest
  // known + 16: limit. A sixth pushes out the oldest that does not send.
  [[nodiscard]] Status add(Session session);
  [[nodiscard]] Session* sending();  // nullptr when none
  [[nodiscard]] Session* by_hint(const Hint& hint);
  [[nodiscard]] Session* by_sid(const ByteArray<32>& sid);
  [[nodiscard]] std::uint32_t highest_gen() const;  // 0 when none ever
  // A new sending session is due: none yet, or the sending one is older than 90 days.
  [[nodiscard]] bool renewal_due(Instant now) const;
  // Ends receiving-only sessions after 35 days; returns the SIDs of those ended.
  std::vector<ByteArray<32>> expire(Instant now);
  [[nodiscard]] const std::vector<Session>& all() const { return sessions_; }
  [[nodiscard]] SessionSet copy() const;

  [[nodiscard]] SecretBytes pickle() const;
  [[nodiscard]] static Result<SessionSet> unpickle(ByteView bytes);

 private:
  std::vector<Session> sessions_;
  std::uint32_t highest_gen_ = 0;
};

}  // namespace livlina::crypto
