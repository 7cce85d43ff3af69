// What the phones of a simulation have signed and given, and what they were told: kept from their
// own requests, replies and events, never from the server.
#pragma once

#include <deque>
#include <set>
#include <tuple>

#include "tests/sim/cast.hpp"
#include "tests/sim/expected.hpp"
#include "tests/support/invariants.hpp"

namespace livlina::testing::sim {

// A signed record of a participant's device.
struct Press {
  const Phone* phone = nullptr;
  bool decoy = false;
  std::string circle;
  DeviceId device;
  std::uint64_t seq = 0;
  std::uint8_t type = 0;  // 1 check-in, 2 alarm, 3 cancel, 4 mistake
  std::uint8_t answer = 0;
  Instant claimed_at = 0;
  Instant slot = 0;  // the due time that it names; 0: none
  crypto::Hash hash{};
  // Taken back in the decoy before it had left: it goes all the same, and the phone tells nothing
  // of it (T30).
  bool hidden = false;
  bool accepted = false;  // the phone showed the server's receipt; then also:
  std::uint32_t status = 0;
  Instant received_at = 0;
};

// A text that a person wrote.
struct Letter {
  const Phone* from = nullptr;
  bool decoy = false;
  std::string circle;
  std::string text;
  std::set<const Phone*> to;
  bool given = false;       // the phone keeps it: it must arrive
  std::uint32_t state = 0;  // the best that the phone has shown
};

// A signed act of a supporter's device.
struct Deed {
  const Phone* by = nullptr;
  std::uint8_t act = 0;
  std::string incident;
  crypto::Hash hash{};
  std::uint32_t outcome = 0;  // of the reply; 0: none came
  Instant answered_at = 0;
};

struct Alert {
  Instant at = 0;
  const Phone* phone = nullptr;
  v1::Warning warning;
};

// When a phone could have heard of whatever had happened: connected, with its queue drained.
struct Hearing {
  std::vector<Interval> heard;  // `to` 0: until now
  std::vector<Interval> deaf;   // the app ran, and could not; `to` 0: until now
  std::vector<Instant> frames;  // when anything came at all
  [[nodiscard]] bool any_frame(Instant after, Instant until) const;
};

class Ledger {
 public:
  explicit Ledger(const World& world) : world_(world) {}

  // Follows this phone from now on. Takes its on_request and on_frame.
  void follow(Phone& phone, bool decoy = false);
  void gave_text(const Phone& phone, std::uint64_t command, Letter letter);
  void gave_press(const Phone& phone, std::uint64_t command, bool alarm);
  // Whatever was signed so far counts as given.
  void begin_counting();
  // What the phones have said since the last time.
  void read();
  // The ids of what this person has not read yet, who now reads it.
  [[nodiscard]] std::vector<std::string> take_unread(const Phone& phone);

  using SlotKey = std::tuple<std::string, std::string, Instant>;  // circle, schedule, due
  struct Shown {
    std::set<std::string> texts;                              // of others
    std::vector<std::pair<std::string, std::string>> unread;  // id and text
    std::set<std::string> marked_read;
    std::map<SlotKey, v1::CheckinView> slots;
    // When something was shown of a slot for the first time, and not only that it is waited for.
    std::map<SlotKey, Instant> known;
    std::map<std::string, v1::IncidentView> incidents;  // the newest view
    std::map<std::string, v1::NoticeView> notices;
  };
  std::map<const Phone*, Shown> shown;
  std::map<const Phone*, Hearing> hearing;
  std::deque<Press> presses;
  std::map<const Phone*, int> presses_given;  // each must become one signed record
  std::deque<Letter> letters;
  std::deque<Deed> deeds;
  std::vector<Alert> alerts;
  std::vector<ToldReceived> received;  // for I9
  std::vector<std::string> broken;     // what was said that cannot be true

 private:
  struct Followed {
    Phone* phone = nullptr;
    bool decoy = false;
    std::size_t read = 0;                      // of its events
    std::map<std::uint64_t, Letter*> letters;  // by the command's id
    std::set<std::uint64_t> presses;
    int alarms = 0;  // of these, but for those that were taken back before they left
    // In the decoy: by the phone's clock, when all alarms that had not left were taken back last.
    Instant taken_back = 0;
    std::map<std::uint64_t, Deed*> acts;  // by the request's id
  };
  void watch_hearing(Followed& f);
  void read(Followed& f);
  void signed_record(Followed& by, const v1::PostRecord& post);
  void signed_act(Followed& by, const v1::Request& request);
  void said(Followed& by, const v1::Event& event);
  void check_truth(const Letter& letter);
  // The number under which the phone shows it: as if those that are hidden were not there.
  [[nodiscard]] std::uint64_t shown_seq(const Press& press) const;
  [[nodiscard]] int alarms_of(const Phone& phone) const;  // that were sent
  void said_never_sent(Followed& by);
  void said_slot(const Followed& by, const v1::CheckinView& slot);
  void said_message(const Followed& by, const v1::MessageView& view);
  void said_accepted(const Followed& by, const v1::CheckinAccepted& told);
  void said_notice(const Followed& by, const v1::NoticeView& notice);

  const World& world_;
  std::deque<Followed> followed_;
};

}  // namespace livlina::testing::sim
