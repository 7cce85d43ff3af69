// What comes in: finds the session of a frame, opens it, decides whether it is accepted, keeps what
// was seen, and acknowledges. Everything that a frame changes is stored in the step that
// acknowledges it. A frame waits unacknowledged only until the server has answered what it makes us
// ask: the server hands out few more meanwhile, so nobody may be able to make frames wait at will.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "clients/core/messenger.hpp"
#include "clients/core/receipts.hpp"

namespace livlina::client {

// So many resets one device may ask for in 24 hours: what a client of ours sends at most, and what
// it follows at most.
inline constexpr std::size_t most_resets_a_day = 5;

class Inbox {
 public:
  Inbox(Messaging& m, SessionStore& sessions, TextStore& texts, Receipts& receipts, Sender& sender)
      : m_(m), sessions_(sessions), texts_(texts), receipts_(receipts), sender_(sender) {}

  void delivered(std::uint64_t seq, ByteView frame);
  void subscribe(crypto::Kind kind, Messenger::OnIncoming on_incoming);
  // Tries the frames again that wait for a list or a manifest, and gives up what one sender has too
  // many of.
  void retry();
  void offline();  // the server will deliver again what was not acknowledged
  // Forgets ids of messages that nobody sends again.
  void expire(Instant now);
  [[nodiscard]] bool idle() const;
  [[nodiscard]] std::optional<Instant> retry_at() const;
  // Frames that were given up unopened, ever.
  [[nodiscard]] std::uint32_t unopened() const;
  void on_change(std::function<void()> changed) { changed_ = std::move(changed); }

 private:
  // What the server has answered for a frame, each asked for after the frame had come: by then the
  // server had whatever the frame's sender knew from it.
  struct Fetched {
    bool list = false;
    bool circles = false;
    bool circle = false;
    bool desk = false;
  };
  struct Held {
    Bytes frame;
    Instant since = 0;
    std::optional<SignPublic> from = std::nullopt;  // of a first frame only what it says
    Fetched fetched = {};
    bool nobody = false;    // there is no list: the server knows nobody of ours by that account
    bool given_up = false;  // decided without an answer
    bool asking = false;
    Instant tried_at = 0;
  };
  // True when the frame is dealt with and may be acknowledged.
  [[nodiscard]] bool open(std::uint64_t seq, Held& held);
  [[nodiscard]] bool open_known(std::uint64_t seq, Held& held, Peer& peer,
                                const crypto::FrameParts& frame);
  [[nodiscard]] bool open_first(std::uint64_t seq, Held& held, const crypto::FrameParts& frame);
  [[nodiscard]] bool begin(std::uint64_t seq, Held& held, const crypto::FrameParts& frame,
                           const crypto::InitContents& init);
  [[nodiscard]] std::optional<protocol::Device> verified_sender(const crypto::InitContents& init);
  // Inbound::Answer::fetch: the frame waits.
  [[nodiscard]] Inbound footing(std::uint64_t seq, Held& held, const crypto::Header& header,
                                const SignPublic& from, const DeviceId& device);
  // False: the frame waits for what `ask` fetches. True: it has waited for too long.
  using Fetch = std::function<void(Trust::Then)>;
  [[nodiscard]] bool wait(std::uint64_t seq, Held& held, bool Fetched::* what, const Fetch& ask);
  void fetched(std::uint64_t seq, bool Fetched::* what, const Status& status);
  void try_waiting();
  void try_due();

  void broken(Peer& peer, const crypto::Session& session);
  void refuse(std::string_view code, const CircleId& circle, const SignPublic& from);
  void accept(Peer& peer, const crypto::Header& header, const Inbound& how, ByteView bytes);
  void reset_came(Peer& peer);
  void keep_text(const Peer& peer, const crypto::Header& header, const Inbound& how,
                 const Plain& plain);
  void acknowledge(std::uint64_t seq);
  void count_unopened();

  Messaging& m_;
  SessionStore& sessions_;
  TextStore& texts_;
  Receipts& receipts_;
  Sender& sender_;
  std::function<void()> changed_;
  std::map<crypto::Kind, Messenger::OnIncoming> subscribers_;
  std::map<std::uint64_t, Held> held_;  // by the delivery's seq, oldest first
  std::set<std::uint64_t> due_;         // of them, to be tried now
  bool trying_ = false;
  std::uint64_t tried_with_ = 0;  // the revision of Trust with which all were tried last
};

}  // namespace livlina::client
