#include "clients/core/inbox.hpp"

#include <algorithm>
#include <utility>

#include "clients/core/message_layout.hpp"
#include "crypto/e2ee/frame.hpp"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

constexpr std::size_t most_held = 1000;  // more stay at the server, unacknowledged
constexpr Duration hold = minute;        // between two tries of a held frame
constexpr std::string_view unopened_key = "inbox/unopened";

}  // namespace

void Inbox::subscribe(crypto::Kind kind, Messenger::OnIncoming on_incoming) {
  subscribers_[kind] = std::move(on_incoming);
}

void Inbox::delivered(std::uint64_t seq, ByteView frame) {
  if (held_.count(seq) != 0 || held_.size() >= most_held) return;
  // What waits for something that has come by another way goes first: else this one would overtake
  // it, and show a gap where nothing is missing (M2).
  if (const std::uint64_t known = m_.trust.revision(); known != tried_with_) {
    tried_with_ = known;
    std::vector<std::uint64_t> asking;
    for (const auto& [older, held] : held_)
      if (held.asking) asking.push_back(older);
    for (const std::uint64_t older : asking) try_now(older);
  }
  held_[seq].frame = to_bytes(frame);
  try_now(seq);
}

void Inbox::try_again(std::uint64_t seq) {
  const auto it = held_.find(seq);
  if (it != held_.end() && !it->second.asking) try_now(seq);
}

void Inbox::try_now(std::uint64_t seq) {
  const auto it = held_.find(seq);
  if (it == held_.end() || opening_) return;
  it->second.tried_at = m_.context.now;
  opening_ = true;
  const bool settled = open(seq, it->second);
  opening_ = false;
  if (!settled) return;
  held_.erase(it);
  acknowledge(seq);
  changed_();
}

void Inbox::retry() {
  std::vector<std::uint64_t> seqs;
  for (auto& [seq, held] : held_) {
    if (held.asking || m_.context.now - held.tried_at < hold) continue;
    held.fetched = {};  // what was fetched then may be old now
    seqs.push_back(seq);
  }
  for (const std::uint64_t seq : seqs) try_again(seq);
}

void Inbox::offline() { held_.clear(); }

bool Inbox::idle() const {
  return std::none_of(held_.begin(), held_.end(),
                      [](const auto& entry) { return entry.second.asking; });
}

std::optional<Instant> Inbox::retry_at() const {
  std::optional<Instant> out;
  for (const auto& [seq, held] : held_)
    if (!held.asking) out = std::min(out.value_or(held.tried_at + hold), held.tried_at + hold);
  return out;
}

void Inbox::acknowledge(std::uint64_t seq) {
  v1::Request request;
  request.mutable_ack_deliveries()->add_seqs(seq);
  // Lost with the connection: the server delivers it again, and it is acknowledged again.
  m_.context.requests.send(std::move(request), [](const v1::ServerFrame*) {});
}

// Unknown hints without a valid init part: nothing tells whose they are, so they are only counted.
void Inbox::count_unopened() {
  ByteWriter w;
  m_.context.store.put(unopened_key, w.u8(1).u32(unopened() + 1).get());
}

std::uint32_t Inbox::unopened() const {
  ByteReader r(m_.context.store.get(unopened_key));
  const std::uint8_t version = r.u8();
  const std::uint32_t count = r.u32();
  return r.done() && version == 1 ? count : 0;
}

void Inbox::fetch(std::uint64_t seq, Held& held, bool Fetched::* what, const Fetch& ask) {
  if (held.asking) return;  // tried again before the answer
  held.asking = true;
  ask([this, seq, what](Status status) {
    const auto it = held_.find(seq);
    if (it == held_.end()) return;
    it->second.asking = false;
    // A DeviceList must be had. For the rest "there is none for you" is an answer, too.
    const bool told =
        status.ok() || (what != &Fetched::list &&
                        (status.error() == Error::refused || status.error() == Error::wrong_state));
    if (!told) return;
    it->second.fetched.*what = true;
    try_again(seq);
  });
}

