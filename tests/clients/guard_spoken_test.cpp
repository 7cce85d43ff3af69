// What every member's client tells people of a signed record, whatever the server makes of it.
#include <gtest/gtest.h>

#include "tests/clients/watch_bench.hpp"

namespace livlina::testing {
namespace {

using protocol::RecordType;
using Who = WatchBench::Who;
constexpr std::uint32_t none_needed = 0, awaited = 1, named = 2, missing = 3;
constexpr auto list = v1::Request::kListIncidents;

struct Heard : WatchBench {
  explicit Heard(std::uint16_t scope = scope_all, bool armed = true)
      : WatchBench(Who::bo, scope, armed) {
    online();
    drained();
    events.clear();
  }
  Bytes say(RecordType type, std::uint8_t answer, bool by_shadow = false) {
    auto r = spoken(answer, now);
    r.type = type;
    r.slot_utc = 0;
    if (type == RecordType::cancel || type == RecordType::mistake) r.schedule[0] = 1;  // the alarm
    Bytes record = signed_record(r, by_shadow);
    forward(record, now);
    return record;
  }
  [[nodiscard]] v1::Incident incident(const std::vector<Bytes>& records) const {
    v1::Incident out;
    out.set_incident_id(std::string(16, 'i'));
    out.set_circle_id(to_string(circle.id.view()));
    out.set_state(1);
    for (const Bytes& record : records) out.add_triggers()->set_record(to_string(record));
    return out;
  }
  void pushed(const v1::Incident& what) {
    v1::ServerFrame frame;
    *frame.mutable_incident_changed()->mutable_incident() = what;
    push(frame);
  }
  bool answer_list(const std::vector<v1::Incident>& incidents) {
    v1::ServerFrame frame;
    (void)frame.mutable_incidents();
    for (const v1::Incident& i : incidents) *frame.mutable_incidents()->add_incidents() = i;
    return answer(list, &frame);
  }
};

TEST(GuardSpoken, G3_alarms_and_wishes_to_talk_are_shown_whatever_the_server_makes_of_them) {
  const struct {
    RecordType type;
    std::uint8_t answer;
    bool by_shadow;
    std::uint32_t incident;
  } cases[] = {
      {RecordType::alarm, 1, false, awaited},       {RecordType::alarm, 2, false, awaited},
      {RecordType::alarm, 3, false, awaited},       {RecordType::cancel, 0, false, none_needed},
      {RecordType::mistake, 0, false, none_needed}, {RecordType::checkin, 2, false, awaited},
      {RecordType::checkin, 3, false, awaited},     {RecordType::checkin, 1, true, awaited}};
  for (const bool armed : {true, false}) {
    for (const auto& c : cases) {
      Heard b(scope_all, armed);
      (void)b.say(RecordType::checkin, 1);
      (void)b.signed_record(b.spoken(1, b.now), true);  // both devices have said something before
      b.requests.held.clear();
      const Bytes record = b.say(c.type, c.answer, c.by_shadow);
      ASSERT_EQ(b.count(v1::Event::kRecord), 1);
      EXPECT_EQ(b.heard()->type(), static_cast<std::uint32_t>(c.type));
      EXPECT_EQ(b.heard()->answer(), c.answer);
      EXPECT_EQ(b.heard()->under_duress(), c.by_shadow);
      EXPECT_EQ(b.heard()->incident(), c.incident);
      EXPECT_EQ(b.heard()->pressed_at(), b.now);
      EXPECT_EQ(b.waiting(v1::Request::kAckDeliveries).size(), 1u);
      b.forward(record, b.now);
      EXPECT_EQ(b.count(v1::Event::kRecord), 1) << "once";
      b.reopen();
      EXPECT_EQ(b.count(v1::Event::kRecord), 2) << "the process ended before it was shown";
      b.shown_all();
      b.reopen();
      EXPECT_EQ(b.count(v1::Event::kRecord), 2);
      ASSERT_EQ(b.status().records_size(), 1) << "and kept";
      EXPECT_EQ(b.status().records(0).incident(), c.incident);
    }
  }
}

TEST(GuardSpoken, an_ok_of_the_primary_is_a_matter_of_the_slots_alone) {
  Heard b;
  b.say(RecordType::checkin, 1);
  EXPECT_EQ(b.count(v1::Event::kRecord), 0);
  EXPECT_EQ(b.status().records_size(), 0);
}

TEST(GuardSpoken, G3_an_alarm_of_which_no_incident_is_made_is_told) {
  Heard b;
  b.say(RecordType::alarm, 2);
  (void)b.run_to(b.now + client::incident_patience - 1);
  EXPECT_TRUE(b.waiting(list).empty());
  (void)b.run_to(b.now + 1);
  ASSERT_EQ(b.waiting(list).size(), 1u);
  EXPECT_TRUE(b.waiting(list)[0]->list_incidents().resolved_too());
  EXPECT_EQ(b.warnings("alarm_without_incident"), 0);
  ASSERT_TRUE(b.answer_list({b.incident({b.signed_record(b.spoken(2, 0))})}));
  EXPECT_EQ(b.warnings("alarm_without_incident"), 1);
  EXPECT_EQ(b.heard()->incident(), missing);
  (void)b.run_to(b.now + 3 * hour);
  EXPECT_TRUE(b.waiting(list).empty()) << "asked once";
}

TEST(GuardSpoken, G3_an_incident_that_names_the_record_is_enough) {
  for (const bool before : {false, true}) {
    Heard b;
    auto r = b.spoken(2, b.now);
    r.type = RecordType::alarm;
    r.slot_utc = 0;
    const Bytes record = b.signed_record(r);
    if (before) b.pushed(b.incident({record}));
    b.forward(record, b.now);
    if (!before) b.pushed(b.incident({record}));
    EXPECT_EQ(b.heard()->incident(), named);
    (void)b.run_to(b.now + hour);
    EXPECT_TRUE(b.waiting(list).empty());
    EXPECT_EQ(b.warnings("alarm_without_incident"), 0);
  }
}

TEST(GuardSpoken, an_incident_that_is_over_by_now_is_found_by_asking) {
  Heard b;
  const Bytes record = b.say(RecordType::checkin, 3);
  (void)b.run_to(b.now + hour);
  auto over = b.incident({record});
  over.set_state(3);
  ASSERT_TRUE(b.answer_list({over}));
  EXPECT_EQ(b.heard()->incident(), named);
  EXPECT_EQ(b.warnings("alarm_without_incident"), 0);
}

TEST(GuardSpoken, H28_the_first_of_many_presses_is_looked_for_in_the_whole_incident) {
  Heard b;
  std::vector<Bytes> records;
  for (int i = 0; i < 30; ++i) records.push_back(b.say(RecordType::alarm, 2));
  (void)b.run_to(b.now + client::incident_patience);
  ASSERT_TRUE(b.answer_list({b.incident({records.begin() + 10, records.end()})}));
  ASSERT_EQ(b.waiting(v1::Request::kGetIncident).size(), 1u);
  v1::ServerFrame whole;
  *whole.mutable_incident() = b.incident(records);
  ASSERT_TRUE(b.answer(v1::Request::kGetIncident, &whole));
  EXPECT_EQ(b.warnings("alarm_without_incident"), 0);
  const v1::Status status = b.status();
  for (const auto& r : status.records()) EXPECT_EQ(r.incident(), named);
}

TEST(GuardSpoken, G3_a_server_that_refuses_to_list_has_none_to_show) {
  Heard b;
  b.say(RecordType::alarm, 2);
  (void)b.run_to(b.now + client::incident_patience);
  ASSERT_TRUE(b.refuse(list, v1::INTERNAL));
  EXPECT_EQ(b.warnings("alarm_without_incident"), 1);
}

TEST(GuardSpoken, a_lost_connection_is_no_answer_and_the_question_is_asked_again) {
  Heard b;
  b.say(RecordType::alarm, 2);
  (void)b.run_to(b.now + 30 * second);
  b.offline();
  (void)b.run_to(b.now + 12 * hour);
  EXPECT_EQ(b.warnings("alarm_without_incident"), 0) << "not connected";
  b.online();
  (void)b.run_to(b.now + 30 * second);
  ASSERT_EQ(b.waiting(list).size(), 1u) << "half a minute and half a minute";
  b.offline();
  EXPECT_EQ(b.warnings("alarm_without_incident"), 0);
  b.online();
  b.tick();
  ASSERT_TRUE(b.answer_list({}));
  EXPECT_EQ(b.warnings("alarm_without_incident"), 1);
  b.reopen();
  EXPECT_EQ(b.status().records(0).incident(), missing);
}

TEST(GuardSpoken, T17_of_two_alarms_under_one_number_both_are_shown) {
  Heard b;
  const auto before = b.primary;
  b.say(RecordType::alarm, 1);
  b.primary = before;
  b.say(RecordType::alarm, 2);
  EXPECT_EQ(b.warnings("record_fork"), 1);
  EXPECT_EQ(b.count(v1::Event::kRecord), 2);
}

TEST(GuardSpoken, a_line_with_the_alarm_scope_alone_hears_alarms) {
  Heard b(scope_alarm);
  b.say(RecordType::alarm, 2);
  EXPECT_EQ(b.count(v1::Event::kRecord), 1);
  EXPECT_EQ(b.status().records_size(), 1);
  EXPECT_EQ(b.status().checkins_size(), 0);
}

TEST(GuardSpoken, T24_what_is_remembered_is_bounded_and_ends) {
  Heard b;
  for (int i = 0; i < 250; ++i) {
    b.now += second;
    b.say(RecordType::alarm, 2);
  }
  EXPECT_EQ(b.status().records_size(), 200);
  (void)b.run_to(b.now + 2 * minute);
  while (b.answer_list({})) {
  }
  (void)b.run_to(b.now + 36 * day, 9000);
  EXPECT_EQ(b.status().records_size(), 0);
  for (const auto& [key, value] : b.disk)
    EXPECT_TRUE(key.find("/spoken/") == std::string::npos) << key;
}

TEST(GuardSpoken, the_participants_own_device_hears_nobody) {
  WatchBench b(Who::sami);
  b.online();
  auto r = b.spoken(2, b.now);
  r.type = RecordType::alarm;
  b.forward(b.signed_record(r), b.now);
  EXPECT_EQ(b.count(v1::Event::kRecord), 0);
  EXPECT_EQ(b.waiting(v1::Request::kAckDeliveries).size(), 1u);
}

// Whoever is new introduces themselves by mail, and the mail may come after the first alarm.
TEST(GuardSpoken, a_record_that_named_nobody_is_told_again_when_the_name_comes) {
  Heard b;
  (void)b.say(RecordType::alarm, 2);
  ASSERT_EQ(b.count(v1::Event::kRecord), 1);
  EXPECT_EQ(b.heard()->participant_name(), "");
  b.now += minute;
  b.trust().set_person(b.sami.key(), "Sami", {});
  b.commit();
  ASSERT_EQ(b.count(v1::Event::kRecord), 2);
  EXPECT_EQ(b.heard()->participant_name(), "Sami");
  b.trust().set_person(b.sami.key(), "Sami", {});
  b.commit();
  EXPECT_EQ(b.count(v1::Event::kRecord), 2) << "once";
}

}  // namespace
}  // namespace livlina::testing
