// What waits to be sent, and how far it came: letters (one plaintext for some accounts) and parcels
// (their ciphertexts, one request each). Both are durable.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "clients/core/store.hpp"
#include "crypto/core/ids.hpp"
#include "crypto/core/keys.hpp"
#include "crypto/core/time.hpp"
#include "crypto/e2ee/kinds.hpp"

namespace livlina::client {

using crypto::SignPublic;

// How far a letter came for one device, each step from its own evidence (M5).
enum class Progress : std::uint8_t {
  waiting = 1,    // plaintext here
  sealed = 2,     // ciphertext here, in a parcel
  stored = 3,     // the server said so
  delivered = 4,  // the device's receipt
  read = 5,       // the same
  gone = 6,       // the device is no longer the account's
};

struct Target {
  DeviceId device;
  Progress progress = Progress::waiting;
};

struct Addressee {
  SignPublic account;
  std::uint32_t counter = 0;  // of texts, see Plain
  bool resolved = false;      // its devices are known and stand in `targets`
  std::vector<Target> targets = {};
};

struct Letter {
  std::uint64_t order = 0;  // set by Outbox::add: the order in which they were written
  MessageId id;
  crypto::Kind kind = crypto::Kind::text;
  CircleId circle;
  Instant posted_at = 0;
  std::vector<Addressee> to;
  Bytes body;

  [[nodiscard]] bool waiting() const;   // something is still to be sealed
  [[nodiscard]] bool unstored() const;  // the server does not have all of it
  [[nodiscard]] bool finished() const;  // every device has it, or is gone
  [[nodiscard]] bool addressed_to(const SignPublic& account) const;
  // The targets of that device, to be changed; then Outbox::save.
  template <class Change>
  bool change(const DeviceId& device, Change change_target) {
    bool changed = false;
    for (Addressee& a : to)
      for (Target& t : a.targets)
        if (t.device == device) changed |= change_target(t);
    return changed;
  }
};

struct Parcel {
  struct Item {
    MessageId letter;  // zero: belongs to no letter
    DeviceId device;
    Bytes frame;
  };
  std::uint64_t order = 0;  // set by Outbox::ship
  MessageId id;             // of the request: repeated with it, it changes nothing at the server
  std::vector<Item> items;
};

inline constexpr std::size_t max_parcel_items = 64;  // envelopes the server takes in one request
// Bytes of frames in one request: the largest WebSocket message is 512 KiB, and one frame has at
// most 67 KB.
inline constexpr std::size_t max_parcel_bytes = 400 * 1024;

// Stored under "letter/<order>" and "parcel/<order>".
class Outbox {
 public:
  explicit Outbox(Store& store) : store_(store) {}
  [[nodiscard]] crypto::Status load();  // bad_version, bad_format

  Letter& add(Letter letter);
  void save(const Letter& letter);
  void erase(std::uint64_t letter);
  [[nodiscard]] Letter* find(const MessageId& id);
  [[nodiscard]] std::map<std::uint64_t, Letter>& letters() { return letters_; }
  [[nodiscard]] const std::map<std::uint64_t, Letter>& letters() const { return letters_; }

  Parcel& ship(Parcel parcel);
  void remove(std::uint64_t parcel);
  [[nodiscard]] std::map<std::uint64_t, Parcel>& parcels() { return parcels_; }
  [[nodiscard]] const std::map<std::uint64_t, Parcel>& parcels() const { return parcels_; }

 private:
  Store& store_;
  std::map<std::uint64_t, Letter> letters_;
  std::map<MessageId, std::uint64_t> by_id_;
  std::map<std::uint64_t, Parcel> parcels_;
};

}  // namespace livlina::client
