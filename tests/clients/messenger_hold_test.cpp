// What makes a frame wait unacknowledged, for how long, and that nobody can fill the places that
// the server has for everybody's mail (24 in PostOffice, as in the real one).
#include <gtest/gtest.h>

#include "clients/core/message_layout.hpp"
#include "tests/clients/town.hpp"

namespace livlina::testing {

using crypto::Kind;
using Texts = std::vector<std::string>;

namespace {

constexpr std::size_t places = 24;

// Sara has talked with Bo and with Amal, so that each has a session with her.
void meet(Town& town) {
  town.connect_all();
  for (Phone* phone : {&town.bo_phone, &town.amal_phone}) {
    (void)town.sara_phone.say("zero", town.circle, {phone->account()});
    town.settle();
    (void)phone->say("hello", town.circle, {town.sara.key()});
    town.settle();
  }
  ASSERT_EQ(town.sara_phone.screen(), (Texts{"hello", "hello"}));
}

bool mailbox_empty(Town& town, const Phone& phone) {
  return town.office.mailboxes[phone.device()].empty();
}

// Bo's frames fill all places, and Amal's text comes behind them.
void amal_behind(Town& town, const std::vector<std::string>& frames) {
  town.sara_phone.disconnect();
  for (const std::string& frame : frames) town.office.put(town.sara_phone.device(), frame);
  (void)town.amal_phone.say("help", town.circle, {town.sara.key()});
  town.settle();
  ASSERT_EQ(town.office.mailboxes[town.sara_phone.device()].size(), frames.size() + 1);
  town.sara_phone.connect();
  town.settle();
}

crypto::Outgoing from_bo(Town& town) {
  return town.by(Role::mentor, Role::participant, Kind::text);
}

Bytes text(std::string_view words) {
  return to_bytes(client::encode(client::Plain{MessageId{{7}}, now0, 0, view(words)}).expose());
}

// First frames of sessions of their own, each with a one-time key.
std::vector<std::string> first_frames(Town& town, const crypto::Outgoing& what,
                                      std::size_t count = places) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(town.forge(town.bo, 0, town.sara_phone, what, text("let me in")));
  return out;
}

std::string last_of(Phone& phone) {
  const auto screen = phone.screen();
  return screen.empty() ? "" : screen.back();
}

struct Count {
  explicit Count(Town& town, v1::Request::OpCase op) {
    town.office.refuse = [this, op](const v1::Request& r) -> std::optional<v1::ErrorCode> {
      if (r.op_case() == op) ++n;
      return std::nullopt;
    };
  }
  int n = 0;
};

// The phone begins to fetch, and the answer is made now and comes with release().
void begin_to_fetch(Phone& phone, v1::Request::OpCase op,
                    const std::function<void(client::Trust&)>& fetch) {
  phone.slow = {op};
  phone.context().now = phone.now;
  fetch(phone.trust());
  phone.step();
}

}  // namespace

TEST(MessengerHold, M1_T17_a_manifest_that_the_server_does_not_have_holds_up_nobody) {
  Town town;
  meet(town);
  auto what = from_bo(town);
  what.manifest_version = 99;
  const auto frames = town.speak(town.bo_phone, town.sara_phone, what, Texts(places, "psst"));
  town.settle();
  const Count asked(town, v1::Request::kGetCircle);
  amal_behind(town, frames);
  EXPECT_EQ(last_of(town.sara_phone), "help");
  EXPECT_EQ(town.sara_phone.screen().size(), 3u);
  EXPECT_EQ(town.amal_phone.state_of("help"), 3);
  EXPECT_TRUE(mailbox_empty(town, town.sara_phone));
  // Refused, counted, each shown; and nobody makes us ask without end.
  EXPECT_EQ(town.sara_phone.warnings("manifest_withheld"), static_cast<int>(places));
  EXPECT_EQ(town.sara_phone.messenger().unopened(), places);
  EXPECT_LE(asked.n, 2);
  // What Bo honestly says in that session is read.
  (void)town.bo_phone.say("sorry", town.circle, {town.sara.key()});
  town.settle();
  EXPECT_EQ(last_of(town.sara_phone), "sorry");
  EXPECT_EQ(town.sara_phone.warnings("gap"), 0);
}

