// A desk, a contact person, a mentor and a participant, enrolled at a real server through the real
// protocol, their circle armed.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "tests/smoke/net_client.hpp"
#include "tests/smoke/real_server.hpp"

namespace livlina::testing {

class NetTown {
 public:
  // `surname` ends everybody's name, and the desk's.
  explicit NetTown(RealServer& server, const std::string& surname = {});

  // Enrols everybody, has a practice alarm taken, sets this plan and arms. False: see `why`.
  [[nodiscard]] bool found(const std::string& first_code, const v1::SetPlan& plan);

  // Only the desk and its staff; the participant is somebody else.
  [[nodiscard]] bool found_staff(const std::string& first_code);

  // Lets everybody work until `enough`; false after the limit.
  [[nodiscard]] bool pump_until(const std::function<bool()>& enough,
                                std::chrono::milliseconds limit = std::chrono::minutes(5));
  // The same until this command has ended; whether it ended well.
  [[nodiscard]] bool run(NetClient& who, v1::Command command);
  void server_at(std::optional<std::uint16_t> port);

  RealServer& server;
  NetClient desk, contact, mentor, participant;
  std::string circle;  // its id
  std::string why;     // what went wrong first
  std::string desk_name;
  [[nodiscard]] std::array<NetClient*, 4> all() { return {&desk, &contact, &mentor, &participant}; }
  // And whoever joined later: they work and connect as the others do.
  NetClient& add_newcomer();
  [[nodiscard]] std::vector<NetClient*> everybody();
  std::vector<std::unique_ptr<NetClient>> newcomers;
  [[nodiscard]] std::string account(NetClient& who) { return who.status().account(); }

 private:
  [[nodiscard]] bool join(NetClient& inviter, NetClient& newcomer, std::uint32_t purpose,
                          std::uint32_t role);
  [[nodiscard]] bool sign(bool armed);
  [[nodiscard]] bool practice();
  std::optional<std::uint16_t> port_;
};

// One act on the incident; `reason` for a resolution.
[[nodiscard]] v1::Command act_on(const v1::Incident& incident, std::uint32_t act,
                                 std::uint32_t reason = 0);

}  // namespace livlina::testing
