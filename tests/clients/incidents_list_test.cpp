// The list of incidents when their circles cannot be learned, or their end cannot be proved.
#include <gtest/gtest.h>

#include <set>

#include "tests/clients/incidents_bench.hpp"

namespace livlina::testing {
namespace {

using protocol::RecordType;
using Who = WatchBench::Who;
namespace is = incident;

std::string id_of(std::size_t n) {
  std::string out(16, 'x');
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<char>(n >> (8 * i));
  return out;
}

struct Listing : IncidentBench {
  using IncidentBench::IncidentBench;
  void ask() {
    v1::Command list;
    (void)list.mutable_get_incidents();
    command(list);
    ASSERT_TRUE(answer(v1::Request::kListIncidents, &reply));
  }
  v1::Incident& add(std::size_t n, std::size_t in_circle) {
    v1::Incident& one = *reply.mutable_incidents()->add_incidents();
    one = told;
    one.set_incident_id(id_of(n));
    one.set_circle_id(id_of(1000 + in_circle));
    return one;
  }
  const v1::IncidentViews& shown() { return last(v1::Event::kIncidents)->incidents(); }
  v1::ServerFrame reply;
};

TEST(IncidentList, T36_incidents_of_circles_that_cannot_be_learned_are_listed_all_the_same) {
  for (const auto code : {v1::FORBIDDEN, v1::BUSY}) {
    Listing b;
    for (std::size_t k = 0; k < 30; ++k) (void)b.add(k, k);
    b.ask();
    EXPECT_EQ(b.waiting(v1::Request::kGetCircle).size(), 16u) << "the others wait their turn";
    b.refuse_fetches(code);
    ASSERT_NE(b.last(v1::Event::kIncidents), nullptr);
    ASSERT_EQ(b.shown().incidents_size(), 30);
    std::set<std::string> ids;
    for (const auto& view : b.shown().incidents()) {
      ids.insert(view.incident().incident_id());
      EXPECT_TRUE(view.circle_unverified());
      EXPECT_EQ(view.participant_name(), "");
      EXPECT_FALSE(view.taken_verified());
    }
    EXPECT_EQ(ids.size(), 30u);
    EXPECT_EQ(b.warnings("incident_unverified"), code == v1::FORBIDDEN ? 1 : 0)
        << "without an answer nothing is known";
    EXPECT_TRUE(b.store().keys("incident/").empty()) << "nothing of it is remembered";
  }
}

// As many as a frame holds, and then the connection ends: each question is answered at once then.
TEST(IncidentList, T24_a_long_list_and_a_close_do_not_bring_the_client_down) {
  Listing b;
  for (std::size_t k = 0; k < 12'000; ++k) {
    v1::Incident& one = *b.reply.mutable_incidents()->add_incidents();
    one.set_incident_id(id_of(k));
    one.set_circle_id(id_of(100'000 + k));
    one.set_state(is::notifying);
    one.set_lane(1);
  }
  b.ask();
  b.offline();
  ASSERT_NE(b.last(v1::Event::kIncidents), nullptr);
  EXPECT_EQ(b.shown().incidents_size(), 12'000);
}

TEST(IncidentList, many_incidents_of_one_circle_are_few_questions) {
  Listing b;
  for (std::size_t k = 0; k < 30; ++k) (void)b.add(k, k % 2);
  b.ask();
  const int before = b.requests.sent;
  EXPECT_EQ(b.waiting(v1::Request::kGetCircle).size(), 2u);
  b.refuse_fetches();
  EXPECT_EQ(b.shown().incidents_size(), 30);
  EXPECT_LE(b.requests.sent - before, 2) << "one more for those who asked meanwhile";
}

TEST(IncidentList, T36_a_connection_that_ends_takes_no_incident_off_the_list) {
  Listing b;
  for (std::size_t k = 0; k < 30; ++k) (void)b.add(k, k);
  b.ask();
  b.offline();
  ASSERT_NE(b.last(v1::Event::kIncidents), nullptr);
  EXPECT_EQ(b.shown().incidents_size(), 30);
  EXPECT_EQ(b.warnings("incident_unverified"), 0);
}

TEST(IncidentList, T36_in_a_verified_circle_without_a_part_for_us_it_is_none_of_ours) {
  Listing b;
  b.sign_lines({});
  *b.reply.mutable_incidents()->add_incidents() = b.told;
  b.ask();
  v1::ServerFrame circle;
  auto& told = *circle.mutable_circle();
  told.set_circle_id(to_string(b.circle.id.view()));
  told.add_manifests(to_string(b.circle.manifest_record));
  told.set_state(2);
  ASSERT_TRUE(b.answer(v1::Request::kGetCircle, &circle));
  v1::ServerFrame lists;
  lists.mutable_device_lists()->add_records(to_string(b.sami.list_record));
  while (b.answer(v1::Request::kGetDeviceLists, &lists)) {
  }
  v1::ServerFrame desk;
  desk.mutable_desk()->add_rosters(to_string(b.trust().desk()->roster->record()));
  desk.mutable_desk()->add_directories(to_string(b.trust().desk()->directory->record()));
  ASSERT_TRUE(b.answer(v1::Request::kGetDesk, &desk)) << "a coordinator's part is the roster's";
  b.refuse_fetches();
  ASSERT_NE(b.last(v1::Event::kIncidents), nullptr);
  EXPECT_EQ(b.shown().incidents_size(), 0);
  EXPECT_EQ(b.warnings("incident_unverified"), 0);
}

TEST(IncidentList, a_participant_has_one_circle) {
  Listing b(Who::sami);
  (void)b.add(1, 1);
  b.ask();
  b.refuse_fetches();
  EXPECT_EQ(b.shown().incidents_size(), 0);
  EXPECT_EQ(b.warnings("incident_unverified"), 0);
}

TEST(IncidentList, T36_a_push_of_an_unknown_circle_is_told_and_not_kept) {
  Listing b;
  for (std::size_t k = 0; k < 500; ++k) {
    b.told.set_incident_id(id_of(k));
    b.told.set_circle_id(id_of(1000 + k));
    v1::ServerFrame frame;
    *frame.mutable_incident_changed()->mutable_incident() = b.told;
    b.push(frame);
  }
  EXPECT_EQ(b.warnings("incident_unverified"), 1) << "not even asked about";
  const int before = b.requests.sent;
  b.refuse_fetches();
  EXPECT_LE(b.requests.sent - before, 64);
  EXPECT_EQ(b.count(v1::Event::kIncident), 0);
  EXPECT_EQ(b.warnings("incident_unverified"), 1);
}

// Finding it is one thing; to sign in a circle that nobody verified is another.
TEST(IncidentList, T36_nothing_is_signed_for_a_circle_that_cannot_be_verified) {
  Listing b;
  b.told.set_circle_id(id_of(7));
  EXPECT_FALSE(b.signed_act(IncidentBench::do_act(b.told, protocol::Act::take), b.told));
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().error(), "unknown_circle");
}

// ---- an end that nobody signed ----

TEST(IncidentList, T36_an_end_without_a_signature_leaves_it_open) {
  for (const std::uint32_t state : {is::resolved, is::cancelled}) {
    IncidentBench b;
    b.trigger(is::loud, b.record(RecordType::alarm, 2));
    b.event(is::opened);
    EXPECT_FALSE(b.tell().end_unproved()) << "it has not ended";
    b.told.set_state(state);
    EXPECT_TRUE(b.tell().end_unproved()) << state;
    EXPECT_EQ(b.warnings("unsigned_resolved"), 1);
    if (state == is::cancelled)
      b.event(21, b.record(RecordType::cancel, 0, 1));
    else
      b.event(is::ended, b.resolve(b.cam, protocol::Reason::reached_and_well));
    EXPECT_FALSE(b.tell().end_unproved()) << state;
  }
}

TEST(IncidentList, T36_what_ended_before_anybody_remembers_is_not_open_again) {
  IncidentBench b;
  b.told.set_state(is::resolved);
  b.told.set_opened_at(b.now - client::incident_memory - day);
  EXPECT_FALSE(b.tell().end_unproved()) << "who signed is perhaps not listed any more";
  EXPECT_EQ(b.warnings("unsigned_resolved"), 0);
}

}  // namespace
}  // namespace livlina::testing
