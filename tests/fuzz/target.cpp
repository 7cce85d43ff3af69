#include "tests/fuzz/target.hpp"

#include <cstdio>
#include <cstdlib>

#include "livlina/frames.pb.h"
#include "protocol/codec.hpp"

namespace livlina::testing::fuzz {

namespace {

// A nested message without content: its tag (number, wire type 2) and the length 0.
template <class Frame>
std::string with_empty(std::uint64_t id, unsigned number) {
  Frame frame;
  frame.set_id(id);
  frame.set_version(protocol::wire_version);
  std::string out = protocol::encode(frame);
  for (unsigned tag = number << 3 | 2; tag != 0; tag >>= 7)
    out.push_back(static_cast<char>((tag & 0x7f) | (tag > 0x7f ? 0x80 : 0)));
  out.push_back(0);
  return out;
}

}  // namespace

std::string request_of(std::uint64_t id, unsigned operation) {
  return with_empty<v1::Request>(id, operation);
}
std::string answer_of(std::uint64_t id, unsigned answer) {
  return with_empty<v1::ServerFrame>(id, answer);
}

const std::vector<const Target*>& targets() {
  static const std::vector<const Target*> all = {
      &codec, &records, &pickle, &frame, &vault, &session_machine, &routes, &config, &conversation};
  return all;
}

void must(bool holds, const char* sentence) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", sentence);
  std::abort();
}

}  // namespace livlina::testing::fuzz
