#include "tests/sim/scenario.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>

namespace livlina::testing::sim {

namespace {

constexpr Instant monday = 1'772'438'400'000;                 // 2026-03-02, 08:00 UTC
constexpr Instant before_summer = monday + 26 * day;          // Saturday; clocks go forward next
constexpr Instant before_winter = monday + (26 + 210) * day;  // Saturday; clocks go back next
constexpr Duration morning = 2 * hour;                        // of pairing, before anything is due

class Writer {
 public:
  Writer(std::uint64_t seed, const Size& size) : random_(seed), size_(size) {
    out_.seed = seed;
    const std::array<Instant, 6> starts{monday,       monday,        monday,
                                        monday + day, before_summer, before_winter};
    out_.start = starts[dice(starts.size())];
    out_.end = out_.start + size.days * day;
    for (int i = 0; i < size.circles; ++i) out_.plans.push_back(plan());
    if (seed % 3 == 0) out_.plans.back().push_back(by_intervals());
    people_ = first_participant + out_.plans.size();
    for (std::size_t who = 0; who < people_; ++who)
      out_.skew.push_back(who < first_participant ? between(-minute, minute)
                                                  : between(-10 * minute, 10 * minute));
  }

  Scenario write() {
    for (std::size_t c = 0; c < out_.plans.size(); ++c) {
      for (const Timetable& table : out_.plans[c])
        for (const DueTime& slot : due_times(table, begin(), out_.end)) answer(c, slot);
      alarms(first_participant + c);
    }
    for (std::size_t who = 0; who < people_; ++who) person(who);
    for (Instant at = begin(); at < out_.end; at += day) add(at, What::renew, 0);
    if (size_.faults) {
      for (std::size_t who = 0; who < people_; ++who) phone_faults(who);
      server_faults();
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::uint64_t dice(std::uint64_t sides) { return random_() % sides; }
  [[nodiscard]] bool chance(std::uint64_t percent) { return dice(100) < percent; }
  [[nodiscard]] Instant between(Instant from, Instant to) {
    return from + static_cast<Instant>(dice(static_cast<std::uint64_t>(to - from)));
  }
  [[nodiscard]] Instant begin() const { return out_.start + morning; }
  // So late in its minute that the server, which notes every 10 s that it lives, has noted it in
  // this minute: plans speak of whole minutes, and what an outage covers is beyond doubt.
  [[nodiscard]] Instant late_in_minute(Instant from, Instant to) {
    return between(from, to) / minute * minute + between(15 * second, minute);
  }
  void add(Instant at, What what, std::size_t who, int n = 0) {
    if (at < begin() || at >= out_.end) return;
    const auto behind = std::upper_bound(out_.steps.begin(), out_.steps.end(), at,
                                         [](Instant t, const Step& s) { return t < s.at; });
    out_.steps.insert(behind, {at, what, who, n});
  }

  // Times of the evening and the night; none is near the morning in which everybody pairs.
  std::vector<Timetable> plan() {
    static constexpr std::array<std::uint32_t, 8> minutes{
        13 * 60, 15 * 60 + 30, 18 * 60, 20 * 60, 22 * 60 + 10, 23 * 60 + 50, 2 * 60 + 30, 5 * 60};
    std::vector<Timetable> out;
    for (std::uint64_t tables = 1 + dice(2); tables > 0; --tables) {
      Timetable t;
      t.opens_before = static_cast<Duration>(30 + 15 * dice(3)) * minute;
      t.grace = static_cast<Duration>(10 + 5 * dice(5)) * minute;
      if (chance(60)) t.reminders = {0, 5 * minute};
      for (const std::uint32_t m : minutes)
        if (t.times.size() < 3 && chance(35)) t.times.push_back({chance(80) ? 0x7fu : 0x55u, m});
      if (t.times.empty()) t.times.push_back({0x7f, 20 * 60});
      out.push_back(std::move(t));
    }
    return out;
  }

  // Of the afternoon or the night, over the change of the clocks.
  Timetable by_intervals() {
    static constexpr std::array<std::uint32_t, 3> starts{13 * 60, 20 * 60 + 30, 22 * 60};
    Timetable t;
    t.opens_before = static_cast<Duration>(15 + 15 * dice(3)) * minute;
    t.grace = static_cast<Duration>(10 + 5 * dice(5)) * minute;
    if (chance(60)) t.reminders = {0, 5 * minute};
    const auto minutes = static_cast<std::uint32_t>(80 + 20 * dice(4));
    const auto length = static_cast<std::uint32_t>(60 * (5 + dice(4)));
    t.every = {chance(80) ? 0x7fu : 0x2au, starts[dice(starts.size())], length, minutes};
    return t;
  }

  void answer(std::size_t circle, const DueTime& slot) {
    const std::size_t who = first_participant + circle;
    const int value = chance(75) ? 1 : 2 + static_cast<int>(dice(2));
    const std::uint64_t how = dice(100);
    if (how < 45) {
      add(between(slot.opens_at, slot.deadline - 10 * second), What::check_in, who, value);
    } else if (how < 55) {  // on the spot
      const std::array<Instant, 4> spots{slot.opens_at, slot.due, slot.deadline, slot.deadline + 1};
      add(spots[dice(spots.size())], What::check_in, who, value);
    } else if (how < 65) {
      add(between(slot.deadline, slot.deadline + 2 * hour), What::check_in, who, value);
    } else if (how < 72) {
      early(who, slot, value);
    } else if (how < 82) {
      under_duress(who, between(slot.opens_at, slot.deadline), value);
    }  // else silence
    if (chance(15))
      add(between(slot.opens_at, slot.deadline), What::check_in, who,
          1 + static_cast<int>(dice(3)));
  }

  // Before the opening; with luck on a phone that is offline until the slot is open.
  void early(std::size_t who, const DueTime& slot, int value) {
    const Instant at = between(slot.opens_at - 2 * hour, slot.opens_at);
    add(at, What::check_in, who, value);
    if (!size_.faults || chance(40)) return;
    add(at - minute, What::offline, who);
    add(between(slot.opens_at, slot.deadline), What::online, who);
  }

  void under_duress(std::size_t who, Instant at, int value) {
    add(at, What::decoy, who);
    add(at + 10 * second, What::check_in, who, value);
    if (chance(40)) add(at + 40 * second, What::text, who, 0);
    if (chance(20)) add(at + minute, What::alarm, who, 1 + static_cast<int>(dice(2)));
    add(at + between(2 * minute, 20 * minute), What::real, who);
  }

  void alarms(std::size_t who) {
    for (Instant from = begin(); from < out_.end; from += day) {
      if (!chance(60)) continue;
      const Instant at = between(from, from + day);
      add(at, What::alarm, who, 1 + static_cast<int>(dice(3)));
      if (chance(40)) add(at + between(second, 20 * second), What::cancel, who, 0);
      if (chance(20)) add(at + between(second, 20 * minute), What::cancel, who, 1);
    }
  }

  void person(std::size_t who) {
    const bool supporter = who < first_participant;
    for (Instant from = begin(); from < out_.end; from += 6 * hour) {
      for (std::uint64_t i = dice(3); i > 0; --i) {
        const bool to_all = !supporter && chance(50);
        const std::uint64_t other =
            supporter ? first_participant + dice(out_.plans.size()) : dice(first_participant);
        add(between(from, from + 6 * hour), What::text, who,
            to_all ? 0 : static_cast<int>(1 + other));
      }
      add(between(from, from + 6 * hour), What::read, who);
      for (std::uint64_t i = supporter ? dice(6) : 0; i > 0; --i)
        add(between(from, from + 6 * hour), What::act, who, static_cast<int>(dice(1000)));
    }
  }

  void phone_faults(std::size_t who) {
    for (Instant from = begin(); from < out_.end; from += day) {
      if (chance(50)) {
        const Instant at = between(from, from + day);
        add(at, What::offline, who);
        add(at + between(minute, 8 * hour), What::online, who);
      }
      if (chance(40)) {
        const Instant at = between(from, from + day);
        add(at, What::bad_line, who, static_cast<int>(1 + dice(3)));
        add(at + between(10 * minute, 8 * hour), What::good_line, who);
      }
      if (chance(50)) add(between(from, from + day), What::reopen, who);
    }
  }

  void server_faults() {
    for (Instant from = begin(); from < out_.end; from += day) {
      for (std::uint64_t i = dice(4); i > 0; --i) add(between(from, from + day), What::crash, 0);
      // In two parts of the day, so that neither is in the other.
      if (chance(40)) {
        static constexpr std::array<Duration, 5> lengths{40 * second, 3 * minute, 40 * minute,
                                                         3 * hour, 7 * hour};
        const Instant at = late_in_minute(from, from + 11 * hour);
        add(at, What::stop, 0);
        add(at + lengths[dice(lengths.size())], What::start, 0);
      }
      if (chance(30)) {
        const Instant at = between(from + 20 * hour, from + 23 * hour);
        const Duration length = between(second, 30 * minute);
        const std::size_t who = dice(people_);
        add(at - minute, What::offline, who);
        add(at, What::disk_full, 0);
        add(at + length / 2, What::online, who);
        add(at + length, What::disk_free, 0);
      }
    }
  }

  std::mt19937_64 random_;
  Size size_;
  Scenario out_;
  std::size_t people_ = 0;
};

struct Word {
  const char* text;
  bool somebody;  // does it
  bool number;    // tells more
};
constexpr std::array<Word, 19> step_words{{{"writes", true, true},
                                           {"reads", true, false},
                                           {"checks in", true, true},
                                           {"raises an alarm", true, true},
                                           {"cancels", true, true},
                                           {"acts", true, true},
                                           {"goes offline", true, false},
                                           {"comes back", true, false},
                                           {"opens the app anew", true, false},
                                           {"enters the duress PIN", true, false},
                                           {"enters the real PIN", true, false},
                                           {"has a bad line", true, true},
                                           {"has a good line", true, false},
                                           {"signs the desk's lists", true, false},
                                           {"the server is killed", false, false},
                                           {"the server stops", false, false},
                                           {"the server starts", false, false},
                                           {"the disk is full", false, false},
                                           {"the disk has room", false, false}}};
static_assert(step_words.size() == static_cast<std::size_t>(What::disk_free) + 1);

}  // namespace

Scenario make_scenario(std::uint64_t seed, const Size& size) { return Writer(seed, size).write(); }

std::string time_words(const Scenario& scenario, Instant at) {
  const Instant days = at / day - scenario.start / day;
  const Instant ms = at % day;
  char out[40];
  (void)std::snprintf(out, sizeof out, "d%d %02d:%02d:%02d.%03d", static_cast<int>(days),
                      static_cast<int>(ms / hour), static_cast<int>(ms % hour / minute),
                      static_cast<int>(ms % minute / second), static_cast<int>(ms % second));
  return out;
}

std::string words(const Scenario& scenario, const Step& step) {
  static constexpr const char* names[] = {"Carin", "Kim", "Maja", "Pa", "Bo", "Li"};
  const Word& word = step_words[static_cast<std::size_t>(step.what)];
  std::string out = time_words(scenario, step.at) + " ";
  if (word.somebody) out += std::string(names[step.who % std::size(names)]) + " ";
  out += word.text;
  if (word.number) out += " (" + std::to_string(step.n) + ")";
  return out;
}

}  // namespace livlina::testing::sim
