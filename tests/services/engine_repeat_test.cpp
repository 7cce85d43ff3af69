// I9: a request that comes again, as after a lost reply or from a recording, changes nothing. One
// valid request of every operation of the router's own table, sent twice by the same device.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "crypto/e2ee/invite.hpp"
#include "server/engine/router.hpp"
#include "tests/services/watched_server.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using Q = v1::Request;
using Op = Q::OpCase;

std::string text(ByteView bytes) { return to_string(bytes); }

// What one operation is asked, by which session, in a town of its own.
struct Sample {
  Connection* by = nullptr;
  v1::Request request;
  bool writes = true;
  bool refused_again = false;               // the repeat is refused; else it is answered alike
  std::function<void()> meanwhile = [] {};  // by others, between the request and its repeat
};

class RouterRepeats : public ::testing::Test {
 protected:
  // A server for each operation: none profits from what another has done.
  struct Place {
    Place() {
      for (Person* person : {&town.contact, &town.other_mentor})
        (void)server.server->online(person->primary());
      server.server->settle();
    }
    WatchedServer server;
    WatchTown& town = server.town;
    Connection& mentor = server.server->online(town.mentor.primary());
    Connection& coordinator = server.server->online(town.coordinator.primary());
    Connection& phone = server.server->online(town.participant.primary());
    // The invitation of a participant, and who comes by it.
    crypto::InviteKeys keys =
        crypto::invite_keys(crypto::InvitePurpose::participant, town.random.secret<16>());
    Person guest = make_participant(town.random, town.now);

    void does(Connection& c, const v1::Request& request) {
      ASSERT_EQ(server.server->code(c, request), 0) << request.op_case();
    }
    v1::Request create() {
      v1::Request out;
      auto& c = *out.mutable_create_invite();
      c.set_invite_id(text(keys.invite_id.view()));
      c.set_auth_hash(text(ByteView(crypto::sha256(keys.auth.expose()))));
      c.set_purpose(2);
      c.set_expires_at(town.now + 10 * minute);
      c.set_sealed_i("sealed I");
      return out;
    }
    v1::Request claim() {
      v1::Request out;
      auto& c = *out.mutable_claim_invite();
      c.set_invite_id(text(keys.invite_id.view()));
      c.set_auth(text(keys.auth.expose()));
      c.set_claim_id(std::string(16, 'c'));
      return out;
    }
    v1::Request join() {
      v1::Request out;
      auto& j = *out.mutable_join_invite();
      j.set_invite_id(text(keys.invite_id.view()));
      j.set_auth(text(keys.auth.expose()));
      j.set_claim_id(std::string(16, 'c'));
      j.set_sealed_j("sealed J");
      j.set_device_list(text(guest.list_record));
      j.set_spk_record(text(guest.spk_record(1, town.now, town.random)));
      j.set_shadow_mark(text(guest.shadow_mark()));
      return out;
    }
    void joined() {
      does(mentor, create());
      Connection& c = server.server->connect();
      does(c, claim());
      does(c, join());
    }
    v1::Request prekeys() {
      v1::Request out;
      auto& p = *out.mutable_put_prekeys();
      p.set_spk_record(text(town.participant.spk_record(1, town.now, town.random)));
      for (std::uint32_t n = 1; n <= 3; ++n) {
        auto& key = *p.add_one_time();
        key.set_id(n);
        key.set_key(text(random_dh(town.random).view()));
      }
      return out;
    }
    v1::Request bundles() {
      v1::Request out;
      out.mutable_get_prekeys()->add_device_ids(text(town.participant.primary().id().view()));
      return out;
    }
    v1::Request message() {
      return post_message(random_id<MessageId>(town.random), {town.participant.primary().id()});
    }
    // The phone receives what waits for it.
    v1::Request receipt() {
      const auto delivery = phone.take(v1::ServerFrame::kDelivery);
      EXPECT_TRUE(delivery);
      return ack({delivery ? delivery->delivery().seq() : 0});
    }
    // Somebody wants to talk, and everybody who must know was told.
    IncidentId incident() {
      does(phone, server.record({.answer = 2}));
      server.advance(second);
      return town.unresolved().value().id;
    }
    v1::Request act(const IncidentId& id) {
      v1::Request out;
      auto& a = *out.mutable_post_act();
      a.set_record(text(town.sign_act_of(town.mentor, id, {.act = protocol::Act::take})));
      a.set_message_id(std::string(16, 'a'));
      auto& note = *a.add_notes();
      note.set_device_id(text(town.contact.primary().id().view()));
      note.set_frame(note_frame(1));
      return out;
    }
    v1::Request plan() {
      protocol::StaffAct approve;
      v1::Request out;
      const Bytes record =
          town.circle.next_plan(town.participant, {town.daily_at(12 * 60)}, town.now);
      approve.act = protocol::Act::approve;
      approve.circle = town.circle.id;
      approve.target = crypto::sha256(record);
      approve.actor = town.contact.primary().id();
      approve.time = town.now;
      out.mutable_put_plan()->set_record(text(record));
      out.mutable_put_plan()->set_approval(text(sign_act(approve, town.contact.primary().sig)));
      return out;
    }
  };

