#include "crypto/e2ee/receiving_chain.hpp"

#include <algorithm>
#include <limits>

#include "crypto/e2ee/limits.hpp"

namespace livlina::crypto {

ReceivingChain ReceivingChain::copy() const {
  ReceivingChain out(header_key_.copy());
  if (chain_) out.chain_ = chain_->copy();
  out.next_ = next_;
  out.closed_at_ = closed_at_;
  out.skipped_.reserve(skipped_.size());
  for (const Skipped& s : skipped_) out.skipped_.push_back({s.n, s.since, s.key.copy()});
  return out;
}

Status ReceivingChain::skip_to(std::uint32_t n, std::size_t room, Instant now) {
  if (n <= next_) return done();
  // Before the first key is derived: a huge number must cost nothing.
  if (n - next_ > max_skip || n - next_ > room) return Error::limit;
  skipped_.reserve(skipped_.size() + (n - next_));
  for (; next_ < n; ++next_) skipped_.push_back({next_, now, chain_->next()});
  return done();
}

Result<MessageKey> ReceivingChain::take(std::uint32_t n, std::size_t room, Instant now) {
  if (n < next_) {
    const auto at = std::lower_bound(skipped_.begin(), skipped_.end(), n,
                                     [](const Skipped& s, std::uint32_t v) { return s.n < v; });
    if (at == skipped_.end() || at->n != n) return Error::duplicate;
    if (now - at->since > key_life) return Error::expired;
    MessageKey key = std::move(at->key);
    skipped_.erase(at);
    return key;
  }
  if (!chain_) return Error::cannot_open;
  if (n == std::numeric_limits<std::uint32_t>::max()) return Error::limit;
  LIVLINA_CHECK(skip_to(n, room, now));
  ++next_;
  return chain_->next();
}

Status ReceivingChain::close(std::uint32_t end, std::size_t room, Instant now) {
  if (end < next_) return Error::cannot_open;
  LIVLINA_CHECK(skip_to(end, room, now));
  chain_.reset();
  closed_at_ = now;
  return done();
}

std::size_t ReceivingChain::expire(Instant now) {
  return std::erase_if(skipped_, [now](const Skipped& s) { return now - s.since > key_life; });
}

bool ReceivingChain::over(Instant now) const { return !chain_ && now - closed_at_ > key_life; }

void ReceivingChain::write(PickleWriter& w) const {
  w.bytes(header_key_.key().expose()).u32(next_).u8(chain_ ? 1 : 0);
  if (chain_) {
    w.bytes(chain_->expose());
  } else {
    w.i64(closed_at_);
  }
  w.u16(static_cast<std::uint16_t>(skipped_.size()));
  for (const Skipped& s : skipped_) w.u32(s.n).i64(s.since).bytes(s.key.expose());
}

Result<ReceivingChain> ReceivingChain::read(ByteReader& r) {
  ReceivingChain out{HeaderKey(Secret<32>(r.view(32)))};
  out.next_ = r.u32();
  const std::uint8_t open = r.u8();
  if (open > 1) return Error::bad_format;
  if (open == 1) {
    out.chain_ = ChainKey(Secret<32>(r.view(32)));
  } else {
    out.closed_at_ = r.i64();
  }
  const std::size_t count = r.u16();
  if (count > max_stored_keys) return Error::bad_format;
  out.skipped_.reserve(count);
  for (std::size_t i = 0; i < count && r.ok(); ++i) {
    const std::uint32_t n = r.u32();
    const Instant since = r.i64();
    if (n >= out.next_ || (i > 0 && n <= out.skipped_.back().n)) return Error::bad_format;
    out.skipped_.push_back({n, since, MessageKey(Secret<32>(r.view(32)))});
  }
  if (!r.ok()) return Error::bad_format;
  return out;
}

}  // namespace livlina::crypto
