// Inbox's side towards sessions that others start with us: whose init part it is, and whether it is
// accepted. What is not is dropped without a sign (T9).
#include <utility>

#include "clients/core/inbox.hpp"
#include "clients/core/prekey_requests.hpp"
#include "crypto/e2ee/frame.hpp"

namespace livlina::client {

bool Inbox::open_first(std::uint64_t seq, Held& held, const crypto::FrameParts& frame) {
  const auto init = crypto::read_init(frame.init, m_.self->ik, m_.self->device);
  if (!init.ok() || init->device == m_.self->device) {
    count_unopened();
    return true;
  }
  held.from = init->account;
  if (!shared_place(m_, init->account)) {
    if (held.fetched.circles && held.fetched.desk) return true;  // a stranger
    if (held.fetched.circles)
      return wait(seq, held, &Fetched::desk,
                  [this](Trust::Then then) { m_.trust.fetch_desk(std::move(then)); });
    return wait(seq, held, &Fetched::circles,
                [this](Trust::Then then) { m_.trust.fetch_circles(std::move(then)); });
  }
  if (!held.fetched.list)
    return wait(seq, held, &Fetched::list, [this, account = init->account](Trust::Then then) {
      m_.trust.fetch_device_list(account, std::move(then));
    });
  return held.nobody || begin(seq, held, frame, *init);
}

// The device as the newest list has it. The list in the init part must be at least the newest that
// we know, and belong to its chain. A server that gave an older one (it was restored) or one that
// is refused changes nothing in that; after a fork nothing new begins.
std::optional<protocol::Device> Inbox::verified_sender(const crypto::InitContents& init) {
  const auto told = protocol::verify_device_list(init.device_list);
  const auto* known = m_.trust.device_list(init.account);
  if (!told.ok() || (*told)->account != init.account || known == nullptr) return std::nullopt;
  if ((*told)->version < (*known)->version) return std::nullopt;
  // A newer one than the server gave, or a fork: Trust checks the chain, and shows.
  if (told->hash() != known->hash() && !m_.trust.accept_device_list(told->record()).ok())
    return std::nullopt;
  if (m_.trust.frozen(init.account)) return std::nullopt;
  const auto* newest = m_.trust.device_list(init.account);
  if (!speaks_our_suite(**newest)) return std::nullopt;
  const protocol::Device* device =
      newest->hash() == told->hash() ? (*newest)->find(init.device) : nullptr;
  if (device == nullptr) return std::nullopt;
  return *device;
}

bool Inbox::begin(std::uint64_t seq, Held& held, const crypto::FrameParts& frame,
                  const crypto::InitContents& init) {
  const auto sender = verified_sender(init);
  if (!sender) return true;
  Store& store = m_.context.store;
  const auto spk = OwnPrekeys::signed_key(store, init.spk_id);
  if (!spk) return true;
  std::optional<crypto::DhKeyPair> opk;
  const crypto::Hash fingerprint = crypto::init_fingerprint(init);
  if (init.opk_id) {
    opk = OwnPrekeys::one_time_key(store, *init.opk_id);
    if (!opk) return true;  // used: the init part of a session that has ended
  } else if (OwnPrekeys::init_seen(store, init.spk_id, fingerprint)) {
    return true;
  }
  const crypto::Party them{init.account, sender->id, sender->sig, sender->ik};
  auto agreement =
      crypto::respond(m_.self->party(), m_.self->ik, *spk, opk ? &*opk : nullptr, them, init);
  if (!agreement.ok()) return true;
  auto session = crypto::Session::accept(m_.self->party(), them, std::move(agreement).value(),
                                         init.gen, *spk, m_.context.now);
  if (!session.ok()) return true;
  const auto header = session->open_header(frame);
  if (!header.ok()) return true;
  const Inbound how = footing(seq, held, *header, init.account, sender->id);
  if (how.answer == Inbound::Answer::fetch) return false;
  if (how.answer != Inbound::Answer::open) {
    refuse(how.code, header->circle, init.account);
    return true;
  }
  const auto plain = session->decrypt(frame, how.roles, m_.context.now, m_.context.random);
  if (!plain.ok()) return true;

  Peer& peer = sessions_.make(init.account, sender->id);
  if (peer.account != init.account || !peer.sessions.add(std::move(session).value()).ok())
    return true;
  if (init.opk_id)
    OwnPrekeys::erase_one_time(store, *init.opk_id);
  else
    OwnPrekeys::remember_init(store, init.spk_id, fingerprint);
  sessions_.save(peer);
  accept(peer, *header, how, plain->expose());
  return true;
}

}  // namespace livlina::client
