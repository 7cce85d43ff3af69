#include "server/services/records.hpp"

#include <unordered_map>

#include "server/store/accounts.hpp"
#include "server/store/circles.hpp"
#include "server/store/desks.hpp"

namespace livlina::server {

namespace {

constexpr std::size_t remembered = 4096;  // records of each type; a parsed one takes a few KiB

struct HashOfHash {
  std::size_t operator()(const crypto::Hash& h) const noexcept {
    std::size_t out = 0;
    std::memcpy(&out, h.data(), sizeof out);
    return out;
  }
};

// Whether bytes verify depends on nothing but the bytes, so one memory serves every database of the
// thread. The bytes are compared: a hash column is not trusted.
template <class T, class Verify>
Record<T> verified(const std::optional<store::Link>& link, Verify verify) {
  thread_local std::unordered_map<crypto::Hash, Record<T>, HashOfHash> known;
  if (!link) return nullptr;
  if (const auto it = known.find(link->hash);
      it != known.end() && it->second->record() == link->record)
    return it->second;
  auto opened = verify(ByteView(link->record));
  if (!opened.ok())
    throw store::Failure(store::Fault::corrupt, "stored record", protocol::name(opened.error()));
  if (known.size() >= remembered) known.clear();
  auto out = std::make_shared<const protocol::Verified<T>>(std::move(opened).value());
  known[link->hash] = out;
  return out;
}

}  // namespace

Record<protocol::DeviceList> newest_list(Turn& turn, const Key& account) {
  return verified<protocol::DeviceList>(store::Accounts(turn.db).newest_list(account),
                                        protocol::verify_device_list);
}

Record<protocol::DeskRoster> newest_roster(Turn& turn, const Key& desk) {
  return verified<protocol::DeskRoster>(store::Desks(turn.db).newest(desk, store::DeskKind::roster),
                                        protocol::verify_roster);
}

Record<protocol::StaffDirectory> newest_directory(Turn& turn, const Key& desk) {
  return verified<protocol::StaffDirectory>(
      store::Desks(turn.db).newest(desk, store::DeskKind::directory), protocol::verify_directory);
}

Record<protocol::Manifest> newest_manifest(Turn& turn, const CircleId& circle) {
  return verified<protocol::Manifest>(store::Circles(turn.db).newest_manifest(circle),
                                      protocol::verify_manifest);
}

Record<protocol::Manifest> manifest_at(Turn& turn, const CircleId& circle, std::uint32_t seq) {
  const auto links = store::Circles(turn.db).manifests(circle, seq, 1);
  if (links.empty() || links.front().version != seq) return nullptr;
  return verified<protocol::Manifest>(links.front(), protocol::verify_manifest);
}

Record<protocol::Plan> newest_plan(Turn& turn, const CircleId& circle) {
  const auto row = store::Circles(turn.db).newest_plan(circle);
  return verified<protocol::Plan>(row ? std::optional(row->link) : std::nullopt,
                                  protocol::verify_plan);
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
