// A watched town and everybody who may want something of its circle, desk, invitations or accounts:
// those who belong to it, those who did, and those of another circle and desk. For each operation a
// well-formed request about what is this circle's, as each of them would send it.
#pragma once

#include <map>
#include <string>

#include "crypto/e2ee/invite.hpp"
#include "server/engine/router.hpp"
#include "tests/services/watched_server.hpp"

namespace livlina::testing {

// The names of asker_bit, by the number of the bit.
[[nodiscard]] const char* asker_name(unsigned number);

// What one of them asks, and what only an answer to those who may bears; empty: the answer says
// nothing, the operation changes something.
struct Asked {
  v1::Request request;
  std::string secret;
};

class AskedTown {
 public:
  AskedTown();

  [[nodiscard]] Connection& connection(unsigned asker) { return *people_.at(asker).connection; }
  // About what there is, or (`there` false) the same about ids and keys of nobody. May prepare the
  // database for it. A switch without a default: an operation without its request does not compile.
  [[nodiscard]] Asked ask_about(v1::Request::OpCase op, unsigned asker, bool there);
  // The reply without its id, after everything that follows from it.
  v1::ServerFrame answer(unsigned asker, const v1::Request& request);

  WatchedServer server;
  WatchTown& town = server.town;
  // A second device of the mentor, until it was taken off their list; its session stood till then.
  TestDevice revoked;
  Connection* of_revoked = nullptr;

 private:
  struct Somebody {
    const Person* person = nullptr;  // nobody: a stranger
    std::size_t device = 0;
    Connection* connection = nullptr;
  };

  void done(Connection& c, const v1::Request& request);
  void add(unsigned asker, Person& person, std::size_t device = 0);
  void settle_people();
  void settle_mail_and_incident();
  void another_town();

  // asked_requests.cpp
  Asked before_login(v1::Request::OpCase op, const Somebody& by, bool there);
  Asked about_keys(v1::Request::OpCase op, bool there);
  Asked about_desk(v1::Request::OpCase op, unsigned asker, bool there);
  Asked about_invite(v1::Request::OpCase op, const Somebody& by, bool there);
  Asked about_circle(v1::Request::OpCase op, const Somebody& by, bool there);
  Asked about_mail(v1::Request::OpCase op, unsigned asker, bool there);
  Asked about_watch(v1::Request::OpCase op, const Somebody& by, bool there);
  void open_invite(Connection& by);
  [[nodiscard]] v1::Request claim(bool there);
  [[nodiscard]] v1::Request join(bool there);
  [[nodiscard]] CircleId circle(bool there);

  std::map<unsigned, Somebody> people_;
  Person colleague_, dropped_, removed_, founder_, nobody_;
  Person far_mentor_, far_coordinator_, neighbour_;
  TestDesk far_desk_;
  TestCircle far_circle_;
  // An open invitation of the mentor's, and who comes by it.
  crypto::InviteKeys keys_;
  Person guest_;
  bool guest_invited_ = false;
  bool guest_joined_ = false;
  InviteId pairing_;  // the one by which the participant came, from the mentor
  IncidentId incident_;
  std::string notice_;  // a page to the mentor
};

}  // namespace livlina::testing
