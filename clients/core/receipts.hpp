// Receipts (kind 2): those we owe, gathered per device while one is under way, and those that come
// for our letters. Strangers and shadows get none (T9).
#pragma once

#include <map>
#include <vector>

#include "clients/core/message_layout.hpp"
#include "clients/core/sender.hpp"

namespace livlina::client {

class Receipts {
 public:
  Receipts(Messaging& m, SessionStore& sessions, SessionStarter& starter, Outbox& outbox,
           TextStore& texts, Sender& sender)
      : m_(m),
        sessions_(sessions),
        starter_(starter),
        outbox_(outbox),
        texts_(texts),
        sender_(sender) {}
  [[nodiscard]] crypto::Status load();  // bad_version, bad_format

  // Notes a receipt for a message that this device sent in that circle; durable at once.
  void owe(const CircleId& circle, const DeviceId& device, const MessageId& message,
           ReceiptState state);
  // Encrypts what is owed and hands it to the sender.
  void seal();
  // The body of a receipt that came.
  void arrived(const SignPublic& from, const DeviceId& device, ByteView body);

 private:
  struct To {
    CircleId circle;
    DeviceId device;
    ReceiptState state = ReceiptState::delivered;
    auto operator<=>(const To&) const = default;
  };
  void save(const To& to);
  [[nodiscard]] bool under_way(const DeviceId& device) const;
  // True when nothing of it is owed any more.
  [[nodiscard]] bool seal(const To& to, std::vector<MessageId>& ids);
  void compare_list(const SignPublic& from, const Receipt& receipt);

  Messaging& m_;
  SessionStore& sessions_;
  SessionStarter& starter_;
  Outbox& outbox_;
  TextStore& texts_;
  Sender& sender_;
  std::map<To, std::vector<MessageId>> owed_;
};

}  // namespace livlina::client
