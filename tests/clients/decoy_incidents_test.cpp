// What was pressed shows as an incident in both realms of one participant, alike (T30).
#include <functional>

#include "clients/core/alarm_memory.hpp"
#include "clients/core/pretended_incidents.hpp"
#include "tests/clients/circle_story.hpp"

namespace livlina::testing::sim {
namespace {

constexpr std::uint32_t notifying = 1, cancelled = 4;
constexpr std::uint32_t step_fired = 6;
constexpr std::uint32_t loud = 2, talk = 2, not_ok = 3;

v1::Command take_back(bool mistake = false) {
  v1::Command c;
  c.mutable_cancel_alarm()->set_mistake(mistake);
  return c;
}

// Everything of a view but its id and the time of day.
std::string look_of(const v1::IncidentView& view) {
  const v1::Incident& i = view.incident();
  const auto after = [&](Instant at) {  // a round of the server may begin a little later
    return at == 0 ? std::string("never")
                   : std::to_string((at - i.opened_at() + second / 2) / second);
  };
  EXPECT_EQ(i.incident_id().size(), 16u);
  v1::IncidentView rest = view;
  v1::Incident& bare = *rest.mutable_incident();
  for (auto* each : {bare.mutable_incident_id(), bare.mutable_head(), bare.mutable_previous_id()})
    each->clear();
  bare.clear_opened_at();
  bare.clear_version();
  bare.clear_next_at();
  std::string times = " next " + after(i.next_at());
  for (v1::Trigger& t : *bare.mutable_triggers()) {
    times += " trigger " + after(t.at());
    t.clear_at();
    t.set_record(t.record().empty() ? "" : "signed");
  }
  for (v1::IncidentEvent& e : *bare.mutable_events()) {
    times += " event " + std::to_string(e.kind()) + " " + after(e.at());
    e.clear_at();
    e.set_record(e.record().empty() ? "" : "signed");
  }
  for (v1::EventPeople& p : *rest.mutable_event_people()) {
    if (p.signed_at() != 0) times += " signed " + after(p.signed_at());
    p.clear_signed_at();
  }
  return times + " " + hex(livlina::view(rest.SerializeAsString()));
}

std::vector<std::string> looks(Phone& phone, bool all = false) {
  v1::Command list;
  list.mutable_get_incidents()->set_resolved_too(all);
  EXPECT_TRUE(phone.ok(list));
  std::vector<std::string> out;
  if (const v1::Event* told = phone.last(v1::Event::kIncidents))
    for (const auto& view : told->incidents().incidents()) out.push_back(look_of(view));
  return out;
}

std::vector<v1::IncidentView> views(Phone& phone) {
  v1::Command list;
  list.mutable_get_incidents()->set_resolved_too(true);
  EXPECT_TRUE(phone.ok(list));
  const v1::Event* told = phone.last(v1::Event::kIncidents);
  if (told == nullptr) return {};
  return {told->incidents().incidents().begin(), told->incidents().incidents().end()};
}

class DecoyIncidents : public CircleStory {
 protected:
  Phone& decoy() {
    v.participant.disconnect();
    Phone& out = v.world.open_decoy(v.participant);
    out.connect();
    v.world.advance(second);
    return out;
  }
  // The decoy first, of which the open lane hears nothing; then the real realm. What was listed.
  std::vector<std::string> both(const std::function<void(Phone&, std::vector<std::string>&)>& how) {
    std::vector<std::string> shown[2];
    Phone& other = decoy();
    how(other, shown[0]);
    other.disconnect();
    v.participant.connect();
    v.world.advance(second);
    how(v.participant, shown[1]);
    EXPECT_EQ(shown[0].size(), shown[1].size());
    for (std::size_t n = 0; n < std::min(shown[0].size(), shown[1].size()); ++n)
      EXPECT_EQ(shown[0][n], shown[1][n]) << "line " << n;
    return shown[1];
  }
  // Each command, and what is listed after a second, then after so long.
  std::vector<std::string> both(const std::vector<std::pair<v1::Command, Duration>>& steps) {
    return both([&](Phone& phone, std::vector<std::string>& out) {
      for (const auto& [command, wait] : steps) {
        (void)phone.run(command);
        out.push_back("answer " + phone.finished().error());
        for (const Duration by : {second, wait}) {
          v.world.advance(by);
          out.emplace_back("all");
          for (const std::string& one : looks(phone, true)) out.push_back(one);
          out.emplace_back("open");
          for (const std::string& one : looks(phone)) out.push_back(one);
        }
      }
    });
  }
};

TEST_F(DecoyIncidents, T30_what_was_pressed_shows_alike_in_both_realms) {
  const auto shown =
      both({{drill(), 5 * second}, {press(talk), 5 * second}, {alarm(loud), 6 * second}});
  EXPECT_EQ(shown.size(), 3u + 12u + 2 * (1 + 1 + 2 + 2 + 2 + 2));
}

TEST_F(DecoyIncidents, T30_so_does_what_joins_it_and_what_is_fired_later) {
  (void)both({{press(1), second},
              {press(talk), 7 * minute},
              {press(talk), 12 * minute},
              {press(not_ok), minute},
              {take_back(), minute},
              {alarm(loud), 25 * minute},
              {take_back(true), 15 * minute},
              {drill(), minute},
              {take_back(), minute}});
}

TEST_F(DecoyIncidents, T30_a_loud_alarm_before_and_after_its_five_seconds) {
  (void)both({{alarm(loud), second}, {alarm(loud), 20 * minute}, {take_back(), 6 * minute}});
}

TEST_F(DecoyIncidents, T30_one_of_two_loud_alarms_is_not_taken_back) {
  const Duration moment = second / 2;
  (void)both({{alarm(loud), moment}, {alarm(loud), moment}, {take_back(), minute}});
  EXPECT_EQ(views(v.participant).at(0).incident().state(), notifying);
}

TEST_F(DecoyIncidents, T30_what_is_taken_back_shows_as_that_in_both_realms) {
  (void)both({{alarm(loud), second}, {take_back(), hour}, {take_back(), minute}});
  EXPECT_EQ(views(v.participant).at(0).incident().state(), cancelled);
}

TEST_F(DecoyIncidents, T30_a_circle_of_category_1_shows_the_same) {
  v.world.db().exec("UPDATE circle SET category = 1");
  (void)both({{press(not_ok), 3 * minute},
              {alarm(loud), 7 * minute},
              {take_back(true), minute},
              {drill(), 5 * minute}});
  EXPECT_EQ(views(v.participant).at(0).incident().round(), 6u) << "two steps of two minutes each";
}

// The last step has nobody, so each time the mentors hear of it a round begins.
TEST_F(DecoyIncidents, T30_a_circle_without_contact_persons_shows_the_same) {
  const auto lines = v.lines();
  ASSERT_TRUE(v.participant.ok(sign_manifest({lines[1], lines[2]})));
  v.world.advance(minute);
  (void)both({{press(talk), 25 * minute}});
  std::vector<std::uint32_t> fired_in;
  const v1::IncidentView shown = views(v.participant).at(0);
  for (const v1::IncidentEvent& e : shown.incident().events())
    if (e.kind() == step_fired) fired_in.push_back(e.round());
  EXPECT_EQ(fired_in, (std::vector<std::uint32_t>{1, 2, 3}));
}

TEST_F(DecoyIncidents, T30_silent_alarms_and_ok_show_as_nothing) {
  const std::vector<std::string> nothing = {"answer ", "all", "open", "all", "open",
                                            "answer ", "all", "open", "all", "open"};
  EXPECT_EQ(both({{alarm(1), second}, {press(1), second}}), nothing);
}

TEST_F(DecoyIncidents, T30_a_change_is_told_as_it_comes_in_both_realms) {
  const auto heard = both([&](Phone& phone, std::vector<std::string>& out) {
    for (const v1::Command& command : {press(talk), alarm(loud)}) {
      phone.clear();
      EXPECT_TRUE(phone.ok(command));
      v.world.advance(11 * minute);
      std::string last;
      for (const v1::Event& e : phone.events())
        if (e.has_incident()) last = look_of(e.incident());
      out.push_back(last);
      phone.clear();
      EXPECT_TRUE(phone.reopen());
      phone.connect();
      v.world.advance(second);
      out.push_back(phone.last(v1::Event::kIncident) == nullptr ? "told once" : "told again");
    }
  });
  EXPECT_NE(heard.at(0), "");
  EXPECT_EQ(heard.at(1), "told once");
}

TEST_F(DecoyIncidents, T30_it_is_the_same_one_each_time_and_gone_after_an_hour) {
  Phone& there = decoy();
  ASSERT_TRUE(there.ok(alarm(loud)));
  v.world.advance(10 * second);
  const auto first = views(there);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].incident().state(), notifying);
  ASSERT_TRUE(there.reopen());
  there.connect();
  v.world.advance(50 * minute);
  ASSERT_EQ(views(there).size(), 1u);
  EXPECT_EQ(views(there)[0].incident().incident_id(), first[0].incident().incident_id());
  v.world.advance(10 * minute);
  EXPECT_TRUE(views(there).empty());
  ASSERT_TRUE(there.ok(alarm(loud)));
  EXPECT_EQ(there.last(v1::Event::kCheckinAccepted)->checkin_accepted().own_alarm(),
            static_cast<std::uint32_t>(client::AlarmWord::waits));
  ASSERT_EQ(views(there).size(), 1u);
  EXPECT_NE(views(there)[0].incident().incident_id(), first[0].incident().incident_id());
}

