// The people of a simulation: a desk with its coordinator, a contact person and a mentor, and one
// circle or two around a participant each. They pair and arm through their own commands, and repeat
// what a crash of the server has cut off.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/clients/sim_commands.hpp"
#include "tests/sim/due_times.hpp"

namespace livlina::testing::sim {

// A circle, and the phone of whom it is about.
struct Home {
  Phone* phone = nullptr;
  Phone* decoy = nullptr;  // what the duress PIN shows, once it was opened
  bool decoy_shown = false;
  std::vector<Timetable> plan;
  bool contact_hears_alarms = true;  // the contact person's line has the alarm scope
  std::string circle;                // id
  std::string account;
  Instant armed_at = 0;

  [[nodiscard]] Phone& shown() const { return decoy_shown ? *decoy : *phone; }
};

class Cast {
 public:
  // Makes the phones only.
  Cast(std::uint64_t seed, const std::vector<std::vector<Timetable>>& plans, Instant start);

  // Pairs everybody, and arms the circles. False: a command was refused again and again.
  [[nodiscard]] bool gather();

  // The duress PIN, and the real one: one realm is shown at a time, the other is offline. The one
  // that is shown then is offline as well.
  void show_decoy(Home& home);
  void show_real(Home& home);

  [[nodiscard]] std::vector<Phone*> supporters() { return {&coordinator, &contact, &mentor}; }
  // Supporters, participants, decoys.
  [[nodiscard]] std::vector<Phone*> everybody();
  [[nodiscard]] static server::Settings settings();

  World world;
  Phone& coordinator;
  Phone& contact;
  Phone& mentor;
  std::vector<std::unique_ptr<Home>> homes;
  // Called with a decoy that was opened for the first time.
  std::function<void(Phone&)> on_new_phone;

 private:
  [[nodiscard]] bool insist(Phone& phone, const v1::Command& command,
                            const std::string& done_already = {});
  [[nodiscard]] bool bring_in(Phone& inviter, Phone& phone, std::uint32_t purpose, Role role);
  [[nodiscard]] bool arm(Home& home);
  [[nodiscard]] std::vector<v1::Person> lines(const Home& home);

  // The decoy realm as it was when it was last handed over.
  std::map<const Home*, std::map<std::string, Bytes>> handed_over_;
};

[[nodiscard]] v1::Command plan_command(const std::vector<Timetable>& plan, Instant from);

}  // namespace livlina::testing::sim