  using Samples = std::map<Op, std::function<Sample(Place&)>>;
  static void add_before_login(Samples& out);
  static void add_devices(Samples& out);
  static void add_desk(Samples& out);
  static void add_invites(Samples& out);
  static void add_circles(Samples& out);
  static void add_mail(Samples& out);
  static void add_watch(Samples& out);
  // For each operation of the table.
  static Samples samples() {
    Samples out;
    for (const auto add :
         {add_before_login, add_devices, add_desk, add_invites, add_circles, add_mail, add_watch})
      add(out);
    return out;
  }
  // A mentor's question.
  static std::function<Sample(Place&)> asks(
      const std::function<void(Place&, v1::Request&)>& write) {
    return [write](Place& p) {
      Sample s;
      s.by = &p.mentor;
      s.writes = false;
      write(p, s.request);
      return s;
    };
  }

  // Everything that is stored but server.last_round: that the server is alive is noted whatever is
  // asked, also when nothing is.
  static std::string stored(Place& place) {
    auto q = place.town.db.query("SELECT hex(pk), epoch FROM server");
    EXPECT_TRUE(q.step());
    return q.text(0) + " " + std::to_string(q.integer(1)) + "\n" + dump(place.town.db);
  }
  // The lines of one that the other has not: a table's row each.
  static std::string changed(const std::string& from, const std::string& to) {
    std::set<std::string> before;
    std::istringstream old(from);
    for (std::string row; std::getline(old, row);) before.insert(row);
    std::string out;
    std::istringstream now(to);
    for (std::string row; std::getline(now, row);)
      if (!before.contains(row)) out += row + "\n";
    return out;
  }
  static void twice(const Route& route, const std::function<Sample(Place&)>& make) {
    Place place;
    Sample sample = make(place);
    place.server.advance(second);
    const std::string begin = stored(place);
    const auto first = place.server.server->ask(*sample.by, sample.request);
    ASSERT_NE(first.body_case(), v1::ServerFrame::kError)
        << route.name << ": not valid: " << first.error().ShortDebugString();
    EXPECT_EQ(stored(place) != begin, sample.writes) << route.name;
    // What it leads to is done before it comes again.
    place.server.advance(second);
    sample.meanwhile();
    place.server.advance(second);
    const std::string before = stored(place);
    const auto again = place.server.server->ask(*sample.by, sample.request);
    place.server.server->settle();
    const std::string after = stored(place);
    EXPECT_TRUE(after == before) << route.name << "\nnew: " << changed(before, after)
                                 << "\ngone: " << changed(after, before);
    if (sample.refused_again) {
      EXPECT_EQ(again.body_case(), v1::ServerFrame::kError) << route.name;
    } else
      EXPECT_EQ(again.body_case(), first.body_case()) << route.name;
  }
};

void RouterRepeats::add_before_login(Samples& out) {
  // The session is logged in: it needs no second one.
  out[Q::kLogin] = [](Place& p) {
    Connection& c = p.server.server->connect();
    auto& device = p.town.contact.primary();
    return Sample{&c, p.server.server->login_request(c, device, ++device.login_counter), true,
                  true};
  };
  out[Q::kClaimInvite] = [](Place& p) {
    p.does(p.mentor, p.create());
    return Sample{&p.server.server->connect(), p.claim()};
  };
  out[Q::kJoinInvite] = [](Place& p) {
    p.does(p.mentor, p.create());
    Connection& c = p.server.server->connect();
    p.does(c, p.claim());
    return Sample{&c, p.join()};
  };
}

void RouterRepeats::add_devices(Samples& out) {
  out[Q::kPutDeviceList] = [](Place& p) {
    p.town.mentor.devices.push_back(make_device(p.town.random));
    Q q;
    q.mutable_put_device_list()->set_record(
        text(p.town.mentor.next_list(p.town.now, p.town.random)));
    return Sample{&p.mentor, q};
  };
  out[Q::kGetDeviceLists] = asks([](Place& p, Q& q) {
    q.mutable_get_device_lists()->set_account(text(p.town.participant.key().view()));
  });
  // A key that was handed out meanwhile does not come back.
  out[Q::kPutPrekeys] = [](Place& p) {
    Sample s{&p.phone, p.prekeys()};
    s.meanwhile = [&p] { p.does(p.mentor, p.bundles()); };
    return s;
  };
  out[Q::kGetPrekeys] = [](Place& p) {
    p.does(p.phone, p.prekeys());
    return Sample{&p.mentor, p.bundles()};
  };
}

void RouterRepeats::add_desk(Samples& out) {
  out[Q::kPutDeskRoster] = [](Place& p) {
    Q q;
    q.mutable_put_desk_roster()->set_record(
        text(p.town.desk.next_roster({&p.town.coordinator}, p.town.now)));
    return Sample{&p.coordinator, q};
  };
  out[Q::kPutStaffDirectory] = [](Place& p) {
    Q q;
    q.mutable_put_staff_directory()->set_record(
        text(p.town.desk.next_directory({{&p.town.coordinator, Role::coordinator},
                                         {&p.town.mentor, Role::mentor},
                                         {&p.town.contact, Role::contact_person}},
                                        p.town.now)));
    return Sample{&p.coordinator, q};
  };
  out[Q::kGetDesk] = asks(
      [](Place& p, Q& q) { q.mutable_get_desk()->set_desk_pk(text(p.town.desk.key().view())); });
}

