// One device in the tests of the messenger: its storage, which survives, and its messenger, which
// can crash at every step.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "clients/core/connection.hpp"
#include "clients/core/messenger.hpp"
#include "clients/core/trust.hpp"
#include "livlina/core.pb.h"
#include "tests/clients/post_office.hpp"

namespace livlina::testing {

inline constexpr Instant now0 = 1'750'000'000'000;

class Phone {
 public:
  Phone(PostOffice& office, std::uint64_t seed) : office_(office), random_(seed) {}

  // What was stored is all that is left; not connected.
  void boot();
  // Connects, unless it is in a tunnel; the log-in is work().
  void connect();
  void disconnect();
  // Takes one frame of the server, or a tick that is due; false when there is nothing to do.
  bool work();
  void tick();
  // Ends the running input: commits, then sends. Crashes when it is the step to crash at.
  void step();

  client::Messenger& messenger() { return live_->messenger; }
  client::Trust& trust() { return live_->trust; }
  client::Context& context() { return live_->context; }
  client::Store& store() { return live_->store; }
  [[nodiscard]] const client::Identity& self() const { return *live_->self; }
  [[nodiscard]] const DeviceId& device() const { return live_->self->device; }
  [[nodiscard]] const crypto::SignPublic& account() const { return live_->self->account; }

  MessageId say(const std::string& text, const CircleId& circle,
                const std::vector<crypto::SignPublic>& to);
  // The texts of others as the person sees them, with "[gap] " before and " (duress)" behind.
  [[nodiscard]] std::vector<std::string> screen();
  // The state of our text, 0 when there is none.
  [[nodiscard]] int state_of(const std::string& text);
  [[nodiscard]] int warnings(const std::string& code) const;
  void read(const std::string& text);

  crypto::Vault::Values disk;
  crypto::Vault::Values* decoy_disk = nullptr;
  Instant now = now0;
  bool in_tunnel = false;  // cannot connect
  bool mute = false;       // nothing of ours reaches the server
  int steps = 0;
  int crash_before_commit = 0;  // at this step; 0: never
  int crash_after_commit = 0;
  bool crash_between_realms =
      false;  // once: the real realm's commit is durable, the decoy's is not
  // Replies to these operations are made at once and come with release().
  std::set<v1::Request::OpCase> slow;
  void release();
  std::deque<v1::ServerFrame> incoming;
  std::vector<v1::Event> events;  // shown, over all lives
  struct Came {
    crypto::Kind kind;
    bool from_shadow;
    std::string plain;
  };
  std::vector<Came> came;  // of kinds other than text, over all lives

 private:
  struct Live {
    Live(const crypto::Vault::Values& stored, crypto::Random& random, Instant now);
    client::Store store;
    std::vector<v1::Event> events;
    client::Context context;  // refers to `connection`
    client::Connection connection;
    std::optional<client::Identity> self;
    client::Trust trust;
    client::Messenger messenger;
  };
  void pull();
  void crash();
  [[nodiscard]] bool due() const;

  PostOffice& office_;
  SeededRandom random_;
  std::deque<v1::ServerFrame> late_;
  bool connected_ = false;
  std::uint64_t pulled_ = 0;  // the last row handed out on this connection
  std::unique_ptr<Live> live_;
};

}  // namespace livlina::testing
