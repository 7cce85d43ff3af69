// Inbox's side towards the subjects: what an opened message is, and whether it was here before
// (M2).
#include <algorithm>
#include <utility>

#include "clients/core/inbox.hpp"
#include "clients/core/message_layout.hpp"
#include "clients/core/text_view.hpp"
#include "clients/core/utf8.hpp"
#include "livlina/core.pb.h"

namespace livlina::client {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::string_view seen_prefix = "seen/";
// Its sender gives up after 30 days, and the server keeps what was sent last for 30 more.
constexpr Duration seen_life = 2 * message_life + 5 * day;

// By the sender's account: nobody can use up the ids of another.
std::string seen_key(const SignPublic& from, const MessageId& id) {
  return std::string(seen_prefix) + hex(from.view()) + "/" + id.hex();
}

}  // namespace

void Inbox::accept(Peer& peer, const crypto::Header& header, const Inbound& how, ByteView bytes) {
  if (how.answer == Inbound::Answer::open_refused)
    return refuse(how.code, header.circle, peer.account);
  const auto plain = parse_plain(bytes);
  if (!plain) return refuse("refused_kind", header.circle, peer.account);
  const auto kind = static_cast<crypto::Kind>(header.kind);
  if (kind == crypto::Kind::receipt) {
    // A shadow reads nothing, so it has nothing to receipt.
    if (!how.from_shadow) receipts_.arrived(peer.account, peer.device, plain->body);
    return;
  }
  if (kind == crypto::Kind::control && parse_reset(plain->body)) return reset_came(peer);

  if (!plain->id.zero()) {
    receipts_.owe(header.circle, peer.device, plain->id, ReceiptState::delivered);
    const std::string key = seen_key(peer.account, plain->id);
    if (m_.context.store.has(key)) return;
    ByteWriter w;
    m_.context.store.put(key, w.u8(version).i64(m_.context.now).get());
  }
  if (kind == crypto::Kind::text) return keep_text(peer, header, how, *plain);
  const auto subscriber = subscribers_.find(kind);
  if (subscriber == subscribers_.end()) return;
  subscriber->second(Incoming{kind, header.circle, peer.account, peer.device, how.roles.from,
                              how.from_shadow, plain->body});
}

// Each makes us encrypt and send again all that this device has not receipted: no more of them than
// an honest device ever sends.
void Inbox::reset_came(Peer& peer) {
  const Instant now = m_.context.now;
  auto& followed = peer.followed;
  followed.erase(std::remove_if(followed.begin(), followed.end(),
                                [now](Instant at) { return at > now || now - at >= day; }),
                 followed.end());
  if (followed.size() >= most_resets_a_day)
    return m_.context.warn("reset_storm", {}, peer.account.view());
  followed.push_back(now);
  sessions_.save(peer);
  sender_.again(peer.device);
}

void Inbox::keep_text(const Peer& peer, const crypto::Header& header, const Inbound& how,
                      const Plain& plain) {
  if (!is_utf8(plain.body)) return refuse("refused_kind", header.circle, peer.account);
  Text text;
  text.id = plain.id;
  text.circle = header.circle;
  text.from = peer.account;
  text.from_device = peer.device;
  text.counter = plain.counter;
  text.sent_at = plain.sent_at;
  text.received_at = m_.context.now;
  text.state = TextState::delivered;
  text.under_duress = how.from_shadow;
  text.text = to_string(plain.body);
  const Text& kept = texts_.add(std::move(text));
  show(m_, texts_, kept);
  // It came late, and closes the gap before the next one.
  if (const Text* next = texts_.next_of(kept)) show(m_, texts_, *next);
}

void Inbox::expire(Instant now) {
  Store& store = m_.context.store;
  for (const std::string& key : store.keys(seen_prefix)) {
    ByteReader r(store.get(key));
    (void)r.u8();
    if (now - r.i64() >= seen_life) store.erase(key);
  }
}

}  // namespace livlina::client
