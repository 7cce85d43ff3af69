#include "clients/core/sender.hpp"

#include <algorithm>
#include <utility>

#include "clients/core/message_layout.hpp"
#include "clients/core/text_view.hpp"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {
constexpr Duration ask_again = minute;  // for a DeviceList that could not be had
}  // namespace

void Sender::resolve(Letter& letter) {
  for (Addressee& a : letter.to) {
    if (a.resolved) continue;
    const auto devices = writable_devices(m_, a.account);
    if (!devices) {
      ask_for_list(a.account);
      continue;
    }
    a.resolved = true;
    for (const protocol::Device& device : *devices) a.targets.push_back({device.id});
    outbox_.save(letter);
  }
}

void Sender::ask_for_list(const SignPublic& account) {
  if (m_.self->decoy || !m_.logged_in() || m_.trust.device_list(account) != nullptr) return;
  const auto asked = asked_.find(account);
  if (asked != asked_.end() && m_.context.now - asked->second < ask_again) return;
  if (!asking_.insert(account).second) return;
  asked_[account] = m_.context.now;
  m_.trust.fetch_device_list(account, [this, account](Status) {
    asking_.erase(account);
    changed_();
  });
}

void Sender::seal_letters() {
  std::vector<std::uint64_t> orders;
  for (const auto& [order, letter] : outbox_.letters())
    if (letter.waiting()) orders.push_back(order);
  for (const std::uint64_t order : orders) {
    Letter& letter = outbox_.letters().find(order)->second;
    if (!advance(letter)) continue;
    outbox_.save(letter);
    settle(letter);
  }
}

// True when a target moved.
bool Sender::advance(Letter& letter) {
  resolve(letter);
  std::vector<Parcel::Item> items;
  bool moved = false;
  for (Addressee& a : letter.to) {
    for (Target& target : a.targets) {
      if (target.progress != Progress::waiting) continue;
      auto frame = seal(letter, a, target);
      moved |= target.progress != Progress::waiting;
      if (frame) items.push_back({letter.id, target.device, std::move(*frame)});
    }
  }
  ship(std::move(items));
  return moved;
}

std::optional<Bytes> Sender::seal(const Letter& letter, const Addressee& addressee,
                                  Target& target) {
  const auto devices = writable_devices(m_, addressee.account);
  if (!devices) return std::nullopt;
  const auto device = std::find_if(devices->begin(), devices->end(),
                                   [&](const auto& d) { return d.id == target.device; });
  if (device == devices->end()) {
    target.progress = Progress::gone;
    return std::nullopt;
  }
  const Outbound footing =
      outbound(m_, letter.kind, letter.circle, addressee.account, target.device);
  if (!footing.allowed) {
    if (!footing.covered && !m_.self->decoy)
      m_.context.warn("not_in_circle", letter.circle.view(), addressee.account.view());
    return std::nullopt;
  }
  if (starter_.prepare(addressee.account, *device, letter.kind) != SessionStarter::Answer::ready)
    return std::nullopt;
  const auto plain = encode(Plain{letter.id, letter.posted_at, addressee.counter, letter.body});
  auto frame = seal_frame(m_, sessions_, *sessions_.find(target.device), letter.kind, letter.circle,
                          footing, plain);
  if (!frame.ok()) {
    if (frame.error() == crypto::Error::too_large) target.progress = Progress::gone;
    return std::nullopt;
  }
  target.progress = Progress::sealed;
  return std::move(frame).value();
}

void Sender::ship(const MessageId& letter, const DeviceId& device, Bytes frame) {
  ship({Parcel::Item{letter, device, std::move(frame)}});
}

void Sender::ship(std::vector<Parcel::Item> items) {
  Parcel parcel;
  std::size_t bytes = 0;
  const auto close = [&] {
    if (parcel.items.empty()) return;
    parcel.id.bytes = m_.context.random.array<16>();
    outbox_.ship(std::exchange(parcel, {}));
    bytes = 0;
  };
  for (Parcel::Item& item : items) {
    if (parcel.items.size() == max_parcel_items || bytes + item.frame.size() > max_parcel_bytes)
      close();
    bytes += item.frame.size();
    parcel.items.push_back(std::move(item));
  }
  close();
}

void Sender::set_progress(const Parcel::Item& item, Progress progress) {
  Letter* letter = outbox_.find(item.letter);
  if (letter == nullptr) return;
  const bool changed = letter->change(item.device, [progress](Target& t) {
    // Only what was sealed last is stored now: a target may wait again meanwhile.
    if (progress == Progress::stored && t.progress != Progress::sealed) return false;
    t.progress = progress;
    return true;
  });
  if (!changed) return;
  outbox_.save(*letter);
  settle(*letter);
}

void Sender::receipted(Letter& letter, const DeviceId& device, Progress progress) {
  const bool changed = letter.change(device, [progress](Target& t) {
    if (t.progress == Progress::gone || t.progress >= progress) return false;
    t.progress = progress;
    return true;
  });
  if (!changed) return;
  for (const Addressee& a : letter.to)
    for (const Target& t : a.targets)
      if (t.device == device && on_receipt_) on_receipt_(letter.kind, a.account, device);
  outbox_.save(letter);
  settle(letter);
}

void Sender::settle(Letter& letter) {
  show_progress(m_, texts_, letter);
  if (letter.finished()) outbox_.erase(letter.order);
}

void Sender::again(const DeviceId& device) {
  for (auto& [order, letter] : outbox_.letters()) {
    const bool changed = letter.change(device, [](Target& t) {
      if (t.progress != Progress::stored && t.progress != Progress::sealed) return false;
      t.progress = Progress::waiting;
      return true;
    });
    if (!changed) continue;
    outbox_.save(letter);
    show_progress(m_, texts_, letter);
  }
}

void Sender::again(Letter& letter) {
  bool changed = false;
  for (Addressee& a : letter.to) {
    for (Target& t : a.targets) {
      if (t.progress != Progress::stored) continue;
      t.progress = Progress::waiting;
      changed = true;
    }
  }
  if (changed) outbox_.save(letter);
}

void Sender::all_again() {
  std::set<DeviceId> devices;
  for (const auto& [order, letter] : outbox_.letters())
    for (const Addressee& a : letter.to)
      for (const Target& t : a.targets)
        if (t.progress == Progress::stored) devices.insert(t.device);
  for (const DeviceId& device : devices) again(device);
}

void Sender::expire(Instant now) {
  std::vector<std::uint64_t> over;
  for (const auto& [order, letter] : outbox_.letters())
    if (now - letter.posted_at >= message_life) over.push_back(order);
  for (const std::uint64_t order : over) {
    Text* text = texts_.ours(outbox_.letters().find(order)->second.id);
    if (text != nullptr && (text->state == TextState::queued || text->state == TextState::stored))
      show_state(m_, texts_, *text, TextState::expired);
    outbox_.erase(order);
  }
  std::vector<std::uint64_t> empty;
  for (const auto& [order, parcel] : outbox_.parcels())
    if (under_way_.count(order) == 0 &&
        std::all_of(parcel.items.begin(), parcel.items.end(), [this](const Parcel::Item& item) {
          return !item.letter.zero() && outbox_.find(item.letter) == nullptr;
        }))
      empty.push_back(order);
  for (const std::uint64_t order : empty) outbox_.remove(order);
}

}  // namespace livlina::client