TEST(MessengerHold, M1_T17_nor_does_it_in_first_frames) {
  Town town;
  meet(town);
  auto what = from_bo(town);
  what.manifest_version = 99;
  amal_behind(town, first_frames(town, what));
  EXPECT_EQ(last_of(town.sara_phone), "help");
  EXPECT_TRUE(mailbox_empty(town, town.sara_phone));
  EXPECT_EQ(town.sara_phone.screen().size(), 3u);
  EXPECT_EQ(town.sara_phone.warnings("manifest_withheld"), static_cast<int>(places));
}

TEST(MessengerHold, M1_T17_nor_do_circles_and_desk_lists_that_nobody_has) {
  Town town;
  meet(town);
  auto circle = from_bo(town);
  circle.circle = CircleId{{9, 9, 9}};
  auto desk = from_bo(town);
  desk.circle = town.desk_circle;
  desk.manifest_version = 99;
  auto frames = town.speak(town.bo_phone, town.sara_phone, circle, Texts(places / 2, "psst"));
  for (auto& frame : town.speak(town.bo_phone, town.sara_phone, desk, Texts(places / 2, "psst")))
    frames.push_back(std::move(frame));
  town.settle();
  amal_behind(town, frames);
  EXPECT_EQ(last_of(town.sara_phone), "help");
  EXPECT_TRUE(mailbox_empty(town, town.sara_phone));
  EXPECT_EQ(town.sara_phone.warnings("not_in_circle"), static_cast<int>(places / 2));
  EXPECT_EQ(town.sara_phone.warnings("manifest_withheld"), static_cast<int>(places / 2));
}

// He was dropped: by the newest manifest he has no standing, whatever number he names.
TEST(MessengerHold, M3_who_was_dropped_is_refused_by_the_newest_manifest) {
  Town town;
  meet(town);
  auto what = from_bo(town);
  what.manifest_version = 99;
  const auto frames = town.speak(town.bo_phone, town.sara_phone, what, Texts(places, "psst"));
  auto lines = town.lines();
  lines.erase(lines.begin());
  town.sign_manifest(lines);
  town.settle();
  amal_behind(town, frames);
  EXPECT_EQ(last_of(town.sara_phone), "help");
  EXPECT_EQ(town.sara_phone.screen().size(), 3u);
  EXPECT_EQ(town.sara_phone.warnings("not_in_circle"), static_cast<int>(places));
  EXPECT_EQ((*town.sara_phone.trust().circle(town.circle)->newest())->seq, 2u);
}

// A line that was added a moment ago knows what we do not: it is asked for, and believed.
TEST(MessengerHold, M1_a_new_line_is_heard_at_once) {
  Town town;
  auto lines = town.lines();
  const protocol::Line bo = lines.front();
  lines.erase(lines.begin());
  town.sign_manifest(lines);
  ASSERT_TRUE(
      town.amal_phone.trust().accept_manifest(town.office.manifests[town.circle].back(), {}).ok());
  town.amal_phone.step();
  town.connect_all();
  lines.push_back(bo);
  town.sign_manifest(lines);
  town.learn_manifest(town.bo_phone);
  ASSERT_FALSE(town.amal_phone.trust().standing(*town.amal_phone.trust().circle(town.circle),
                                                town.bo.key(), town.amal_phone.now));
  (void)town.bo_phone.say("I am new", town.circle, {town.amal.key()});
  town.settle();
  EXPECT_EQ(town.amal_phone.screen(), Texts{"I am new"});
  EXPECT_EQ(town.amal_phone.warnings("not_in_circle"), 0);
}

// ---- the fetch must have begun after the delivery ----

