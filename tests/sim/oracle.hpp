// Judges a played scenario at its end: the server's tables and the members' own phones against the
// plan, the clock and the ledger of what phones were told. Independent of the code under test.
#pragma once

#include "tests/sim/play.hpp"
#include "tests/sim/tables.hpp"

namespace livlina::testing::sim {

class Oracle {
 public:
  explicit Oracle(Play& play);
  // One line for each difference; empty: all promises were kept.
  [[nodiscard]] std::vector<std::string> differences();
  // What should have become of each slot, and what presses came, for whoever looks for a cause.
  [[nodiscard]] std::vector<std::string> expectations() const;

 private:
  // One slot of a circle, as it should be.
  struct Slot {
    const Home* home = nullptr;
    int table = 0;
    Expected is;
    const OccurrenceFound* found = nullptr;
  };

  // oracle_watch.cpp: G1, G2, G3, G4, G6, I1, I9
  void expect_slots();
  void check_slots();
  void check_slot(const Slot& slot);
  void check_next_openings();
  void check_presses();
  void check_press(const Press& press);
  void check_triggers();
  void check_miss(const Slot& slot);
  void check_incidents();
  void check_end(const IncidentFound& incident);
  void check_told(const IncidentFound& incident);
  void check_acts();

  // oracle_people.cpp: M1, M2, and what the members' phones show
  void check_letters();
  void check_screen(Phone& phone);
  void check_members();
  void check_view(const Slot& slot, const Phone& member, bool hears_alarms);
  void check_incident_views();
  void check_notices();
  void check_alerts();
  [[nodiscard]] bool fair(const Alert& alert) const;

  // oracle_blind.cpp: who could not know says so, and nobody else
  [[nodiscard]] bool fair_not_connected(const Alert& alert, Instant due) const;
  void check_blindness();
  void check_blind(const Phone& member, const Slot& slot);
  [[nodiscard]] bool said_blind(const Phone& member, const Slot& slot, Instant until) const;
  // When that phone, by its own clock, says that it cannot know of the slot, if it still cannot.
  [[nodiscard]] static Instant blind_from(const Phone& member, const Slot& slot);

  void wrong(const std::string& what) { out_.push_back(what); }
  [[nodiscard]] std::string when(Instant at) const { return time_words(play_.scenario, at); }
  // From when on the server could act on what was due at `at`.
  [[nodiscard]] Instant able(Instant at) const;
  [[nodiscard]] std::vector<Answer> answers(const Home& home) const;
  [[nodiscard]] const Home* home(const std::string& circle) const;

  Play& play_;
  const Ledger& ledger_;
  Instant now_;
  Tables tables_;
  std::vector<Slot> slots_;
  std::vector<std::string> out_;
};

}  // namespace livlina::testing::sim
