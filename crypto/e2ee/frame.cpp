#include "crypto/e2ee/frame.hpp"

#include <algorithm>

#include "crypto/core/padding.hpp"
#include "crypto/e2ee/kinds.hpp"
#include "crypto/e2ee/seal.hpp"
#include "crypto/e2ee/x3dh.hpp"

namespace livlina::crypto {

namespace {
constexpr std::uint8_t frame_version = 1;
constexpr std::uint8_t header_version = 1;
constexpr std::uint8_t flag_init = 1;
static_assert(sealed_header_size == header_size + seal_overhead);
}  // namespace

Bytes encode(const Header& h) {
  ByteWriter w(header_size);
  w.u8(header_version).bytes(h.dh).u32(h.pn).u32(h.n).u8(h.kind).bytes(h.circle.view());
  w.u32(h.manifest_version).bytes(h.manifest_hash).zeros(2);
  return w.take();
}

Result<Header> parse_header(ByteView bytes) {
  if (bytes.size() != header_size) return Error::bad_length;
  ByteReader r(bytes);
  if (r.u8() != header_version) return Error::bad_version;
  Header h;
  h.dh = r.array<32>();
  h.pn = r.u32();
  h.n = r.u32();
  h.kind = r.u8();
  h.circle.bytes = r.array<16>();
  h.manifest_version = r.u32();
  h.manifest_hash = r.array<32>();
  if (r.u16() != 0) return Error::bad_format;
  return h;
}

Bytes encode(const FrameParts& p) {
  ByteWriter w(3 + p.init.size() + p.hint.size() + p.header.size() + p.body.size());
  w.u8(frame_version).u8(p.init.empty() ? 0 : flag_init).u8(p.queue);
  w.bytes(p.init).bytes(p.hint).bytes(p.header).bytes(p.body);
  return w.take();
}

Result<FrameParts> parse_frame(ByteView frame) {
  ByteReader r(frame);
  const std::uint8_t version = r.u8();
  if (r.ok() && version != frame_version) return Error::bad_version;
  const std::uint8_t flags = r.u8();
  if ((flags & ~flag_init) != 0) return Error::bad_format;
  FrameParts p;
  p.queue = r.u8();
  if (p.queue > static_cast<std::uint8_t>(Queue::bulk)) return Error::bad_format;
  if (flags == flag_init) p.init = r.view(init_size);
  p.hint = r.array<8>();
  p.header = r.view(sealed_header_size);
  if (!r.ok()) return Error::bad_length;
  p.body = r.view(r.left());
  const auto fits = [&p](std::size_t size) { return p.body.size() == size + seal_overhead; };
  if (std::none_of(std::begin(padding_classes), std::end(padding_classes), fits))
    return Error::bad_length;
  return p;
}

}  // namespace livlina::crypto
