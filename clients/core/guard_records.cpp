// What comes in for the guard: forwarded records with their chain and heads, notes. What a record
// answers is in guard_answers.cpp, what people hear of it whatever it answers in guard_spoken.cpp.
#include <algorithm>

#include "clients/core/given.hpp"
#include "clients/core/guard.hpp"
#include "clients/core/note.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

using protocol::RecordType;

namespace {
constexpr Duration unknown_retry = minute;
constexpr std::size_t most_unknown = 1000;  // more stay at the server, unacknowledged
}  // namespace

bool Guard::pushed(const v1::ServerFrame& frame) {
  if (self_->participant) {
    // No record is for us; nothing else of it is ours.
    if (!frame.has_delivery() || !frame.delivery().has_record()) return false;
    const ByteView record = livlina::view(frame.delivery().record().record());
    context_.warn("bad_record", {}, crypto::sha256(record));
    acknowledge(frame.delivery().seq());
    return true;
  }
  if (frame.has_drained()) {
    change(Link::drained);
    tick();
    return false;  // others want to know it too
  }
  if (frame.has_incident_changed()) {
    named_by(frame.incident_changed().incident());
    return false;  // it is the incidents' own
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
  if (!device.ok()) {
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
  if (unknown_.size() >= most_unknown && unknown_.count(seq) == 0) return;
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

void Guard::count(const Circle& circle, const Verified<protocol::CheckinRecord>& record,
                  Instant received_at) {
  expect(circle);
  const RecordChain::Link how = link(circle.id, record);
  if (how == RecordChain::Link::duplicate) return;
  if (unmarked(circle)) {
    account();  // what passed before is no waiting for it
    watched_[circle.id].unmarked = true;
    watched_[circle.id].mark_missed = false;
  }
  heard(circle, record, received_at);
  // Which of two records under one number was meant is not known: neither answers anything more.
  if (how == RecordChain::Link::fork) return;
  compare_heads(circle, record);
  if (record->type == RecordType::checkin && expects(circle))
    answer_slots(circle, record, received_at);
}

// Remembers it; a gap and a fork are shown.
RecordChain::Link Guard::link(const CircleId& circle,
                              const Verified<protocol::CheckinRecord>& record) {
  RecordChain& chain = watched_[circle].chains[record->device];
  const auto how = chain.add(record->seq, record->prev, record.hash());
  if (how == RecordChain::Link::fork) context_.warn("record_fork", circle.view(), record.hash());
  if (how == RecordChain::Link::gap) context_.warn("record_gap", circle.view(), record.hash());
  if (how != RecordChain::Link::fork && how != RecordChain::Link::duplicate)
    save_chain(circle, record->device, chain);
  return how;
}

// The participant's device knew less than we do although it spoke later: somebody shows it an old
// state. It knows more: we are behind. The shadow's heads may lag, and only its real realm renews
// them. What the phone itself has published it goes by when it hears that it was taken: until then,
// when the answer was lost (a server that ended), its records name the one before.
void Guard::compare_heads(const Circle& circle, const Verified<protocol::CheckinRecord>& verified) {
  const protocol::CheckinRecord& record = *verified;
  if (circle.shadow == record.device) return;
  const auto* manifest = circle.newest();
  if (manifest == nullptr) return;
  const protocol::Heads& heads = record.heads;
  const auto* list = trust_.device_list(circle.participant);
  const std::uint32_t seq = (*manifest)->seq;
  const std::uint32_t list_version = list == nullptr ? 0 : (*list)->version;

  const bool behind = heads.manifest_seq < seq &&
                      record.claimed_at > (*manifest)->issued_at + protocol::press_slack;
  const bool list_behind = list != nullptr && heads.devlist_version < list_version &&
                           record.claimed_at > (*list)->issued_at + protocol::press_slack;
  if (behind || list_behind) context_.warn("rollback", circle.id.view(), verified.hash());
  const bool forked = heads.manifest_seq == seq && heads.manifest_hash != manifest->hash();
  const bool list_forked = list != nullptr && heads.devlist_version == list_version &&
                           heads.devlist_hash != list->hash();
  if (forked || list_forked) context_.warn("fork", circle.id.view(), verified.hash());
  compare_plan(circle, verified);

  const std::uint32_t plan_version = circle.plan ? (*circle.plan)->version : 0;
  if (heads.manifest_seq > seq || heads.plan_version > plan_version ||
      (list != nullptr && heads.devlist_version > list_version))
    ask_for_heads(circle, verified);
}

// Between its signature and its approval a plan is not in force, and the participant goes by the
// old one; but what this client follows the participant's own phone has published before.
void Guard::compare_plan(const Circle& circle, const Verified<protocol::CheckinRecord>& record) {
  if (!circle.plan) return;
  const auto watched = watched_.find(circle.id);
  const bool followed = watched != watched_.end() && watched->second.follows(*circle.plan);
  const Instant since =
      followed ? watched->second.plan_since + protocol::press_slack : (*circle.plan)->issued_at;
  const std::uint32_t version = (*circle.plan)->version;
  if (record->heads.plan_version < version && record->claimed_at > since)
    context_.warn("rollback", circle.id.view(), record.hash());
  if (record->heads.plan_version == version && record->plan_hash != circle.plan->hash())
    context_.warn("fork", circle.id.view(), record.hash());
}

void Guard::ask_for_heads(const Circle& circle, const Verified<protocol::CheckinRecord>& record) {
  trust_.fetch_circle(circle.id, [this, id = circle.id, heads = record->heads,
                                  evidence = record.hash()](Status status) {
    const Circle* known = trust_.circle(id);
    if (!status.ok() || known == nullptr || known->newest() == nullptr) return;
    const auto* newest_list = trust_.device_list(known->participant);
    const std::uint32_t plan = known->plan ? (*known->plan)->version : 0;
    // The server answered, and still withholds what the participant has signed.
    if ((*known->newest())->seq < heads.manifest_seq || plan < heads.plan_version ||
        (newest_list != nullptr && (*newest_list)->version < heads.devlist_version))
      restored_of_late(context_) ? context_.warn("server_behind", id.view())
                                 : context_.warn("withheld", id.view(), evidence);
  });
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
  for (const auto& [hash, spoken] : watched->second.spoken)
    if (spoken.record.note_ref == note->ref()) show(*circle, spoken.record);
}

}  // namespace livlina::client