TEST(MessengerHold, M1_an_older_answer_about_the_circle_decides_nothing) {
  Town town;
  meet(town);
  begin_to_fetch(town.bo_phone, v1::Request::kGetCircle, [&](client::Trust& trust) {
    trust.fetch_circle(town.circle, [](client::Status) {});
  });
  town.sign_manifest(town.lines());
  town.learn_manifest(town.sara_phone);
  (void)town.sara_phone.say("by the second", town.circle, {town.bo.key()});
  town.settle();
  town.bo_phone.release();  // made before the second was signed
  town.settle();
  EXPECT_EQ(last_of(town.bo_phone), "zero");
  EXPECT_FALSE(mailbox_empty(town, town.bo_phone));
  EXPECT_EQ(town.bo_phone.warnings("manifest_withheld"), 0);
  town.bo_phone.release();
  town.settle();
  EXPECT_EQ(last_of(town.bo_phone), "by the second");
  EXPECT_TRUE(mailbox_empty(town, town.bo_phone));
}

TEST(MessengerHold, M1_an_older_answer_about_the_desk_decides_nothing) {
  Town town;
  town.connect_all();
  begin_to_fetch(town.bo_phone, v1::Request::kGetDesk,
                 [](client::Trust& trust) { trust.fetch_desk([](client::Status) {}); });
  auto next = **protocol::verify_directory(town.office.directories.back());
  next.serial = 2;
  next.prev = crypto::sha256(town.office.directories.back());
  town.office.directories.push_back(protocol::sign_directory(next, *town.desk));
  ASSERT_TRUE(town.cam_phone.trust().accept_directory(town.office.directories.back()).ok());
  town.cam_phone.step();
  (void)town.cam_phone.say("to my colleague", town.desk_circle, {town.bo.key()});
  town.settle();
  town.bo_phone.release();
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), Texts{});
  EXPECT_EQ(town.bo_phone.warnings("manifest_withheld"), 0);
  town.bo_phone.release();
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), Texts{"to my colleague"});
}

TEST(MessengerHold, M1_an_older_answer_about_the_senders_devices_decides_nothing) {
  Town town;
  town.connect_all();
  begin_to_fetch(town.sara_phone, v1::Request::kGetDeviceLists, [&](client::Trust& trust) {
    trust.fetch_device_list(town.bo.key(), [](client::Status) {});
  });
  // Two lists later Bo writes from a device that no list of Sara's leads to.
  town.replace_device(town.bo);
  auto sig = crypto::SignKeyPair::generate(town.random);
  auto ik = crypto::DhKeyPair::generate(town.random);
  const DeviceId id = protocol::device_id(sig.public_key(), ik.public_key());
  town.bo.list.version += 1;
  town.bo.list.prev = crypto::sha256(town.bo.record);
  town.bo.list.devices = {{id, sig.public_key(), ik.public_key()}};
  town.bo.record = protocol::sign_device_list(town.bo.list, town.bo.account);
  town.office.lists[to_string(town.bo.key().view())].push_back(town.bo.record);
  town.bo.devices.push_back({std::move(sig), std::move(ik), id});
  town.office.put(town.sara_phone.device(),
                  town.forge(town.bo, 1, town.sara_phone, from_bo(town), text("new phone")));
  town.settle();
  town.sara_phone.release();
  town.settle();
  EXPECT_FALSE(mailbox_empty(town, town.sara_phone));
  for (int page = 0; page < 2; ++page) {  // asked until nothing newer comes
    town.sara_phone.release();
    town.settle();
  }
  EXPECT_EQ(town.sara_phone.screen(), Texts{"new phone"});
}

// The first text's question got no answer, the second's does: the first is read before it.
TEST(MessengerHold, M2_what_one_answer_brings_serves_all_that_wait) {
  Town town;
  meet(town);
  town.sign_manifest(town.lines());
  town.learn_manifest(town.sara_phone);
  town.office.refuse = [](const v1::Request& r) -> std::optional<v1::ErrorCode> {
    return r.has_get_circle() ? std::optional(v1::INTERNAL) : std::nullopt;
  };
  (void)town.sara_phone.say("one", town.circle, {town.bo.key()});
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), Texts{"zero"});
  town.office.refuse = nullptr;
  (void)town.sara_phone.say("two", town.circle, {town.bo.key()});
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "one", "two"}));
  for (const v1::Event& e : town.bo_phone.events)
    EXPECT_FALSE(e.has_message() && e.message().gap_before()) << e.message().text();
}

