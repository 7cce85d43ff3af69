#include "tests/bench/population.hpp"

#include <chrono>

#include "server/store/db.hpp"
#include "tests/services/town.hpp"

namespace livlina::bench {

using namespace livlina::testing;

namespace {

Instant wall_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

crypto::Random& random_source() { return crypto::system_random(); }

}  // namespace

Population::Population(server::store::Db& db, std::size_t count)
    : coordinator(make_person(random_source(), wall_now())),
      mentor(make_person(random_source(), wall_now())),
      now_(wall_now()) {
  std::vector<TestDesk::Staff> staff{{&mentor, Role::mentor}};
  std::vector<Person> contacts;
  contacts.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    contacts.push_back(make_person(random_source(), now_));
    staff.push_back({&contacts.back(), Role::contact_person});
  }
  desk_ = std::make_unique<TestDesk>(make_desk(random_source(), {&coordinator}, staff, now_));
  db.begin();
  install_account(db, coordinator, 1, true);
  install_account(db, mentor, 1, false);
  for (const Person& contact : contacts) install_account(db, contact, 1, false);
  install_desk(db, *desk_, coordinator);
  couples.reserve(count);
  for (Person& contact : contacts) {
    Person participant = make_participant(random_source(), now_);
    TestCircle circle =
        make_circle(random_source(), participant, desk_->key(), lines(contact), now_);
    install_account(db, participant, 2, false);
    install_circle(db, circle, server::CircleState::armed, 2);
    couples.push_back({std::move(contact), std::move(participant), std::move(circle)});
  }
  db.commit();
}

std::vector<protocol::Line> Population::lines(const Person& contact) const {
  using protocol::LineType;
  return {
      make_line(random_source(), LineType::account, contact.key(), Role::contact_person, scope_all,
                now_),
      make_line(random_source(), LineType::desk, desk_->key(), Role::coordinator, scope_all, now_),
      make_line(random_source(), LineType::pool, desk_->key(), Role::mentor, scope_all, now_)};
}

TestCircle Population::add_circle(server::store::Db& db, std::size_t contact,
                                  std::vector<protocol::Schedule> schedules) {
  const Person participant = make_participant(random_source(), now_);
  TestCircle circle = make_circle(random_source(), participant, desk_->key(),
                                  lines(couples.at(contact).contact), now_);
  (void)circle.next_plan(participant, std::move(schedules), now_);
  install_account(db, participant, 2, false);
  install_circle(db, circle, server::CircleState::armed, 2);
  store_plan(db, circle);
  return circle;
}

std::vector<Person> add_people(server::store::Db& db, std::size_t count) {
  std::vector<Person> out;
  out.reserve(count);
  db.begin();
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(make_person(random_source(), wall_now()));
    install_account(db, out.back(), 1, false);
  }
  db.commit();
  return out;
}

}  // namespace livlina::bench