// The real realm's shows there; what is pressed there shows in no real realm, and ends nothing.
TEST_F(DecoyIncidents, T30_the_real_realms_shows_there_and_nothing_comes_back) {
  ASSERT_TRUE(v.participant.ok(alarm(loud)));
  v.world.advance(2 * second);
  const auto real = looks(v.participant);
  ASSERT_EQ(real.size(), 1u);
  for (const auto& [key, value] : v.participant.values())
    EXPECT_EQ(key.find("pressed"), std::string::npos) << "a real realm keeps nothing of it";
  Phone& there = decoy();
  EXPECT_EQ(looks(there), looks(there, true));
  ASSERT_EQ(views(there).size(), 1u);
  EXPECT_EQ(views(there)[0].incident().state(), notifying);
  ASSERT_TRUE(there.ok(take_back()));
  EXPECT_EQ(views(there)[0].incident().state(), cancelled);
  ASSERT_TRUE(there.ok(press(talk)));
  there.disconnect();
  v.participant.connect();
  v.world.advance(20 * second);
  const auto after = views(v.participant);
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].incident().state(), notifying);
  EXPECT_EQ(after[0].incident().triggers_size(), 1);
}

// What is pressed is given, and a list asked for, as if nothing were shown.
TEST_F(DecoyIncidents, T30_nothing_of_it_goes_on_the_line) {
  Phone& there = decoy();
  std::vector<v1::Request::OpCase> asked;
  there.on_request = [&](v1::Request& r) {
    asked.push_back(r.op_case());
    return true;
  };
  ASSERT_TRUE(there.ok(press(talk)));
  v.world.advance(15 * minute);
  EXPECT_EQ(looks(there).size(), 1u);
  EXPECT_EQ(asked, (std::vector{v1::Request::kPostRecord, v1::Request::kListIncidents}));
}

}  // namespace
}  // namespace livlina::testing::sim
