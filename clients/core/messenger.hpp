// End-to-end messages: sessions, what waits to be sent, what arrived, and the truth about each.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clients/core/identity.hpp"
#include "clients/core/trust.hpp"
#include "crypto/e2ee/kinds.hpp"

namespace livlina::v1 {
class Delivery;
class Envelope;
class MessageView;
}  // namespace livlina::v1

namespace livlina::client {

// A plaintext that arrived and was verified, before its subject looks at it.
struct Incoming {
  crypto::Kind kind;
  CircleId circle;  // or the desk's circle id
  SignPublic from;
  DeviceId from_device;
  Role role_from;
  bool from_shadow = false;
  ByteView plain;  // lives during the call
};

class Messenger {
 public:
  Messenger(Context& context, Trust& trust);
  ~Messenger();
  [[nodiscard]] crypto::Status load(const Identity& identity);

  // Queues one plaintext for every device of `to` (and our own other devices where the kind says
  // so); durable at once, sent when lists, prekeys and connection allow. Returns the message's id.
  // For a `circle` (or the desk's circle id for desk traffic).
  MessageId post(crypto::Kind kind, const CircleId& circle, const std::vector<SignPublic>& to,
                 ByteView plain);
  // A device that receipts a message of this kind is named to the subscriber, in the step that
  // stores the receipt.
  using OnReceipt = std::function<void(const SignPublic&, const DeviceId&)>;
  void subscribe_receipts(crypto::Kind kind, OnReceipt on_receipt);
  // Whether a message that was posted is kept, and goes to this device of the account, or will when
  // the account's devices are known.
  [[nodiscard]] bool on_its_way(const MessageId& id, const SignPublic& account,
                                const DeviceId& device) const;
  // Encrypts and sends once more, under the same id, what the server took and nobody receipted.
  void again(const MessageId& id);
  // Encrypts for the notes of a record or act that travel in one request: envelopes for every
  // device reachable now with `scope`. Sessions are set up first, for at most `wait` if there is
  // one; devices without a session by then get a message of their own later. `then` gets the
  // envelopes (perhaps none). The advanced sessions are stored in the same step as whatever `then`
  // stores.
  using Sealed = std::function<void(MessageId, std::vector<v1::Envelope>)>;
  void seal_notes(crypto::Kind kind, const CircleId& circle, std::uint16_t scope, ByteView plain,
                  std::optional<Duration> wait, Sealed then);
  // For the owner of a request that went without the notes that seal_notes gave: they go as a
  // message of their own, durable from this step on.
  void send_apart(const MessageId& notes, const std::vector<v1::Envelope>& envelopes);

  // One delivery of the server: opens, stores, acknowledges through Requests, hands kinds other
  // than text and receipt to the subscriber.
  void delivered(const v1::Delivery& delivery);
  using OnIncoming = std::function<void(const Incoming&)>;
  void subscribe(crypto::Kind kind, OnIncoming on_incoming);

  // Texts as a person sees them.
  [[nodiscard]] std::vector<v1::MessageView> messages(const CircleId* circle, Instant since) const;
  Status mark_read(const MessageId& id);

  void online();  // logged in: send what waits, refill prekeys
  void offline();
  void tick();
  [[nodiscard]] bool idle() const;            // nothing waits for the server
  [[nodiscard]] std::size_t waiting() const;  // messages of ours that the server does not have yet
  // Frames that no session of ours could open; ever, because nothing tells whose they were.
  [[nodiscard]] std::uint32_t unopened() const;
  [[nodiscard]] std::optional<Instant> wake_at() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace livlina::client
