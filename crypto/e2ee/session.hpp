// A session between two devices: Double Ratchet with header encryption (Signal's specification,
// section 4, and protocol/spec/e2ee.md) over frames, its pickle, and all sessions of a pair.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "crypto/core/time.hpp"
#include "crypto/e2ee/frame.hpp"
#include "crypto/e2ee/kinds.hpp"
#include "crypto/e2ee/x3dh.hpp"

namespace livlina::crypto {

// What the sender says beside the text. Queue and padding follow from the kind.
struct Outgoing {
  Kind kind = Kind::text;
  CircleId circle;
  std::uint32_t manifest_version = 0;
  Hash manifest_hash{};
  Role role_from = Role::participant;
  Role role_to = Role::participant;
  bool always_init = false;  // kinds 4 and 6: the init part even after a reply
};

struct Roles {
  Role from;
  Role to;
};

class Session {
 public:
  // The initiator's side: remembers the init part and repeats it until the first reply opened.
  [[nodiscard]] static Result<Session> start(const Party& us, const Party& them,
                                             Initiated initiated, std::uint32_t gen,
                                             const DhPublic& their_spk, Instant now,
                                             Random& random);
  // The responder's side.
  [[nodiscard]] static Result<Session> accept(const Party& us, const Party& them,
                                              Agreement agreement, std::uint32_t gen,
                                              const DhKeyPair& our_spk, Instant now);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();
  [[nodiscard]] Session copy() const;

  // Encrypts and advances. The caller commits the advanced session with the frame before sending
  // it. too_large: more than the kind's padding holds. bad_format: the kind is unknown or forbidden
  // to these roles. not_ready: we answer and have received nothing, or always_init is asked of a
  // session that we did not start (see SessionSet::own). On any error the session is unchanged.
  [[nodiscard]] Result<Bytes> encrypt(const Outgoing& what, ByteView plain, Random& random);

  // Opens the header alone, changing nothing. unknown_hint: no header key of this session has the
  // frame's hint. cannot_open: it does not open. bad_format (or bad_version): it is authentic, and
  // its kind is unknown or does not go with the frame's queue or length.
  [[nodiscard]] Result<Header> open_header(const FrameParts& frame) const;
  // Opens a frame whose roles the caller looked up with open_header. On any error this session is
  // unchanged. Beside open_header's errors:
  //   duplicate    n was already opened: acknowledge
  //   cannot_open, limit, bad_public_key, bad_dh, expired    the session cannot go on with this
  //                frame: gap mark, reset, acknowledge
  //   bad_format   these roles may not say this kind: refuse, show, acknowledge; no reset
  [[nodiscard]] Result<SecretBytes> decrypt(const FrameParts& frame, Roles roles, Instant now,
                                            Random& random);

  // All hints that this session can receive now (current, next, skipped).
  [[nodiscard]] std::vector<Hint> hints() const;
  [[nodiscard]] std::uint32_t gen() const;
  [[nodiscard]] const ByteArray<32>& sid() const;
  [[nodiscard]] const DeviceId& their_device() const;
  [[nodiscard]] bool initiator() const;
  [[nodiscard]] bool replied() const;  // a frame of the peer was opened: no init part any more
  [[nodiscard]] Instant created_at() const;
  // The highest number received in the peer's newest chain (named in a reset's body); nothing
  // before the first.
  [[nodiscard]] std::optional<std::uint32_t> last_n() const;
  [[nodiscard]] bool can_send() const;  // false only before a responder's first opened frame
  // Messages known to be missing; when a decrypt raises it, there is a gap to show.
  [[nodiscard]] std::size_t missing() const;
  // Drops skipped keys older than 35 days; true when something was dropped: those messages can
  // never be opened any more.
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
  // known + 16: limit; a SID that is here already: duplicate. A sixth pushes out the oldest that
  // does not send.
  [[nodiscard]] Status add(Session session);
  // The preferred session that can send; nullptr when none.
  [[nodiscard]] Session* sending();
  // The preferred session among those that we started: the one for always_init; nullptr when none.
  [[nodiscard]] Session* own();
  [[nodiscard]] Session* by_hint(const Hint& hint);
  [[nodiscard]] Session* by_sid(const ByteArray<32>& sid);
  [[nodiscard]] std::uint32_t highest_gen() const { return highest_gen_; }  // 0 when none ever
  // A new sending session is due: none yet, or the sending one is 90 days old.
  [[nodiscard]] bool renewal_due(Instant now) const;
  // The same for a device that must always send init parts: also when the own session was
  // superseded by one of the peer's 3 days ago, because the peer will forget it.
  [[nodiscard]] bool own_due(Instant now) const;
  // Ends sessions that were superseded 35 days ago; returns the SIDs of those ended.
  std::vector<ByteArray<32>> expire(Instant now);
  // Session::expire of each; true when something was dropped.
  bool expire_keys(Instant now);
  [[nodiscard]] const std::vector<Session>& all() const { return sessions_; }
  [[nodiscard]] SessionSet copy() const;

  [[nodiscard]] SecretBytes pickle() const;
  [[nodiscard]] static Result<SessionSet> unpickle(ByteView bytes);

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  template <class Fits>
  [[nodiscard]] std::size_t preferred(Fits fits) const;
  [[nodiscard]] std::size_t sending_index() const;
  [[nodiscard]] std::size_t own_index() const;
  [[nodiscard]] std::optional<Instant> superseded_at(const Session& session) const;

  std::vector<Session> sessions_;
  std::uint32_t highest_gen_ = 0;
};

}  // namespace livlina::crypto
