#include "tests/support/written_file.hpp"

#include <algorithm>

namespace livlina::testing {

namespace {

constexpr std::uint64_t sector = 512;

// The part of a write that reached the disk: up to a sector's edge, from one on, or between two.
ByteView torn(std::uint64_t& at, ByteView data, SeededRandom& random) {
  const ByteArray<4> luck = random.array<4>();
  const std::uint64_t first = at / sector;
  const std::uint64_t edges = (at + data.size() - 1) / sector - first;  // inside
  if (edges == 0) return {};  // a sector is written or not
  const auto edge = [&](unsigned by) { return (first + 1 + by % edges) * sector - at; };
  const std::uint64_t a = edge(luck[1]);
  const std::uint64_t b = edge(luck[2]);
  const std::uint64_t from = luck[0] % 3 == 0 ? 0 : std::min(a, b);
  const std::uint64_t to = luck[0] % 3 == 1 ? data.size() : std::max(a, b);
  at += from;
  return data.subspan(from, to - from);
}

}  // namespace

void WrittenFile::apply(Bytes& image, const Change& change) {
  if (!change.data) {
    image.resize(std::min<std::size_t>(image.size(), change.at));
    return;
  }
  if (image.size() < change.at + change.data->size()) image.resize(change.at + change.data->size());
  std::copy(change.data->begin(), change.data->end(),
            image.begin() + static_cast<std::ptrdiff_t>(change.at));
}

void WrittenFile::write(std::uint64_t offset, ByteView data) {
  pending_.push_back({offset, to_bytes(data)});
  size_ = std::max(size_, offset + data.size());
}

void WrittenFile::truncate(std::uint64_t size) {
  pending_.push_back({size, std::nullopt});
  size_ = std::min(size_, size);
}

void WrittenFile::sync() {
  for (const Change& change : pending_) apply(durable_, change);
  pending_.clear();
  synced_ = true;
}

void WrittenFile::sync_failed(SeededRandom& random) {
  for (const Change& change : pending_)
    if (random.array<1>()[0] % 2 == 0) apply(durable_, change);
  pending_.clear();
}

std::optional<Bytes> WrittenFile::after_power_cut(SeededRandom& random) const {
  if (!synced_ && random.array<1>()[0] % 2 == 0) return std::nullopt;
  Bytes image = durable_;
  const ByteArray<1> mood = random.array<1>();
  if (mood[0] % 8 == 0) return image;
  for (const Change& change : pending_) {
    const ByteArray<1> luck = random.array<1>();
    if (luck[0] % 3 == 0) continue;
    if (luck[0] % 3 == 1 || !change.data) {
      apply(image, change);
      continue;
    }
    std::uint64_t at = change.at;
    const ByteView part = torn(at, *change.data, random);
    if (!part.empty()) apply(image, {at, to_bytes(part)});
  }
  return image;
}

}  // namespace livlina::testing
