// A session that cannot go on: gap, a new session, and again what has no receipt.
#include <gtest/gtest.h>

#include "clients/core/message_layout.hpp"
#include "clients/core/session_store.hpp"
#include "tests/clients/town.hpp"

namespace livlina::testing {

using Texts = std::vector<std::string>;

namespace {

void meet(Town& town) {
  town.connect_all();
  (void)town.sara_phone.say("zero", town.circle, {town.bo.key()});
  town.settle();
  (void)town.bo_phone.say("hello", town.circle, {town.sara.key()});
  town.settle();
}

// Sara's next text arrives with a broken body.
void break_next(Town& town, const std::string& text) {
  town.bo_phone.disconnect();
  (void)town.sara_phone.say(text, town.circle, {town.bo.key()});
  town.settle();
  auto& rows = town.office.mailboxes[town.bo_phone.device()];
  ASSERT_FALSE(rows.empty());
  rows.back().frame.back() = static_cast<char>(rows.back().frame.back() ^ 1);
  town.bo_phone.connect();
  town.settle();
}

// Bo is away while Sara says the texts; their frames lie in his mailbox.
std::vector<PostOffice::Row>& say_to_absent_bo(Town& town, const Texts& texts,
                                               std::vector<MessageId>* ids = nullptr) {
  town.bo_phone.disconnect();
  for (const std::string& text : texts) {
    const MessageId id = town.sara_phone.say(text, town.circle, {town.bo.key()});
    if (ids != nullptr) ids->push_back(id);
  }
  town.settle();
  return town.office.mailboxes[town.bo_phone.device()];
}

void flip_last(std::string& frame) { frame.back() = static_cast<char>(frame.back() ^ 1); }

// The number that a frame has in the session with which the phone will open it.
std::uint32_t number_of(Phone& phone, const std::string& bytes) {
  client::SessionStore sessions(phone.store());
  EXPECT_TRUE(sessions.load().ok());
  const auto frame = crypto::parse_frame(view(bytes));
  return sessions.by_hint(frame->hint)->sessions.by_hint(frame->hint)->open_header(*frame)->n;
}

// What a first frame says to whoever has the phone's keys.
struct First {
  std::uint32_t gen = 0;
  crypto::Header header;
  std::optional<client::Reset> reset;
  bool repeated = true;  // has a message id
};
First open_first(Town& town, Phone& phone, const Resident& from, const std::string& bytes) {
  const auto frame = crypto::parse_frame(view(bytes));
  const auto init = crypto::read_init(frame->init, phone.self().ik, phone.device());
  const auto spk = client::OwnPrekeys::signed_key(phone.store(), init->spk_id);
  const auto opk = client::OwnPrekeys::one_time_key(phone.store(), *init->opk_id);
  const Resident::Keys& keys = from.devices[0];
  const crypto::Party them{from.key(), keys.id, keys.sig.public_key(), keys.ik.public_key()};
  auto agreement = crypto::respond(phone.self().party(), phone.self().ik, *spk, &*opk, them, *init);
  auto session = crypto::Session::accept(phone.self().party(), them, std::move(agreement).value(),
                                         init->gen, *spk, phone.now);
  First out{init->gen, *session->open_header(*frame), std::nullopt};
  const auto plain =
      session->decrypt(*frame, {Role::mentor, Role::participant}, phone.now, town.random);
  const auto parsed = client::parse_plain(plain->expose());
  out.repeated = !parsed->id.zero();
  out.reset = client::parse_reset(parsed->body);
  return out;
}

int prekey_requests_of(Town& town, const std::function<void()>& what) {
  const int before = town.office.prekey_requests;
  what();
  return town.office.prekey_requests - before;
}

}  // namespace

TEST(MessengerReset, M1_M2_broken_message_comes_again_under_its_own_id) {
  Town town;
  meet(town);
  const std::string old = Town::sending_sid(town.sara_phone, town.bo_phone);
  break_next(town, "one");
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "one"}));
  EXPECT_EQ(town.sara_phone.state_of("one"), 3);
  EXPECT_EQ(town.bo_phone.warnings("gap"), 1);
  EXPECT_NE(Town::sending_sid(town.sara_phone, town.bo_phone), old);
  EXPECT_EQ(Town::sending_sid(town.sara_phone, town.bo_phone),
            Town::sending_sid(town.bo_phone, town.sara_phone));
}

