// The real server and frames that no honest client sends: each gets one clear error or a close with
// its code, nobody else notices, and nothing is stored.
#include <gtest/gtest.h>
#include <signal.h>

#include <deque>
#include <fstream>
#include <set>

#include "crypto/core/random.hpp"
#include "protocol/codec.hpp"
#include "server/engine/router.hpp"
#include "server/store/db.hpp"
#include "tests/smoke/net_town.hpp"

namespace livlina::testing {
namespace {

using std::chrono::milliseconds;

v1::ServerFrame parsed(const std::optional<std::string>& bytes) {
  if (!bytes) return {};
  auto frame = protocol::decode_server_frame(view(*bytes));
  return frame.ok() ? std::move(frame).value() : v1::ServerFrame{};
}

v1::Request request(std::uint64_t id) {
  v1::Request r;
  r.set_id(id);
  r.set_version(protocol::wire_version);
  return r;
}

// An operation with an empty body, whatever its field requires.
std::string empty_operation(std::uint64_t id, unsigned field) {
  std::string frame = request(id).SerializeAsString();
  const unsigned tag = field << 3 | 2;
  frame += static_cast<char>(0x80 | (tag & 0x7f));
  frame += static_cast<char>(tag >> 7);
  return frame + '\0';
}

class Malformed : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(crypto::init());
    const std::string code = server.init();
    ASSERT_FALSE(code.empty());
    ASSERT_TRUE(server.start());
    v1::SetPlan no_times;
    ASSERT_TRUE(town.found(code, no_times)) << town.why;
    before = at_rest();
  }
  void TearDown() override {
    if (HasFatalFailure()) return;
    // Others are served, and a message still goes its way.
    v1::Command command;
    command.mutable_send_text()->set_circle_id(town.circle);
    command.mutable_send_text()->set_to(town.account(town.contact));
    command.mutable_send_text()->set_text("still here");
    EXPECT_TRUE(town.run(town.participant, command)) << town.why;
    EXPECT_TRUE(town.pump_until([&] { return !town.contact.came.empty(); }));
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0);
  }

  // Rows of every table.
  [[nodiscard]] std::map<std::string, std::int64_t> rows() const {
    server::store::Db db(server.database(), server::store::Db::Mode::read_only);
    std::map<std::string, std::int64_t> out;
    std::deque<std::string> statements;  // a statement is known by its text's address
    auto tables = db.query("SELECT name FROM sqlite_schema WHERE type = 'table'");
    while (tables.step()) {
      statements.push_back("SELECT count(*) FROM " + tables.text(0));
      auto q = db.query(statements.back().c_str());
      if (q.step()) out[tables.text(0)] = q.integer(0);
    }
    return out;
  }
  // The rows when nothing moves any more.
  [[nodiscard]] std::map<std::string, std::int64_t> at_rest() {
    auto last = rows();
    for (int i = 0; i < 50; ++i) {
      const auto until = std::chrono::steady_clock::now() + milliseconds(300);
      (void)town.pump_until([&] { return std::chrono::steady_clock::now() > until; });
      auto now = rows();
      if (now == last) break;
      last = std::move(now);
    }
    return last;
  }
  void nothing_was_stored() { EXPECT_EQ(at_rest(), before); }

  // The error for one frame of a stranger's fresh connection.
  [[nodiscard]] v1::Error refusal(const std::string& frame) {
    WsClient client(server.at());
    EXPECT_TRUE(parsed(client.receive()).has_challenge());
    client.send(frame);
    return parsed(client.receive()).error();
  }
  // What closes the connection of a stranger who sends these bytes straight into the stream.
  [[nodiscard]] std::optional<int> close_of(const std::string& raw) {
    WsClient client(server.at());
    EXPECT_TRUE(parsed(client.receive()).has_challenge());
    client.send_raw(raw);
    return client.wait_closed();
  }
  // The reply to a request on a member's own logged-in connection.
  [[nodiscard]] v1::ServerFrame answer(NetClient& who, v1::Request r) {
    r.set_id(NetClient::raw_ids + ++asked);
    r.set_version(protocol::wire_version);
    who.send_raw(protocol::encode(r));
    EXPECT_TRUE(town.pump_until([&] { return who.raw_replies.count(r.id()) != 0; }));
    return who.raw_replies[r.id()];
  }

  // The most memory that the server's process has had so far.
  [[nodiscard]] std::int64_t peak_kb() const {
    std::ifstream status("/proc/" + std::to_string(server.pid()) + "/status");
    for (std::string line; std::getline(status, line);)
      if (line.rfind("VmHWM:", 0) == 0) return std::stoll(line.substr(6));
    return 0;
  }

  RealServer server;
  NetTown town{server};
  std::map<std::string, std::int64_t> before;
  std::uint64_t asked = 0;
};

