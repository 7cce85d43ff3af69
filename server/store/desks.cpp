#include "server/store/desks.hpp"

namespace livlina::server::store {

void Desks::add(const Key& desk, const Key& creator) {
  db_.run("INSERT INTO desk (pk, creator) VALUES (?, ?)", desk, creator);
}

bool Desks::exists(const Key& desk) const {
  return db_.query("SELECT 1 FROM desk WHERE pk = ?").bind(desk).step();
}

bool Desks::created_one(const Key& account) const {
  return db_.query("SELECT 1 FROM desk WHERE creator = ?").bind(account).step();
}

bool Desks::any() const { return db_.query("SELECT 1 FROM desk").step(); }

void Desks::add_record(const Key& desk, DeskKind kind, const Link& record,
                       const std::vector<DeskPerson>& people) {
  const int number = static_cast<int>(kind);
  db_.run("INSERT INTO desk_record (desk, kind, serial, record, hash) VALUES (?, ?, ?, ?, ?)", desk,
          number, record.version, record.record, record.hash);
  db_.run("DELETE FROM desk_person WHERE desk = ? AND kind = ?", desk, number);
  for (const DeskPerson& p : people)
    db_.run("INSERT INTO desk_person (account, desk, kind, role) VALUES (?, ?, ?, ?)", p.account,
            desk, number, static_cast<int>(p.role));
}

std::optional<Link> Desks::newest(const Key& desk, DeskKind kind) const {
  Query q = db_.query(
      "SELECT serial, record, hash FROM desk_record WHERE desk = ? AND kind = ?"
      " ORDER BY serial DESC LIMIT 1");
  if (!q.bind(desk, static_cast<int>(kind)).step()) return std::nullopt;
  return Link{static_cast<std::uint32_t>(q.integer(0)), q.bytes(1), q.array<32>(2)};
}

std::optional<crypto::Hash> Desks::hash(const Key& desk, DeskKind kind,
                                        std::uint32_t serial) const {
  Query q = db_.query("SELECT hash FROM desk_record WHERE desk = ? AND kind = ? AND serial = ?");
  if (!q.bind(desk, static_cast<int>(kind), serial).step()) return std::nullopt;
  return q.array<32>(0);
}

std::vector<Link> Desks::records(const Key& desk, DeskKind kind, std::uint32_t from,
                                 int most) const {
  std::vector<Link> out;
  Query q = db_.query(
      "SELECT serial, record, hash FROM desk_record WHERE desk = ? AND kind = ? AND serial >= ?"
      " ORDER BY serial LIMIT ?");
  q.bind(desk, static_cast<int>(kind), from, most);
  while (q.step())
    out.push_back({static_cast<std::uint32_t>(q.integer(0)), q.bytes(1), q.array<32>(2)});
  return out;
}

std::vector<Key> Desks::desks_of(const Key& account, DeskKind kind) const {
  std::vector<Key> out;
  Query q = db_.query("SELECT desk FROM desk_person WHERE account = ? AND kind = ?");
  q.bind(account, static_cast<int>(kind));
  while (q.step()) out.push_back(q.array<32>(0));
  return out;
}

std::vector<Key> Desks::people(const Key& desk) const {
  std::vector<Key> out;
  Query q = db_.query("SELECT DISTINCT account FROM desk_person WHERE desk = ?");
  q.bind(desk);
  while (q.step()) out.push_back(q.array<32>(0));
  return out;
}

bool Desks::is_person(const Key& desk, const Key& account) const {
  return db_.query("SELECT 1 FROM desk_person WHERE account = ? AND desk = ?")
      .bind(account, desk)
      .step();
}

bool Desks::share(const Key& a, const Key& b) const {
  return db_
      .query(
          "SELECT 1 FROM desk_person a JOIN desk_person b ON b.account = ?2 AND b.desk = a.desk"
          " WHERE a.account = ?1")
      .bind(a, b)
      .step();
}

}  // namespace livlina::server::store
