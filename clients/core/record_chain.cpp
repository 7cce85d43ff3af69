#include "clients/core/record_chain.hpp"

#include <algorithm>

namespace livlina::client {

namespace {
constexpr std::uint8_t chain_version = 2;
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
    if (seen_.size() == remembered) return Link::duplicate;
  } else if (place == seen_.end()) {
    const bool next = seq == seen_.back().seq + 1 && prev == seen_.back().hash;
    link = next ? Link::follows : held_ ? Link::late : Link::gap;
  }
  seen_.insert(place, {seq, prev, hash, link == Link::gap});
  if (seen_.size() > remembered) seen_.erase(seen_.begin());
  return link;
}

bool RecordChain::is_behind_gap(std::size_t place) const {
  if (place == 0) return false;
  const Seen& before = seen_[place - 1];
  return seen_[place].seq != before.seq + 1 || seen_[place].prev != before.hash;
}

std::vector<crypto::Hash> RecordChain::held() const {
  std::vector<crypto::Hash> out;
  for (std::size_t i = 0; i < seen_.size(); ++i)
    if (is_behind_gap(i) && !seen_[i].told) out.push_back(seen_[i].hash);
  return out;
}

void RecordChain::tell(const crypto::Hash& behind) {
  for (Seen& s : seen_)
    if (s.hash == behind) s.told = true;
}

// Of the oldest it is not known any more.
std::vector<crypto::Hash> RecordChain::take_filled() {
  std::vector<crypto::Hash> out;
  for (std::size_t i = 1; i < seen_.size(); ++i)
    if (seen_[i].told && !is_behind_gap(i)) {
      seen_[i].told = false;
      out.push_back(seen_[i].hash);
    }
  return out;
}

Bytes RecordChain::encode() const {
  ByteWriter w;
  w.u8(chain_version).u8(static_cast<std::uint8_t>(seen_.size()));
  for (const Seen& s : seen_) w.u64(s.seq).bytes(s.prev).bytes(s.hash).u8(s.told ? 1 : 0);
  return w.take();
}

std::optional<RecordChain> RecordChain::parse(ByteView bytes) {
  ByteReader r(bytes);
  const bool known = r.u8() == chain_version;
  const std::uint8_t count = r.u8();
  RecordChain out;
  for (std::uint8_t i = 0; i < count && r.ok(); ++i) {
    Seen seen{r.u64(), r.array<32>(), r.array<32>()};
    const std::uint8_t told = r.u8();
    seen.told = told == 1;
    if (told > 1) return std::nullopt;
    if (!out.seen_.empty() && seen.seq <= out.seen_.back().seq) return std::nullopt;
    out.seen_.push_back(seen);
  }
  if (!known || !r.done() || count > remembered) return std::nullopt;
  return out;
}

}  // namespace livlina::client
