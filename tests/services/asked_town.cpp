#include "tests/services/asked_town.hpp"

#include <gtest/gtest.h>

#include "server/store/invites.hpp"

namespace livlina::testing {

using namespace server;
using Q = v1::Request;

namespace {

std::string text(ByteView bytes) { return to_string(bytes); }

}  // namespace

const char* asker_name(unsigned number) {
  constexpr const char* names[] = {"stranger",        "primary",     "shadow",      "contact",
                                   "mentor",          "coordinator", "uncertified", "colleague",
                                   "dropped",         "removed",     "neighbour",   "far_mentor",
                                   "far_coordinator", "founder"};
  static_assert(std::size(names) == asker_bit::count);
  return names[number];
}

AskedTown::AskedTown()
    : revoked(make_device(town.random)),
      colleague_(make_person(town.random, town.now)),
      dropped_(make_person(town.random, town.now)),
      removed_(make_person(town.random, town.now)),
      founder_(make_person(town.random, town.now)),
      nobody_(make_participant(town.random, town.now)),
      far_mentor_(make_person(town.random, town.now)),
      far_coordinator_(make_person(town.random, town.now)),
      neighbour_(make_participant(town.random, town.now)),
      far_desk_(
          make_desk(town.random, {&far_coordinator_}, {{&far_mentor_, Role::mentor}}, town.now)),
      far_circle_(make_circle(town.random, neighbour_, far_desk_.key(),
                              {make_line(town.random, protocol::LineType::desk, far_desk_.key(),
                                         Role::coordinator, scope_all, town.now),
                               make_line(town.random, protocol::LineType::pool, far_desk_.key(),
                                         Role::mentor, scope_all, town.now)},
                              town.now)),
      keys_(crypto::invite_keys(crypto::InvitePurpose::participant, town.random.secret<16>())),
      guest_(make_participant(town.random, town.now)) {
  for (Person* p : {&colleague_, &dropped_, &removed_}) install_account(town.db, *p, 1, false);
  install_account(town.db, founder_, 1, true);
  another_town();
  town.accept_plan({town.daily_at(9 * 60 + 1)});  // opens in a minute
  people_[asker_bit::stranger] = {nullptr, 0, &server.server->connect()};
  add(asker_bit::primary, town.participant);
  add(asker_bit::shadow, town.participant, 1);
  add(asker_bit::contact, town.contact);
  add(asker_bit::mentor, town.mentor);
  add(asker_bit::coordinator, town.coordinator);
  add(asker_bit::colleague, colleague_);
  add(asker_bit::dropped, dropped_);
  add(asker_bit::removed, removed_);
  add(asker_bit::neighbour, neighbour_);
  add(asker_bit::far_mentor, far_mentor_);
  add(asker_bit::far_coordinator, far_coordinator_);
  add(asker_bit::founder, founder_);
  settle_people();
  settle_mail_and_incident();
}

void AskedTown::add(unsigned asker, Person& person, std::size_t device) {
  people_[asker] = {&person, device, &server.server->online(person.devices.at(device))};
}

void AskedTown::done(Connection& c, const v1::Request& request) {
  ASSERT_EQ(server.server->code(c, request), 0) << request.op_case();
}

void AskedTown::another_town() {
  install_account(town.db, far_mentor_, 1, false);
  install_account(town.db, far_coordinator_, 1, false);
  install_account(town.db, neighbour_, 2, false);
  install_desk(town.db, far_desk_, far_coordinator_);
  install_circle(town.db, far_circle_, CircleState::armed, 2);
}

// Everybody becomes what they are by signed records.
void AskedTown::settle_people() {
  Connection& phone = connection(asker_bit::primary);
  Connection& desk = connection(asker_bit::coordinator);
  const auto manifest = [&](const std::vector<protocol::Line>& lines) {
    Q q;
    q.mutable_put_manifest()->set_record(
        text(town.circle.next_manifest(town.participant, lines, false, town.now)));
    done(phone, q);
  };
  const auto lines = town.circle.manifest.lines;
  auto with_dropped = lines;
  with_dropped.push_back(make_line(town.random, protocol::LineType::account, dropped_.key(),
                                   Role::relative, scope_all, town.now));
  manifest(with_dropped);
  manifest(lines);

  const auto directory = [&](bool with_removed) {
    std::vector<TestDesk::Staff> staff = {{&town.coordinator, Role::coordinator},
                                          {&town.contact, Role::contact_person},
                                          {&town.mentor, Role::mentor},
                                          {&colleague_, Role::contact_person}};
    if (with_removed) staff.push_back({&removed_, Role::mentor});
    Q q;
    q.mutable_put_staff_directory()->set_record(text(town.desk.next_directory(staff, town.now)));
    done(desk, q);
  };
  directory(true);
  directory(false);

  const auto list = [&](Connection& c, Person& person) {
    Q q;
    q.mutable_put_device_list()->set_record(text(person.next_list(town.now, town.random)));
    done(c, q);
  };
  town.coordinator.devices.push_back(make_device(town.random));
  list(desk, town.coordinator);
  add(asker_bit::uncertified, town.coordinator, 1);

  Connection& mentor = connection(asker_bit::mentor);
  town.mentor.devices.push_back(make_device(town.random));
  list(mentor, town.mentor);
  of_revoked = &server.server->online(town.mentor.devices[1]);
  revoked = std::move(town.mentor.devices[1]);
  town.mentor.devices.pop_back();
  list(mentor, town.mentor);
}

void AskedTown::settle_mail_and_incident() {
  Connection& phone = connection(asker_bit::primary);
  store::InviteRow row;
  row.id = pairing_ = random_id<InviteId>(town.random);
  row.purpose = 2;
  row.expires_at = town.now + minute;
  row.inviter = town.mentor.key().bytes();
  row.inviter_device = town.mentor.primary().id();
  store::Invites invites(town.db);
  invites.add(row, town.now + day);
  EXPECT_TRUE(invites.join(pairing_, town.participant.key().bytes(),
                           view(std::string("its sealed J")), town.now + day));

  Q keys;
  auto& prekeys = *keys.mutable_put_prekeys();
  prekeys.set_spk_record(text(town.participant.spk_record(1, town.now, town.random)));
  for (std::uint32_t n = 1; n <= 9; ++n) {
    prekeys.add_one_time()->set_id(n);
    prekeys.mutable_one_time(static_cast<int>(n) - 1)->set_key(text(random_dh(town.random).view()));
  }
  done(phone, keys);
  for (int i = 0; i < 9; ++i)  // numbers that nobody else's rows have
    done(connection(asker_bit::mentor),
         post_message(random_id<MessageId>(town.random), {town.participant.primary().id()}));
  server.advance(2 * minute);
  done(phone, server.record({.answer = 2}));
  server.advance(second);
  incident_ = town.unresolved().value().id;
  const auto notice = connection(asker_bit::mentor).take(v1::ServerFrame::kNotice);
  EXPECT_TRUE(notice);
  notice_ = notice ? notice->notice().notice_id() : std::string(16, '?');
}

v1::ServerFrame AskedTown::answer(unsigned asker, const v1::Request& request) {
  auto out = server.server->ask(connection(asker), request);
  out.set_id(0);
  server.server->settle();
  return out;
}

}  // namespace livlina::testing
