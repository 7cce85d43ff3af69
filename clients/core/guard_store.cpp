// What the guard keeps: "guard/<circle>/" with the cursor, the plan that it follows, the slots, the
// chains of records and what was heard; and how long it was connected without its queue drained.
#include <algorithm>

#include "clients/core/guard.hpp"

namespace livlina::client {

namespace {

constexpr std::uint8_t layout_version = 1;
constexpr std::uint8_t plan_version = 2;
constexpr std::string_view undrained_key = "undrained";
constexpr std::string_view prefix = "guard/";
constexpr std::string_view slot_part = "slot/";
constexpr std::string_view chain_part = "chain/";
constexpr std::string_view spoken_part = "spoken/";
constexpr std::size_t id_digits = 32;

std::string key(const CircleId& circle, std::string_view what) {
  return std::string(prefix) + circle.hex() + "/" + std::string(what);
}

// Due instants as sixteen hex digits: the order of the store is the order of time.
std::string slot_key(const CircleId& circle, const WatchedSlot& slot) {
  ByteArray<8> big{};
  for (std::size_t i = 0; i < 8; ++i)
    big[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(slot.due) >> (56 - 8 * i));
  return key(circle, slot_part) + hex(big) + slot.schedule.hex();
}

}  // namespace

crypto::Status Guard::load(const Identity& identity) {
  self_ = &identity;
  watched_.clear();
  accounted_ = context_.awake;
  seeing_until_ = context_.awake;
  opened_ = context_.awake;
  proof_at_.reset();
  heard_ = 0;
  unsteady_ = false;
  unsteady_at_ = context_.awake;
  date_ = now();
  date_awake_ = context_.awake;
  date_floor_ = 0;
  confirm_date();
  if (!load_undrained()) return crypto::Error::bad_format;
  for (const crypto::Kind kind : {crypto::Kind::checkin_note, crypto::Kind::alarm})
    messenger_.subscribe(kind, [this](const Incoming& in) { note_came(in); });
  for (const std::string& k : context_.store.keys(prefix)) {
    const std::string_view rest = std::string_view(k).substr(prefix.size());
    const auto id = CircleId::from(unhex(rest.substr(0, id_digits)));
    if (!id || rest.size() <= id_digits + 1) return crypto::Error::bad_format;
    if (!load_value(*id, rest.substr(id_digits + 1), context_.store.get(k)))
      return crypto::Error::bad_format;
  }
  for (const Circle* circle : trust_.circles())
    if (const auto it = watched_.find(circle->id); it != watched_.end())
      it->second.unmarked = unmarked(*circle) && anything_said(it->second);
  return crypto::done();
}

bool Guard::anything_said(const Watched& watched) {
  return !watched.spoken.empty() ||
         std::any_of(watched.slots.begin(), watched.slots.end(),
                     [](const auto& entry) { return entry.second.answered(); });
}

bool Guard::load_undrained() {
  undrained_ = 0;
  if (!context_.store.has(undrained_key)) return true;
  ByteReader r(context_.store.get(undrained_key));
  const bool known = r.u8() == layout_version;
  undrained_ = r.i64();
  return known && r.done() && undrained_ >= 0 && undrained_ <= drain_patience;
}

void Guard::save_undrained() {
  if (undrained_ == 0)
    context_.store.erase(undrained_key);
  else
    context_.store.put(undrained_key, ByteWriter().u8(layout_version).i64(undrained_).get());
}

bool Guard::load_value(const CircleId& circle, std::string_view what, ByteView value) {
  Watched& watched = watched_[circle];
  if (what == "cursor") {
    ByteReader r(value);
    const bool known = r.u8() == layout_version;
    watched.cursor = r.i64();
    return known && r.done();
  }
  if (what == "plan") {
    ByteReader r(value);
    const bool known = r.u8() == plan_version;
    watched.plan_since = r.i64();
    auto plan = protocol::verify_plan(r.view(r.left()));
    if (!known || !plan.ok() || (*plan)->circle != circle) return false;
    watched.plan = std::make_shared<const Verified<protocol::Plan>>(std::move(*plan));
    return true;
  }
  if (what == "lapse") {
    ByteReader r(value);
    const bool known = r.u8() == layout_version;
    Lapse& lapse = watched.lapse;
    lapse.looked_at = r.u32();
    const std::uint8_t kind = r.u8();
    const Instant since = r.i64();
    if (kind != 0) lapse.since = since;
    lapse.by_date = kind == 2;
    return known && r.done() && kind <= 2;
  }
  if (what.substr(0, chain_part.size()) == chain_part) {
    const auto device = DeviceId::from(unhex(what.substr(chain_part.size())));
    auto chain = RecordChain::parse(value);
    if (!device || !chain) return false;
    watched.chains.insert_or_assign(*device, std::move(*chain));
    return true;
  }
  if (what.substr(0, spoken_part.size()) == spoken_part) {
    const auto record = parse_spoken_record(value);
    if (!record) return false;
    watched.spoken.insert_or_assign(record->hash, Spoken{*record});
    return true;
  }
  const auto slot = parse_watched_slot(value);
  if (!slot) return false;
  watched.slots[{slot->due, slot->schedule}] = *slot;
  return true;
}

void Guard::save(const CircleId& circle, const WatchedSlot& slot) {
  context_.store.put(slot_key(circle, slot), encode(slot));
}

void Guard::erase(const CircleId& circle, const WatchedSlot& slot) {
  context_.store.erase(slot_key(circle, slot));
  const Bytes subject = warning_subject(slot);
  for (const char* code : {"nothing_came", "server_contradicts", "deadline_moved", "not_connected",
                           "pressed_other_time", "received_at_contradicts"})
    context_.forget_warning(code, circle.view(), subject);
}

void Guard::save(const CircleId& circle, const SpokenRecord& record) {
  context_.store.put(key(circle, spoken_part) + hex(record.hash), encode(record));
}

void Guard::erase(const CircleId& circle, const SpokenRecord& record) {
  context_.store.erase(key(circle, spoken_part) + hex(record.hash));
  context_.forget_warning("alarm_without_incident", circle.view(), record.hash);
}

void Guard::save_cursor(const CircleId& circle, const Watched& watched) {
  context_.store.put(key(circle, "cursor"),
                     ByteWriter().u8(layout_version).i64(watched.cursor).get());
}

void Guard::save_plan(const CircleId& circle, const Watched& watched) {
  context_.store.put(
      key(circle, "plan"),
      ByteWriter().u8(plan_version).i64(watched.plan_since).bytes(watched.plan->record()).get());
}

// u8 version | u32 manifest | u8: 0 none, 1 a lapse, 2 one by a date only | i64 since.
void Guard::save_lapse(const CircleId& circle, const Watched& watched) {
  const Lapse& lapse = watched.lapse;
  const std::uint8_t kind = !lapse.since ? 0 : lapse.by_date ? 2 : 1;
  ByteWriter w;
  w.u8(layout_version).u32(lapse.looked_at).u8(kind).i64(lapse.since.value_or(0));
  context_.store.put(key(circle, "lapse"), w.get());
}

void Guard::save_chain(const CircleId& circle, const DeviceId& device, const RecordChain& chain) {
  context_.store.put(key(circle, chain_part) + device.hex(), chain.encode());
}

}  // namespace livlina::client
