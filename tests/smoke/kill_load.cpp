#include "tests/smoke/kill_load.hpp"

#include "protocol/records/staff_act.hpp"

namespace livlina::testing {

namespace {

constexpr auto act_take = static_cast<std::uint32_t>(protocol::Act::take);
constexpr auto act_resolve = static_cast<std::uint32_t>(protocol::Act::resolve);
constexpr auto reason_well = static_cast<std::uint32_t>(protocol::Reason::reached_and_well);
constexpr std::uint32_t talk = 2;

}  // namespace

bool quiet_time(Instant now) {
  const Instant second_of_minute = now % minute / second;
  return second_of_minute >= 57 || second_of_minute < 9;
}

void KillLoad::begin(NetClient& who, v1::Command command, std::uint32_t act, bool listing) {
  under_way_[&who] = {who.give(std::move(command)), act, listing, false};
}

bool KillLoad::idle() const {
  for (const auto& [who, what] : under_way_)
    if (who->finished(what.id) == nullptr) return false;
  return true;
}

void KillLoad::write(NetClient& from, NetClient& to) {
  std::string& account = accounts_[&to];
  if (account.empty()) account = town_.account(to);
  auto& all = texts[from.name() + ">" + to.name()];
  all.push_back(from.name() + ">" + to.name() + " " + std::to_string(all.size() + 1));
  v1::Command command;
  command.mutable_send_text()->set_circle_id(town_.circle);
  command.mutable_send_text()->set_to(account);
  command.mutable_send_text()->set_text(all.back());
  begin(from, std::move(command));
}

// The same lines, for longer.
void KillLoad::sign_manifest() {
  v1::Command command;
  v1::SignManifest& m = *command.mutable_sign_manifest();
  m.set_armed(true);
  m.set_purpose_text("support");
  m.set_wording("I agree to this.");
  const v1::Status status = town_.participant.status();
  for (const v1::Person& p : status.circles(0).people()) m.add_keep(p.line_id());
  begin(town_.participant, std::move(command));
  under_way_[&town_.participant].manifest = true;
}

void KillLoad::participant_does() {
  NetClient& who = town_.participant;
  const std::uint64_t n = dice(22);
  v1::Command command;
  if (n < 6) return write(who, town_.contact);
  if (n < 12) return write(who, town_.mentor);
  if (n < 18) {
    if (quiet_time(cli::wall_now())) return write(who, town_.contact);
    command.mutable_check_in()->set_answer(n == 17 ? talk : 1);
  } else if (n == 18) {
    command.mutable_raise_alarm()->set_kind(static_cast<std::uint32_t>(1 + dice(3)));
  } else if (n > 19) {
    return sign_manifest();
  } else {
    command.mutable_cancel_alarm()->set_mistake(dice(2) == 0);
  }
  begin(who, std::move(command));
}

// The next step of one unresolved incident, as the last listing shows it.
void KillLoad::act(NetClient& who) {
  const v1::Event* listed = who.last(v1::Event::kIncidents);
  std::vector<v1::Incident> open;
  if (listed != nullptr)
    for (const v1::IncidentView& v : listed->incidents().incidents())
      if (v.incident().state() < 3) open.push_back(v.incident());
  if (open.empty()) return supporter_does(who);
  const v1::Incident& one = open[dice(open.size())];
  const bool take = one.state() == 1;
  begin(who, act_on(one, take ? act_take : act_resolve, take ? 0 : reason_well),
        take ? act_take : act_resolve);
}

void KillLoad::supporter_does(NetClient& who) {
  if (&who != &town_.desk && dice(3) != 0) return write(who, town_.participant);
  v1::Command command;
  (void)command.mutable_get_incidents();
  begin(who, std::move(command), 0, true);
}

void KillLoad::look(NetClient& who) {
  const auto it = under_way_.find(&who);
  if (it != under_way_.end()) {
    const v1::Finished* end = who.finished(it->second.id);
    if (end == nullptr) return;
    const UnderWay was = it->second;
    under_way_.erase(it);
    if (!end->error().empty()) errors.insert(end->error());
    if (end->error().empty() && was.manifest) ++manifests;
    if (end->error().empty() && was.act != 0) ++acts[&who][was.act];
    if (end->error().empty() && was.listing && who.logged_in()) return act(who);
  }
  if (!who.logged_in()) return;
  if (&who == &town_.participant) return participant_does();
  supporter_does(who);
}

void KillLoad::give() {
  for (NetClient* who : town_.all()) look(*who);
  enrolment.give();
}

}  // namespace livlina::testing