TEST_F(Malformed, T24_T25_T27_T34_strangers) {
  const std::string rubbish[] = {
      "rubbish",
      std::string(60'000, '\x0b'),                     // groups in groups
      std::string("\x0a\xff\xff\xff\xff\x0f", 6),      // four gigabytes inside
      std::string("\x08", 1),                          // cut short
      std::string("\x08\x00\x10\x01\xda\x04\x00", 7),  // id 0
      std::string(1, '\0'),
  };
  for (const std::string& frame : rubbish)
    EXPECT_EQ(refusal(frame).code(), v1::MALFORMED) << hex(view(frame)).substr(0, 40);
  {
    WsClient client(server.at());
    (void)client.receive();
    for (int i = 0; i < 3; ++i) client.send("rubbish");
    EXPECT_EQ(client.wait_closed(), 1002);
  }
  {
    WsClient client(server.at());
    (void)client.receive();
    client.send_text("hello");
    EXPECT_EQ(client.wait_closed(), 1002);
  }
  EXPECT_EQ(close_of(raw_frame(0x82, std::string(64 * 1024 + 1, 'x')).substr(0, 20'000)), 1009);
  EXPECT_EQ(close_of(raw_frame(0xc2, "x")), 1002);         // reserved bit: compressed
  EXPECT_EQ(close_of(raw_frame(0x83, "x")), 1002);         // reserved opcode
  EXPECT_EQ(close_of(std::string("\x82\x01x", 3)), 1002);  // no mask
  v1::Request other = request(5);
  other.set_version(9);
  other.mutable_login();
  EXPECT_EQ(refusal(protocol::encode(other)).code(), v1::UNSUPPORTED_VERSION);
  EXPECT_EQ(refusal(empty_operation(5, 1007)).code(), v1::UNSUPPORTED_VERSION);
  // Everything but log-in and invitations is for devices: asked for each operation of the router's
  // own table, which has every one of the protocol or does not compile.
  std::set<unsigned> for_strangers;
  for (const server::Route& route : server::routes()) {
    const auto field = static_cast<unsigned>(route.op);
    if (route.stage == server::Stage::before_login)
      for_strangers.insert(field);
    else
      EXPECT_EQ(refusal(empty_operation(5, field)).code(), v1::NOT_LOGGED_IN) << route.name;
  }
  EXPECT_EQ(for_strangers, (std::set<unsigned>{v1::Request::kLogin, v1::Request::kClaimInvite,
                                               v1::Request::kJoinInvite}));
  v1::Request claim = request(5);
  claim.mutable_claim_invite()->set_invite_id(std::string(16, 'i'));
  claim.mutable_claim_invite()->set_auth(std::string(32, 'a'));
  claim.mutable_claim_invite()->set_claim_id(std::string(16, 'c'));
  EXPECT_EQ(refusal(protocol::encode(claim)).code(), v1::INVITE_GONE);
  nothing_was_stored();
}

TEST_F(Malformed, T6_T23_a_recorded_login_on_another_connection) {
  // The mentor logs in again, and somebody records it.
  town.mentor.remember_requests = true;
  ASSERT_TRUE(town.mentor.reopen());
  ASSERT_TRUE(town.pump_until([&] { return town.mentor.logged_in(); }));
  ASSERT_TRUE(town.mentor.requests.front().has_login());
  const v1::Request login = town.mentor.requests.front();
  const auto refused = [&](const v1::Request& r) {
    WsClient client(server.at());
    (void)client.receive();
    client.send(protocol::encode(r));
    const v1::ServerFrame f = parsed(client.receive());
    EXPECT_EQ(f.error().detail(), "");
    const auto code = client.wait_closed();
    EXPECT_TRUE(code && *code >= 4000) << code.value_or(-1);
    return f.error().code();
  };
  EXPECT_EQ(refused(login), v1::LOGIN_REFUSED);
  // One answer for a device that exists, one that does not, and a counter that was raised.
  v1::Request changed = login;
  changed.mutable_login()->set_counter(login.login().counter() + 1000);
  EXPECT_EQ(refused(changed), v1::LOGIN_REFUSED);
  changed = login;
  changed.mutable_login()->set_device_id(std::string(16, 'd'));
  EXPECT_EQ(refused(changed), v1::LOGIN_REFUSED);
  changed.mutable_login()->set_device_id("short");
  EXPECT_EQ(refusal(protocol::encode(changed)).code(), v1::MALFORMED);
  // The true one is still connected.
  EXPECT_TRUE(town.mentor.logged_in());
  before = at_rest();  // the mentor's own log-in may have brought new prekeys
  EXPECT_EQ(refused(login), v1::LOGIN_REFUSED);
  nothing_was_stored();
}

TEST_F(Malformed, T4_T34_members_who_ask_for_what_is_not_theirs) {
  NetClient& mentor = town.mentor;
  const std::string somebody(32, 's');
  const std::string id(16, 'i');
  v1::Request r;
  const auto code = [&](NetClient& who) {
    return answer(who, std::exchange(r, {})).error().code();
  };
  r.mutable_get_circle()->set_circle_id(id);
  EXPECT_EQ(code(mentor), v1::FORBIDDEN);
  r.mutable_get_circle()->set_circle_id("short");
  EXPECT_EQ(code(mentor), v1::MALFORMED);
  r.mutable_get_incident()->set_incident_id(id);
  EXPECT_EQ(code(mentor), v1::FORBIDDEN);
  r.mutable_get_occurrences()->set_circle_id(id);
  EXPECT_EQ(code(mentor), v1::FORBIDDEN);
  r.mutable_put_manifest()->set_record("rubbish");
  EXPECT_EQ(code(mentor), v1::FORBIDDEN);
  r.mutable_put_plan()->set_record("rubbish");
  EXPECT_EQ(code(mentor), v1::FORBIDDEN);
  r.mutable_put_desk_roster()->set_record("rubbish");
  EXPECT_EQ(code(mentor), v1::FORBIDDEN);
  r.mutable_put_device_list()->set_record("rubbish");
  EXPECT_EQ(code(mentor), v1::BAD_RECORD);
  r.mutable_put_confirm()->set_record("rubbish");
  EXPECT_EQ(code(mentor), v1::BAD_RECORD);
  r.mutable_post_record()->set_record("rubbish");
  EXPECT_NE(code(mentor), v1::ERROR_UNSPECIFIED);
  r.mutable_post_act()->set_record("rubbish");
  EXPECT_NE(code(mentor), v1::ERROR_UNSPECIFIED);
  // To nobody, in no queue; then in a good one: T23, as for a device that is there.
  for (const auto& [first, refused] : {std::pair{'f', v1::MALFORMED}, {'\0', v1::FORBIDDEN}}) {
    auto& envelope = *r.mutable_post_message()->add_envelopes();
    r.mutable_post_message()->set_message_id(id);
    envelope.set_device_id(id);
    envelope.set_frame(std::string(507, first));
    EXPECT_EQ(code(mentor), refused);
  }
  for (int i = 0; i < 65; ++i) {
    auto& one = *r.mutable_post_message()->add_envelopes();
    one.set_device_id(id);
    one.set_frame(std::string(507, 'f'));
  }
  r.mutable_post_message()->set_message_id(id);
  EXPECT_NE(code(mentor), v1::ERROR_UNSPECIFIED);
  // A second log-in on the same connection.
  r.mutable_login();
  EXPECT_EQ(code(mentor), v1::WRONG_STATE);
  EXPECT_TRUE(mentor.logged_in());
  // Too large, and rubbish three times: only that connection ends, and the client comes back.
  mentor.send_raw(std::string(protocol::max_frame + 1, 'x'));
  EXPECT_TRUE(town.pump_until([&] { return !mentor.closed_because.empty(); }));
  EXPECT_TRUE(town.pump_until([&] { return mentor.logged_in(); }));
  mentor.closed_because.clear();
  for (int i = 0; i < 3; ++i) mentor.send_raw("rubbish");
  EXPECT_TRUE(town.pump_until([&] { return !mentor.closed_because.empty(); }));
  EXPECT_NE(mentor.closed_because.find("1002"), std::string::npos) << mentor.closed_because;
  EXPECT_EQ(mentor.raw_replies[0].error().code(), v1::MALFORMED);
  EXPECT_TRUE(town.pump_until([&] { return mentor.logged_in(); }));
  nothing_was_stored();
}

// What fits into a frame and is meant to cost: a member's frames full of elements, of unknown
// fields, of one field again and again. Each gets its one answer, and the process grows by little.
TEST_F(Malformed, T24_T27_members_frames_full_to_the_brim) {
  constexpr std::size_t room = protocol::max_frame - 64;
  const auto repeated = [](const std::string& part, std::size_t size) {
    std::string out;
    while (out.size() + part.size() <= size) out += part;
    return out;
  };
  // The operation's field with this content; beyond it whatever the test adds.
  const auto operation = [](unsigned field, const std::string& content) {
    std::string out;
    const auto varint = [&out](std::uint64_t n) {
      for (; n > 0x7f; n >>= 7) out += static_cast<char>(0x80 | (n & 0x7f));
      out += static_cast<char>(n);
    };
    varint(field << 3 | 2);
    varint(content.size());
    return out + content;
  };
  // The reply to a frame that protobuf's own encoder would not write.
  const auto reply_to = [&](NetClient& who, const std::string& body) {
    const std::uint64_t id = NetClient::raw_ids + ++asked;
    who.send_raw(request(id).SerializeAsString() + body);
    EXPECT_TRUE(town.pump_until([&] { return who.raw_replies.count(id) != 0; }));
    return who.raw_replies[id];
  };
  const auto code = [&](NetClient& who, unsigned field, const std::string& content) {
    return reply_to(who, operation(field, content)).error().code();
  };
  const std::string empty_one = std::string("\x0a\x00", 2);  // field 1, nothing in it
  const std::string empty_two = std::string("\x12\x00", 2);
  const std::string empty_three = std::string("\x1a\x00", 2);
  NetClient& mentor = town.mentor;
  NetClient& phone = town.participant;
  const std::int64_t before_kb = peak_kb();
  ASSERT_GT(before_kb, 0);
  // A quarter of a million elements.
  EXPECT_EQ(code(mentor, v1::Request::kPostMessage,
                 "\x0a\x10" + std::string(16, 'm') + repeated(empty_two, room - 18)),
            v1::MALFORMED);
  EXPECT_EQ(code(mentor, v1::Request::kGetPrekeys, repeated(empty_one, room)), v1::MALFORMED);
  EXPECT_EQ(code(mentor, v1::Request::kPutPrekeys, repeated(empty_two, room)), v1::TOO_LARGE);
  EXPECT_EQ(code(mentor, v1::Request::kReceiptNotices, repeated(empty_one, room)), v1::TOO_LARGE);
  EXPECT_EQ(code(mentor, v1::Request::kPostAct, repeated(empty_three, room)), v1::MALFORMED);
  EXPECT_EQ(code(phone, v1::Request::kPostRecord, repeated(empty_three, room)), v1::MALFORMED);
  EXPECT_EQ(code(phone, v1::Request::kPutPlan, repeated(empty_three, room)), v1::BAD_RECORD);
  // Half a million numbers of one byte each, packed.
  EXPECT_EQ(code(mentor, v1::Request::kAckDeliveries, operation(1, std::string(room - 16, '\x01'))),
            v1::MALFORMED);
  // One field a quarter of a million times, two operations in turn, and unknown fields: a later
  // version may send these, so the last operation is answered.
  const std::string list = operation(v1::Request::kListCircles, {});
  const std::string desk = operation(v1::Request::kGetDesk, {});
  EXPECT_TRUE(reply_to(mentor, repeated(list, room)).has_circle_heads());
  EXPECT_TRUE(reply_to(mentor, repeated(desk + list, room)).has_circle_heads());
  EXPECT_TRUE(reply_to(mentor, repeated(std::string("\xc0\x3e\x01", 3), room - 8) + list)
                  .has_circle_heads());
  EXPECT_TRUE(
      reply_to(mentor, list + operation(1000, std::string(room - 16, '\xff'))).has_circle_heads());
  // Too deep is no frame at all.
  const std::size_t malformed = mentor.raw_replies.count(0);
  EXPECT_EQ(malformed, 0U);
  mentor.send_raw(request(NetClient::raw_ids + ++asked).SerializeAsString() + list +
                  repeated("\xc3\x3e", room / 2) + repeated("\xc4\x3e", room / 2));
  EXPECT_TRUE(town.pump_until([&] {
    for (const auto& [id, frame] : mentor.raw_replies)
      if (frame.error().code() == v1::MALFORMED && (id == 0 || id == NetClient::raw_ids + asked))
        return true;
    return false;
  }));
  EXPECT_LT(peak_kb() - before_kb, 256 * 1024);
  nothing_was_stored();
}

TEST_F(Malformed, T6_I9_records_messages_and_acts_again_change_nothing) {
  NetClient& participant = town.participant;
  participant.remember_requests = true;
  town.mentor.remember_requests = true;
  v1::Command command;
  command.mutable_check_in()->set_answer(1);
  command.mutable_check_in()->set_note("at home");
  ASSERT_TRUE(town.run(participant, command)) << town.why;
  command.Clear();
  command.mutable_raise_alarm()->set_kind(3);
  ASSERT_TRUE(town.run(participant, command)) << town.why;
  command.Clear();
  command.mutable_send_text()->set_circle_id(town.circle);
  command.mutable_send_text()->set_to(town.account(town.mentor));
  command.mutable_send_text()->set_text("hello");
  ASSERT_TRUE(town.run(participant, command)) << town.why;
  const auto untaken = [&] {
    const v1::Event* e = town.mentor.last(v1::Event::kIncident);
    return e != nullptr && e->incident().incident().state() == 1;
  };
  ASSERT_TRUE(town.pump_until(untaken));
  ASSERT_TRUE(town.run(town.mentor,
                       act_on(town.mentor.last(v1::Event::kIncident)->incident().incident(), 2)));
  before = at_rest();
  int replayed = 0;
  for (NetClient* who : {&participant, &town.mentor}) {
    who->remember_requests = false;
    for (const v1::Request& r : who->requests) {
      if (!r.has_post_record() && !r.has_post_message() && !r.has_post_act()) continue;
      EXPECT_FALSE(answer(*who, r).has_error()) << r.op_case();
      ++replayed;
    }
  }
  EXPECT_GE(replayed, 4);
  // And by somebody else, as whoever recorded it would.
  for (const v1::Request& r : participant.requests)
    if (r.has_post_record()) {
      EXPECT_EQ(answer(town.contact, r).error().code(), v1::FORBIDDEN);
    }
  EXPECT_EQ(participant.came, std::vector<std::string>{});
  EXPECT_EQ(town.mentor.came, std::vector<std::string>{"hello"});
  nothing_was_stored();
}

}  // namespace
}  // namespace livlina::testing
