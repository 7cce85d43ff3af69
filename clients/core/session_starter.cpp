#include "clients/core/session_starter.hpp"

#include <algorithm>
#include <utility>

#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

constexpr std::size_t most_asked = 16;  // devices in one request
constexpr Duration retry_after = 10 * minute;

std::uint32_t own_list_version(const Messaging& m) {
  const auto* list = m.trust.device_list(m.self->account);
  return list == nullptr ? 0 : (*list)->version;
}

crypto::Session* session_for(Peer& peer, crypto::Kind kind) {
  return always_init(kind) ? peer.sessions.own() : peer.sessions.sending();
}

// The init part names our DeviceList as it was; a receiver that knows a newer one drops it.
bool outdated(const Messaging& m, Peer& peer, const crypto::Session& session) {
  return session.initiator() && !session.replied() && peer.list_version != own_list_version(m);
}

bool due(const Messaging& m, Peer& peer, crypto::Kind kind) {
  const crypto::Session* session = session_for(peer, kind);
  if (session == nullptr || peer.owed_reset || outdated(m, peer, *session)) return true;
  return always_init(kind) ? peer.sessions.own_due(m.context.now)
                           : peer.sessions.renewal_due(m.context.now);
}

std::optional<crypto::PublicPrekey> one_time(const v1::PrekeyBundle& bundle, bool& bad) {
  if (!bundle.has_one_time()) return std::nullopt;
  const auto key = crypto::parse_dh_key(view(bundle.one_time().key()));
  bad = !key.ok();
  if (bad) return std::nullopt;
  return crypto::PublicPrekey{bundle.one_time().id(), *key};
}

}  // namespace

SessionStarter::Answer SessionStarter::prepare(const SignPublic& account,
                                               const protocol::Device& device, crypto::Kind kind) {
  Peer* peer = sessions_.find(device.id);
  if (peer != nullptr && !m_.self->decoy && !due(m_, *peer, kind)) return Answer::ready;
  const bool usable = peer != nullptr && session_for(*peer, kind) != nullptr;
  const Answer without = usable ? Answer::ready : Answer::cannot;
  // The decoy realm has only the sessions that the real one prepared for it.
  if (m_.self->decoy || !m_.logged_in()) return without;
  if (fetching(device.id)) return Answer::fetching;
  const auto failed = failed_.find(device.id);
  if (failed != failed_.end() && m_.context.now - failed->second < retry_after) return without;
  if (own_list_version(m_) == 0) return without;
  wanted_.emplace(device.id, Wanted{account, device});
  return Answer::fetching;
}

void SessionStarter::send() {
  while (!wanted_.empty()) {
    std::vector<Wanted> batch;
    for (auto it = wanted_.begin(); it != wanted_.end() && batch.size() < most_asked;) {
      batch.push_back(it->second);
      it = wanted_.erase(it);
    }
    ask(std::move(batch));
  }
}

void SessionStarter::ask(std::vector<Wanted> batch) {
  v1::Request request;
  for (const Wanted& wanted : batch) {
    request.mutable_get_prekeys()->add_device_ids(to_string(wanted.device.id.view()));
    asked_.insert(wanted.device.id);
  }
  m_.context.requests.send(
      std::move(request),
      [this, batch = std::move(batch)](const v1::ServerFrame* reply) { answered(batch, reply); });
}

void SessionStarter::answered(const std::vector<Wanted>& batch, const v1::ServerFrame* reply) {
  const bool refused = reply != nullptr && reply->has_error() && batch.size() > 1;
  for (const Wanted& wanted : batch) {
    asked_.erase(wanted.device.id);
    bool begun = false;
    if (reply != nullptr && reply->has_prekey_bundles())
      for (const v1::PrekeyBundle& bundle : reply->prekey_bundles().bundles())
        begun = begun ||
                (equal(view(bundle.device_id()), wanted.device.id.view()) && start(wanted, bundle));
    if (!begun && !refused) failed_[wanted.device.id] = m_.context.now;
  }
  // One unknown device must not keep the others waiting: each is asked for alone.
  if (refused)
    for (const Wanted& wanted : batch) ask({wanted});
  settled_();
}

bool SessionStarter::start(const Wanted& wanted, const v1::PrekeyBundle& received) {
  const auto* ours = m_.trust.device_list(m_.self->account);
  Peer& peer = sessions_.make(wanted.account, wanted.device.id);
  const auto bundle = verify_bundle(m_, wanted.account, wanted.device, peer.highest_spk, received);
  if (ours == nullptr || !bundle) return false;
  const std::uint32_t gen = peer.sessions.highest_gen() + 1;
  auto initiated = crypto::initiate(m_.self->party(), m_.self->ik, *bundle, gen, ours->record(),
                                    m_.context.random);
  if (!initiated.ok()) return false;
  auto session =
      crypto::Session::start(m_.self->party(), bundle->party, std::move(initiated).value(), gen,
                             bundle->spk.key, m_.context.now, m_.context.random);
  if (!session.ok() || !peer.sessions.add(std::move(session).value()).ok()) return false;
  peer.highest_spk = bundle->spk.id;
  peer.list_version = (*ours)->version;
  sessions_.save(peer);
  started_(peer);
  return true;
}

std::optional<Instant> SessionStarter::retry_at() const {
  std::optional<Instant> out;
  for (const auto& [device, at] : failed_)
    if (at + retry_after > m_.context.now)
      out = std::min(out.value_or(at + retry_after), at + retry_after);
  return out;
}

std::optional<crypto::Bundle> verify_bundle(const Messaging& m, const SignPublic& account,
                                            const protocol::Device& device,
                                            std::uint32_t lowest_spk,
                                            const v1::PrekeyBundle& bundle) {
  const auto spk = protocol::verify_prekey(view(bundle.spk_record()), device);
  bool bad_one_time = false;
  const auto opk = one_time(bundle, bad_one_time);
  if (!spk.ok() || (*spk)->id < lowest_spk || bad_one_time) {
    m.context.warn("bad_prekey", {}, device.id.view());
    return std::nullopt;
  }
  return crypto::Bundle{
      {account, device.id, device.sig, device.ik}, {(*spk)->id, (*spk)->key}, opk};
}

crypto::Result<Bytes> seal_frame(const Messaging& m, SessionStore& sessions, Peer& peer,
                                 crypto::Kind kind, const CircleId& circle, const Outbound& footing,
                                 const crypto::SecretBytes& plain) {
  crypto::Session* session = session_for(peer, kind);
  if (session == nullptr) return crypto::Error::not_ready;
  const crypto::Outgoing what{kind,       circle,       footing.version,  footing.hash,
                              footing.us, footing.them, always_init(kind)};
  auto frame = session->encrypt(what, plain.expose(), m.context.random);
  if (frame.ok()) sessions.save(peer);
  return frame;
}

}  // namespace livlina::client
