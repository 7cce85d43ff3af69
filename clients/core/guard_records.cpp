// What comes in for the guard: forwarded records, the server's words, notes.
#include <algorithm>

#include "clients/core/guard.hpp"
#include "clients/core/note.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

using protocol::RecordType;

bool Guard::pushed(const v1::ServerFrame& frame) {
  if (frame.has_drained()) {
    drained_at_ = now();
    tick();
    return false;  // others want to know it too
  }
  if (!frame.has_delivery()) return false;
  const v1::Delivery& delivery = frame.delivery();
  if (delivery.has_record()) {
    record_came(delivery.record(), delivery.seq(), false);
    return true;
  }
  if (delivery.has_word()) {
    word_came(delivery.word());
    acknowledge(delivery.seq());
    return true;
  }
  return false;
}

// Sent in the step that stores what was delivered, so nothing acknowledged can be lost.
void Guard::acknowledge(std::uint64_t seq) {
  v1::Request request;
  request.mutable_ack_deliveries()->add_seqs(seq);
  context_.requests.send(std::move(request), [](const v1::ServerFrame*) {});
}

void Guard::record_came(const v1::ForwardedRecord& forwarded, std::uint64_t seq, bool fetched) {
  const auto device = protocol::peek_device(livlina::view(forwarded.record()));
  if (!device.ok()) {
    context_.warn("bad_record");
    return acknowledge(seq);
  }
  const auto owner = trust_.owner(*device);
  const Circle* circle = owner ? trust_.circle_of(*owner) : nullptr;
  if (circle == nullptr) {
    if (fetched) {
      context_.warn("unknown_device_record", {}, device->view());
      return acknowledge(seq);
    }
    // Perhaps a circle or a device list that we have not seen yet. Kept unacknowledged until then.
    return trust_.fetch_circles([this, forwarded, seq](Status status) {
      if (!status.ok() && status.error() == Error::offline) return;
      record_came(forwarded, seq, true);
    });
  }
  const protocol::Device* known = (*trust_.device_list(*owner))->find(*device);
  const auto record = protocol::verify_checkin(livlina::view(forwarded.record()), known->sig);
  if (!record.ok() || (**record).circle != circle->id) {
    context_.warn("bad_record", circle->id.view(), device->view());
    return acknowledge(seq);
  }
  count(*circle, *record, forwarded.received_at());
  acknowledge(seq);
}

// The chain of one device's records: false for one that was counted before.
bool Guard::follows(const CircleId& circle, const Verified<protocol::CheckinRecord>& record) {
  auto& chains = watched_[circle].chains;
  const auto [it, first] = chains.try_emplace(record->device);
  Chain& chain = it->second;
  if (!first && record->seq <= chain.seq) {
    if (record->seq == chain.seq && record.hash() != chain.hash)
      context_.warn("record_fork", circle.view(), record->device.view());
    return false;
  }
  if (!first && (record->seq != chain.seq + 1 || record->prev != chain.hash))
    context_.warn("record_gap", circle.view(), record.hash());
  chain = {record->seq, record.hash()};
  context_.store.put("guard/" + circle.hex() + "/chain/" + record->device.hex(),
                     ByteWriter().u8(1).u64(chain.seq).bytes(chain.hash).get());
  return true;
}

// The participant's device knew less than we do although it spoke later: somebody shows it an old
// state. It knows more: we are behind. The shadow's heads may lag, and only its real realm renews
// them.
void Guard::compare_heads(const Circle& circle, const protocol::CheckinRecord& record) {
  if (circle.shadow == record.device) return;
  const auto* manifest = circle.newest();
  if (manifest == nullptr) return;
  const protocol::Heads& heads = record.heads;
  const bool later = record.claimed_at > (*manifest)->issued_at;
  const bool behind = heads.manifest_seq < (*manifest)->seq && later;
  const bool forked =
      heads.manifest_seq == (*manifest)->seq && heads.manifest_hash != manifest->hash();
  const auto* list = trust_.device_list(circle.participant);
  const bool list_behind = list != nullptr && record.claimed_at > (*list)->issued_at &&
                           heads.devlist_version < (*list)->version;
  const bool list_forked = list != nullptr && heads.devlist_version == (*list)->version &&
                           heads.devlist_hash != list->hash();
  if (behind || list_behind) context_.warn("rollback", circle.id.view());
  if (forked || list_forked) context_.warn("fork", circle.id.view());
  const bool plan_ahead =
      heads.plan_version > (circle.plan ? (*circle.plan)->version : std::uint32_t{0});
  if (heads.manifest_seq > (*manifest)->seq || plan_ahead ||
      (list != nullptr && heads.devlist_version > (*list)->version)) {
    const CircleId id = circle.id;
    trust_.fetch_circle(id, [this, id, seq = heads.manifest_seq](Status status) {
      const Circle* now_known = trust_.circle(id);
      const auto* newest = now_known == nullptr ? nullptr : now_known->newest();
      // The server answered, and still withholds what the participant has signed.
      if (status.ok() && newest != nullptr && (*newest)->seq < seq)
        context_.warn("withheld", id.view());
    });
  }
}

