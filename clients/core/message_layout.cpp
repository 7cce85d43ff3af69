#include "clients/core/message_layout.hpp"

#include "crypto/core/padding.hpp"

namespace livlina::client {

namespace {
constexpr std::uint8_t version = 1;
constexpr std::size_t head_size = 1 + 16 + 8 + 4 + 4;
constexpr std::size_t most = 65536;
static_assert(head_size + 1 + 1 + 4 + 32 + 1 + 16 * max_receipt_ids < 1024);
}  // namespace

crypto::SecretBytes encode(const Plain& plain) {
  ByteWriter w(head_size + plain.body.size());  // never outgrown, so no copy stays behind
  w.u8(version).bytes(plain.id.view()).i64(plain.sent_at).u32(plain.counter).sized(plain.body);
  Bytes bytes = w.take();
  crypto::SecretBytes out{ByteView(bytes)};
  crypto::wipe(bytes);
  return out;
}

std::optional<Plain> parse_plain(ByteView bytes) {
  ByteReader r(bytes);
  const std::uint8_t v = r.u8();
  Plain out;
  out.id.bytes = r.array<16>();
  out.sent_at = r.i64();
  out.counter = r.u32();
  out.body = r.sized(most);
  if (!r.done() || v != version) return std::nullopt;
  return out;
}

Bytes encode(const Receipt& receipt) {
  ByteWriter w;
  w.u8(version).u8(static_cast<std::uint8_t>(receipt.state));
  w.u32(receipt.list_version).bytes(receipt.list_hash);
  w.u8(static_cast<std::uint8_t>(receipt.ids.size()));
  for (const MessageId& id : receipt.ids) w.bytes(id.view());
  return w.take();
}

std::optional<Receipt> parse_receipt(ByteView body) {
  ByteReader r(body);
  const std::uint8_t v = r.u8();
  const std::uint8_t state = r.u8();
  Receipt out;
  out.list_version = r.u32();
  out.list_hash = r.array<32>();
  const std::size_t count = r.u8();
  if (!r.ok() || v != version || state < 1 || state > 2 || count > max_receipt_ids)
    return std::nullopt;
  out.state = static_cast<ReceiptState>(state);
  for (std::size_t i = 0; i < count; ++i) out.ids.push_back(MessageId{r.array<16>()});
  if (!r.done()) return std::nullopt;
  return out;
}

Bytes encode(const Reset& reset) {
  ByteWriter w;
  w.u8(static_cast<std::uint8_t>(Control::reset)).bytes(reset.sid).u32(reset.last_n);
  return w.take();
}

std::optional<Reset> parse_reset(ByteView body) {
  ByteReader r(body);
  const std::uint8_t what = r.u8();
  const Reset out{r.array<32>(), r.u32()};
  if (!r.done() || what != static_cast<std::uint8_t>(Control::reset)) return std::nullopt;
  return out;
}

}  // namespace livlina::client
