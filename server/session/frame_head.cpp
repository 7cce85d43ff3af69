#include "server/session/frame_head.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

namespace livlina::server {

using google::protobuf::internal::WireFormatLite;

std::optional<FrameHead> frame_head(ByteView frame) {
  google::protobuf::io::CodedInputStream in(frame.data(), static_cast<int>(frame.size()));
  in.SetRecursionLimit(1);  // what is inside is skipped by its length, groups are refused
  FrameHead head;
  while (const std::uint32_t tag = in.ReadTag()) {
    const int field = WireFormatLite::GetTagFieldNumber(tag);
    const auto type = WireFormatLite::GetTagWireType(tag);
    if (type == WireFormatLite::WIRETYPE_VARINT && (field == 1 || field == 2)) {
      std::uint64_t v = 0;
      if (!in.ReadVarint64(&v)) return std::nullopt;
      if (field == 1)
        head.id = v;
      else
        head.version = static_cast<std::uint32_t>(v);
      continue;
    }
    if (type == WireFormatLite::WIRETYPE_LENGTH_DELIMITED && field >= 10) head.body = field;
    if (type == WireFormatLite::WIRETYPE_START_GROUP || !WireFormatLite::SkipField(&in, tag))
      return std::nullopt;
  }
  if (!in.ConsumedEntireMessage()) return std::nullopt;
  return head;
}

}  // namespace livlina::server