void RouterRepeats::add_invites(Samples& out) {
  out[Q::kCreateInvite] = [](Place& p) { return Sample{&p.mentor, p.create()}; };
  out[Q::kGetInvite] = asks([](Place& p, Q& q) {
    p.joined();
    q.mutable_get_invite()->set_invite_id(text(p.keys.invite_id.view()));
  });
  out[Q::kPutConfirm] = [](Place& p) {
    p.joined();
    const auto circle = random_id<CircleId>(p.town.random);
    Q q;
    q.mutable_put_confirm()->set_record(text(protocol::sign_confirm(
        {{}, circle, p.guest.key(), p.town.mentor.key()}, p.town.mentor.account)));
    return Sample{&p.mentor, q};
  };
  out[Q::kRefuseInvite] = [](Place& p) {
    p.joined();
    Q q;
    q.mutable_refuse_invite()->set_invite_id(text(p.keys.invite_id.view()));
    return Sample{&p.mentor, q};
  };
}

void RouterRepeats::add_circles(Samples& out) {
  out[Q::kPutManifest] = [](Place& p) {
    auto lines = p.town.circle.manifest.lines;
    lines.pop_back();
    Q q;
    q.mutable_put_manifest()->set_record(
        text(p.town.circle.next_manifest(p.town.participant, lines, false, p.town.now)));
    return Sample{&p.phone, q};
  };
  out[Q::kPutPlan] = [](Place& p) { return Sample{&p.phone, p.plan()}; };
  out[Q::kGetCircle] = asks(
      [](Place& p, Q& q) { q.mutable_get_circle()->set_circle_id(text(p.town.circle.id.view())); });
  out[Q::kListCircles] = asks([](Place&, Q& q) { q.mutable_list_circles(); });
}

void RouterRepeats::add_mail(Samples& out) {
  // Neither does a message that was received meanwhile.
  out[Q::kPostMessage] = [](Place& p) {
    Sample s{&p.mentor, p.message()};
    s.meanwhile = [&p] {
      p.does(p.phone, p.receipt());
      p.server.advance(second);
      EXPECT_EQ(p.server.count("SELECT count(*) FROM mailbox WHERE kind = 1"), 0);
    };
    return s;
  };
  out[Q::kAckDeliveries] = [](Place& p) {
    p.does(p.mentor, p.message());
    p.server.server->settle();
    Sample s{&p.phone, p.receipt()};
    s.writes = false;  // by itself: with the next commit
    return s;
  };
}

void RouterRepeats::add_watch(Samples& out) {
  out[Q::kPostRecord] = [](Place& p) {
    Sample s{&p.phone, p.server.record({.answer = 2})};
    auto& post = *s.request.mutable_post_record();
    post.set_message_id(std::string(16, 'r'));
    auto& note = *post.add_notes();
    note.set_device_id(text(p.town.mentor.primary().id().view()));
    note.set_frame(note_frame(0));
    return s;
  };
  out[Q::kGetOccurrences] = asks([](Place& p, Q& q) {
    q.mutable_get_occurrences()->set_circle_id(text(p.town.circle.id.view()));
  });

  // A take does not take again what was given to the desk meanwhile.
  out[Q::kPostAct] = [](Place& p) {
    const IncidentId id = p.incident();
    Sample s{&p.mentor, p.act(id)};
    s.meanwhile = [&p, id] {
      Q q;
      q.mutable_post_act()->set_record(
          text(p.town.sign_act_of(p.town.coordinator, id, {.act = protocol::Act::take_over})));
      p.does(p.coordinator, q);
    };
    return s;
  };
  out[Q::kListIncidents] = asks([](Place& p, Q& q) {
    (void)p.incident();
    q.mutable_list_incidents();
  });
  out[Q::kGetIncident] = asks(
      [](Place& p, Q& q) { q.mutable_get_incident()->set_incident_id(text(p.incident().view())); });
  out[Q::kReceiptNotices] = [](Place& p) {
    (void)p.incident();
    const auto notice = p.mentor.take(v1::ServerFrame::kNotice);
    EXPECT_TRUE(notice);
    Q q;
    if (notice) q.mutable_receipt_notices()->add_notice_ids(notice->notice().notice_id());
    return Sample{&p.mentor, q};
  };
}

TEST_F(RouterRepeats, I9_every_operation_repeated_changes_nothing) {
  const auto all = samples();
  for (const Route& route : routes()) {
    const auto sample = all.find(route.op);
    if (sample == all.end()) {
      ADD_FAILURE() << route.name << " has no sample";
      continue;
    }
    SCOPED_TRACE(route.name);
    twice(route, sample->second);
  }
}

}  // namespace
}  // namespace livlina::testing
