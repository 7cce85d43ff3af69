// Incidents, their notes and the notices about them, as one client shows them.
#include <gtest/gtest.h>

#include "clients/core/note.hpp"
#include "tests/clients/incidents_bench.hpp"

namespace livlina::testing {
namespace {

using protocol::Act;
using protocol::RecordType;
using Who = WatchBench::Who;
using Incident = IncidentBench;
namespace is = incident;

TEST(Incidents, I5_the_silent_lane_never_shows_on_the_participants_phone) {
  Incident b(Who::sami);
  b.told.set_lane(is::silent);
  v1::ServerFrame frame;
  *frame.mutable_incident_changed()->mutable_incident() = b.told;
  b.push(frame);
  EXPECT_EQ(b.count(v1::Event::kIncident), 0);
  v1::ServerFrame page;
  page.mutable_notice()->set_notice_id(std::string(16, 'n'));
  page.mutable_notice()->set_lane(2);
  b.push(page);
  EXPECT_EQ(b.count(v1::Event::kNotice), 0);
  v1::Command list;
  (void)list.mutable_get_incidents();
  b.command(list);
  v1::ServerFrame reply;
  *reply.mutable_incidents()->add_incidents() = b.told;
  ASSERT_TRUE(b.answer(v1::Request::kListIncidents, &reply));
  EXPECT_EQ(b.last(v1::Event::kIncidents)->incidents().incidents_size(), 0);
  EXPECT_EQ(b.warnings("unexpected_silent"), 1);
}
TEST(Incidents, a_note_shows_with_the_record_that_names_it_and_no_other) {
  Incident b;
  const client::Note right = client::make_note("at the door", b.random);
  const client::Note wrong = client::make_note("never said", b.random);
  b.trigger(is::loud, b.record(RecordType::alarm, 2, 0, false, right.ref()));
  client::store_note(b.store(), wrong, b.now);
  EXPECT_EQ(b.tell().notes_size(), 0) << "a note that matches nothing signed is not shown";
  b.events.clear();
  client::store_note(b.store(), right, b.now);
  b.incidents().note_came(right.ref());
  b.commit();
  ASSERT_EQ(b.count(v1::Event::kIncident), 1) << "it came after the incident";
  const auto& view = b.last(v1::Event::kIncident)->incident();
  ASSERT_EQ(view.notes_size(), 1);
  EXPECT_EQ(view.notes(0), "at the door");
  b.incidents().note_came(wrong.ref());
  b.commit();
  EXPECT_EQ(b.count(v1::Event::kIncident), 1);
}
TEST(Incidents, T36_who_said_what_is_named_by_a_signature_that_verifies) {
  Incident b;
  b.trust().set_person(b.cam.key(), "Cam", {});
  b.trust().set_person(b.sami.key(), "Sami", {});
  b.trigger(is::loud, b.record(RecordType::alarm, 2));
  b.event(is::opened);
  b.event(is::seen, b.act(b.cam, Act::seen, b.now));
  b.event(5, b.record(RecordType::cancel, 0, 1));  // too late
  Bytes forged = b.act(b.cam, Act::decline, b.now);
  forged.back() ^= 1;
  b.event(16, forged);
  const v1::IncidentView& view = b.tell();
  ASSERT_EQ(view.event_people_size(), view.incident().events_size());
  EXPECT_EQ(view.event_people(0).who(), "");
  EXPECT_EQ(view.event_people(1).who(), "Cam");
  EXPECT_EQ(view.event_people(2).who(), "Sami");
  EXPECT_EQ(view.event_people(3).who(), "") << "nobody has signed that";
}
TEST(Incidents, notes_are_forgotten_after_their_time) {
  Incident b;
  const client::Note note = client::make_note("old", b.random);
  client::store_note(b.store(), note, b.now);
  EXPECT_TRUE(client::stored_note(b.store(), note.ref()));
  b.now += client::note_memory + day;
  b.commit();
  b.reopen();
  EXPECT_FALSE(client::stored_note(b.store(), note.ref()));
}
TEST(Incidents, older_word_does_not_overtake_the_newer_one) {
  Incident b;
  b.hold(b.cam);
  v1::ServerFrame frame;
  *frame.mutable_incident_changed()->mutable_incident() = b.told;
  b.push(frame);  // its signature is unknown: the circle is asked for
  b.event(is::took, b.act(b.cam, Act::take, b.now));
  b.event(is::ended, b.act(b.cam, Act::resolve, b.now));
  b.told.set_state(is::resolved);
  *frame.mutable_incident_changed()->mutable_incident() = b.told;
  b.push(frame);
  b.refuse_fetches();
  EXPECT_EQ(b.last(v1::Event::kIncident)->incident().incident().state(), is::resolved);
  EXPECT_EQ(b.count(v1::Event::kWarning), 0);
}

// A taken incident of which a list told only the newest events: the take is not among them.
struct CutStory : IncidentBench {
  CutStory() {
    hold(cam);
    cut = told;
    event(is::took, act(cam, Act::take, now));
    v1::Command all;
    (void)all.mutable_get_incidents();
    command(all);
    v1::ServerFrame reply;
    *reply.mutable_incidents()->add_incidents() = cut;
    EXPECT_TRUE(answer(v1::Request::kListIncidents, &reply));
  }
  // What the server says when it is asked for this incident.
  bool tell_in_full(const v1::Incident& incident) {
    refuse_fetches();
    v1::ServerFrame reply;
    *reply.mutable_incident() = incident;
    return answer(v1::Request::kGetIncident, &reply);
  }
  v1::Incident cut;
};

TEST(Incidents, T36_what_the_server_could_not_be_asked_any_more_accuses_nobody) {
  for (const bool circle_came : {false, true}) {
    CutStory b;
    if (circle_came) b.refuse_fetches();
    b.offline();
    ASSERT_EQ(b.count(v1::Event::kIncidents), 1) << "the person sees what there is";
    EXPECT_FALSE(b.last(v1::Event::kIncidents)->incidents().incidents(0).taken_verified());
    EXPECT_EQ(b.warnings("unsigned_taken"), 0);
    b.online();
    ASSERT_TRUE(b.tell_in_full(b.told)) << "it is asked about again";
    EXPECT_TRUE(b.last(v1::Event::kIncident)->incident().taken_verified());
    EXPECT_EQ(b.count(v1::Event::kWarning), 0);
    b.offline();
    b.online();
    EXPECT_TRUE(b.waiting(v1::Request::kGetIncident).empty()) << "once is enough";
  }
}

TEST(Incidents, T36_a_server_that_ends_the_connection_when_it_is_asked_is_accused_all_the_same) {
  CutStory b;
  b.offline();
  b.online();
  ASSERT_TRUE(b.tell_in_full(b.cut));
  b.refuse_fetches();
  EXPECT_EQ(b.warnings("unsigned_taken"), 1) << "it answered";

  CutStory other;
  for (int i = 0; i < 10 && other.warnings("unsigned_taken") == 0; ++i) {
    other.now += 10 * second;
    other.offline();
    EXPECT_EQ(other.warnings("unsigned_taken"), i < 6 ? 0 : 1) << i;
    other.now += hour;
    other.online();
  }
  EXPECT_EQ(other.warnings("unsigned_taken"), 1) << "connected for a minute in sum";
}
TEST(Incidents, T36_a_refusal_accuses_only_whom_our_own_line_would_have_to_be_told) {
  for (const bool line_holds : {true, false}) {
    CutStory b;
    if (!line_holds) {
      auto lines = b.circle.manifest.lines;
      lines[0].not_after = b.now - 1;
      lines[0].incident_grace_h = 0;
      b.sign_lines(lines);
    }
    b.refuse_fetches();
    ASSERT_TRUE(b.refuse(v1::Request::kGetIncident, v1::FORBIDDEN));
    EXPECT_EQ(b.warnings("unsigned_taken"), line_holds ? 1 : 0);
    ASSERT_EQ(b.count(v1::Event::kIncidents), 1) << "it is shown as not proved all the same";
    EXPECT_FALSE(b.last(v1::Event::kIncidents)->incidents().incidents(0).taken_verified());
    b.offline();
    b.online();
    EXPECT_TRUE(b.waiting(v1::Request::kGetIncident).empty()) << "once is enough";
  }
}

// Bo's line ends in an hour, and keeps the alarm scope for two days for what opened before.
struct EndingLine : IncidentBench {
  EndingLine() {
    auto lines = circle.manifest.lines;
    lines[0].not_after = now + hour;
    lines[0].incident_grace_h = 48;
    sign_lines(lines);
  }
  [[nodiscard]] bool stands() {
    return trust().standing(*trust().circle(circle.id), bo.key(), now).has_value();
  }
};

// A push bears the newest details only.
struct Pushed : Incident {
  Pushed() {
    event(is::took, act(cam, Act::take, now));
    event(is::seen, act(bo, Act::seen, now));
    hold(cam);
    told.set_version(7);
  }
  void push_newest() {
    v1::ServerFrame frame;
    v1::Incident& some = *frame.mutable_incident_changed()->mutable_incident();
    some = told;
    some.set_partial(true);
    some.mutable_events()->DeleteSubrange(0, 1);
    push(frame);
  }
  bool tell_whole() {
    v1::ServerFrame reply;
    *reply.mutable_incident() = told;
    return answer(v1::Request::kGetIncident, &reply);
  }
};

TEST(Incidents, T36_a_push_without_the_proof_is_shown_when_the_whole_has_come) {
  Pushed b;
  b.push_newest();
  EXPECT_EQ(b.count(v1::Event::kIncident), 0);
  ASSERT_EQ(b.waiting(v1::Request::kGetIncident).size(), 1u);
  EXPECT_EQ(b.waiting(v1::Request::kGetIncident)[0]->get_incident().incident_id(),
            b.told.incident_id());
  ASSERT_TRUE(b.tell_whole());
  ASSERT_EQ(b.count(v1::Event::kIncident), 1);
  EXPECT_TRUE(b.last(v1::Event::kIncident)->incident().taken_verified());
  EXPECT_EQ(b.last(v1::Event::kIncident)->incident().incident().events_size(), 2);
  EXPECT_TRUE(b.events.empty() || b.count(v1::Event::kWarning) == 0);
}

TEST(Incidents, T36_of_a_push_that_lacks_the_proof_a_lie_is_still_found) {
  Pushed b;
  b.told.mutable_events()->DeleteSubrange(0, 1);  // nobody took it
  b.push_newest();
  ASSERT_TRUE(b.tell_whole());
  b.refuse_fetches();
  EXPECT_FALSE(b.last(v1::Event::kIncident)->incident().taken_verified());
  EXPECT_EQ(b.warnings("unsigned_taken"), 1);
}

TEST(Incidents, many_pushes_are_one_question_at_a_time) {
  Pushed b;
  for (int k = 0; k < 50; ++k) {
    b.told.set_version(7 + static_cast<unsigned>(k));
    b.push_newest();
  }
  ASSERT_EQ(b.waiting(v1::Request::kGetIncident).size(), 1u);
  b.told.set_version(20);  // an answer of the middle
  ASSERT_TRUE(b.tell_whole());
  EXPECT_EQ(b.count(v1::Event::kIncident), 1);
  ASSERT_EQ(b.waiting(v1::Request::kGetIncident).size(), 1u) << "it has changed since";
  b.told.set_version(56);
  ASSERT_TRUE(b.tell_whole());
  EXPECT_EQ(b.count(v1::Event::kIncident), 2);
  EXPECT_TRUE(b.waiting(v1::Request::kGetIncident).empty());
}

TEST(Incidents, T35_a_whole_that_does_not_come_is_no_accusation) {
  for (const bool refused : {true, false}) {
    Pushed b;
    b.push_newest();
    if (refused) {
      ASSERT_TRUE(b.refuse(v1::Request::kGetIncident, v1::BUSY));
    } else
      b.offline();
    EXPECT_EQ(b.count(v1::Event::kIncident), 1) << "what is known of it is shown";
    EXPECT_EQ(b.warnings("unsigned_taken"), 0);
    b.online();
    b.push_newest();
    EXPECT_EQ(b.waiting(v1::Request::kGetIncident).size(), 1u) << "asked again";
  }
}

TEST(Incidents, a_push_of_the_newest_forgets_no_older_detail) {
  Pushed b;
  const client::Note note = client::make_note("at the door", b.random);
  b.trigger(is::loud, b.record(RecordType::alarm, 2, 0, false, note.ref()));
  (void)b.tell();
  b.told.clear_triggers();
  b.push_newest();
  b.events.clear();
  client::store_note(b.store(), note, b.now);
  b.incidents().note_came(note.ref());
  b.commit();
  ASSERT_EQ(b.count(v1::Event::kIncident), 1);
  EXPECT_EQ(b.last(v1::Event::kIncident)->incident().notes_size(), 1);
}

TEST(Incidents, one_lanes_end_leaves_the_others_open) {
  EndingLine b;
  b.trigger(is::loud, b.record(RecordType::alarm, 2));
  (void)b.tell();
  b.told.set_incident_id(std::string(16, 'k'));
  b.told.set_lane(is::drill);
  b.told.clear_triggers();
  b.trigger(is::practice, b.record(RecordType::alarm, 3));
  (void)b.tell();
  b.told.set_state(is::resolved);
  b.event(is::ended, b.resolve(b.cam, protocol::Reason::drill_done));
  (void)b.tell();
  b.now += 2 * hour;
  EXPECT_TRUE(b.stands()) << "one is still open";
}

TEST(Incidents, T36_the_servers_word_alone_lengthens_no_line) {
  EndingLine b;
  b.trigger(is::miss);
  (void)b.tell();
  b.now += 2 * hour;
  EXPECT_FALSE(b.stands()) << "nobody signed anything";
  b.told.clear_triggers();
  b.trigger(is::not_ok, b.record(RecordType::checkin, 3));
  b.told.set_opened_at(b.now - 90 * minute);
  (void)b.tell();
  EXPECT_TRUE(b.stands());
}

// The process ends between the frame and the terminal: the page is not lost, and until then the
// server is not told that it arrived.
TEST(Incidents, G5_a_notice_is_receipted_when_it_was_shown_and_not_before) {
  Incident b;
  v1::ServerFrame frame;
  frame.mutable_notice()->set_notice_id(std::string(16, 'n'));
  frame.mutable_notice()->set_circle_id(b.told.circle_id());
  frame.mutable_notice()->set_kind(1);
  b.push(frame);
  b.push(frame);
  EXPECT_EQ(b.count(v1::Event::kNotice), 1) << "repeated by the server, shown once";
  EXPECT_TRUE(b.waiting(v1::Request::kReceiptNotices).empty());
  b.reopen();
  b.online();
  EXPECT_EQ(b.count(v1::Event::kNotice), 2) << "nobody has seen it yet";
  b.push(frame);
  EXPECT_TRUE(b.waiting(v1::Request::kReceiptNotices).empty());
  b.shown_all();
  ASSERT_EQ(b.waiting(v1::Request::kReceiptNotices).size(), 1u);
  EXPECT_EQ(b.waiting(v1::Request::kReceiptNotices)[0]->receipt_notices().notice_ids(0),
            std::string(16, 'n'));
  b.reopen();
  b.online();
  b.push(frame);
  EXPECT_EQ(b.count(v1::Event::kNotice), 2);
  EXPECT_EQ(b.waiting(v1::Request::kReceiptNotices).size(), 1u) << "repeated: receipted again";
  b.now += client::notice_memory + day;
  b.reopen();
  for (const auto& [key, value] : b.disk) EXPECT_NE(key.rfind("notice/", 0), 0u) << key;
}

TEST(Incidents, T24_notices_that_a_server_invents_fill_no_vault) {
  Incident b;
  const auto rows = [&b](const std::string& prefix) {
    std::size_t out = 0;
    for (const auto& [key, value] : b.disk) out += key.rfind(prefix, 0) == 0 ? 1u : 0u;
    return out;
  };
  std::size_t made = 0;
  const auto push = [&](const std::string& circle) {
    v1::ServerFrame frame;
    std::string id(16, 'i');
    for (std::size_t i = 0; i < 4; ++i) id[i] = static_cast<char>(made >> (8 * i));
    ++made;
    b.now += second;
    frame.mutable_notice()->set_notice_id(id);
    frame.mutable_notice()->set_circle_id(circle);
    b.push(frame);
    return frame;
  };
  const auto ours = push(b.told.circle_id());
  for (std::size_t k = 0; k < 3 * client::most_notices; ++k)
    (void)push("none of ours " + std::to_string(100 + k));  // 16 bytes each
  EXPECT_EQ(rows("notice/"), client::most_notices + 1) << "circles that nobody knows count as one";
  EXPECT_EQ(rows("unshown/notice/"), client::most_notices + 1);
  b.push(ours);
  EXPECT_EQ(b.count(v1::Event::kNotice), static_cast<int>(made)) << "ours was not pushed out";
  for (std::size_t k = 0; k < 2 * client::most_notices; ++k) (void)push(b.told.circle_id());
  EXPECT_EQ(rows("notice/"), 2 * client::most_notices);
  EXPECT_EQ(rows("unshown/notice/"), 2 * client::most_notices);
  b.shown_all();
  b.push(ours);
  EXPECT_EQ(b.count(v1::Event::kNotice), static_cast<int>(made) + 1) << "forgotten: shown again";
}

std::string id_of(std::size_t k) {
  std::string out(16, 'x');
  for (std::size_t i = 0; i < 4; ++i) out[i] = static_cast<char>(k >> (8 * i));
  return out;
}

void push_told(Incident& b) {
  v1::ServerFrame frame;
  *frame.mutable_incident_changed()->mutable_incident() = b.told;
  b.push(frame);
}

TEST(Incidents, T36_incidents_of_circles_in_which_we_have_no_part_are_none_of_ours) {
  Incident b;
  for (std::size_t k = 0; k < 100; ++k) {
    b.told.set_incident_id(id_of(k));
    b.told.set_circle_id(id_of(1000 + k));
    push_told(b);
  }
  EXPECT_LE(b.waiting(v1::Request::kGetCircle).size(), 16u);
  b.refuse_fetches();
  EXPECT_EQ(b.count(v1::Event::kIncident), 0);
  EXPECT_TRUE(b.store().keys("incident/").empty());
}

TEST(Incidents, T36_what_a_server_invents_fills_neither_memory_nor_vault) {
  Incident b;
  const client::Note note = client::make_note("at the door", b.random);
  b.trigger(is::loud, b.record(RecordType::alarm, 2, 0, false, note.ref()));
  (void)b.tell();
  b.told.clear_triggers();
  for (std::size_t k = 0; k < client::most_remembered + 50; ++k) {
    b.told.set_incident_id(id_of(k));
    push_told(b);
    b.refuse_fetches(v1::BUSY);
  }
  EXPECT_LE(b.store().keys("incident/").size(), client::most_remembered);
  b.offline();
  b.online();
  EXPECT_LE(b.waiting(v1::Request::kGetIncident).size(), 12u);
  // The one that is signed is not driven out.
  EXPECT_TRUE(b.store().has("incident/" + hex(view(std::string(16, 'i')))));
  b.events.clear();
  client::store_note(b.store(), note, b.now);
  b.incidents().note_came(note.ref());
  b.commit();
  EXPECT_EQ(b.count(v1::Event::kIncident), 1);
}

}  // namespace
}  // namespace livlina::testing
