// The desk: rosters and directories under its root key, compare-and-set along each chain.
#include <algorithm>

#include "protocol/proto.hpp"
#include "server/services/handlers.hpp"
#include "server/services/notices.hpp"
#include "server/services/reach.hpp"
#include "server/services/records.hpp"
#include "server/services/tell.hpp"
#include "server/store/accounts.hpp"
#include "server/store/circles.hpp"
#include "server/store/desks.hpp"

namespace livlina::server {

namespace {

using store::DeskKind;
using store::DeskPerson;

constexpr std::size_t bytes_per_answer = 200'000;  // of each chain: both fit into one frame
constexpr int records_per_answer = 64;
constexpr Duration most_ahead = day;  // of the signer's clock

// The hash before `next` as the chain here knows it: a record that ends a fork names two.
template <class T>
const crypto::Hash& before(const T& next, const Record<T>& known) {
  return known && protocol::names(next, known->hash()) ? known->hash() : next.prev;
}

// One that has ended may still be a link: after a copy of the database was put back the keeper
// offers again what the server lost, however old, and the newest renewal stands on it.
template <class T>
std::optional<Refusal> check_times(const T& record, Instant now) {
  if (record.issued_at > now + most_ahead) return refuse(Code::bad_times);
  return std::nullopt;
}

void store_record(Turn& turn, const Key& desk, DeskKind kind, const store::Link& link,
                  const std::vector<DeskPerson>& people) {
  store::Circles circles(turn.db);
  // Before and after: those who leave the desk lose what they held.
  circles.recheck_desk(desk);
  store::Desks(turn.db).add_record(desk, kind, link, people);
  tell_desk(turn, desk);
}

// The first roster makes the desk. Only once for who joined by the server's own first invite, and
// only when the roster lists that device.
bool may_set_up(Turn& turn, const Caller& caller, const protocol::DeskRoster& roster) {
  const auto account = store::Accounts(turn.db).find(caller.account.bytes());
  const protocol::RosterEntry* entry = roster.find(caller.account);
  return account && account->setup && !store::Desks(turn.db).created_one(caller.account.bytes()) &&
         entry != nullptr &&
         std::find(entry->devices.begin(), entry->devices.end(), caller.device) !=
             entry->devices.end();
}

template <class Out>
void fill(Out& out, const std::vector<store::Link>& links) {
  std::size_t total = 0;
  for (const store::Link& l : links) {
    total += l.record.size();
    if (total > bytes_per_answer && out.size() > 0) return;
    *out.Add() = to_string(ByteView(l.record));
  }
}

std::vector<store::Link> chain(const store::Desks& desks, const Key& desk, DeskKind kind,
                               std::uint32_t from) {
  if (from != 0) return desks.records(desk, kind, from, records_per_answer);
  if (auto newest = desks.newest(desk, kind)) return {std::move(*newest)};
  return {};
}

}  // namespace

Answer<Unit> put_desk_roster(Turn& turn, const Caller& caller, const v1::PutDeskRoster& request) {
  auto roster = protocol::verify_roster(field(request.record()));
  if (!roster.ok()) return refuse(Code::bad_record);
  const protocol::DeskRoster& next = **roster;
  const Key& desk = next.desk.bytes();
  store::Desks desks(turn.db);
  const auto known = newest_roster(turn, desk);
  if (known ? !is_coordinator(turn, next.desk, caller.account, caller.device)
            : !may_set_up(turn, caller, next))
    return refuse(Code::forbidden);
  const auto step = chain_step(known ? (*known)->serial : 0, known ? &known->hash() : nullptr,
                               next.serial, before(next, known), roster->hash(),
                               desks.hash(desk, DeskKind::roster, next.serial));
  if (!step.ok()) return step.error();
  if (*step == Step::repeat) return Unit{};
  if (const auto why = check_times(next, turn.now)) return *why;

  if (!known) desks.add(desk, caller.account.bytes());
  std::vector<DeskPerson> people;
  people.reserve(next.coordinators.size());
  for (const protocol::RosterEntry& e : next.coordinators)
    people.push_back({e.account.bytes(), Role::coordinator});
  store_record(turn, desk, DeskKind::roster, {next.serial, roster->record(), roster->hash()},
               people);
  if (known) tell_still_degraded(turn, **known, next);
  return Unit{};
}

Answer<Unit> put_staff_directory(Turn& turn, const Caller& caller,
                                 const v1::PutStaffDirectory& request) {
  auto directory = protocol::verify_directory(field(request.record()));
  if (!directory.ok()) return refuse(Code::bad_record);
  const protocol::StaffDirectory& next = **directory;
  const Key& desk = next.desk.bytes();
  if (!is_coordinator(turn, next.desk, caller.account, caller.device))
    return refuse(Code::forbidden);
  const auto known = newest_directory(turn, desk);
  const auto step = chain_step(known ? (*known)->serial : 0, known ? &known->hash() : nullptr,
                               next.serial, before(next, known), directory->hash(),
                               store::Desks(turn.db).hash(desk, DeskKind::directory, next.serial));
  if (!step.ok()) return step.error();
  if (*step == Step::repeat) return Unit{};
  if (const auto why = check_times(next, turn.now)) return *why;

  std::vector<DeskPerson> people;
  people.reserve(next.staff.size());
  for (const protocol::StaffEntry& e : next.staff) people.push_back({e.account.bytes(), e.role});
  store_record(turn, desk, DeskKind::directory,
               {next.serial, directory->record(), directory->hash()}, people);
  return Unit{};
}

Answer<v1::Desk> get_desk(Turn& turn, const Caller& caller, const v1::GetDesk& request) {
  if (request.desk_pk().size() != 32) return refuse(Code::malformed, "desk_pk");
  const Key desk = ByteReader(field(request.desk_pk())).array<32>();
  if (!may_see_desk(turn, caller.account.bytes(), desk)) return refuse(Code::forbidden);
  const store::Desks desks(turn.db);
  v1::Desk out;
  fill(*out.mutable_rosters(), chain(desks, desk, DeskKind::roster, request.roster_from()));
  fill(*out.mutable_directories(),
       chain(desks, desk, DeskKind::directory, request.directory_from()));
  return out;
}

}  // namespace livlina::server
