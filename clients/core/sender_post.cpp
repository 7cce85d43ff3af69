// Sender's side towards the server: parcels as requests, and what each answer means.
#include <algorithm>
#include <utility>

#include "clients/core/reply.hpp"
#include "clients/core/sender.hpp"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

constexpr std::size_t most_under_way = 8;
constexpr Duration busy_wait = 5 * second;
constexpr Duration refused_wait = 10 * minute;

}  // namespace

void Sender::online() {
  wait_until_.clear();
  refused_.clear();
  asked_.clear();
}

void Sender::post_parcels() {
  if (!m_.logged_in()) return;
  std::vector<std::uint64_t> orders;
  for (const auto& [order, parcel] : outbox_.parcels()) {
    const auto wait = wait_until_.find(order);
    if (wait != wait_until_.end() && m_.context.now < wait->second) continue;
    wait_until_.erase(order);
    if (under_way_.count(order) == 0) orders.push_back(order);
  }
  for (const std::uint64_t order : orders) {
    if (under_way_.size() >= most_under_way) return;
    const auto parcel = outbox_.parcels().find(order);
    if (parcel != outbox_.parcels().end()) post(parcel->second);
  }
}

void Sender::post(const Parcel& parcel) {
  v1::Request request;
  v1::PostMessage& message = *request.mutable_post_message();
  message.set_message_id(to_string(parcel.id.view()));
  for (const Parcel::Item& item : parcel.items) {
    v1::Envelope& envelope = *message.add_envelopes();
    envelope.set_device_id(to_string(item.device.view()));
    envelope.set_frame(to_string(item.frame));
  }
  under_way_.insert(parcel.order);
  m_.context.requests.send(
      std::move(request),
      [this, order = parcel.order](const v1::ServerFrame* reply) { answered(order, reply); });
}

void Sender::answered(std::uint64_t order, const v1::ServerFrame* reply) {
  under_way_.erase(order);
  const auto it = outbox_.parcels().find(order);
  if (it == outbox_.parcels().end() || reply == nullptr) return;
  if (reply->has_stored()) {
    const Parcel parcel = std::move(it->second);
    outbox_.remove(order);
    stored(parcel);
  } else if (no_answer(reply) &&  // the same bytes again, later
             !(reply->error().code() == v1::QUEUE_FULL && it->second.items.size() > 1)) {
    wait_until_[order] =
        m_.context.now + std::max<Duration>(busy_wait, reply->error().retry_after_ms());
  } else {
    refused(order);
  }
  changed_();
}

void Sender::stored(const Parcel& parcel) {
  wait_until_.erase(parcel.order);
  refused_.erase(parcel.order);
  for (const Parcel::Item& item : parcel.items) set_progress(item, Progress::stored);
}

bool Sender::gone(const Parcel::Item& item) const {
  const Peer* peer = sessions_.find(item.device);
  const auto* list = peer == nullptr ? nullptr : m_.trust.device_list(peer->account);
  return list != nullptr && (*list)->find(item.device) == nullptr;
}

// All rows or none: what it refuses for one device must not keep the others waiting. The same
// bytes go again, each device alone, and rarely, for as long as the device is on the newest list.
void Sender::refused(std::uint64_t order) {
  const Parcel parcel = outbox_.parcels().find(order)->second;
  if (parcel.items.size() > 1) {
    outbox_.remove(order);
    for (const Parcel::Item& item : parcel.items) ship({item});
    return;
  }
  const Parcel::Item& item = parcel.items.front();
  if (item.letter.zero() || gone(item)) {
    outbox_.remove(order);
    return set_progress(item, Progress::gone);
  }
  refused_.insert(order);
  wait_until_[order] = m_.context.now + refused_wait;
  const Peer* peer = sessions_.find(item.device);
  if (peer == nullptr || !asking_.insert(peer->account).second) return;
  m_.trust.fetch_device_list(peer->account, [this, account = peer->account, order](Status) {
    asking_.erase(account);
    const auto it = outbox_.parcels().find(order);
    if (it == outbox_.parcels().end() || under_way_.count(order) != 0) return;
    const Parcel::Item refused_item = it->second.items.front();
    if (!gone(refused_item)) return;
    outbox_.remove(order);
    set_progress(refused_item, Progress::gone);
  });
}

bool Sender::idle() const {
  return under_way_.empty() && asking_.empty() &&
         std::all_of(outbox_.parcels().begin(), outbox_.parcels().end(),
                     [this](const auto& entry) { return refused_.count(entry.first) != 0; });
}

std::optional<Instant> Sender::retry_at() const {
  std::optional<Instant> out;
  for (const auto& [order, at] : wait_until_)
    if (outbox_.parcels().count(order) != 0) out = std::min(out.value_or(at), at);
  return out;
}

}  // namespace livlina::client
