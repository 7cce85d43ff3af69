#include "server/store/policies.hpp"

namespace livlina::server::store {

std::int64_t Policies::ensure(const policy::Policy& v) {
  Query found = db_.query(
      "SELECT version FROM policy WHERE category = ? AND wait = ? AND calm_wait = ? AND lease = ? "
      "AND lease_cut = ? AND loud_delay = ?");
  found.bind(int{v.category}, v.wait, v.calm_wait, v.lease, v.lease_cut, v.loud_alarm_delay);
  if (found.step()) return found.integer(0);
  Query made = db_.query(
      "INSERT INTO policy (category, wait, calm_wait, lease, lease_cut, loud_delay) "
      "VALUES (?, ?, ?, ?, ?, ?) RETURNING version");
  made.bind(int{v.category}, v.wait, v.calm_wait, v.lease, v.lease_cut, v.loud_alarm_delay);
  if (!made.step()) throw Failure(Fault::other, "policy", "no row was made");
  const std::int64_t version = made.integer(0);
  made.run();
  return version;
}

policy::Policy Policies::get(std::int64_t version) {
  Query q = db_.query(
      "SELECT category, wait, calm_wait, lease, lease_cut, loud_delay FROM policy WHERE version = "
      "?");
  q.bind(version);
  if (!q.step())
    throw Failure(Fault::other, "policy", "an incident names a policy that is not there");
  policy::Policy v;
  v.category = static_cast<std::uint8_t>(q.integer(0));
  v.wait = q.integer(1);
  v.calm_wait = q.integer(2);
  v.lease = q.integer(3);
  v.lease_cut = q.integer(4);
  v.loud_alarm_delay = q.integer(5);
  return v;
}

}  // namespace livlina::server::store
