// Moves letters on: finds the devices, sets up sessions, encrypts once, and repeats the stored
// bytes until the server has them (M1).
#pragma once

#include <map>
#include <set>

#include "clients/core/outbox.hpp"
#include "clients/core/session_starter.hpp"
#include "clients/core/text_store.hpp"

namespace livlina::client {

class Sender {
 public:
  Sender(Messaging& m, SessionStore& sessions, SessionStarter& starter, Outbox& outbox,
         TextStore& texts)
      : m_(m), sessions_(sessions), starter_(starter), outbox_(outbox), texts_(texts) {}

  // Encrypts what can be encrypted now; asks for what is missing.
  void seal_letters();
  // Sends parcels, a few at a time, in order.
  void post_parcels();
  // Encrypts a letter's text for one device and marks it sealed; nothing when it is not possible
  // now, or the device is gone.
  [[nodiscard]] std::optional<Bytes> seal(const Letter& letter, const Addressee& addressee,
                                          Target& target);
  // Tells devices and footing of every addressee whose DeviceList is known.
  void resolve(Letter& letter);
  // Ships frames that belong to no letter: receipts, resets, the shadow's first frames.
  void ship(const DeviceId& device, Bytes frame) { ship(MessageId{}, device, std::move(frame)); }
  // The same for a letter whose target is sealed.
  void ship(const MessageId& letter, const DeviceId& device, Bytes frame);

  // What a device got but did not receipt is sent again: it could not read it, or the server lost
  // it.
  void again(const DeviceId& device);
  void all_again();
  // Only this letter, to every device that has not receipted it.
  void again(Letter& letter);
  // A receipt of that device for this letter.
  void receipted(Letter& letter, const DeviceId& device, Progress progress);
  // Called with what a device receipted for the first time, in the step that stores it.
  using OnReceipt = std::function<void(crypto::Kind, const SignPublic&, const DeviceId&)>;
  void on_receipt(OnReceipt on_receipt) { on_receipt_ = std::move(on_receipt); }

  void online();
  void expire(Instant now);
  [[nodiscard]] bool idle() const;
  [[nodiscard]] std::optional<Instant> retry_at() const;
  // Called when there may be more to do, after an answer of the server.
  void on_change(std::function<void()> changed) { changed_ = std::move(changed); }

 private:
  [[nodiscard]] bool advance(Letter& letter);
  void ship(std::vector<Parcel::Item> items);
  void ask_for_list(const SignPublic& account);
  void post(const Parcel& parcel);
  void answered(std::uint64_t parcel, const v1::ServerFrame* reply);
  void stored(const Parcel& parcel);
  void refused(std::uint64_t parcel);
  void set_progress(const Parcel::Item& item, Progress progress);
  [[nodiscard]] bool gone(const Parcel::Item& item) const;
  void settle(Letter& letter);

  Messaging& m_;
  SessionStore& sessions_;
  SessionStarter& starter_;
  Outbox& outbox_;
  TextStore& texts_;
  std::function<void()> changed_;
  OnReceipt on_receipt_;
  std::set<std::uint64_t> under_way_;            // parcels
  std::map<std::uint64_t, Instant> wait_until_;  // parcels that the server did not take
  std::set<std::uint64_t> refused_;              // of those, the ones it will hardly take
  std::set<SignPublic> asking_;                  // device lists
  std::map<SignPublic, Instant> asked_;
};

}  // namespace livlina::client
