// Frames from the network: whatever decodes is encoded and decoded to the same (T24).
#include "livlina/frames.pb.h"
#include "protocol/codec.hpp"
#include "tests/fuzz/target.hpp"

namespace livlina::testing::fuzz {

namespace {

template <class Decode>
void round_trip(ByteView input, Decode decode) {
  const auto first = decode(input);
  if (!first.ok()) return;
  const std::string bytes = protocol::encode(*first);
  const auto second = decode(view(bytes));
  // What was at the limit of depth or size by unknown fields may be refused once more, nothing
  // else.
  if (!second.ok()) return must(bytes.size() > protocol::max_frame, "an encoded frame decodes");
  must(protocol::encode(*second) == bytes, "decode, encode, decode gives the same");
}

void run(ByteView input) {
  if (input.empty()) return;
  const ByteView frame = input.subspan(1);
  if (input[0] & 1)
    round_trip(frame, protocol::decode_server_frame);
  else
    round_trip(frame, protocol::decode_request);
}

Bytes seed(std::uint8_t side, const std::string& frame) {
  ByteWriter w;
  return w.u8(side).str(frame).take();
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> out;
  for (unsigned number = 10; number < most_number; ++number) {
    out.push_back(seed(0, request_of(7, number)));
    out.push_back(seed(1, answer_of(7, number)));
  }
  return out;
}

}  // namespace

const Target codec{"codec", 16 * 1024, run, seeds};

}  // namespace livlina::testing::fuzz
