#include "protocol/codec.hpp"

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <set>

#include "livlina/frames.pb.h"
#include "tests/protocol/why.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {
namespace {

using namespace protocol;

v1::Request login_request() {
  v1::Request out;
  out.set_id(7);
  out.set_version(wire_version);
  out.mutable_login()->set_device_id(std::string(16, 'd'));
  out.mutable_login()->set_counter(9);
  return out;
}

v1::Request post_request() {
  v1::Request out;
  out.set_id(8);
  out.set_version(wire_version);
  auto* post = out.mutable_post_message();
  post->set_message_id(std::string(16, 'm'));
  for (int i = 0; i < 4; ++i) {
    auto* envelope = post->add_envelopes();
    envelope->set_device_id(std::string(16, static_cast<char>('a' + i)));
    envelope->set_frame(std::string(400, 'f'));
  }
  return out;
}

v1::ServerFrame incident_frame() {
  v1::ServerFrame out;
  out.set_version(wire_version);
  auto* incident = out.mutable_incident_changed()->mutable_incident();
  incident->set_incident_id(std::string(16, 'i'));
  for (int i = 0; i < 3; ++i) {
    incident->add_triggers()->set_record(std::string(343, 'r'));
    incident->add_events()->set_kind(1);
  }
  return out;
}

Result<v1::Request> decode(const std::string& bytes) { return decode_request(view(bytes)); }

TEST(Codec, frames_are_read_back_as_written) {
  const auto request = decode(encode(post_request()));
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->id(), 8U);
  EXPECT_EQ(request->post_message().envelopes_size(), 4);
  EXPECT_EQ(request->SerializeAsString(), post_request().SerializeAsString());
  const auto frame = decode_server_frame(view(encode(incident_frame())));
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ(frame->incident_changed().incident().triggers_size(), 3);
}

TEST(Codec, a_request_has_an_id_and_a_pushed_frame_may_have_none) {
  auto request = login_request();
  request.set_id(0);
  EXPECT_EQ(why(decode(encode(request))), Error::bad_format);
  v1::ServerFrame pushed;
  pushed.set_version(wire_version);
  pushed.mutable_drained();
  EXPECT_TRUE(decode_server_frame(view(encode(pushed))).ok());
}

TEST(Codec, T15_another_version_is_refused_as_such) {
  for (const std::uint32_t version : {0U, 2U, 0xffffffffU}) {
    auto request = login_request();
    request.set_version(version);
    EXPECT_EQ(why(decode(encode(request))), Error::bad_version);
    auto frame = incident_frame();
    frame.set_version(version);
    EXPECT_EQ(why(decode_server_frame(view(encode(frame)))), Error::bad_version);
  }
}

TEST(Codec, a_frame_without_an_operation_is_refused) {
  auto request = login_request();
  request.clear_login();
  EXPECT_EQ(why(decode(encode(request))), Error::bad_format);
  // An operation of a later version is an unknown field, so to us there is none.
  std::string later = encode(request);
  later += std::string("\xc2\x3e\x00", 3);  // field 1000, empty
  EXPECT_EQ(why(decode(later)), Error::bad_format);
  v1::ServerFrame frame;
  frame.set_version(wire_version);
  EXPECT_EQ(why(decode_server_frame(view(encode(frame)))), Error::bad_format);
  EXPECT_EQ(why(decode("")), Error::bad_version);
}

TEST(Codec, unknown_fields_are_ignored) {
  std::string later = encode(login_request());
  later += std::string("\xc2\x3e\x02hi", 5);
  EXPECT_TRUE(decode(later).ok());
}

TEST(Codec, T24_a_frame_above_the_limit_is_too_large) {
  auto request = post_request();
  auto* frame = request.mutable_post_message()->mutable_envelopes(0)->mutable_frame();
  frame->resize(frame->size() + max_frame - request.ByteSizeLong() - 8, 'f');
  while (request.ByteSizeLong() < max_frame) frame->push_back('f');
  ASSERT_EQ(request.ByteSizeLong(), max_frame);
  EXPECT_TRUE(decode(encode(request)).ok());
  frame->push_back('f');
  EXPECT_EQ(why(decode(encode(request))), Error::too_large);
  EXPECT_EQ(why(decode_server_frame(Bytes(max_frame + 1))), Error::too_large);
}