TEST(MessengerReset, M2_what_was_receipted_is_not_said_again) {
  Town town;
  meet(town);
  town.office.posted.clear();
  break_next(town, "one");
  // One post for the broken one, one for its repetition; "zero" has its receipt.
  int sara_to_bo = 0;
  for (const std::string& bytes : town.office.posted) {
    v1::PostMessage m;
    ASSERT_TRUE(m.ParseFromString(bytes));
    if (m.envelopes(0).device_id() == to_string(town.bo_phone.device().view()) &&
        m.envelopes(0).frame().size() < 1000)  // texts; receipts are padded to 1024
      ++sara_to_bo;
  }
  EXPECT_EQ(sara_to_bo, 2);
}

// A peer with other ideas about numbers: the client skips a thousand and no more, keeps nothing of
// what goes beyond, says so, and both go on in a new session.
TEST(MessengerReset, T12_a_number_far_ahead_is_a_gap_and_one_reset) {
  Town town;
  meet(town);
  std::vector<std::string> texts(1003);
  for (std::size_t i = 0; i < texts.size(); ++i) texts[i] = "number " + std::to_string(i);
  const auto frames =
      town.speak(town.sara_phone, town.bo_phone,
                 town.by(Role::participant, Role::mentor, crypto::Kind::text), texts);
  const auto stored = [&] {
    std::size_t out = 0;
    for (const auto& [key, value] : town.bo_phone.disk) out += key.size() + value.size();
    return out;
  };
  const std::size_t before = stored();
  const int posts = town.office.posts;
  for (int i = 0; i < 5; ++i) town.office.put(town.bo_phone.device(), frames.back());
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), Texts{"zero"});
  EXPECT_GE(town.bo_phone.warnings("gap"), 1);
  EXPECT_TRUE(town.office.mailboxes[town.bo_phone.device()].empty()) << "acknowledged";
  EXPECT_LT(stored(), before + 16 * 1024) << "no skipped keys";
  EXPECT_GT(town.office.posts, posts) << "a reset";
  (void)town.sara_phone.say("after", town.circle, {town.bo.key()});
  town.settle();
  EXPECT_NE(town.bo_phone.screen().back().find("after"), std::string::npos);
  EXPECT_EQ(town.bo_phone.screen().size(), 2U);
}

TEST(MessengerReset, T10_at_most_one_an_hour_and_five_a_day) {
  Town town;
  meet(town);
  EXPECT_EQ(prekey_requests_of(town, [&] { break_next(town, "a"); }), 1);
  EXPECT_EQ(prekey_requests_of(town, [&] { break_next(town, "b"); }), 0);
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "a"}));
  int resets = 1;
  for (int hours = 1; hours < 10; ++hours) {
    town.pass(61 * minute);
    resets += prekey_requests_of(town, [&] { break_next(town, "h" + std::to_string(hours)); });
  }
  EXPECT_EQ(resets, 5);
  // A day later there may be another, and with it comes all that was missing.
  town.pass(25 * hour);
  EXPECT_EQ(prekey_requests_of(town, [&] { break_next(town, "late"); }), 1);
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "a", "b", "h1", "h2", "h3", "h4", "h5", "h6",
                                           "h7", "h8", "h9", "late"}));
}

