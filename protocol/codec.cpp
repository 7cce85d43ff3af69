#include "protocol/codec.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>

#include "livlina/frames.pb.h"

namespace livlina::protocol {

namespace {

// protobuf writes a line of its own to stderr for a text that is not UTF-8: anybody could fill the
// server's journal with them. The frame is refused all the same.
const bool silent = (google::protobuf::SetLogHandler(nullptr), true);

// Parses the whole frame or nothing. protobuf itself bounds every allocation by the bytes that are
// really there; a group's end tag outside a group counts as trailing rubbish.
template <class Message>
bool parse(ByteView frame, Message& out) {
  (void)silent;
  google::protobuf::io::CodedInputStream in(frame.data(), static_cast<int>(frame.size()));
  in.SetRecursionLimit(max_depth);
  in.SetTotalBytesLimit(static_cast<int>(max_frame));
  return out.ParseFromCodedStream(&in) && in.ConsumedEntireMessage();
}

}  // namespace

Result<v1::Request> decode_request(ByteView frame) {
  if (frame.size() > max_frame) return Error::too_large;
  v1::Request out;
  if (!parse(frame, out)) return Error::bad_format;
  // The version comes first: of another one, nothing else here need hold.
  if (out.version() != wire_version) return Error::bad_version;
  if (out.id() == 0 || out.op_case() == v1::Request::OP_NOT_SET) return Error::bad_format;
  return out;
}

Result<v1::ServerFrame> decode_server_frame(ByteView frame) {
  if (frame.size() > max_frame) return Error::too_large;
  v1::ServerFrame out;
  if (!parse(frame, out)) return Error::bad_format;
  if (out.version() != wire_version) return Error::bad_version;
  if (out.body_case() == v1::ServerFrame::BODY_NOT_SET) return Error::bad_format;
  return out;
}

std::string encode(const v1::Request& request) { return request.SerializeAsString(); }

std::string encode(const v1::ServerFrame& frame) { return frame.SerializeAsString(); }

}  // namespace livlina::protocol
