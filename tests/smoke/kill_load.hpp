// What the people of the kill test do all the time: texts both ways, check-ins, alarms, acts,
// manifests that are signed anew, and staff who join. One command of each person is under way; the
// next follows at its end. Everything from a seed.
#pragma once

#include <map>
#include <random>
#include <set>
#include <string>

#include "tests/smoke/kill_enrolment.hpp"
#include "tests/smoke/net_town.hpp"

namespace livlina::testing {

class KillLoad {
 public:
  KillLoad(NetTown& town, std::uint64_t seed) : enrolment(town), town_(town), random_(seed) {}

  // Gives a next command to everybody who is logged in and has none.
  void give();
  // The client began anew: what was under way is nobody's any more.
  void forget(const NetClient& who) { under_way_.erase(&who); }
  [[nodiscard]] bool idle() const;

  // Acts that ended well, by person and act.
  std::map<const NetClient*, std::map<std::uint32_t, int>> acts;
  // Texts in the order in which they were given, by "sender>recipient".
  std::map<std::string, std::vector<std::string>> texts;
  int manifests = 0;  // that the participant was told to be the server's
  KillEnrolment enrolment;
  std::set<std::string> errors;  // of commands that were refused

 private:
  struct UnderWay {
    std::uint64_t id = 0;
    std::uint32_t act = 0;
    bool listing = false;
    bool manifest = false;
  };
  void look(NetClient& who);
  void participant_does();
  void supporter_does(NetClient& who);
  void act(NetClient& who);
  void sign_manifest();
  void write(NetClient& from, NetClient& to);
  void begin(NetClient& who, v1::Command command, std::uint32_t act = 0, bool listing = false);
  [[nodiscard]] std::uint64_t dice(std::uint64_t sides) { return random_() % sides; }

  NetTown& town_;
  std::mt19937_64 random_;
  std::map<const NetClient*, UnderWay> under_way_;
  std::map<const NetClient*, std::string> accounts_;
};

// Whether this instant is in the part of each minute in which the participant gives no check-in, so
// that some are missed.
[[nodiscard]] bool quiet_time(Instant now);

}  // namespace livlina::testing
