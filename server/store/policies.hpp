// Table policy: immutable versions of the escalation's values, pinned by incidents.
#pragma once

#include "server/policy/policy.hpp"
#include "server/store/db.hpp"

namespace livlina::server::store {

class Policies {
 public:
  explicit Policies(Db& db) : db_(db) {}
  // The version with exactly these values, made when there is none.
  [[nodiscard]] std::int64_t ensure(const policy::Policy& values);
  [[nodiscard]] policy::Policy get(std::int64_t version);

 private:
  Db& db_;
};

}  // namespace livlina::server::store
