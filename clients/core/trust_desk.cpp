// The desk: roster and directory, signed by its root key, chained by serial.
#include "clients/core/trust_state.hpp"

namespace livlina::client {

namespace {

constexpr std::string_view head_key = "desk/head";
constexpr std::string_view roster_key = "desk/roster";
constexpr std::string_view directory_key = "desk/directory";
constexpr std::string_view listed_key = "desk/listed";
constexpr std::string_view coordinated_key = "desk/coordinated";
constexpr std::size_t max_text = 1024;

Bytes versioned(ByteView record) {
  ByteWriter w;
  return w.u8(trust_version).bytes(record).take();
}

// The record inside a versioned value; empty when there is none.
ByteView unversioned(ByteView stored) {
  return stored.size() > 1 && stored[0] == trust_version ? stored.subspan(1) : ByteView();
}

Bytes encode_accounts(const std::set<SignPublic>& accounts) {
  ByteWriter w;
  w.u8(trust_version);
  for (const SignPublic& account : accounts) w.bytes(account.view());
  return w.take();
}

crypto::Status read_accounts(ByteView stored, std::set<SignPublic>& out) {
  ByteReader r(unversioned(stored));
  while (r.left() != 0) {
    const auto account = crypto::parse_sign_key(r.view(32));
    if (!r.ok() || !account.ok()) return crypto::Error::bad_format;
    out.insert(*account);
  }
  return crypto::done();
}

// Zeros where no fork is.
std::optional<crypto::Hash> read_fork(ByteReader& r) {
  const crypto::Hash hash = r.array<32>();
  return hash == crypto::Hash{} ? std::nullopt : std::optional(hash);
}

}  // namespace

crypto::Status Trust::State::load_desk() {
  const Store& store = context.store;
  if (!store.has(head_key)) return crypto::done();
  ByteReader r(store.get(head_key));
  const std::uint8_t v = r.u8();
  const auto root = crypto::parse_sign_key(r.view(32));
  std::string name = to_string(r.sized(max_text));
  roster_fork = read_fork(r);
  directory_fork = read_fork(r);
  if (!r.done() || v != trust_version || !root.ok()) return crypto::Error::bad_format;
  desk = Desk{*root, std::move(name), nullptr, nullptr, roster_fork || directory_fork};
  if (store.has(roster_key)) {
    auto roster = protocol::verify_roster(unversioned(store.get(roster_key)));
    if (!roster.ok() || (*roster)->desk != *root) return crypto::Error::bad_format;
    desk->roster = std::make_shared<const Verified<protocol::DeskRoster>>(std::move(*roster));
  }
  if (store.has(directory_key)) {
    auto directory = protocol::verify_directory(unversioned(store.get(directory_key)));
    if (!directory.ok() || (*directory)->desk != *root) return crypto::Error::bad_format;
    desk->directory =
        std::make_shared<const Verified<protocol::StaffDirectory>>(std::move(*directory));
  }
  LIVLINA_CHECK(read_accounts(store.get(listed_key), ever_staff));
  return read_accounts(store.get(coordinated_key), ever_coordinators);
}

void Trust::State::save_desk_head() {
  ByteWriter w;
  w.u8(trust_version).bytes(desk->key.view()).sized(view(desk->name));
  w.bytes(roster_fork.value_or(crypto::Hash{})).bytes(directory_fork.value_or(crypto::Hash{}));
  desk->frozen = roster_fork || directory_fork;
  put(std::string(head_key), w.get());
}

// Serial 1 at first sight, then one after the other. Two records of one serial are a fork, which
// only a successor ends that names them both.
template <class T>
Status Trust::State::link(const Shared<T>& known, const Verified<T>& next,
                          std::optional<crypto::Hash>& fork) {
  const SignPublic key = next->desk;
  if (!known) return next->serial == 1 ? Status(Unit{}) : Status(Error::not_trusted);
  if (next->serial < (*known)->serial) return refuse("rollback", {}, next.hash());
  if (next->serial > (*known)->serial + 1) return Error::not_trusted;  // those between first
  if (!protocol::check_successor(*known, next).ok()) {
    const bool same_serial = next->serial == (*known)->serial;
    fork = same_serial ? next.hash() : next->prev;
    save_desk_head();
    ++revision;
    return refuse("fork", {}, key.view());
  }
  if (!fork) return Unit{};
  if (!protocol::names(*next, *fork)) return Error::not_trusted;
  fork.reset();
  save_desk_head();
  return Unit{};
}

Status Trust::State::accept_roster(ByteView record) {
  auto verified = protocol::verify_roster(record);
  if (!verified.ok() || !desk || (*verified)->desk != desk->key)
    return refuse("not_verified", {}, crypto::sha256(record));
  if (desk->roster && desk->roster->hash() == verified->hash()) return Unit{};
  LIVLINA_CHECK(link(desk->roster, *verified, roster_fork));
  put(std::string(roster_key), versioned(record));
  desk->roster = std::make_shared<const Verified<protocol::DeskRoster>>(std::move(*verified));
  for (const auto& e : (*desk->roster)->coordinators) ever_coordinators.insert(e.account);
  put(std::string(coordinated_key), encode_accounts(ever_coordinators));
  ++revision;
  return Unit{};
}

Status Trust::State::accept_directory(ByteView record) {
  auto verified = protocol::verify_directory(record);
  if (!verified.ok() || !desk || (*verified)->desk != desk->key)
    return refuse("not_verified", {}, crypto::sha256(record));
  if (desk->directory && desk->directory->hash() == verified->hash()) return Unit{};
  LIVLINA_CHECK(link(desk->directory, *verified, directory_fork));
  put(std::string(directory_key), versioned(record));
  desk->directory =
      std::make_shared<const Verified<protocol::StaffDirectory>>(std::move(*verified));
  for (const protocol::StaffEntry& e : (*desk->directory)->staff) ever_staff.insert(e.account);
  put(std::string(listed_key), encode_accounts(ever_staff));
  ++revision;
  check_directory_lists();
  return Unit{};
}

// The directory names the list that the keeper saw: another one of the same version is a fork
// (T16).
void Trust::State::check_directory_lists() {
  if (!desk || !desk->directory) return;
  for (const protocol::StaffEntry& e : (*desk->directory)->staff) {
    const auto it = lists.find(e.account);
    if (it == lists.end() || it->second.frozen) continue;
    KnownList& known = it->second;
    const auto old = known.past.find(e.devlist_version);
    const bool differs = (*known.newest)->version == e.devlist_version
                             ? known.newest->hash() != e.devlist_hash
                             : old != known.past.end() && old->second != e.devlist_hash;
    if (differs) (void)freeze_list(e.account, known).ok();
  }
}

bool Trust::State::listed(const SignPublic& account) const {
  return ever_staff.count(account) != 0;
}

std::vector<SignPublic> Trust::State::lists_to_fetch() const {
  std::set<SignPublic> out;
  if (desk && desk->roster)
    for (const protocol::RosterEntry& e : (*desk->roster)->coordinators) {
      const auto it = lists.find(e.account);
      bool all = it != lists.end();
      for (const DeviceId& d : e.devices) all = all && (*it->second.newest)->find(d) != nullptr;
      if (!all) out.insert(e.account);
    }
  if (desk && desk->directory)
    for (const protocol::StaffEntry& e : (*desk->directory)->staff) {
      const auto it = lists.find(e.account);
      if (it == lists.end() || (*it->second.newest)->version < e.devlist_version)
        out.insert(e.account);
    }
  return {out.begin(), out.end()};
}

}  // namespace livlina::client
