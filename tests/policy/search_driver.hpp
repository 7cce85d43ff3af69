// What the services do with the step functions, on the small world: facts are made from it, effects
// become its rows. Every call and every state is held against the invariants.
#pragma once

#include "tests/policy/search_events.hpp"
#include "tests/policy/search_invariants.hpp"

namespace livlina::server::policy::search {

class Driver {
 public:
  Driver(const Steps& steps, const Bounds& bounds, World& w)
      : steps_(steps), bounds_(bounds), w_(w) {}

  // Does the event. What of it is impossible now does nothing.
  void apply(const Event& e);

  // The first thing that was wrong in it; nullptr: nothing.
  [[nodiscard]] Wrong broken() const { return broken_; }
  // Somebody or the operator was called.
  [[nodiscard]] bool called() const { return called_; }

 private:
  void must(Wrong w) {
    if (broken_ == nullptr) broken_ = w;
  }
  void must(bool holds, Wrong otherwise) {
    if (!holds) must(otherwise);
  }

  // Time and rounds.
  void pass_time(const Event& e);
  void wait();
  void blind(Duration length);
  void clock_back(Duration length);
  void judge();
  void make_slots();
  void send();
  void run(const Event& e);

  // Slots.
  void check_in(const Event& e);
  void answer_slot(SlotState& s, std::uint8_t answer, bool& late);
  [[nodiscard]] bool answerable(const SlotState& s) const;
  void step_slot(SlotState& s, const OccurrenceEvent& event);
  void write(SlotState& s, const OccurrenceStep& step);
  void undo_made(SlotState& s);
  void undo_moved(SlotState& s);

  // The participant's records.
  void press(const Event& e);
  void queue(const Press& press);
  void judge_one(const Press& press);

  // Incidents.
  void raise(TriggerKind kind, bool login);
  void step_incident(Lane lane, const IncidentEvent& event, const IncidentFacts& facts);
  IncidentStep checked(Lane lane, const Incident& i, const IncidentEvent& event,
                       const Policy& policy, const IncidentFacts& facts);
  void write(Lane lane, const IncidentStep& step);
  void fresh(Lane lane, const IncidentStep& step);
  void tick(Lane lane);
  void act(const Event& e);
  void repeat(const Event& e, const IncidentEvent& event, const IncidentFacts& facts);
  void reopen(Lane lane);
  void check_holders();
  [[nodiscard]] IncidentFacts escalation_facts(const LaneState& lane) const;
  [[nodiscard]] IncidentFacts act_facts(const Event& e) const;
  [[nodiscard]] std::optional<Instant> rights_end(std::size_t who) const;
  [[nodiscard]] std::vector<Person> reachable_desk() const;

  // Rows.
  void write(Lane lane, const std::vector<Effect>& effects);
  void notify(LaneState& lane, std::size_t who, const Effect& effect);
  void end_rows(LaneState& lane, const std::vector<Person>& given_to);
  void end_row(Box& box, std::size_t k, NotificationEvent event);
  void receipt(LaneState& lane, std::size_t who);
  void receive_all();

  // The world around.
  void change(const Event& e);

  const Steps& steps_;
  const Bounds& bounds_;
  World& w_;
  Wrong broken_ = nullptr;
  bool called_ = false;
};

}  // namespace livlina::server::policy::search