bool Inbox::open(std::uint64_t seq, Held& held) {
  const Bytes bytes = held.frame;  // the views of the parts must outlive `held`
  const auto frame = crypto::parse_frame(bytes);
  if (!frame.ok()) {
    count_unopened();
    return true;
  }
  if (Peer* peer = sessions_.by_hint(frame->hint)) return open_known(seq, held, *peer, *frame);
  return open_first(seq, held, *frame);
}

void Inbox::refuse(std::string_view code, const CircleId& circle, const SignPublic& from) {
  m_.context.forget_warning(code, circle.view(), from.view());  // shown each time
  m_.context.warn(code, circle.view(), from.view());
}

// The footing of a header that opened; nothing while the frame must wait for it.
std::optional<Inbound> Inbox::footing(std::uint64_t seq, Held& held, const crypto::Header& header,
                                      const SignPublic& from, const DeviceId& device) {
  const Inbound how = inbound(m_, header, from, device);
  if (how.answer != Inbound::Answer::fetch) return how;
  const bool desk = is_desk(m_.trust, header.circle);
  if (desk ? held.fetched.desk : held.fetched.circle) {
    // Fetched, and still not there: a circle that is not ours is refused; a version that the server
    // withholds makes the frame wait, unacknowledged.
    if (!desk && m_.trust.circle(header.circle) == nullptr) {
      Inbound none;
      none.code = "not_in_circle";
      return none;
    }
    m_.context.warn("manifest_withheld", header.circle.view());
    return std::nullopt;
  }
  if (desk)
    fetch(seq, held, &Fetched::desk, [this](Trust::Then then) { m_.trust.fetch_desk(then); });
  else
    fetch(seq, held, &Fetched::circle, [this, circle = header.circle](Trust::Then then) {
      m_.trust.fetch_circle(circle, then);
    });
  return std::nullopt;
}

bool Inbox::open_known(std::uint64_t seq, Held& held, Peer& peer, const crypto::FrameParts& frame) {
  const auto* list = m_.trust.device_list(peer.account);
  if (list == nullptr || (*list)->find(peer.device) == nullptr) {
    refuse("unknown_device", CircleId{}, peer.account);
    return true;
  }
  crypto::Session& session = *peer.sessions.by_hint(frame.hint);
  const auto header = session.open_header(frame);
  if (!header.ok()) {
    if (header.error() == crypto::Error::cannot_open)
      broken(peer, session);
    else
      refuse("refused_kind", CircleId{}, peer.account);
    return true;
  }
  const auto how = footing(seq, held, *header, peer.account, peer.device);
  if (!how) return false;
  if (how->answer == Inbound::Answer::refused) {
    refuse(how->code, header->circle, peer.account);
    return true;
  }
  const auto plain = session.decrypt(frame, how->roles, m_.context.now, m_.context.random);
  if (plain.ok()) {
    sessions_.save(peer);
    accept(peer, *header, *how, plain->expose());
  } else if (plain.error() == crypto::Error::bad_format) {
    refuse("refused_kind", header->circle, peer.account);
  } else if (plain.error() != crypto::Error::duplicate) {
    broken(peer, session);
  }
  return true;
}

// A gap to show, and a reset: at most one an hour and five a day, so that nobody can make us spend
// prekeys.
void Inbox::broken(Peer& peer, const crypto::Session& session) {
  refuse("gap", CircleId{}, peer.account);
  const Instant now = m_.context.now;
  peer.resets.erase(std::remove_if(peer.resets.begin(), peer.resets.end(),
                                   [now](Instant at) { return now - at >= day; }),
                    peer.resets.end());
  const bool too_soon = !peer.resets.empty() && now - peer.resets.back() < hour;
  if (m_.self->decoy || peer.owed_reset || too_soon || peer.resets.size() >= 5) return;
  peer.resets.push_back(now);
  peer.owed_reset = OwedReset{session.sid(), session.last_n().value_or(nothing_came)};
  sessions_.save(peer);
}

}  // namespace livlina::client
