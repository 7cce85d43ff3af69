#include "crypto/e2ee/double_ratchet.hpp"

#include <algorithm>
#include <limits>

#include "crypto/e2ee/limits.hpp"

namespace livlina::crypto {

Result<DoubleRatchet> DoubleRatchet::initiator(const Agreement& agreement,
                                               const DhPublic& their_spk, Random& random) {
  DhKeyPair ours = DhKeyPair::generate(random);
  LIVLINA_TRY(step, RootKey(agreement.sk.copy()).step(ours, their_spk));
  DoubleRatchet out(std::move(step.root), std::move(ours), std::move(step.next_header),
                    HeaderKey(agreement.hkb.copy()));
  out.theirs_ = their_spk;
  out.sending_ = SendingChain{HeaderKey(agreement.hka.copy()), std::move(step.chain)};
  return out;
}

DoubleRatchet DoubleRatchet::responder(const Agreement& agreement, const DhKeyPair& our_spk) {
  return DoubleRatchet(RootKey(agreement.sk.copy()), our_spk.copy(),
                       HeaderKey(agreement.hkb.copy()), HeaderKey(agreement.hka.copy()));
}

DoubleRatchet DoubleRatchet::copy() const {
  DoubleRatchet out(root_.copy(), ours_.copy(), next_sending_.copy(), next_receiving_.copy());
  out.theirs_ = theirs_;
  if (sending_) out.sending_ = SendingChain{sending_->header_key.copy(), sending_->chain.copy()};
  out.ns_ = ns_;
  out.pn_ = pn_;
  if (current_) out.current_ = current_->copy();
  out.old_.reserve(old_.size());
  for (const ReceivingChain& c : old_) out.old_.push_back(c.copy());
  return out;
}

Result<DoubleRatchet::Sending> DoubleRatchet::send() {
  if (!sending_) return Error::not_ready;
  if (ns_ == std::numeric_limits<std::uint32_t>::max()) return Error::limit;
  const RatchetHeader header{ours_.public_key().bytes(), pn_, ns_};
  ++ns_;
  return Sending{header, sending_->header_key.copy(), sending_->chain.next()};
}

std::optional<std::uint32_t> DoubleRatchet::last_n() const {
  return current_ && current_->next() > 0 ? std::optional(current_->next() - 1) : std::nullopt;
}

std::vector<DoubleRatchet::ChainRef> DoubleRatchet::find(const Hint& hint) const {
  std::vector<ChainRef> out;
  if (current_ && current_->header_key().hint() == hint) out.push_back({ChainRef::Which::current});
  if (next_receiving_.hint() == hint) out.push_back({ChainRef::Which::next});
  for (std::size_t i = 0; i < old_.size(); ++i)
    if (old_[i].header_key().hint() == hint) out.push_back({ChainRef::Which::old, i});
  return out;
}

const HeaderKey& DoubleRatchet::header_key(ChainRef chain) const {
  switch (chain.which) {
    case ChainRef::Which::current:
      return current_->header_key();
    case ChainRef::Which::old:
      return old_[chain.index].header_key();
    case ChainRef::Which::next:
      break;
  }
  return next_receiving_;
}

Result<MessageKey> DoubleRatchet::receive(ChainRef chain, const RatchetHeader& header, Instant now,
                                          Random& random) {
  switch (chain.which) {
    case ChainRef::Which::old:
      return old_[chain.index].take(header.n, room(), now);
    case ChainRef::Which::current:
      // A header key belongs to one ratchet key.
      if (header.dh != theirs_->bytes()) return Error::cannot_open;
      break;
    case ChainRef::Which::next:
      LIVLINA_CHECK(turn(header, now, random));
      break;
  }
  return current_->take(header.n, room(), now);
}

// The peer has a new ratchet key: one step for its chain, a new key of ours, one step for our own.
Status DoubleRatchet::turn(const RatchetHeader& header, Instant now, Random& random) {
  LIVLINA_TRY(theirs, parse_dh_key(header.dh));
  LIVLINA_CHECK(retire_current(header.pn, now));
  LIVLINA_TRY(receiving, root_.step(ours_, theirs));
  DhKeyPair ours = DhKeyPair::generate(random);
  LIVLINA_TRY(sending, receiving.root.step(ours, theirs));

  current_.emplace(std::move(next_receiving_), std::move(receiving.chain));
  next_receiving_ = std::move(receiving.next_header);
  sending_ = SendingChain{std::move(next_sending_), std::move(sending.chain)};
  next_sending_ = std::move(sending.next_header);
  root_ = std::move(sending.root);
  ours_ = std::move(ours);
  theirs_ = theirs;
  pn_ = ns_;
  ns_ = 0;
  return done();
}

Status DoubleRatchet::retire_current(std::uint32_t pn, Instant now) {
  if (!current_) return pn == 0 ? done() : Status(Error::cannot_open);
  LIVLINA_CHECK(current_->close(pn, room(), now));
  old_.push_back(std::move(*current_));
  current_.reset();
  if (old_.size() <= max_old_chains) return done();
  // A chain that misses nothing is kept only to name duplicates, so the oldest of these goes. When
  // every chain misses something, dropping one would lose messages unseen.
  const auto complete = std::find_if(old_.begin(), old_.end(),
                                     [](const ReceivingChain& c) { return c.stored() == 0; });
  if (complete == old_.end()) return Error::limit;
  old_.erase(complete);
  return done();
}

std::size_t DoubleRatchet::stored() const {
  std::size_t n = current_ ? current_->stored() : 0;
  for (const ReceivingChain& c : old_) n += c.stored();
  return n;
}

std::size_t DoubleRatchet::room() const { return max_stored_keys - stored(); }

std::vector<Hint> DoubleRatchet::hints() const {
  std::vector<Hint> out;
  if (current_) out.push_back(current_->header_key().hint());
  out.push_back(next_receiving_.hint());
  for (const ReceivingChain& c : old_) out.push_back(c.header_key().hint());
  return out;
}

bool DoubleRatchet::expire(Instant now) {
  std::size_t dropped = current_ ? current_->expire(now) : 0;
  for (ReceivingChain& c : old_) dropped += c.expire(now);
  std::erase_if(old_, [now](const ReceivingChain& c) { return c.over(now); });
  return dropped > 0;
}

void DoubleRatchet::write(PickleWriter& w) const {
  w.bytes(root_.expose()).bytes(ours_.secret().expose());
  w.u8(theirs_ ? 1 : 0);
  if (theirs_) w.bytes(theirs_->view());
  w.u8(sending_ ? 1 : 0);
  if (sending_) w.bytes(sending_->header_key.key().expose()).bytes(sending_->chain.expose());
  w.bytes(next_sending_.key().expose()).bytes(next_receiving_.key().expose());
  w.u32(ns_).u32(pn_);
  w.u8(current_ ? 1 : 0);
  if (current_) current_->write(w);
  w.u8(static_cast<std::uint8_t>(old_.size()));
  for (const ReceivingChain& c : old_) c.write(w);
}

Result<DoubleRatchet> DoubleRatchet::read(ByteReader& r) {
  RootKey root{Secret<32>(r.view(32))};
  DhKeyPair ours = DhKeyPair::from_secret(Secret<32>(r.view(32)));
  std::optional<DhPublic> theirs;
  const std::uint8_t has_theirs = r.u8();
  if (has_theirs == 1) {
    LIVLINA_TRY(key, parse_dh_key(r.view(32)));
    theirs = key;
  }
  std::optional<SendingChain> sending;
  const std::uint8_t has_sending = r.u8();
  if (has_sending == 1) {
    HeaderKey header_key{Secret<32>(r.view(32))};
    sending = SendingChain{std::move(header_key), ChainKey(Secret<32>(r.view(32)))};
  }
  HeaderKey next_sending{Secret<32>(r.view(32))};
  HeaderKey next_receiving{Secret<32>(r.view(32))};
  DoubleRatchet out(std::move(root), std::move(ours), std::move(next_sending),
                    std::move(next_receiving));
  out.theirs_ = theirs;
  out.sending_ = std::move(sending);
  out.ns_ = r.u32();
  out.pn_ = r.u32();
  const std::uint8_t has_current = r.u8();
  if (has_current == 1) {
    LIVLINA_TRY(current, ReceivingChain::read(r));
    out.current_ = std::move(current);
  }
  const std::size_t old = r.u8();
  if (!r.ok() || has_theirs > 1 || has_sending > 1 || has_current > 1 || old > max_old_chains)
    return Error::bad_format;
  for (std::size_t i = 0; i < old; ++i) {
    LIVLINA_TRY(chain, ReceivingChain::read(r));
    out.old_.push_back(std::move(chain));
  }
  // A chain in either direction came from a step with the peer's key.
  if ((has_current == 1 || has_sending == 1) && has_theirs == 0) return Error::bad_format;
  if (out.stored() > max_stored_keys) return Error::bad_format;
  return out;
}

}  // namespace livlina::crypto
