#include "clients/core/record_chain.hpp"

#include <algorithm>

namespace livlina::client {

namespace {
constexpr std::uint8_t chain_version = 1;
constexpr std::size_t remembered = 32;  // records that overtake each other are closer than that
}  // namespace

RecordChain::Link RecordChain::add(std::uint64_t seq, const crypto::Hash& prev,
                                   const crypto::Hash& hash) {
  const auto place = std::lower_bound(seen_.begin(), seen_.end(), seq,
                                      [](const Seen& s, std::uint64_t n) { return s.seq < n; });
  if (place != seen_.end() && place->seq == seq)
    return place->hash == hash ? Link::duplicate : Link::fork;
  Link link = Link::late;
  if (seen_.empty()) {
    link = Link::follows;
  } else if (place == seen_.begin()) {
    return Link::duplicate;
  } else if (place == seen_.end()) {
    const bool next = seq == seen_.back().seq + 1 && prev == seen_.back().hash;
    link = next ? Link::follows : Link::gap;
  }
  seen_.insert(place, {seq, hash});
  if (seen_.size() > remembered) seen_.erase(seen_.begin());
  return link;
}

Bytes RecordChain::encode() const {
  ByteWriter w;
  w.u8(chain_version).u8(static_cast<std::uint8_t>(seen_.size()));
  for (const Seen& s : seen_) w.u64(s.seq).bytes(s.hash);
  return w.take();
}

std::optional<RecordChain> RecordChain::parse(ByteView bytes) {
  ByteReader r(bytes);
  const bool known = r.u8() == chain_version;
  const std::uint8_t count = r.u8();
  RecordChain out;
  for (std::uint8_t i = 0; i < count && r.ok(); ++i) {
    const Seen seen{r.u64(), r.array<32>()};
    if (!out.seen_.empty() && seen.seq <= out.seen_.back().seq) return std::nullopt;
    out.seen_.push_back(seen);
  }
  if (!known || !r.done() || count > remembered) return std::nullopt;
  return out;
}

}  // namespace livlina::client
