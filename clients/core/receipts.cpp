#include "clients/core/receipts.hpp"

#include <algorithm>

#include "clients/core/text_view.hpp"
#include "livlina/core.pb.h"

namespace livlina::client {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::string_view prefix = "owed/";

}  // namespace

// "owed/<circle><device><state>": ver u8 | ids.
void Receipts::save(const To& to) {
  ByteWriter name;
  name.bytes(to.circle.view()).bytes(to.device.view()).u8(static_cast<std::uint8_t>(to.state));
  const std::string key = std::string(prefix) + hex(name.get());
  const auto it = owed_.find(to);
  if (it == owed_.end()) return m_.context.store.erase(key);
  ByteWriter w;
  w.u8(version);
  for (const MessageId& id : it->second) w.bytes(id.view());
  m_.context.store.put(key, w.get());
}

crypto::Status Receipts::load() {
  owed_.clear();
  for (const std::string& key : m_.context.store.keys(prefix)) {
    const Bytes name = unhex(std::string_view(key).substr(prefix.size()));
    ByteReader n(name);
    To to{CircleId{n.array<16>()}, DeviceId{n.array<16>()}, ReceiptState::delivered};
    const std::uint8_t state = n.u8();
    if (!n.done() || state < 1 || state > 2) return crypto::Error::bad_format;
    to.state = static_cast<ReceiptState>(state);
    ByteReader r(m_.context.store.get(key));
    if (r.u8() != version) return crypto::Error::bad_version;
    auto& ids = owed_[to];
    while (r.ok() && r.left() > 0) ids.push_back(MessageId{r.array<16>()});
    if (!r.done()) return crypto::Error::bad_format;
  }
  return crypto::done();
}

void Receipts::owe(const CircleId& circle, const DeviceId& device, const MessageId& message,
                   ReceiptState state) {
  const To to{circle, device, state};
  auto& ids = owed_[to];
  if (std::find(ids.begin(), ids.end(), message) != ids.end()) return;
  ids.push_back(message);
  save(to);
}

// While a receipt for the device is under way, the next ones gather.
bool Receipts::under_way(const DeviceId& device) const {
  return std::any_of(outbox_.parcels().begin(), outbox_.parcels().end(), [&](const auto& entry) {
    const Parcel::Item& first = entry.second.items.front();
    return first.letter.zero() && first.device == device;
  });
}

void Receipts::seal() {
  std::vector<To> all;
  all.reserve(owed_.size());
  for (const auto& [to, ids] : owed_) all.push_back(to);
  for (const To& to : all) {
    if (under_way(to.device)) continue;
    const auto it = owed_.find(to);
    if (seal(to, it->second)) owed_.erase(it);
    save(to);
  }
}

bool Receipts::seal(const To& to, std::vector<MessageId>& ids) {
  Peer* peer = sessions_.find(to.device);
  const auto* ours = m_.trust.device_list(m_.self->account);
  if (peer == nullptr || ours == nullptr) return true;
  const auto devices = writable_devices(m_, peer->account);  // none of them a shadow
  if (!devices) return false;
  const auto device = std::find_if(devices->begin(), devices->end(),
                                   [&](const auto& d) { return d.id == to.device; });
  const Outbound footing = outbound(m_, crypto::Kind::receipt, to.circle, peer->account, to.device);
  if (device == devices->end() || !footing.covered) return true;
  if (!footing.allowed || starter_.prepare(peer->account, *device, crypto::Kind::receipt) !=
                              SessionStarter::Answer::ready)
    return false;
  Receipt receipt{to.state, (*ours)->version, ours->hash(), {}};
  const auto end = ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), max_receipt_ids));
  receipt.ids.assign(ids.begin(), end);
  const auto plain = encode(Plain{MessageId{}, m_.context.now, 0, encode(receipt)});
  auto frame = seal_frame(m_, sessions_, *peer, crypto::Kind::receipt, to.circle, footing, plain);
  if (!frame.ok()) return false;
  sender_.ship(to.device, std::move(frame).value());
  ids.erase(ids.begin(), end);
  return ids.empty();
}

void Receipts::arrived(const SignPublic& from, const DeviceId& device, ByteView body) {
  const auto receipt = parse_receipt(body);
  if (!receipt) return;
  const bool read = receipt->state == ReceiptState::read;
  for (const MessageId& id : receipt->ids) {
    Letter* letter = outbox_.find(id);
    if (letter != nullptr)  // changes only what was written to this very device
      sender_.receipted(*letter, device, read ? Progress::read : Progress::delivered);
    // The letter is gone once every device had it; the person's reading comes after that.
    Text* text = texts_.ours(id);
    if (letter == nullptr && text != nullptr &&
        std::find(text->to.begin(), text->to.end(), from) != text->to.end())
      show_receipt(m_, texts_, *text, from, read ? TextState::read : TextState::delivered);
  }
  compare_list(from, *receipt);
}

// The sender's own word about its DeviceList: a list that the server withholds shows (T17).
void Receipts::compare_list(const SignPublic& from, const Receipt& receipt) {
  const auto* known = m_.trust.device_list(from);
  if (known == nullptr || m_.self->decoy) return;
  if (receipt.list_version == (*known)->version && receipt.list_hash != known->hash())
    return m_.context.warn("fork", {}, from.view());
  if (receipt.list_version <= (*known)->version) return;
  m_.trust.fetch_device_list(from, [this, from, told = receipt.list_version](Status status) {
    const auto* now = m_.trust.device_list(from);
    if (status.ok() && now != nullptr && (*now)->version < told)
      m_.context.warn("list_withheld", {}, from.view());
  });
}

}  // namespace livlina::client