// The manifest came, and a list of the circle cannot be told now: the frame needs only the first.
TEST(MessengerHold, M1_what_came_is_used_though_the_rest_of_the_answer_is_missing) {
  Town town;
  meet(town);
  town.sign_manifest(town.lines());
  town.learn_manifest(town.sara_phone);
  town.office.refuse = [](const v1::Request& r) -> std::optional<v1::ErrorCode> {
    return r.has_get_device_lists() ? std::optional(v1::INTERNAL) : std::nullopt;
  };
  (void)town.sara_phone.say("by the second", town.circle, {town.bo.key()});
  town.settle();
  EXPECT_EQ(last_of(town.bo_phone), "by the second");
}

// ---- the server answers, and it leads to nothing ----

TEST(MessengerHold, M1_T17_a_forked_list_holds_up_nobody) {
  Town town;
  meet(town);
  const Bytes honest = town.bo.record;
  town.bo.list.issued_at += 1;  // the same version, other content, under Bo's own key
  town.bo.record = protocol::sign_device_list(town.bo.list, town.bo.account);
  const auto forked = first_frames(town, from_bo(town), places / 2);
  town.bo.record = honest;  // and after the fork was seen
  auto frames = first_frames(town, from_bo(town), places / 2);
  frames.insert(frames.begin(), forked.begin(), forked.end());
  amal_behind(town, frames);
  EXPECT_EQ(town.sara_phone.warnings("fork"), 1);
  EXPECT_EQ(last_of(town.sara_phone), "help");
  EXPECT_EQ(town.sara_phone.screen().size(), 3u);
  EXPECT_TRUE(mailbox_empty(town, town.sara_phone));
}

// Bo shows a list that the server does not have: it follows from what Sara knows, and then the
// server's own is the older one.
TEST(MessengerHold, M1_a_list_newer_than_the_servers_is_believed_and_holds_up_nobody) {
  Town town;
  meet(town);
  town.bo.list.version = 2;
  town.bo.list.prev = crypto::sha256(town.bo.record);
  town.bo.record = protocol::sign_device_list(town.bo.list, town.bo.account);
  amal_behind(town, first_frames(town, from_bo(town)));
  EXPECT_EQ(town.sara_phone.screen(), (Texts{"let me in", "hello", "hello", "help"}));
  EXPECT_TRUE(mailbox_empty(town, town.sara_phone));
}

TEST(MessengerHold, M3_a_sender_whom_the_server_does_not_know_as_ours_is_dropped) {
  Town town;
  meet(town);
  const auto frames = first_frames(town, from_bo(town));
  town.office.lists.erase(to_string(town.bo.key().view()));
  const auto sessions = Town::sids(town.sara_phone, town.bo_phone);
  amal_behind(town, frames);
  EXPECT_EQ(last_of(town.sara_phone), "help");
  EXPECT_EQ(town.sara_phone.screen().size(), 3u);
  EXPECT_TRUE(mailbox_empty(town, town.sara_phone));
  EXPECT_EQ(Town::sids(town.sara_phone, town.bo_phone), sessions);
}

TEST(MessengerHold, T9_without_a_desk_a_stranger_is_dropped_all_the_same) {
  Town town;
  town.connect_all();
  town.bo_phone.disconnect();
  for (auto it = town.bo_phone.disk.begin(); it != town.bo_phone.disk.end();)
    it = it->first.rfind("desk/", 0) == 0 ? town.bo_phone.disk.erase(it) : std::next(it);
  town.bo_phone.boot();
  ASSERT_EQ(town.bo_phone.trust().desk(), nullptr);
  town.bo_phone.connect();
  town.settle();
  town.office.put(town.bo_phone.device(),
                  town.forge(town.stranger, 0, town.bo_phone,
                             town.by(Role::participant, Role::mentor, Kind::text), text("hi")));
  town.settle();
  EXPECT_TRUE(mailbox_empty(town, town.bo_phone));
}

