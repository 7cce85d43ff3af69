// Who is at the server before the load: written into the database by the store's own repositories,
// with keys and signed records as the real protocol makes them.
#pragma once

#include <memory>
#include <vector>

#include "tests/support/people.hpp"

namespace livlina::server::store {
class Db;
}

namespace livlina::bench {

// A contact person, and a participant in a watched circle with a line of theirs.
struct Couple {
  testing::Person contact;
  testing::Person participant;
  testing::TestCircle circle;
};

// A desk with a coordinator and a mentor, and so many couples, all of whose contacts it lists.
class Population {
 public:
  Population(server::store::Db& db, std::size_t couples);

  // Adds a participant in a watched circle whose contact is one of the couples'; its id.
  // Within a transaction of the caller.
  [[nodiscard]] testing::TestCircle add_circle(server::store::Db& db, std::size_t contact,
                                               std::vector<protocol::Schedule> schedules);
  [[nodiscard]] Instant now() const { return now_; }

  testing::Person coordinator;
  testing::Person mentor;
  std::vector<Couple> couples;

 private:
  [[nodiscard]] std::vector<protocol::Line> lines(const testing::Person& contact) const;
  Instant now_;
  std::unique_ptr<testing::TestDesk> desk_;
};

// So many people of the staff with one device each, without a circle.
[[nodiscard]] std::vector<testing::Person> add_people(server::store::Db& db, std::size_t count);

}  // namespace livlina::bench
