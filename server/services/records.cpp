#include "server/services/records.hpp"

#include "protocol/records/reread.hpp"
#include "server/services/recent.hpp"
#include "server/store/accounts.hpp"
#include "server/store/circles.hpp"
#include "server/store/desks.hpp"

namespace livlina::server {

// The door of protocol/records/kept.hpp: what comes out of a table of records was verified before
// it went in (ADR 38). What is read again depends on nothing but the bytes and their hash, so one
// memory serves every database of the thread.
class KeptRecords {
 public:
  template <class T>
  static Record<T> get(const std::optional<store::Link>& link,
                       protocol::Result<protocol::Verified<T>> (*reread)(const protocol::Kept&)) {
    constexpr std::size_t remembered = 4096;  // of each type; a parsed one takes a few KiB
    static thread_local Recent<crypto::Hash, Record<T>> known(remembered);
    if (!link) return nullptr;
    const Record<T>* const old = known.find(link->hash);
    if (old != nullptr && (*old)->record() == link->record) return *old;
    auto opened = reread(protocol::Kept(link->record, link->hash));
    if (!opened.ok())
      throw store::Failure(store::Fault::corrupt, "stored record", protocol::name(opened.error()));
    auto out = std::make_shared<const protocol::Verified<T>>(std::move(opened).value());
    known.put(link->hash, out);
    return out;
  }
};

Record<protocol::DeviceList> newest_list(Turn& turn, const Key& account) {
  return KeptRecords::get(store::Accounts(turn.db).newest_list(account),
                          protocol::reread_device_list);
}

Record<protocol::DeskRoster> newest_roster(Turn& turn, const Key& desk) {
  return KeptRecords::get(store::Desks(turn.db).newest(desk, store::DeskKind::roster),
                          protocol::reread_roster);
}

Record<protocol::StaffDirectory> newest_directory(Turn& turn, const Key& desk) {
  return KeptRecords::get(store::Desks(turn.db).newest(desk, store::DeskKind::directory),
                          protocol::reread_directory);
}

Record<protocol::Manifest> newest_manifest(Turn& turn, const CircleId& circle) {
  return KeptRecords::get(store::Circles(turn.db).newest_manifest(circle),
                          protocol::reread_manifest);
}

Record<protocol::Manifest> manifest_at(Turn& turn, const CircleId& circle, std::uint32_t seq) {
  const auto links = store::Circles(turn.db).manifests(circle, seq, 1);
  if (links.empty() || links.front().version != seq) return nullptr;
  return KeptRecords::get(std::optional(links.front()), protocol::reread_manifest);
}

Record<protocol::Plan> newest_plan(Turn& turn, const CircleId& circle) {
  const auto row = store::Circles(turn.db).newest_plan(circle);
  return KeptRecords::get(row ? std::optional(row->link) : std::nullopt, protocol::reread_plan);
}

Answer<Step> chain_step(std::uint32_t known_version, const crypto::Hash* known_hash,
                        std::uint32_t version, const crypto::Hash& prev, const crypto::Hash& hash,
                        const std::optional<crypto::Hash>& stored) {
  if (stored) return *stored == hash ? Answer<Step>(Step::repeat) : refuse(Code::fork);
  if (known_hash == nullptr)
    return version == 1 ? Answer<Step>(Step::next) : refuse(Code::conflict);
  if (version - 1 != known_version || prev != *known_hash) return refuse(Code::conflict);
  return Step::next;
}

}  // namespace livlina::server