// ---- the server cannot answer ----

TEST(MessengerHold, M1_without_an_answer_the_frame_is_kept_and_asked_for_again) {
  struct Case {
    v1::Request::OpCase op;
    bool first;
  };
  for (const Case c : {Case{v1::Request::kGetCircle, false}, Case{v1::Request::kGetCircle, true},
                       Case{v1::Request::kGetDeviceLists, true}})
    for (const v1::ErrorCode code : {v1::INTERNAL, v1::DISK_FULL, v1::SHUTTING_DOWN}) {
      SCOPED_TRACE(::testing::Message() << c.op << " " << c.first << " " << code);
      Town town;
      if (c.first)
        town.connect_all();
      else
        meet(town);
      town.sign_manifest(town.lines());
      town.learn_manifest(town.sara_phone);
      int refused = 0;
      town.office.refuse = [&](const v1::Request& r) -> std::optional<v1::ErrorCode> {
        if (r.op_case() != c.op) return std::nullopt;
        ++refused;
        return code;
      };
      (void)town.sara_phone.say("one", town.circle, {town.bo.key()});
      town.settle();
      EXPECT_EQ(town.bo_phone.screen().size(), c.first ? 0u : 1u);
      EXPECT_EQ(town.office.mailboxes[town.bo_phone.device()].size(), 1u);
      const int before = refused;
      town.pass(59 * second);
      EXPECT_EQ(refused, before) << "not asked without end";
      town.pass(2 * second);
      EXPECT_GT(refused, before);
      EXPECT_EQ(town.office.mailboxes[town.bo_phone.device()].size(), 1u);
      // The connection ends, and the server hands it out again.
      town.bo_phone.disconnect();
      town.bo_phone.connect();
      town.settle();
      EXPECT_EQ(town.office.mailboxes[town.bo_phone.device()].size(), 1u);
      town.office.refuse = nullptr;
      town.pass(61 * second);
      EXPECT_EQ(last_of(town.bo_phone), "one");
      EXPECT_TRUE(mailbox_empty(town, town.bo_phone));
      EXPECT_EQ(town.sara_phone.state_of("one"), 3);
    }
}

// Only what Bo makes us ask cannot be answered: after ten minutes a third of the places is left to
// him, and the rest of his comes again by a reset.
TEST(MessengerHold, M1_one_sender_keeps_a_third_of_the_places_at_most) {
  for (const bool first : {false, true}) {
    Town town;
    meet(town);
    auto what = from_bo(town);
    what.circle = CircleId{{9, 9, 9}};
    const auto frames =
        first ? first_frames(town, what)
              : town.speak(town.bo_phone, town.sara_phone, what, Texts(places, "psst"));
    town.settle();
    const std::string wanted = to_string(town.bo.key().view());
    town.office.refuse = [&](const v1::Request& r) -> std::optional<v1::ErrorCode> {
      const bool bos = r.has_get_circle() ? r.get_circle().circle_id()[0] == 9
                                          : r.get_device_lists().account() == wanted;
      return bos ? std::optional(v1::INTERNAL) : std::nullopt;
    };
    amal_behind(town, frames);
    town.pass(9 * minute);
    EXPECT_EQ(last_of(town.sara_phone), "hello");
    EXPECT_EQ(town.office.mailboxes[town.sara_phone.device()].size(), places + 1)
        << "so long everything is kept";
    town.pass(2 * minute);
    EXPECT_EQ(last_of(town.sara_phone), "help");
    EXPECT_EQ(town.office.mailboxes[town.sara_phone.device()].size(), places / 3);
    EXPECT_EQ(town.sara_phone.messenger().unopened(), places - places / 3);
    EXPECT_EQ(town.bo_phone.warnings("gap"), 0);
    EXPECT_EQ(town.sara_phone.warnings("gap") > 0, !first);
    // What is kept is decided when the server can answer again.
    town.office.refuse = nullptr;
    town.pass(2 * minute);
    EXPECT_TRUE(mailbox_empty(town, town.sara_phone));
  }
}

}  // namespace livlina::testing