TEST(Codec, T24_a_length_beyond_the_frame_allocates_nothing_and_is_refused) {
  std::string bytes = encode(login_request());
  bytes += std::string("\x52\xff\xff\xff\xff\x07", 6);  // field 10 of 2 GiB
  EXPECT_EQ(why(decode(bytes)), Error::bad_format);
  std::string packed("\x08\x01\x10\x01\xea\x03\x09\x0a\xff\xff\xff\x7f", 12);  // seqs of 256 MiB
  EXPECT_EQ(why(decode(packed)), Error::bad_format);
}

TEST(Codec, T4_truncated_frames_are_refused_or_whole) {
  const std::string bytes = encode(post_request());
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(decode(bytes.substr(0, n)).ok()) << n;
}

TEST(Codec, T27_groups_nested_too_deep_are_refused) {
  const auto nested = [](std::size_t depth) {
    // Field 1000 as a group, `depth` times: nothing in our messages, but a parser must walk it.
    std::string out = encode(login_request());
    for (std::size_t i = 0; i < depth; ++i) out += "\xc3\x3e";
    for (std::size_t i = 0; i < depth; ++i) out += "\xc4\x3e";
    return out;
  };
  EXPECT_TRUE(decode(nested(static_cast<std::size_t>(max_depth))).ok());
  EXPECT_EQ(why(decode(nested(static_cast<std::size_t>(max_depth) + 1))), Error::bad_format);
  EXPECT_EQ(why(decode(nested(120000))), Error::bad_format);
  std::string open = encode(login_request());
  for (int i = 0; i < 200000; ++i) open += "\xc3\x3e";
  EXPECT_EQ(why(decode(open)), Error::bad_format);
}

TEST(Codec, T27_our_own_deepest_frame_is_within_the_limit) {
  EXPECT_TRUE(decode_server_frame(view(encode(incident_frame()))).ok());
}

TEST(Codec, trailing_rubbish_is_refused) {
  for (const char c : {'\x00', '\x04', '\x0c', '\x07', '\xff'})
    EXPECT_EQ(why(decode(encode(login_request()) + c)), Error::bad_format) << static_cast<int>(c);
}

TEST(Codec, T27_the_most_elements_a_frame_can_hold_are_parsed) {
  // 2 bytes each on the wire: the amplification in memory is bounded by the frame's size.
  std::string inner;
  while (inner.size() + 2 < max_frame - 64) inner += std::string("\x12\x00", 2);  // empty envelopes
  v1::Request request;
  request.set_id(1);
  request.set_version(wire_version);
  ASSERT_TRUE(request.mutable_post_message()->ParseFromString(inner));
  const auto decoded = decode(encode(request));
  ASSERT_TRUE(decoded.ok());
  EXPECT_GT(decoded->post_message().envelopes_size(), 200000);
}

TEST(Codec, T4_mutated_and_random_frames_never_crash) {
  google::protobuf::LogSilencer silence;  // invalid UTF-8 in a server frame's text is expected here
  SeededRandom random(27);
  const std::string bases[] = {encode(login_request()), encode(post_request()),
                               encode(incident_frame())};
  const auto draw = [&](std::size_t below) {
    const auto b = random.array<4>();
    return static_cast<std::size_t>(ByteReader(b).u32()) % below;
  };
  int accepted = 0;
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = bases[draw(3)];
    if (draw(10) == 0) {
      bytes.assign(1 + draw(300), '\0');
      random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
    }
    for (std::size_t n = 1 + draw(4); n > 0 && !bytes.empty(); --n) {
      const std::size_t at = draw(bytes.size());
      switch (draw(4)) {
        case 0:
          bytes[at] = static_cast<char>(random.array<1>()[0]);
          break;
        case 1:
          bytes.erase(at, 1 + draw(8));
          break;
        case 2:
          bytes.insert(at, 1 + draw(8), static_cast<char>(random.array<1>()[0]));
          break;
        default:
          bytes[at] = static_cast<char>(bytes[at] ^ 1 << draw(8));
          break;
      }
    }
    const auto request = decode_request(view(bytes));
    const auto frame = decode_server_frame(view(bytes));
    request.ok() || frame.ok() ? ++accepted : ++refused;
    // What was accepted means the same after being written again.
    if (request.ok()) {
      ASSERT_TRUE(decode(encode(*request)).ok());
    }
    if (frame.ok()) {
      ASSERT_TRUE(decode_server_frame(view(encode(*frame))).ok());
    }
  }
  EXPECT_GT(accepted, 1000);
  EXPECT_GT(refused, 1000);
}

TEST(ProtocolError, every_error_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Error::bad_schedule); ++i)
    names.insert(name(static_cast<Error>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Error::bad_schedule) + 1);
  EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace livlina::testing