TEST(MessengerReset, T10_a_device_that_asks_for_everything_again_and_again_is_not_followed) {
  Town town;
  meet(town);
  town.bo_phone.disconnect();
  (void)town.sara_phone.say("one", town.circle, {town.bo.key()});
  town.settle();
  town.bo_phone.boot();
  town.bo_phone.in_tunnel = true;  // and so never receipts it
  client::SessionStore sessions(town.bo_phone.store());
  ASSERT_TRUE(sessions.load().ok());
  client::Peer& peer = *sessions.find(town.sara_phone.device());
  const auto what = town.by(Role::mentor, Role::participant, crypto::Kind::control);
  const Bytes body = client::encode(client::Reset{{}, 1});
  const auto before = town.office.posted.size();
  for (int i = 0; i < 12; ++i) {
    const client::Plain plain{MessageId{}, town.bo_phone.now, 0, body};
    town.office.put(town.sara_phone.device(),
                    to_string(*peer.sessions.sending()->encrypt(
                        what, client::encode(plain).expose(), town.random)));
    town.settle();
  }
  EXPECT_EQ(town.office.posted.size() - before, 5u);
  EXPECT_EQ(town.sara_phone.warnings("reset_storm"), 1);
  EXPECT_EQ(town.sara_phone.warnings("refused_kind"), 0);
}

TEST(MessengerReset, unknown_hint_without_an_init_part_makes_no_reset) {
  Town town;
  meet(town);
  town.bo_phone.disconnect();
  (void)town.sara_phone.say("one", town.circle, {town.bo.key()});
  town.settle();
  auto& row = town.office.mailboxes[town.bo_phone.device()].back();
  row.frame[3] = static_cast<char>(row.frame[3] ^ 1);  // the hint
  EXPECT_EQ(prekey_requests_of(town,
                               [&] {
                                 town.bo_phone.connect();
                                 town.settle();
                               }),
            0);
  EXPECT_EQ(town.bo_phone.messenger().unopened(), 1u);
  EXPECT_TRUE(town.office.mailboxes[town.bo_phone.device()].empty());
}

TEST(MessengerReset, M1_owed_reset_survives_a_restart_without_connection) {
  Town town;
  meet(town);
  town.bo_phone.disconnect();
  (void)town.sara_phone.say("one", town.circle, {town.bo.key()});
  town.settle();
  auto& rows = town.office.mailboxes[town.bo_phone.device()];
  rows.back().frame.back() = static_cast<char>(rows.back().frame.back() ^ 1);
  town.bo_phone.connect();
  // The frame arrives and is acknowledged, and then nothing of Bo's comes through.
  while (!rows.empty()) {
    ASSERT_TRUE(town.bo_phone.work());
    town.bo_phone.mute = town.bo_phone.warnings("gap") > 0;
  }
  town.bo_phone.disconnect();
  town.bo_phone.mute = false;
  town.bo_phone.boot();
  town.bo_phone.connect();
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "one"}));
}

TEST(MessengerReset, M1_a_reset_names_the_broken_session_and_what_came_last_there) {
  Town town;
  meet(town);
  auto& rows = say_to_absent_bo(town, {"one", "two"});
  ASSERT_EQ(rows.size(), 2u);
  const std::string broken = Town::sending_sid(town.sara_phone, town.bo_phone);
  const std::uint32_t last = number_of(town.bo_phone, rows[0].frame);
  EXPECT_EQ(number_of(town.bo_phone, rows[1].frame), last + 1);
  flip_last(rows[1].frame);
  town.sara_phone.disconnect();
  town.bo_phone.connect();
  town.settle();
  const std::string bytes = town.office.mailboxes[town.sara_phone.device()].back().frame;
  const First first = open_first(town, town.sara_phone, town.bo, bytes);
  EXPECT_EQ(first.gen, 2u);
  EXPECT_EQ(first.header.n, 0u) << "what the new session says first";
  EXPECT_EQ(first.header.kind, static_cast<std::uint8_t>(crypto::Kind::control));
  EXPECT_FALSE(first.repeated);
  ASSERT_TRUE(first.reset);
  EXPECT_EQ(hex(first.reset->sid), broken);
  EXPECT_EQ(first.reset->last_n, last);
}

