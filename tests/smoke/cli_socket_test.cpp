// T24, T25: what a server may say on the connection of the command line. Its own socket against one
// that compresses, sets reserved bits, masks, or sends more than a frame may have.
#include <gtest/gtest.h>
#include <signal.h>

#include "clients/cli/socket.hpp"
#include "protocol/codec.hpp"
#include "tests/server/temp_dir.hpp"
#include "tests/smoke/ws_door.hpp"
#include "tests/support/ws_client.hpp"

namespace livlina::testing {
namespace {

// A frame as a server sends it: not masked.
std::string frame_of(std::uint8_t first, const std::string& payload) {
  std::string out(1, static_cast<char>(first));
  if (payload.size() < 126) return out + static_cast<char>(payload.size()) + payload;
  out += '\x7f';
  for (int shift = 56; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<std::uint64_t>(payload.size()) >> shift & 0xff);
  return out + payload;
}

class ClientSocket : public ::testing::Test {
 protected:
  void SetUp() override {
    (void)::signal(SIGPIPE, SIG_IGN);  // the door writes with OpenSSL's own BIO
    make_certificate(dir.file("certificate.pem"), dir.file("key.pem"));
  }
  struct Seen {
    bool opened = false;
    bool closed = false;
    std::vector<std::string> frames;
    WsDoor::Guest by_the_door;
  };
  // Connects, and reads until the connection ends or as many messages have come.
  Seen meets(const std::string& headers, const std::string& bytes, std::size_t messages = 1) {
    WsDoor door(dir.file("certificate.pem"), dir.file("key.pem"), headers, bytes);
    Seen out;
    {
      cli::Socket socket(dir.file("certificate.pem"));
      socket.connect({"127.0.0.1", door.port()});
      const Instant until = cli::wall_now() + 20 * second;
      while (!out.closed && out.frames.size() < messages && cli::wall_now() < until)
        for (cli::SocketEvent& event : socket.wait(until)) {
          if (event.what == cli::SocketEvent::What::opened) out.opened = true;
          if (event.what == cli::SocketEvent::What::closed) out.closed = true;
          if (event.what == cli::SocketEvent::What::frame)
            out.frames.push_back(std::move(event.data));
        }
    }
    out.by_the_door = door.guest();
    return out;
  }
  TempDir dir;
};

TEST_F(ClientSocket, T25_offers_no_compression_and_reads_on_from_who_claims_it) {
  const Seen honest = meets("", frame_of(0x82, "plain"));
  EXPECT_EQ(honest.frames, std::vector<std::string>{"plain"});
  EXPECT_FALSE(honest.closed);
  const std::string& asked = honest.by_the_door.upgrade;
  EXPECT_NE(asked.find("Sec-WebSocket-Protocol: livlina.v1"), std::string::npos) << asked;
  EXPECT_EQ(asked.find("xtensions"), std::string::npos) << asked;
  // What it claims makes nothing of its frames compressed.
  const std::string claim = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  const Seen claimed = meets(claim, frame_of(0x82, "plain"));
  if (claimed.opened) {
    EXPECT_EQ(claimed.frames, std::vector<std::string>{"plain"});
  }
  // "Hello", deflated (RFC 7692, 7.2.3.1).
  const Seen deflated =
      meets(claim, frame_of(0xc2, "\xf2\x48\xcd\xc9\xc9\x07" + std::string(1, 0)));
  EXPECT_TRUE(deflated.closed);
  EXPECT_EQ(deflated.frames, std::vector<std::string>{});
}

TEST_F(ClientSocket, T25_reserved_bits_opcodes_and_masks_end_the_connection) {
  for (const int first : {0xc2, 0xa2, 0x92, 0xf2, 0x83, 0x8b}) {
    const Seen seen = meets("", frame_of(static_cast<std::uint8_t>(first), "x"));
    EXPECT_TRUE(seen.opened) << first;
    EXPECT_TRUE(seen.closed) << first;
    EXPECT_EQ(seen.frames, std::vector<std::string>{}) << first;
  }
  const Seen masked = meets("", raw_frame(0x82, "x"));
  EXPECT_TRUE(masked.closed);
  EXPECT_EQ(masked.frames, std::vector<std::string>{});
}

TEST_F(ClientSocket, T24_more_than_a_frame_may_have_is_not_read) {
  const std::string most(protocol::max_frame, 'm');
  const Seen whole = meets("", frame_of(0x82, most));
  ASSERT_EQ(whole.frames.size(), 1U);
  EXPECT_EQ(whole.frames[0].size(), most.size());
  // One byte more; a length of an exabyte of which little comes; fragments that add up.
  const std::string exabyte = std::string("\x82\x7f\x0f", 3) + std::string(7, '\xff') + "xxxx";
  const std::string parts = frame_of(0x02, most.substr(1)) + frame_of(0x80, "mm");
  for (const std::string& bytes : {frame_of(0x82, most + 'm'), exabyte, parts}) {
    const Seen seen = meets("", bytes);
    EXPECT_TRUE(seen.opened);
    EXPECT_TRUE(seen.closed);
    EXPECT_EQ(seen.frames.size(), 0U);
  }
}

}  // namespace
}  // namespace livlina::testing
