// Two who talk over a network that belongs to the enemy: it delays, drops, repeats, reorders,
// damages and mixes. What is read was written, by the other one, and is read once (M2, T3, T6).
#include <set>

#include "tests/crypto/pair.hpp"
#include "tests/fuzz/target.hpp"

namespace livlina::testing::fuzz {

namespace {

constexpr std::size_t most_packets = 64;

struct Packet {
  Bytes frame;
  Bytes sent;  // before anybody damaged it
  bool to_a = false;
};

void run(ByteView input) {
  Pair pair(1);
  std::vector<Packet> network;
  std::set<std::string> on_way[2];  // written and not yet read, by the side that shall read it
  int written = 0;
  const auto say = [&](bool from_a) {
    const std::string words = (from_a ? "a" : "b") + std::to_string(written++);
    const Bytes frame = from_a ? pair.from_a(words) : pair.from_b(words);
    on_way[from_a ? 1 : 0].insert(words);
    if (network.size() < most_packets) network.push_back({frame, frame, !from_a});
  };
  const auto deliver = [&](const Packet& p, bool to_a) {
    const auto got = to_a ? pair.at_a(p.frame) : pair.at_b(p.frame);
    if (!got.ok()) return;
    must(p.frame == p.sent && to_a == p.to_a, "a frame opens as it was sent, and at its reader's");
    must(on_way[to_a ? 0 : 1].erase(*got) == 1, "what is read was written, and is read once");
  };
  for (std::size_t i = 0; i + 1 < input.size(); i += 2) {
    const std::uint8_t what = input[i] % 8;
    if (what < 2) {
      say(what == 0);
      continue;
    }
    if (network.empty()) continue;
    const std::size_t at = input[i + 1] % network.size();
    switch (what) {
      case 2:
      case 3:
        deliver(network[at], network[at].to_a);
        network.erase(network.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 4:  // once more later
        deliver(network[at], network[at].to_a);
        break;
      case 5:
        network.erase(network.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 6: {
        Bytes& frame = network[at].frame;
        frame[(std::size_t{input[i]} * 131 + input[i + 1] * 17u) % frame.size()] ^=
            static_cast<std::uint8_t>(1 << input[i] / 32);
        break;
      }
      default:  // back to its sender
        deliver(network[at], !network[at].to_a);
    }
  }
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> out;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SeededRandom random(seed);
    Bytes script(120);
    random.fill(script);
    out.push_back(std::move(script));
  }
  return out;
}

}  // namespace

const Target conversation{"conversation", 400, run, seeds};

}  // namespace livlina::testing::fuzz
