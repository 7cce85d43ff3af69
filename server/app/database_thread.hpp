// The one thread that owns engine and database: takes what connections bring, runs rounds, sleeps
// until the next deadline, and notices when it was blind.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "server/app/fault_log.hpp"
#include "server/app/rounds.hpp"
#include "server/net/gate.hpp"
#include "server/time/clock_watch.hpp"
#include "server/time/clocks.hpp"
#include "server/time/sleeper.hpp"

namespace livlina::server {

// How well the rounds keep up; readable from any thread.
struct RoundFigures {
  std::uint64_t rounds = 0;
  Instant last_round = 0;   // wall time of the last one's end
  Duration last_late = 0;   // how long after its deadline the last due row was, or still is, served
  Duration worst_late = 0;  // since the start
};

class DatabaseThread final : public Gate {
 public:
  struct Exits {
    std::function<void(std::vector<NetOutgoing>)> deliver;     // to the network threads
    std::function<void(const OperatorNotice&)> tell_operator;  // must not wait
    std::function<void(const DeskNotice&)> tell_desk{};        // the same
  };
  // The rounds belong to this thread from start() to the end of finish().
  DatabaseThread(Rounds& rounds, const Clocks& clocks, Exits exits);
  ~DatabaseThread() override;

  void start();
  // Takes nothing new, runs until everything taken before is committed and answered, then joins.
  void finish();

  void opened(SessionId session, const ByteArray<32>& nonce) override;
  void request(SessionId session, std::shared_ptr<const v1::Request> request) override;
  void closed(SessionId session) override;
  void probe(std::function<void(bool well)> done) override;
  void operator_result(const NoticeId& id, bool delivered);
  void webhook_result(const WebhookResult& result);
  [[nodiscard]] RoundFigures figures() const;
  // The clock was set (tests with a clock of their own): looks again at once.
  void look_again() { sleeper_.wake(); }

 private:
  struct Inbox {
    std::vector<Inbound> items;
    std::vector<std::pair<NoticeId, bool>> results;
    std::vector<WebhookResult> webhook_results;
    std::vector<std::function<void(bool)>> probes;
  };
  template <class Put>
  void put(Put into);
  void run();
  [[nodiscard]] Inbox take(bool& stopping);
  void check_clocks(Instant wall, Duration boot);
  void note_lateness(Instant now);
  void note_room(bool tight);
  // Hands over what may leave after a commit.
  [[nodiscard]] Sink to_network() const;
  // One round; true: more work is waiting.
  bool round(Inbox inbox, Instant now);
  [[nodiscard]] Duration sleep_until() const;

  Rounds& rounds_;
  const Clocks& clocks_;
  const Exits exits_;
  Sleeper sleeper_;
  ClockWatch watch_;
  FaultLog fault_log_;
  bool tight_ = false;  // the log says so
  std::optional<Instant> deadline_;
  std::optional<Instant> unserved_;  // a deadline that waits although its time has come
  mutable std::mutex mutex_;
  Inbox inbox_;
  bool stopping_ = false;
  RoundFigures figures_;
  std::thread thread_;
};

}  // namespace livlina::server
