// What comes in for the guard: forwarded records, the server's words, notes.
#include <algorithm>

#include "clients/core/guard.hpp"
#include "clients/core/note.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

using protocol::RecordType;

namespace {

// Slots that only the server spoke of are kept up to this number in a circle.
constexpr std::ptrdiff_t most_unexpected = 100;

constexpr Duration unknown_retry = minute;

}  // namespace

bool Guard::pushed(const v1::ServerFrame& frame) {
  if (frame.has_drained()) {
    drained_at_ = now();
    tick();
    return false;  // others want to know it too
  }
  if (!frame.has_delivery()) return false;
  const v1::Delivery& delivery = frame.delivery();
  if (delivery.has_record()) {
    record_came(livlina::view(delivery.record().record()), delivery.record().received_at(),
                delivery.seq(), false);
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

void Guard::record_came(ByteView bytes, Instant received_at, std::uint64_t seq, bool fetched) {
  const auto device = protocol::peek_device(bytes);
  if (!device.ok() || self_->participant) {
    context_.warn("bad_record", {}, crypto::sha256(bytes));
    return acknowledge(seq);
  }
  const auto owner = trust_.owner(*device);
  const Circle* circle = owner ? trust_.circle_of(*owner) : nullptr;
  const protocol::Device* known =
      circle == nullptr ? nullptr : (*trust_.device_list(*owner))->find(*device);
  if (known == nullptr) {
    // Perhaps a circle or a device list that we have not seen yet.
    if (!fetched) return ask_for_owner(seq, Unknown{to_bytes(bytes), received_at});
    context_.warn("unknown_device_record", {}, crypto::sha256(bytes));
    return acknowledge(seq);
  }
  const auto record = protocol::verify_checkin(bytes, known->sig);
  if (!record.ok() || (**record).circle != circle->id) {
    context_.warn("bad_record", circle->id.view(), crypto::sha256(bytes));
    return acknowledge(seq);
  }
  count(*circle, *record, received_at);
  acknowledge(seq);
}

// Whatever the server answers decides, because records that wait hold up the mail of everybody.
// Without an answer the record stays at the server, and is asked about again.
void Guard::ask_for_owner(std::uint64_t seq, Unknown came) {
  unknown_[seq] = std::move(came);
  trust_.fetch_circles([this, seq](Status status) {
    const auto it = unknown_.find(seq);
    if (it == unknown_.end()) return;
    const auto device = protocol::peek_device(it->second.record);
    if (!status.ok() && status.error() == Error::offline && !trust_.owner(*device)) {
      it->second.retry_at = context_.now + unknown_retry;
      return;
    }
    const Unknown decided = std::move(it->second);
    unknown_.erase(it);
    record_came(decided.record, decided.received_at, seq, true);
  });
}

void Guard::retry_unknown() {
  std::vector<std::uint64_t> due;
  for (const auto& [seq, came] : unknown_)
    if (came.retry_at != 0 && came.retry_at <= context_.now) due.push_back(seq);
  for (const std::uint64_t seq : due) {
    const Unknown came = std::move(unknown_[seq]);
    unknown_.erase(seq);
    record_came(came.record, came.received_at, seq, false);
  }
}

// False for one that was counted before, or that is not the only one of its number.
bool Guard::is_new(const CircleId& circle, const Verified<protocol::CheckinRecord>& record) {
  RecordChain& chain = watched_[circle].chains[record->device];
  switch (chain.add(record->seq, record->prev, record.hash())) {
    case RecordChain::Link::duplicate:
      return false;
    case RecordChain::Link::fork:
      context_.warn("record_fork", circle.view(), record.hash());
      return false;
    case RecordChain::Link::gap:
      context_.warn("record_gap", circle.view(), record.hash());
      break;
    case RecordChain::Link::late:
    case RecordChain::Link::follows:
      break;
  }
  save_chain(circle, record->device, chain);
  return true;
}

// The participant's device knew less than we do although it spoke later: somebody shows it an old
// state. It knows more: we are behind. The shadow's heads may lag, and only its real realm renews
// them.
void Guard::compare_heads(const Circle& circle, const Verified<protocol::CheckinRecord>& verified) {
  const protocol::CheckinRecord& record = *verified;
  if (circle.shadow == record.device) return;
  const auto* manifest = circle.newest();
  if (manifest == nullptr) return;
  const protocol::Heads& heads = record.heads;
  const auto* list = trust_.device_list(circle.participant);
  const std::uint32_t seq = (*manifest)->seq;
  const std::uint32_t list_version = list == nullptr ? 0 : (*list)->version;
  const std::uint32_t plan_version = circle.plan ? (*circle.plan)->version : 0;

  const bool behind = heads.manifest_seq < seq && record.claimed_at > (*manifest)->issued_at;
  const bool list_behind = list != nullptr && heads.devlist_version < list_version &&
                           record.claimed_at > (*list)->issued_at;
  if (behind || list_behind) context_.warn("rollback", circle.id.view(), verified.hash());
  const bool forked = heads.manifest_seq == seq && heads.manifest_hash != manifest->hash();
  const bool list_forked = list != nullptr && heads.devlist_version == list_version &&
                           heads.devlist_hash != list->hash();
  if (forked || list_forked) context_.warn("fork", circle.id.view(), verified.hash());

  if (heads.manifest_seq <= seq && heads.plan_version <= plan_version &&
      (list == nullptr || heads.devlist_version <= list_version))
    return;
  trust_.fetch_circle(
      circle.id, [this, id = circle.id, heads, evidence = verified.hash()](Status status) {
        const Circle* known = trust_.circle(id);
        if (!status.ok() || known == nullptr || known->newest() == nullptr) return;
        const auto* newest_list = trust_.device_list(known->participant);
        const std::uint32_t plan = known->plan ? (*known->plan)->version : 0;
        // The server answered, and still withholds what the participant has signed.
        if ((*known->newest())->seq < heads.manifest_seq || plan < heads.plan_version ||
            (newest_list != nullptr && (*newest_list)->version < heads.devlist_version))
          context_.warn("withheld", id.view(), evidence);
      });
}

// Pressed for this slot, but arrived after the deadline: the server's commit time decides. Pressed
// when no slot was open any more: for the last one, until the next opens.
bool Guard::is_late(const Watched& watched, const WatchedSlot& slot,
                    const protocol::CheckinRecord& record, Instant received_at) const {
  if (received_at <= slot.deadline || record.claimed_at < slot.opens_at - protocol::press_slack)
    return false;
  if (record.slot_utc == slot.due || record.claimed_at <= slot.deadline) return true;
  return record.slot_utc == 0 &&
         std::none_of(watched.slots.begin(), watched.slots.end(), [&](const auto& entry) {
           const WatchedSlot& other = entry.second;
           return other.schedule == slot.schedule && other.due > slot.due &&
                  other.opens_at <= received_at;
         });
}

void Guard::count(const Circle& circle, const Verified<protocol::CheckinRecord>& record,
                  Instant received_at) {
  expect(circle);
  if (!is_new(circle.id, record)) return;
  compare_heads(circle, record);
  if (record->type != RecordType::checkin || !expects(circle)) return;
  Watched& watched = watched_[circle.id];
  // A slot that opened before we knew the plan is not ours to expect, but an answer shows. So it
  // does for one that opens in a moment by our clock, and has opened by the server's.
  if (received_at <= now() + protocol::press_slack && received_at > now() - slot_memory)
    for (const protocol::Schedule& s : (*circle.plan)->schedules)
      for (const protocol::Slot& open : protocol::slots_between(
               s, received_at - (Duration{s.opens_before_s} + s.grace_s) * second - 1, received_at,
               8, context_.zones))
        if (received_at <= open.deadline && pressed_for(*record, s.id, open.opens_at, open.due)) {
          WatchedSlot slot;
          slot.schedule = open.schedule;
          slot.opens_at = open.opens_at;
          slot.due = open.due;
          slot.deadline = open.deadline;
          slot.expected = false;
          (void)watched.slots.try_emplace({open.due, open.schedule}, slot);
        }
  for (auto& [key, slot] : watched.slots) {
    if (!pressed_for(*record, slot.schedule, slot.opens_at, slot.due)) continue;
    const bool in_time = slot.opens_at <= received_at && received_at <= slot.deadline;
    if (in_time || is_late(watched, slot, *record, received_at))
      count_for(circle, slot, record, received_at, !in_time);
  }
}

void Guard::count_for(const Circle& circle, WatchedSlot& slot,
                      const Verified<protocol::CheckinRecord>& record, Instant received_at,
                      bool late) {
  const bool by_shadow = circle.shadow == record->device;
  // One in time goes before a late one; of two such the more severe.
  const bool first = slot.answer == 0 || (slot.late && !late);
  const bool more = slot.late == late && record->answer > slot.answer;
  if (first || more) {
    slot.answer = record->answer;
    slot.late = late;
    slot.answered_at = received_at;
    slot.note_ref = record->note_ref;
  } else if (!by_shadow || slot.by_shadow) {
    return;
  }
  slot.by_shadow = slot.by_shadow || by_shadow;
  save(circle.id, slot);
  show(circle, slot);
  if (view(circle, slot).state() == static_cast<std::uint32_t>(SlotView::server_contradicts))
    context_.warn("server_contradicts", circle.id.view(), warning_subject(slot));
}

// The slot that the server speaks of; one that we do not expect when it can be one at all. nullptr:
// it speaks of nothing.
WatchedSlot* Guard::slot_of(const CircleId& circle, const v1::OccurrenceWord& word) {
  const auto schedule = ScheduleId::from(word.schedule_id());
  if (!schedule) return nullptr;
  auto& slots = watched_[circle].slots;
  const auto it = slots.find({word.due(), *schedule});
  if (it != slots.end()) return &it->second;
  const bool possible = word.due() > now() - slot_memory && word.due() < now() + 2 * day &&
                        word.deadline() >= word.due() && word.deadline() <= word.due() + day;
  const auto unexpected = std::count_if(slots.begin(), slots.end(),
                                        [](const auto& entry) { return !entry.second.expected; });
  if (!possible || unexpected >= most_unexpected) return nullptr;
  // Perhaps it opened before we knew the plan: then the server's word is all.
  WatchedSlot slot;
  slot.schedule = *schedule;
  slot.opens_at = word.due();
  slot.due = word.due();
  slot.deadline = word.deadline();
  slot.expected = false;
  return &slots.emplace(SlotKey{slot.due, slot.schedule}, slot).first->second;
}

void Guard::word_came(const v1::OccurrenceWord& word) {
  const auto id = CircleId::from(word.circle_id());
  const Circle* circle = id ? trust_.circle(*id) : nullptr;
  if (circle == nullptr || !standing(*circle)) return;
  if (word.state() < 2 || word.state() > 4) return;
  expect(*circle);
  WatchedSlot* slot = slot_of(*id, word);
  if (slot == nullptr) return;
  if (slot->expected && word.deadline() != slot->deadline && !slot->moved) {
    slot->moved = true;
    context_.warn("deadline_moved", id->view(), warning_subject(*slot));
  }
  slot->word = static_cast<ServerWord>(word.state());
  save(*id, *slot);
  show(*circle, *slot);
  if (view(*circle, *slot).state() == static_cast<std::uint32_t>(SlotView::server_contradicts))
    context_.warn("server_contradicts", id->view(), warning_subject(*slot));
}

void Guard::note_came(const Incoming& in) {
  const auto note = parse_note(in.plain);
  if (!note || note->text.empty()) return;
  store_note(context_.store, *note, context_.now);
  incidents_.note_came(note->ref());
  const Circle* circle = trust_.circle(in.circle);
  const auto watched = watched_.find(in.circle);
  if (circle == nullptr || watched == watched_.end()) return;
  for (const auto& [key, slot] : watched->second.slots)
    if (slot.note_ref == note->ref()) show(*circle, slot);
}

}  // namespace livlina::client
