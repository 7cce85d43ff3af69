// What reaches a device from a stranger before any key was tried: frames, sealed headers' layout,
// the code of an invitation.
#include "crypto/e2ee/frame.hpp"
#include "crypto/e2ee/invite.hpp"
#include "tests/crypto/pair.hpp"
#include "tests/fuzz/target.hpp"

namespace livlina::testing::fuzz {

namespace {

void read_frame(ByteView bytes) {
  const auto parts = crypto::parse_frame(bytes);
  if (parts.ok()) must(equal(crypto::encode(*parts), bytes), "a frame has one encoding");
}

void read_header(ByteView bytes) {
  const auto header = crypto::parse_header(bytes);
  if (header.ok()) must(equal(crypto::encode(*header), bytes), "a header has one encoding");
}

void read_code(ByteView bytes) {
  const auto code = crypto::parse_invite_code(bytes);
  if (code.ok()) must(equal(crypto::encode(*code), bytes), "a code has one encoding");
}

void run(ByteView input) {
  if (input.empty()) return;
  const ByteView bytes = input.subspan(1);
  switch (input[0] % 3) {
    case 0:
      return read_frame(bytes);
    case 1:
      return read_header(bytes);
    default:
      return read_code(bytes);
  }
}

Bytes seed(std::uint8_t type, ByteView bytes) {
  ByteWriter w;
  return w.u8(type).bytes(bytes).take();
}

std::vector<Bytes> seeds() {
  Pair pair(4);
  crypto::Header header;
  header.kind = 1;
  return {seed(0, pair.from_a("with an init part")), seed(0, pair.from_b("without")),
          seed(1, crypto::encode(header))};
}

}  // namespace

const Target frame{"frame", 8 * 1024, run, seeds};

}  // namespace livlina::testing::fuzz
