// One connection's state machine under any order of frames, pings, replies and time.
#include "livlina/frames.pb.h"
#include "protocol/codec.hpp"
#include "server/session/session.hpp"
#include "tests/fuzz/target.hpp"

namespace livlina::testing::fuzz {

namespace {

// Reads a script: a byte for the step, and what that step needs.
class Script {
 public:
  explicit Script(ByteView input) : rest_(input) {}
  [[nodiscard]] bool more() const { return !rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t out = rest_.front();
    rest_ = rest_.subspan(1);
    return out;
  }
  ByteView bytes(std::size_t most) {
    const ByteView out = rest_.first(std::min<std::size_t>({byte(), most, rest_.size()}));
    rest_ = rest_.subspan(out.size());
    return out;
  }

 private:
  ByteView rest_;
};

void run(ByteView input) {
  Script script(input);
  Duration now = 1000;
  server::Session session({}, now);
  bool closed = false;
  const auto look = [&](const server::SessionActions& actions) {
    if (closed) must(!actions.forward && actions.send.empty(), "nothing follows a close");
    if (!actions.send.empty())
      must(protocol::decode_server_frame(view(actions.send)).ok(), "what is sent decodes");
    if (actions.forward && !session.logged_in())
      must(actions.forward->op_case() == v1::Request::kLogin ||
               actions.forward->op_case() == v1::Request::kClaimInvite ||
               actions.forward->op_case() == v1::Request::kJoinInvite,
           "a stranger asks for a log-in or an invitation only");
    if (actions.close != server::CloseCode::none) closed = true;
  };
  while (script.more()) {
    switch (script.byte() % 8) {
      case 0:
        look(session.on_binary(script.bytes(255), now));
        break;
      case 1: {  // a request that is well formed, of any operation
        const std::uint8_t id = script.byte();
        look(session.on_binary(view(request_of(id, script.byte() % most_number)), now));
        break;
      }
      case 2:
        look(session.on_text());
        break;
      case 3:
        look(session.on_ping(now));
        break;
      case 4: {
        v1::ServerFrame reply;
        reply.set_version(protocol::wire_version);
        reply.set_id(script.byte());
        if (script.byte() & 1)
          reply.mutable_welcome();
        else
          reply.mutable_error()->set_code(v1::BUSY);
        session.on_reply(view(protocol::encode(reply)), now);
        break;
      }
      case 5:
        now += script.byte() * Duration{100};
        break;
      case 6:
        look(session.on_timer(now));
        break;
      default:
        look(session.on_too_large());
    }
    (void)session.read_pause(now);
    const auto timer = session.timer();
    must(!closed || !timer, "a closed session waits for nothing");
  }
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> out;
  for (std::uint8_t operation = 0; operation < most_number; ++operation)
    out.push_back({1, 7, operation, 4, 7, 1, 1, 8, operation, 5, 200, 6, 3, 2});
  return out;
}

}  // namespace

const Target session_machine{"session_machine", 4096, run, seeds};

}  // namespace livlina::testing::fuzz
