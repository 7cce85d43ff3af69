#include "tests/sim/ledger.hpp"

#include <algorithm>

#include "crypto/core/hash.hpp"

namespace livlina::testing::sim {

namespace {

constexpr std::uint32_t state_delivered = 3;
constexpr std::uint32_t state_read = 4;
constexpr std::uint8_t type_alarm = 2, answer_silent = 1;
constexpr std::uint32_t slot_waiting = 1, slot_not_connected = 11;

}  // namespace

bool Hearing::any_frame(Instant after, Instant until) const {
  const auto it = std::upper_bound(frames.begin(), frames.end(), after);
  return it != frames.end() && *it <= until;
}

void Ledger::follow(Phone& phone, bool decoy) {
  followed_.push_back({&phone, decoy, phone.events().size(), {}, {}, 0, 0, {}});
  Followed& f = followed_.back();
  phone.on_request = [this, &f](v1::Request& r) {
    if (r.has_post_record()) signed_record(f, r.post_record());
    if (r.has_post_act()) signed_act(f, r);
    return true;
  };
  watch_hearing(f);
  phone.on_frame = [this, &f](v1::ServerFrame& frame) {
    Hearing& h = hearing[f.phone];
    h.frames.push_back(world_.now());
    if (frame.has_drained() && !h.deaf.empty() && h.deaf.back().to == 0) {
      h.deaf.back().to = world_.now();
      h.heard.push_back({world_.now(), 0});
    }
    const auto it = f.acts.find(frame.id());
    if (frame.has_act_answer() && it != f.acts.end()) {
      it->second->outcome = frame.act_answer().outcome();
      it->second->answered_at = world_.now();
    }
    return true;
  };
}

void Ledger::watch_hearing(Followed& f) {
  hearing[f.phone].deaf.push_back({world_.now(), 0});
  f.phone->on_lost = [this, &f] {
    read(f);  // what it knew then
    Hearing& h = hearing[f.phone];
    if (h.heard.empty() || h.heard.back().to != 0) return;
    h.heard.back().to = world_.now();
    h.deaf.push_back({world_.now(), 0});
  };
  f.phone->on_begun = [this, &f] {
    read(f);
    Hearing& h = hearing[f.phone];
    h.deaf.back().to = world_.now();
    h.deaf.push_back({world_.now(), 0});
  };
}

void Ledger::gave_text(const Phone& phone, std::uint64_t command, Letter letter) {
  letters.push_back(std::move(letter));
  for (Followed& f : followed_)
    if (f.phone == &phone) f.letters[command] = &letters.back();
}

void Ledger::gave_press(const Phone& phone, std::uint64_t command, bool alarm) {
  ++presses_given[&phone];
  for (Followed& f : followed_)
    if (f.phone == &phone) {
      f.presses.insert(command);
      f.alarms += alarm ? 1 : 0;
    }
}

void Ledger::begin_counting() {
  presses_given.clear();
  for (const Press& p : presses) ++presses_given[p.phone];
  for (Followed& f : followed_) f.alarms = alarms_of(*f.phone);
}

// protocol/spec/records.md, "CheckinRecord".
void Ledger::signed_record(Followed& by, const v1::PostRecord& post) {
  const ByteView record = view(post.record());
  Press p;
  p.phone = by.phone;
  p.decoy = by.decoy;
  p.hash = crypto::sha256(record);
  const auto known = [&](const Press& other) { return other.hash == p.hash; };
  if (std::any_of(presses.begin(), presses.end(), known)) return;  // the same bytes again
  ByteReader r(record);
  (void)r.u8();
  p.type = r.u8();
  p.circle = to_string(r.view(16));
  p.device = DeviceId{r.array<16>()};
  (void)r.view(32 + 16);
  p.slot = r.i64();
  p.seq = r.u64();
  (void)r.view(32);
  p.claimed_at = r.i64();
  p.answer = r.u8();
  p.hidden = by.decoy && p.type == type_alarm && p.answer != answer_silent &&
             p.claimed_at <= by.taken_back;
  presses.push_back(p);
}

void Ledger::signed_act(Followed& by, const v1::Request& request) {
  const ByteView record = view(request.post_act().record());
  ByteReader r(record);
  (void)r.u8();
  Deed d;
  d.by = by.phone;
  d.act = r.u8();
  (void)r.view(16);
  d.incident = to_string(r.view(16));
  d.hash = crypto::sha256(record);
  deeds.push_back(d);
  by.acts[request.id()] = &deeds.back();
}

void Ledger::read(Followed& f) {
  const auto& events = f.phone->events();
  for (; f.read < events.size(); ++f.read) said(f, events[f.read]);
}

void Ledger::read() {
  for (Followed& f : followed_) read(f);
  // After all have been read: a receipt may have come within the same instant.
  for (const Letter& l : letters) check_truth(l);
}

// M5: nothing shows more than is true.
void Ledger::check_truth(const Letter& letter) {
  const auto any = [&](auto has) {
    return std::any_of(letter.to.begin(), letter.to.end(),
                       [&](const Phone* p) { return has(shown[p]); });
  };
  const bool told = letter.state == state_delivered || letter.state == state_read;
  if (told && !any([&](const Shown& s) { return s.texts.count(letter.text) != 0; }))
    broken.push_back("M5 delivered, but on nobody's screen: " + letter.text);
  if (letter.state == state_read &&
      !any([&](const Shown& s) { return s.marked_read.count(letter.text) != 0; }))
    broken.push_back("M5 read, but nobody has read it: " + letter.text);
}

std::vector<std::string> Ledger::take_unread(const Phone& phone) {
  Shown& s = shown[&phone];
  std::vector<std::string> out;
  for (auto& [id, text] : s.unread) {
    out.push_back(id);
    s.marked_read.insert(text);
  }
  s.unread.clear();
  return out;
}

int Ledger::alarms_of(const Phone& phone) const {
  return static_cast<int>(std::count_if(presses.begin(), presses.end(), [&](const Press& p) {
    return p.phone == &phone && p.type == type_alarm && p.answer != answer_silent;
  }));
}

// Neither the alarms that had not left nor the word that takes them back become records.
void Ledger::said_never_sent(Followed& by) {
  if (by.decoy) {  // it says so, and they go all the same (T30)
    by.taken_back = world_.now() + by.phone->skew;
    return;
  }
  const int left = alarms_of(*by.phone);
  if (left >= by.alarms) broken.push_back("G2 never sent, but it had left: " + by.phone->name());
  presses_given[by.phone] -= by.alarms - left + 1;
  by.alarms = left;
}

void Ledger::said(Followed& by, const v1::Event& event) {
  Shown& s = shown[by.phone];
  switch (event.event_case()) {
    case v1::Event::kFinished:
      if (const auto it = by.letters.find(event.command_id()); it != by.letters.end())
        it->second->given = event.finished().error().empty();
      // There was no alarm to cancel: nothing was signed.
      if (by.presses.count(event.command_id()) != 0 && event.finished().error() == "wrong_state")
        --presses_given[by.phone];
      if (by.presses.count(event.command_id()) != 0 && event.finished().error().empty() &&
          event.finished().detail() == "never_sent")
        said_never_sent(by);
      break;
    case v1::Event::kMessage:
      said_message(by, event.message());
      break;
    case v1::Event::kCheckinAccepted:
      said_accepted(by, event.checkin_accepted());
      break;
    case v1::Event::kCheckin:
      said_slot(by, event.checkin());
      break;
    case v1::Event::kStatus:
      for (const v1::CheckinView& c : event.status().checkins()) said_slot(by, c);
      break;
    case v1::Event::kIncident:
      s.incidents[event.incident().incident().incident_id()] = event.incident();
      break;
    case v1::Event::kIncidents:
      for (const v1::IncidentView& i : event.incidents().incidents())
        s.incidents[i.incident().incident_id()] = i;
      break;
    case v1::Event::kNotice:
      said_notice(by, event.notice());
      break;
    case v1::Event::kWarning:
      alerts.push_back({event.warning().at() - by.phone->skew, by.phone, event.warning()});
      break;
    default:
      break;
  }
}

void Ledger::said_slot(const Followed& by, const v1::CheckinView& slot) {
  Shown& s = shown[by.phone];
  const SlotKey key{slot.circle_id(), slot.schedule_id(), slot.due()};
  if (slot.state() != slot_waiting && slot.state() != slot_not_connected)
    s.known.emplace(key, world_.now());
  s.slots[key] = slot;
}

void Ledger::said_message(const Followed& by, const v1::MessageView& view) {
  if (!view.from().empty()) {
    if (shown[by.phone].texts.insert(view.text()).second)
      shown[by.phone].unread.emplace_back(view.message_id(), view.text());
    return;
  }
  for (Letter& l : letters)
    if (l.from == by.phone && l.text == view.text()) l.state = std::max(l.state, view.state());
}

// Records leave a phone in the order of their numbers: whatever is hidden before this one is known.
std::uint64_t Ledger::shown_seq(const Press& press) const {
  const auto before = std::count_if(presses.begin(), presses.end(), [&](const Press& p) {
    return p.hidden && p.phone == press.phone && p.seq < press.seq;
  });
  return press.seq - static_cast<std::uint64_t>(before);
}

// The same receipt may be shown twice, another one never (I9).
void Ledger::said_accepted(const Followed& by, const v1::CheckinAccepted& told) {
  for (Press& p : presses) {
    if (p.phone != by.phone || p.hidden || shown_seq(p) != told.seq()) continue;
    if (p.accepted && (p.status != told.status() || p.received_at != told.received_at()))
      broken.push_back("I9 two different receipts for record " + std::to_string(p.seq) + " of " +
                       by.phone->name());
    if (!p.accepted) received.push_back({p.device, p.hash});
    p.accepted = true;
    p.status = told.status();
    p.received_at = told.received_at();
    return;
  }
  broken.push_back("G2 a receipt for a record that was never sent, by " + by.phone->name());
}

void Ledger::said_notice(const Followed& by, const v1::NoticeView& notice) {
  if (!shown[by.phone].notices.emplace(notice.notice_id(), notice).second)
    broken.push_back("a notice was shown twice by " + by.phone->name());
}

}  // namespace livlina::testing::sim
