#include "tests/sim/play.hpp"

#include <algorithm>

namespace livlina::testing::sim {

namespace {

constexpr Duration after_full_disk = 2 * second;  // the server tries again once a second
constexpr std::uint32_t resolved = 3;
constexpr std::uint32_t taken = 2;

// The numbers of protocol/spec/records.md, "StaffAct".
enum Act : std::uint32_t {
  seen = 1,
  take = 2,
  renew = 3,
  offer = 4,
  accept = 5,
  decline = 6,
  take_over = 7,
  assign = 8,
  resolve = 9
};

v1::Command read_command(const std::string& id) {
  v1::Command c;
  c.mutable_mark_read()->set_message_id(id);
  return c;
}

v1::Command press_command(const Step& step) {
  v1::Command c;
  const auto n = static_cast<std::uint32_t>(step.n);
  if (step.what == What::check_in) {
    c.mutable_check_in()->set_answer(n);
    c.mutable_check_in()->set_note(n == 1 ? "" : "a note");
  } else if (step.what == What::alarm) {
    c.mutable_raise_alarm()->set_kind(n);
    c.mutable_raise_alarm()->set_note("help");
  } else {
    c.mutable_cancel_alarm()->set_mistake(n == 1);
  }
  return c;
}

// Openings and deadlines are whole minutes.
bool on_the_spot(const Step& step) { return step.what == What::check_in && step.at % minute <= 1; }

}  // namespace

Play::Play(const Scenario& s)
    : scenario(s),
      cast(s.seed, s.plans, s.start),
      ledger(cast.world),
      random_(s.seed),
      online_(8, true) {
  for (Phone* p : cast.everybody()) ledger.follow(*p);
  cast.on_new_phone = [this](Phone& p) { ledger.follow(p, true); };
  cast.world.set_commit_probe([this](server::CommitPoint point) {
    if (disk_is_full() && point == server::CommitPoint::before)
      throw server::store::Failure(server::store::Fault::full, "commit", "disk full");
    if (on_commit && !cast.world.noting_alive()) on_commit(point);
  });
  cast.world.set_round_probe([this](Instant at, bool settled) { round_ended(at, settled); });
}

void Play::round_ended(Instant at, bool settled) {
  // What stands in mailboxes is no matter of the watch.
  cast.world.db().set_change_probe([this](std::string_view table) {
    if (table != "server" && table != "mailbox" && table != "accepted" && table != "device")
      watch_changed_ = true;
  });
  if (!std::exchange(watch_changed_, false) && ++quiet_rounds_ % 16 != 0) return;
  const bool disk_was_full =
      disk_is_full() || (!full_disk.empty() && at < full_disk.back().to + after_full_disk);
  InvariantOptions options;
  options.settled = settled && !disk_was_full;
  // The newest here, all of them at the end.
  const std::size_t known = ledger.received.size();
  for (std::size_t i = known > 5 ? known - 5 : 0; i < known; ++i)
    options.received.push_back(ledger.received[i]);
  for (std::string& b : broken_invariants(cast.world.db(), at, options))
    problems.push_back(time_words(scenario, at) + " " + std::move(b));
}

void Play::read() {
  ledger.read();
  for (std::string& b : ledger.broken)
    problems.push_back(time_words(scenario, cast.world.now()) + " " + std::move(b));
  ledger.broken.clear();
}

void Play::run() {
  if (!cast.gather()) return problems.push_back("the circles could not be armed");
  read();
  ledger.begin_counting();
  gathered = true;
  for (std::size_t who = 0; who < scenario.skew.size(); ++who) phone(who).skew = scenario.skew[who];
  for (const Step& step : scenario.steps) {
    const Instant at = on_the_spot(step) ? step.at - 1 : step.at;
    if (at > cast.world.now()) cast.world.advance(at - cast.world.now());
    read();  // people act on what their phones show now
    play(step);
    ++played_;
    cast.world.pump();
    read();
    if (!problems.empty()) return;
  }
  rest();
}

void Play::play(const Step& step) {
  Phone& shown = phone(step.who);
  switch (step.what) {
    case What::text:
      return write(step);
    case What::read:
      for (const std::string& id : ledger.take_unread(shown)) (void)shown.give(read_command(id));
      return;
    case What::check_in:
    case What::alarm:
    case What::cancel:
      return press(step);
    case What::act:
      return act(step);
    case What::renew:
      (void)shown.give(plain(v1::Command::kRenewDesk));
      return;
    case What::offline:
    case What::online:
    case What::reopen:
    case What::decoy:
    case What::real:
    case What::bad_line:
    case What::good_line:
      return phone_step(step);
    case What::crash:
    case What::stop:
    case What::start:
    case What::disk_full:
    case What::disk_free:
      return server_step(step);
  }
}

Home* Play::home(std::size_t who) const {
  return who < first_participant ? nullptr : cast.homes.at(who - first_participant).get();
}

Phone& Play::phone(std::size_t who) const {
  if (Home* h = home(who)) return h->shown();
  Phone* const staff[] = {&cast.coordinator, &cast.contact, &cast.mentor};
  return *staff[who];
}

const std::string& Play::account(const Phone& of) {
  std::string& out = accounts_[&of];
  if (out.empty())
    for (Phone* p : cast.everybody())
      if (p == &of) out = p->status().account();
  return out;
}

// On the spot, the record reaches the server in the very round in which the slot opens or ends.
void Play::press(const Step& step) {
  Phone& by = phone(step.who);
  const bool exact = on_the_spot(step) && !by.line;
  if (exact) by.line = [](bool to_server) { return Passage{1, to_server ? 1 : 0}; };
  // A silent one is never taken back.
  ledger.gave_press(by, by.give(press_command(step)), step.what == What::alarm && step.n != 1);
  if (!exact) return;
  cast.world.advance(1);
  by.line = nullptr;
}

void Play::phone_step(const Step& step) {
  Phone& shown = phone(step.who);
  switch (step.what) {
    case What::offline:
      online_[step.who] = false;
      shown.disconnect();
      break;
    case What::online:
      online_[step.who] = true;
      shown.connect();
      break;
    case What::reopen:
      if (!shown.reopen()) problems.push_back(shown.name() + "'s storage cannot be read");
      break;
    case What::bad_line:
      bad_line(shown, step);
      break;
    case What::good_line:
      shown.line = nullptr;
      break;
    default:
      switch_realm(step);
      break;
  }
}

void Play::switch_realm(const Step& step) {
  Home& h = *home(step.who);
  h.shown().line = nullptr;
  if (step.what == What::decoy)
    cast.show_decoy(h);
  else
    cast.show_real(h);
  h.shown().skew = h.phone->skew;
  if (online_[step.who]) h.shown().connect();
}

void Play::bad_line(Phone& of, const Step& step) {
  const auto dice = std::make_shared<std::mt19937_64>(random_());
  of.line = [dice, worse = static_cast<std::uint64_t>(step.n)](bool) {
    Passage out;
    const std::uint64_t n = (*dice)() % 100;
    if (n < worse) out.copies = 0;
    if (n >= 97 - worse) out.copies = 2;
    out.delay = static_cast<Duration>((*dice)() % (worse * 2000));
    return out;
  };
}

void Play::server_step(const Step& step) {
  World& world = cast.world;
  switch (step.what) {
    case What::crash:
      // What a server that could not write does not know of its own life is another story.
      if (world.server_up() && !disk_is_full()) world.crash_server();
      break;
    case What::stop:
      if (!world.server_up()) break;
      world.stop_server();
      outages.push_back({world.now(), 0});
      break;
    case What::start:
      if (world.server_up()) break;
      outages.back().to = world.now();
      world.start_server();
      break;
    case What::disk_full:
      if (world.server_up() && !disk_is_full()) full_disk.push_back({world.now(), 0});
      break;
    default:
      if (disk_is_full()) full_disk.back().to = world.now();
      break;
  }
}

void Play::write(const Step& step) {
  Phone& from = phone(step.who);
  Letter letter;
  letter.from = &from;
  letter.text = from.name() + " " + std::to_string(++texts_);
  std::vector<Phone*> to;
  const Home* h = home(step.who);
  if (step.n == 0)
    to = {&cast.contact, &cast.mentor};
  else if (Home* other = home(static_cast<std::size_t>(step.n) - 1))
    to = {other->phone};
  else
    to = {&phone(static_cast<std::size_t>(step.n) - 1)};
  if (h == nullptr) h = home(static_cast<std::size_t>(step.n) - 1);
  letter.decoy = &from == h->decoy;
  letter.circle = h->circle;
  v1::Command command;
  command.mutable_send_text()->set_circle_id(h->circle);
  command.mutable_send_text()->set_text(letter.text);
  if (step.n != 0) command.mutable_send_text()->set_to(account(*to.front()));
  // Of what is written under duress only who hears alarms learns.
  for (Phone* p : to)
    if (!letter.decoy || p != &cast.contact || h->contact_hears_alarms) letter.to.insert(p);
  // The command's end may be said within give().
  const std::uint64_t id = from.give(command);
  ledger.gave_text(from, id, std::move(letter));
}

// What a person does who looks at the newest open incident on the phone.
void Play::act(const Step& step) {
  Phone& by = phone(step.who);
  const v1::Incident* newest = nullptr;
  for (const auto& [id, view] : ledger.shown[&by].incidents) {
    const v1::Incident& i = view.incident();
    if (i.state() < resolved && (newest == nullptr || i.opened_at() > newest->opened_at()))
      newest = &i;
  }
  if (newest == nullptr) return;
  const bool coordinator = &by == &cast.coordinator;
  const bool held = newest->state() == taken;
  const bool ours = held && newest->holder() == account(by);
  const auto pick = [&](std::initializer_list<Act> of) {
    return of.begin()[static_cast<std::size_t>(step.n) % of.size()];
  };
  const Act what = !held         ? pick({take, take, take, seen})
                   : ours        ? pick({resolve, renew, resolve, offer})
                   : coordinator ? pick({take_over, assign, resolve, seen})
                                 : pick({accept, take, decline, seen});
  v1::Command command;
  v1::DoAct& deed = *command.mutable_do_act();
  deed.set_act(what);
  deed.set_incident_id(newest->incident_id());
  if (what == offer || what == assign)
    deed.set_target(account(&by == &cast.mentor ? cast.contact : cast.mentor));
  if (what == resolve) deed.set_reason(1);
  if (step.n % 3 == 0) deed.set_note("a note of the act");
  (void)by.give(command);
}

// Everything works again; then everybody looks.
void Play::rest() {
  server_step({0, What::disk_free, 0, 0});
  server_step({0, What::start, 0, 0});
  for (std::size_t who = 0; who < scenario.skew.size(); ++who) {
    if (Home* h = home(who)) cast.show_real(*h);
    phone(who).line = nullptr;
    phone(who).connect();
  }
  for (Duration passed = 0; passed < scenario.rest && problems.empty(); passed += 10 * minute) {
    cast.world.advance(10 * minute);
    read();
  }
  on_commit = nullptr;  // the story is over: what is left only looks
  for (std::size_t who = 0; who < scenario.skew.size(); ++who) look_at_everything(phone(who));
  read();
}

void Play::look_at_everything(Phone& of) {
  v1::Command incidents;
  incidents.mutable_get_incidents()->set_resolved_too(true);
  for (const v1::Command& c : {incidents, plain(v1::Command::kGetStatus)})
    if (!of.ok(c)) problems.push_back(of.name() + " cannot look: " + of.finished().error());
}

std::vector<std::string> Play::trace(std::size_t most) const {
  std::vector<std::string> out;
  for (std::size_t i = played_ > most ? played_ - most : 0; i < played_; ++i)
    out.push_back(words(scenario, scenario.steps[i]));
  return out;
}

}  // namespace livlina::testing::sim
