#include "protocol/records/desk.hpp"

#include <algorithm>

#include "protocol/records/device_list.hpp"
#include "protocol/records/reread.hpp"
#include "protocol/records/verifier.hpp"

namespace livlina::protocol {

namespace {

constexpr std::string_view roster_purpose = "roster";
constexpr std::string_view directory_purpose = "directory";
constexpr std::size_t head_size = 1 + 32 + 4 + 32 + 32 + 8 + 8;
constexpr std::size_t max_roster =
    head_size + 1 + max_coordinators * (32 + 1 + max_devices * 16) + 32 + signature_size;
constexpr std::size_t staff_entry_size = 32 + 1 + 32 + 4 + 32;
constexpr std::size_t max_directory = head_size + 2 + max_staff * staff_entry_size + signature_size;

struct Head {
  std::uint32_t serial = 0;
  crypto::Hash prev{};
  crypto::Hash also{};
  Instant issued_at = 0;
  Instant not_after = 0;
};

Head read_head(ByteReader& r) {
  Head out;
  out.serial = r.u32();
  out.prev = r.array<32>();
  out.also = r.array<32>();
  out.issued_at = r.i64();
  out.not_after = r.i64();
  return out;
}

Status check_head(const Head& h, Duration life) {
  LIVLINA_CHECK(check_chain_start(h.serial, h.prev));
  const bool ends_fork = h.also != crypto::Hash{};
  if (ends_fork && (h.serial == 1 || h.also == h.prev)) return Error::bad_chain;
  if (!sane_date(h.issued_at) || !sane_date(h.not_after) || h.not_after <= h.issued_at ||
      h.not_after - h.issued_at > life)
    return Error::bad_dates;
  return Unit{};
}

template <class Record>
ByteWriter write_head(const Record& record, std::size_t most) {
  ByteWriter w(most);
  w.u8(record_version).bytes(record.desk.view()).u32(record.serial).bytes(record.prev);
  w.bytes(record.also).i64(record.issued_at).i64(record.not_after);
  return w;
}

// Sorts copies: a directory may hold a thousand.
template <class T>
bool doubled(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return std::adjacent_find(values.begin(), values.end()) != values.end();
}

Result<std::vector<RosterEntry>> read_coordinators(RecordReader& r) {
  const std::size_t n = r.u8();
  if (n > max_coordinators) return Error::too_large;
  if (n == 0) return Error::bad_format;
  std::vector<RosterEntry> out;
  std::vector<crypto::SignPublic> accounts;
  std::vector<DeviceId> all;
  for (std::size_t i = 0; i < n; ++i) {
    LIVLINA_TRY(account, read_sign_key(r));
    const std::size_t count = r.u8();
    if (count > max_devices) return Error::too_large;
    if (count == 0) return Error::bad_format;
    std::vector<DeviceId> devices;
    devices.reserve(count);
    for (std::size_t k = 0; k < count; ++k) devices.push_back(read_id<DeviceId>(r));
    all.insert(all.end(), devices.begin(), devices.end());
    accounts.push_back(account);
    out.push_back(RosterEntry{account, std::move(devices)});
  }
  if (doubled(std::move(accounts)) || doubled(std::move(all))) return Error::bad_id;
  return out;
}

Result<std::vector<StaffEntry>> read_staff(RecordReader& r) {
  const std::size_t n = r.u16();
  if (n > max_staff) return Error::too_large;
  std::vector<StaffEntry> out;
  std::vector<crypto::SignPublic> accounts;
  for (std::size_t i = 0; i < n; ++i) {
    LIVLINA_TRY(account, read_sign_key(r));
    const std::uint8_t role = r.u8();
    const auto detail = r.array<32>();
    const std::uint32_t version = r.u32();
    const auto hash = r.array<32>();
    if (!role_known(role) || static_cast<Role>(role) == Role::participant) return Error::bad_line;
    if (version == 0) return Error::bad_format;
    accounts.push_back(account);
    out.push_back(StaffEntry{account, static_cast<Role>(role), detail, version, hash});
  }
  if (doubled(std::move(accounts))) return Error::bad_id;
  return out;
}

Result<DeskRoster> parse_roster(const crypto::SignPublic& desk, RecordReader& r) {
  const Head h = read_head(r);
  LIVLINA_TRY(coordinators, read_coordinators(r));
  LIVLINA_TRY(env, read_dh_key(r));
  LIVLINA_CHECK(check_head(h, roster_life));
  return DeskRoster{
      desk, h.serial, h.prev, h.also, h.issued_at, h.not_after, std::move(coordinators), env};
}

Result<StaffDirectory> parse_directory(const crypto::SignPublic& desk, RecordReader& r) {
  const Head h = read_head(r);
  LIVLINA_TRY(staff, read_staff(r));
  LIVLINA_CHECK(check_head(h, directory_life));
  return StaffDirectory{desk, h.serial, h.prev, h.also, h.issued_at, h.not_after, std::move(staff)};
}

template <class Entries>
auto find_account(const Entries& entries, const crypto::SignPublic& account) {
  const auto it = std::find_if(entries.begin(), entries.end(),
                               [&](const auto& e) { return e.account == account; });
  return it == entries.end() ? nullptr : &*it;
}

template <class Record>
bool named(const Record& next, const crypto::Hash& hash) {
  return next.prev == hash || next.also == hash;
}

template <class Record>
Status follows(const Verified<Record>& known, const Verified<Record>& next) {
  const crypto::Hash& before = named(*next, known.hash()) ? known.hash() : next->prev;
  return check_link(known->desk == next->desk, known->serial, known.hash(), next->serial, before,
                    next.hash());
}

}  // namespace

const RosterEntry* DeskRoster::find(const crypto::SignPublic& account) const {
  return find_account(coordinators, account);
}

const StaffEntry* StaffDirectory::find(const crypto::SignPublic& account) const {
  return find_account(staff, account);
}

Bytes sign_roster(const DeskRoster& roster, const crypto::SignKeyPair& root) {
  ByteWriter w = write_head(roster, max_roster);
  w.u8(static_cast<std::uint8_t>(roster.coordinators.size()));
  for (const RosterEntry& e : roster.coordinators) {
    w.bytes(e.account.view()).u8(static_cast<std::uint8_t>(e.devices.size()));
    for (const DeviceId& id : e.devices) w.bytes(id.view());
  }
  w.bytes(roster.desk_env.view());
  return Verifier::sign(std::move(w), roster_purpose, root);
}

Result<Verified<DeskRoster>> verify_roster(ByteView record) {
  return Verifier::open_self_signed<DeskRoster>(record, max_roster, roster_purpose, parse_roster);
}

Result<Verified<DeskRoster>> reread_roster(const Kept& kept) {
  return Verifier::reread_self_signed<DeskRoster>(kept, max_roster, parse_roster);
}

Bytes sign_directory(const StaffDirectory& dir, const crypto::SignKeyPair& root) {
  ByteWriter w = write_head(dir, head_size + 2 + dir.staff.size() * staff_entry_size);
  w.u16(static_cast<std::uint16_t>(dir.staff.size()));
  for (const StaffEntry& e : dir.staff) {
    w.bytes(e.account.view()).u8(static_cast<std::uint8_t>(e.role)).bytes(e.detail_commit);
    w.u32(e.devlist_version).bytes(e.devlist_hash);
  }
  return Verifier::sign(std::move(w), directory_purpose, root);
}

Result<Verified<StaffDirectory>> verify_directory(ByteView record) {
  return Verifier::open_self_signed<StaffDirectory>(record, max_directory, directory_purpose,
                                                    parse_directory);
}

Result<Verified<StaffDirectory>> reread_directory(const Kept& kept) {
  return Verifier::reread_self_signed<StaffDirectory>(kept, max_directory, parse_directory);
}

bool names(const DeskRoster& next, const crypto::Hash& hash) { return named(next, hash); }
bool names(const StaffDirectory& next, const crypto::Hash& hash) { return named(next, hash); }

Status check_successor(const Verified<DeskRoster>& known, const Verified<DeskRoster>& next) {
  return follows(known, next);
}

Status check_successor(const Verified<StaffDirectory>& known,
                       const Verified<StaffDirectory>& next) {
  return follows(known, next);
}

CircleId desk_circle(const crypto::SignPublic& desk) {
  const crypto::Hash h = crypto::sha256(desk.view());
  CircleId out;
  std::copy_n(h.begin(), out.bytes.size(), out.bytes.begin());
  return out;
}

}  // namespace livlina::protocol
