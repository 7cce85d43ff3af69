// Plays a scenario with real phones and the real server under the virtual clock, keeps the ledger,
// and asks the watch's invariants after every round.
#pragma once

#include <random>

#include "tests/sim/expected.hpp"
#include "tests/sim/ledger.hpp"
#include "tests/sim/scenario.hpp"

namespace livlina::testing::sim {

class Play {
 public:
  explicit Play(const Scenario& scenario);

  // Called at every commit of the server, before anything leaves; may throw server::Crash.
  server::CommitProbe on_commit;

  // Pairs, plays all steps, lets everything work again and come to rest. Ends early at the first
  // problem.
  void run();

  // What was wrong so far: invariants, and what the phones said that cannot be true.
  std::vector<std::string> problems;
  // The steps that were played, the newest last.
  [[nodiscard]] std::vector<std::string> trace(std::size_t most) const;

  bool gathered = false;  // everybody is paired, and the circles are armed

  const Scenario& scenario;
  Cast cast;
  Ledger ledger;
  std::vector<Interval> outages;
  std::vector<Interval> full_disk;

 private:
  void round_ended(Instant at, bool settled);
  void play(const Step& step);
  void write(const Step& step);
  void press(const Step& step);
  void act(const Step& step);
  void phone_step(const Step& step);
  void server_step(const Step& step);
  void switch_realm(const Step& step);
  void bad_line(Phone& phone, const Step& step);
  void rest();
  void look_at_everything(Phone& phone);
  void read();

  [[nodiscard]] Home* home(std::size_t who) const;
  [[nodiscard]] Phone& phone(std::size_t who) const;  // as it is shown now
  [[nodiscard]] const std::string& account(const Phone& phone);
  [[nodiscard]] bool disk_is_full() const { return !full_disk.empty() && full_disk.back().to == 0; }

  std::mt19937_64 random_;
  std::map<const Phone*, std::string> accounts_;
  std::vector<bool> online_;
  std::size_t played_ = 0;
  bool watch_changed_ = true;  // a table that the invariants look at, since they last did
  int quiet_rounds_ = 0;
  int texts_ = 0;
};

}  // namespace livlina::testing::sim