void Guard::count(const Circle& circle, const Verified<protocol::CheckinRecord>& record,
                  Instant received_at) {
  expect(circle);
  if (!follows(circle.id, record)) return;
  compare_heads(circle, *record);
  if (record->type != RecordType::checkin || !standing(circle)) return;
  for (auto& [key, slot] : watched_[circle.id].slots) {
    const bool in_time = slot.opens_at <= received_at && received_at <= slot.deadline;
    // Pressed for this slot, but it arrived after the deadline: the server's commit time decides.
    const bool late = received_at > slot.deadline && slot.opens_at <= record->claimed_at &&
                      (record->slot_utc == slot.due || record->claimed_at <= slot.deadline);
    if (!in_time && !late) continue;
    // A second answer counts when it is more severe; a late one never covers one in time.
    if (slot.in_time() && (late || record->answer <= slot.answer) &&
        !(circle.shadow == record->device && !slot.by_shadow))
      continue;
    slot.answer = std::max(slot.in_time() ? slot.answer : std::uint8_t{0}, record->answer);
    slot.late = late;
    slot.by_shadow = slot.by_shadow || circle.shadow == record->device;
    slot.answered_at = received_at;
    slot.note_ref = record->note_ref;
    save(circle.id, slot);
    show(circle, slot);
    const std::string subject = livlina::to_string(ByteWriter().i64(slot.due).get());
    if (slot.in_time() && slot.word == ServerWord::missed)
      context_.warn("server_contradicts", circle.id.view(), livlina::view(subject));
  }
}

void Guard::word_came(const v1::OccurrenceWord& word) {
  const auto id = CircleId::from(word.circle_id());
  const auto schedule = ScheduleId::from(word.schedule_id());
  const Circle* circle = id ? trust_.circle(*id) : nullptr;
  if (circle == nullptr || !schedule || !standing(*circle)) return;
  if (word.state() < 2 || word.state() > 4) return;
  expect(*circle);
  auto& slots = watched_[*id].slots;
  const auto [it, unexpected] = slots.try_emplace({word.due(), *schedule});
  WatchedSlot& slot = it->second;
  if (unexpected) {  // perhaps it opened before we knew the plan: then the server's word is all
    slot.schedule = *schedule;
    slot.opens_at = word.due();
    slot.due = word.due();
    slot.deadline = word.deadline();
    slot.expected = false;
  }
  const std::string subject = livlina::to_string(ByteWriter().i64(slot.due).get());
  if (slot.expected && word.deadline() != slot.deadline && !slot.moved) {
    slot.moved = true;
    context_.warn("deadline_moved", id->view(), livlina::view(subject));
  }
  slot.word = static_cast<ServerWord>(word.state());
  save(*id, slot);
  show(*circle, slot);
  if (view(*circle, slot).state() == static_cast<std::uint32_t>(SlotView::server_contradicts))
    context_.warn("server_contradicts", id->view(), livlina::view(subject));
}

void Guard::note_came(const Incoming& in) {
  const auto note = parse_note(in.plain);
  if (!note) return;
  store_note(context_.store, *note);
  const Circle* circle = trust_.circle(in.circle);
  const auto watched = watched_.find(in.circle);
  if (circle == nullptr || watched == watched_.end() || note->text.empty()) return;
  for (const auto& [key, slot] : watched->second.slots)
    if (slot.note_ref == note->ref()) show(*circle, slot);
}

}  // namespace livlina::client
