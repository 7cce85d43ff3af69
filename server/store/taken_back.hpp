// Part of a transaction that is always undone: what a request would have answered, without its
// effect.
#pragma once

#include "server/store/db.hpp"

namespace livlina::server::store {

// Within a transaction; not nested. Between its construction and end() rows may be written and read
// as usual. When end() is not reached (an exception), the whole transaction is to be rolled back.
class TakenBack {
 public:
  explicit TakenBack(Db& db) : db_(db) { db_.run("SAVEPOINT taken_back"); }
  TakenBack(const TakenBack&) = delete;
  TakenBack& operator=(const TakenBack&) = delete;
  // Undoes it. Throws Failure.
  void end() {
    db_.run("ROLLBACK TO taken_back");
    db_.run("RELEASE taken_back");
  }

 private:
  Db& db_;
};

}  // namespace livlina::server::store
