// T24, T27: what a hostile server pushes, and what it answers, full of elements: the client neither
// falls nor fills its vault, and goes on with an honest one.
#include <gtest/gtest.h>

#include "tests/clients/sim_commands.hpp"

namespace livlina::testing::sim {
namespace {

constexpr std::size_t size = 64 * 1024;

std::string varint(std::uint64_t n) {
  std::string out;
  for (; n > 0x7f; n >>= 7) out += static_cast<char>(0x80 | (n & 0x7f));
  return out + static_cast<char>(n);
}

// Field `number` with this content, as protobuf writes it.
std::string field(unsigned number, const std::string& content) {
  return varint(number << 3 | 2) + varint(content.size()) + content;
}

// The body with field `inner` again and again: empty, or once and huge.
std::optional<v1::ServerFrame> full(unsigned body, unsigned inner, bool often) {
  std::string content;
  if (often) {
    const std::string one = field(inner, {});
    while (content.size() + one.size() <= size) content += one;
  } else {
    content = field(inner, std::string(size, '\x01'));
  }
  v1::ServerFrame head;
  head.set_version(protocol::wire_version);
  auto out = protocol::decode_server_frame(view(head.SerializeAsString() + field(body, content)));
  if (!out.ok()) return std::nullopt;  // no such body, or no such frame
  return std::move(*out);
}

class HostileFrames : public ::testing::Test {
 protected:
  HostileFrames() : v(41) {}
  void SetUp() override {
    ASSERT_TRUE(v.ok);
    before = stored();
  }
  // Nothing to speak of was kept, and an honest server is served.
  void TearDown() override {
    EXPECT_LT(stored(), before + 64 * 1024);
    v.contact.on_frame = nullptr;
    v.contact.disconnect();
    v.contact.connect();
    v.world.advance(minute);
    v1::Command say;
    say.mutable_send_text()->set_circle_id(view_of(v.participant).circle_id());
    say.mutable_send_text()->set_to(v.contact.status().account());
    say.mutable_send_text()->set_text("still here");
    ASSERT_TRUE(v.participant.ok(say)) << v.participant.finished().error();
    v.world.advance(second);
    const v1::Event* text = v.contact.last(v1::Event::kMessage);
    ASSERT_NE(text, nullptr);
    EXPECT_EQ(text->message().text(), "still here");
  }
  std::size_t stored() {
    std::size_t out = 0;
    for (const auto& [key, value] : v.contact.values()) out += key.size() + value.size();
    return out;
  }
  Village v;
  std::size_t before = 0;
};

constexpr unsigned most_bodies = 128;
constexpr unsigned most_fields = 20;

TEST_F(HostileFrames, T24_T27_pushed) {
  int bodies = 0;
  for (unsigned body = 10; body < most_bodies; ++body) {
    bodies += full(body, 1, true) || full(body, 1, false) ? 1 : 0;
    for (unsigned inner = 1; inner <= most_fields; ++inner)
      for (const bool often : {true, false}) {
        const auto frame = full(body, inner, often);
        if (!frame) continue;
        if (!v.contact.connected()) v.contact.connect();
        v.contact.receive(*frame);
      }
  }
  EXPECT_GT(bodies, 25) << "every body that a server frame can have";
}

TEST_F(HostileFrames, T24_T27_answered) {
  int changed = 0;
  for (unsigned inner = 1; inner <= most_fields; ++inner)
    for (const bool often : {true, false}) {
      v.contact.on_frame = [&](v1::ServerFrame& f) {
        if (f.id() == 0 || f.has_welcome()) return true;
        if (auto other = full(static_cast<unsigned>(f.body_case()), inner, often)) {
          other->set_id(f.id());
          f = std::move(*other);
          ++changed;
        }
        return true;
      };
      v.contact.disconnect();
      v.contact.connect();
      (void)v.contact.run(plain(v1::Command::kGetIncidents));
      v.world.advance(second);
    }
  EXPECT_GT(changed, 40);
}

}  // namespace
}  // namespace livlina::testing::sim