TEST(MessengerReset, M1_where_nothing_ever_came_the_reset_says_so) {
  Town town;
  town.connect_all();
  // Bo starts a session, and Sara's first answer in it, her receipt, is broken.
  (void)town.bo_phone.say("hello", town.circle, {town.sara.key()});
  while (town.bo_phone.work()) {
  }
  town.bo_phone.disconnect();
  town.settle();
  auto& rows = town.office.mailboxes[town.bo_phone.device()];
  ASSERT_EQ(rows.size(), 1u);
  flip_last(rows.front().frame);
  town.sara_phone.disconnect();
  town.bo_phone.connect();
  town.settle();
  const std::string bytes = town.office.mailboxes[town.sara_phone.device()].back().frame;
  const First first = open_first(town, town.sara_phone, town.bo, bytes);
  ASSERT_TRUE(first.reset);
  EXPECT_EQ(first.reset->last_n, client::nothing_came);
}

TEST(MessengerReset, M1_M2_what_has_no_receipt_comes_again_under_its_own_id) {
  Town town;
  meet(town);
  std::vector<MessageId> ids;
  ids.push_back(town.sara_phone.say("one", town.circle, {town.bo.key()}));
  town.settle();
  auto& rows = say_to_absent_bo(town, {"two", "three", "four"}, &ids);
  ASSERT_EQ(rows.size(), 3u);
  rows.erase(rows.begin());      // lost
  flip_last(rows.back().frame);  // broken; "three" arrives
  town.office.posted.clear();
  town.bo_phone.connect();
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "one", "two", "three", "four"}));
  std::vector<MessageId> shown;
  for (const v1::MessageView& m : town.bo_phone.messenger().messages(nullptr, 0))
    if (!m.from().empty() && m.text() != "zero") shown.push_back(*MessageId::from(m.message_id()));
  EXPECT_EQ(shown, ids);
  for (const char* text : {"one", "two", "three", "four"})
    EXPECT_EQ(town.sara_phone.state_of(text), 3) << text;
  // "three" was receipted over the old session before the reset was read, or comes twice and is
  // dropped: in no case is it shown twice. What had its receipt long before never goes again.
  int texts = 0;
  for (const std::string& bytes : town.office.posted) {
    v1::PostMessage m;
    ASSERT_TRUE(m.ParseFromString(bytes));
    if (m.envelopes(0).device_id() == to_string(town.bo_phone.device().view()) &&
        m.envelopes(0).frame().size() < 1000)
      ++texts;
  }
  EXPECT_GE(texts, 2);
  EXPECT_LE(texts, 3);
}

TEST(MessengerReset, M3_nothing_goes_again_to_who_was_dropped_meanwhile) {
  Town town;
  meet(town);
  auto& rows = say_to_absent_bo(town, {"secret"});
  flip_last(rows.back().frame);
  auto lines = town.lines();
  lines.erase(lines.begin());  // Bo
  town.sign_manifest(lines);
  town.learn_manifest(town.sara_phone);
  town.office.posted.clear();
  town.bo_phone.connect();  // by the manifest that he knows it is his to ask
  town.settle();
  EXPECT_EQ(town.bo_phone.warnings("gap"), 1);
  EXPECT_TRUE(town.office.mailboxes[town.sara_phone.device()].empty());  // a stranger's by now
  for (const std::string& bytes : town.office.posted) {
    v1::PostMessage m;
    ASSERT_TRUE(m.ParseFromString(bytes));
    for (const v1::Envelope& e : m.envelopes())
      EXPECT_NE(e.device_id(), to_string(town.bo_phone.device().view()));
  }
  EXPECT_EQ(town.bo_phone.screen(), Texts{"zero"});
}

}  // namespace livlina::testing
