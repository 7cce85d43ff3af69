#include "clients/core/session_starter.hpp"

#include <utility>

#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

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
  if (requests_.failed(device.id) || own_list_version(m_) == 0) return without;
  requests_.want(account, device);
  return Answer::fetching;
}

bool SessionStarter::start(const PrekeyRequests::Wanted& wanted, const v1::PrekeyBundle& received) {
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
