// One connection to the server: its challenge, the log-in, and the requests under way.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "clients/core/identity.hpp"

namespace livlina::v1 {
class Challenge;
class Welcome;
}  // namespace livlina::v1

namespace livlina::client {

class Connection final : public Requests {
 public:
  explicit Connection(Context& context);
  ~Connection() override;

  void opened();
  // Calls back every request under way with nullptr.
  void closed();

  // What a frame of the server was, so that the core knows whom to tell.
  enum class Got : std::uint8_t {
    nothing,    // handled here, or not for us
    challenge,  // the server said who it is; nobody is logged in yet
    logged_in,  // its hello verified
    pushed,     // not a reply: for the parts
  };
  [[nodiscard]] Got received(const v1::ServerFrame& frame);

  // The server's key of this connection; nothing before the challenge.
  [[nodiscard]] std::optional<ByteArray<32>> server_key() const;
  // `now`, held within a day of the unsigned time of the challenge: for dates that bind nobody but
  // must be sane, written by a device that has no trusted clock yet.
  [[nodiscard]] Instant plausible_now() const;
  // Answers the challenge. When the server's key or version is not the one expected: a warning and
  // the end of the connection. The counter is stored in the step that sends it.
  void log_in(const Identity& identity);
  // The connection ends after this step's frames; `code` is shown.
  void give_up(std::string_view code, std::string_view detail = {});

  [[nodiscard]] bool logged_in() const override { return state_ == State::logged_in; }
  [[nodiscard]] bool connected() const override { return state_ != State::none; }
  // The server has said who it is, and no log-in is under way: claim and join may be sent.
  [[nodiscard]] bool challenged() const {
    return state_ == State::challenged || state_ == State::logged_in;
  }
  // Keeps to what the server bears: a bounded number under way, the others wait their turn, and one
  // that was told BUSY goes again. Check-ins, alarms and acts never wait.
  void send(v1::Request request, OnReply on_reply) override;
  [[nodiscard]] bool idle() const { return under_way_.empty(); }
  void tick();
  [[nodiscard]] std::optional<Instant> wake_at() const;

  [[nodiscard]] std::vector<std::string> take_frames();
  [[nodiscard]] bool take_disconnect();
  [[nodiscard]] std::uint32_t queued() const { return queued_; }  // as the last Welcome said

 private:
  enum class State : std::uint8_t { none, open, challenged, logging_in, logged_in };
  struct UnderWay {
    std::string frame;
    OnReply on_reply;
    Instant again_at = 0;  // told BUSY: goes again then
    bool sent = false;
    bool urgent = false;
  };
  void post(v1::Request request, OnReply on_reply);
  void pump();
  [[nodiscard]] bool put_off(UnderWay& request, const v1::ServerFrame& reply) const;
  void answered(const v1::ServerFrame* reply, const Identity& identity);
  [[nodiscard]] bool welcome(const v1::Welcome& welcome, const Identity& identity);
  void hear_time(Instant signed_time);
  void see_epoch(const v1::Welcome& welcome, bool mirror);

  Context& context_;
  State state_ = State::none;
  std::unique_ptr<v1::Challenge> challenge_;
  ByteArray<32> client_nonce_{};
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, UnderWay> under_way_;
  std::vector<std::string> frames_;
  bool disconnect_ = false;
  std::uint32_t queued_ = 0;
};

}  // namespace livlina::client
