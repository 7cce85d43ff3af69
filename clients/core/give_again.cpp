#include "clients/core/give_again.hpp"

#include <algorithm>

#include "clients/core/reply.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"
#include "protocol/records/checkin_record.hpp"

namespace livlina::client {

namespace {

using protocol::RecordType;

// The rounds of the last day: u8 version | instant of the first | u8 how many.
constexpr std::string_view rounds_key = "given/rounds";
constexpr std::uint8_t layout = 1;
constexpr Duration item_retry = 5 * second;
constexpr int most_tries = 3;  // so often it goes again soon
constexpr Duration later_retry = 1 * minute;

struct Rounds {
  Instant since = 0;
  std::uint8_t used = 0;
};

// Of a day that is over, or of one to come before the phone's clock was set back: none.
Rounds read_rounds(const Store& store, Instant now) {
  ByteReader r(store.get(rounds_key));
  const std::uint8_t v = r.u8();
  const Rounds out{r.i64(), r.u8()};
  const bool today = out.since <= now && now - out.since < day;
  return r.done() && v == layout && today ? out : Rounds{now, 0};
}

void count_round(Store& store, Instant now) {
  Rounds rounds = read_rounds(store, now);
  if (rounds.used < most_rounds) ++rounds.used;
  ByteWriter w;
  store.put(rounds_key, w.u8(layout).i64(rounds.since).u8(rounds.used).get());
}

v1::Request put_plan(const std::vector<GivenPlan>& plans) {
  v1::Request out;
  v1::PutPlan& put = *out.mutable_put_plan();
  put.set_record(to_string(plans.back().record));
  put.set_approval(to_string(plans.back().approval));
  for (std::size_t i = 0; i + 1 < plans.size(); ++i) put.add_before(to_string(plans[i].record));
  return out;
}

// What somebody waits for, or what ends that: everything but an ok.
bool calls_for_people(const protocol::CheckinRecord& record) {
  return record.type != RecordType::checkin || record.answer >= 2;
}

// In one group each waits for the one before.
enum class Group : std::uint8_t { none, plan, manifests, plan_again, rosters, directories };

GivenTag tag_of(Group group, ByteView record) {
  const Bytes named = ByteWriter().u8(static_cast<std::uint8_t>(group)).bytes(record).take();
  const crypto::Hash hash = crypto::sha256(named);
  GivenTag out{};
  std::copy_n(hash.begin(), out.size(), out.begin());
  return out;
}

}  // namespace

struct GiveAgain::Item {
  Lane lane = Lane::chains;
  Group group = Group::none;
  GivenTag tag{};
  v1::Request request{};
  std::uint64_t seq = 0;  // of what was said
  bool alarm = false;
  std::uint64_t named = 0;  // of a cancel: its alarm, before which it does not go
  bool late = false;        // it had come too late to take that back
  Bytes subject{};          // of the warning when the server does not take it; empty: none is said
  bool newest = true;       // of its chain: the others are links
  bool is_needed = false;   // when it was refused, it goes again
  bool at_the_end = false;  // refused once: perhaps it needed what is given meanwhile
  int tries = 0;
  std::optional<Instant> sent_at{};  // under way
  Instant retry_at = 0;
};

GiveAgain::GiveAgain(Context& context, Trust& trust) : context_(context), trust_(trust) {}
GiveAgain::~GiveAgain() = default;

crypto::Status GiveAgain::load(const Identity& identity) {
  self_ = &identity;
  set_giving_again(context_.store, Giving::no);  // a process that ended in the middle of a round
  return crypto::done();
}

// The plan goes before the manifests, because one of them may have dropped who approved it, and
// after them, because another may have brought who did.
void GiveAgain::add_chains(std::vector<Item>& out) const {
  const auto add = [&out](Group group, ByteView record, Bytes subject, v1::Request request) {
    Item item;
    item.group = group;
    item.tag = tag_of(group, record);
    item.subject = std::move(subject);
    item.request = std::move(request);
    out.push_back(std::move(item));
  };
  const auto hash_of = [](ByteView record) {
    const crypto::Hash hash = crypto::sha256(record);
    return Bytes(hash.begin(), hash.end());
  };
  const auto plans = given_plans(context_.store);
  if (!plans.empty()) add(Group::plan, plans.back().record, {}, put_plan(plans));
  const Circle* circle = self_->participant ? trust_.circle_of(self_->account) : nullptr;
  if (circle != nullptr)
    for (const auto& [seq, manifest] : circle->manifests) {
      v1::Request put;
      put.mutable_put_manifest()->set_record(to_string(manifest->record()));
      add(Group::manifests, manifest->record(), hash_of(circle->newest()->record()),
          std::move(put));
      out.back().newest = seq == circle->manifests.rbegin()->first;
      out.back().is_needed = !self_->decoy;
    }
  if (!plans.empty())
    add(Group::plan_again, plans.back().record, hash_of(plans.back().record), put_plan(plans));
  for (const Bytes& record : given_desk_records(context_.store, DeskChain::roster)) {
    v1::Request put;
    put.mutable_put_desk_roster()->set_record(to_string(record));
    add(Group::rosters, record, {}, std::move(put));
  }
  for (const Bytes& record : given_desk_records(context_.store, DeskChain::directory)) {
    v1::Request put;
    put.mutable_put_staff_directory()->set_record(to_string(record));
    add(Group::directories, record, {}, std::move(put));
  }
}

// By their numbers, those for which somebody is to come before the others. Whatever is said in the
// decoy realm calls for people.
void GiveAgain::add_said(std::vector<Item>& out) {
  for (const bool urgent : {true, false})
    for (v1::PostRecord& post : given_posts(context_.store, context_.now)) {
      const auto record = protocol::read_checkin(view(post.record()));
      if (!record.ok() || (self_->decoy || calls_for_people(*record)) != urgent) continue;
      if (post.message_id().empty()) post.set_message_id(to_string(context_.random.array<16>()));
      Item item;
      item.lane = Lane::said;
      item.tag = tag_of(Group::none, view(post.record()));
      item.subject = ByteWriter().u64(record->seq).take();
      item.seq = record->seq;
      item.alarm = record->type == RecordType::alarm;
      if (record->type == RecordType::cancel) item.named = ByteReader(record->schedule).u64();
      item.is_needed = urgent;
      *item.request.mutable_post_record() = std::move(post);
      out.push_back(std::move(item));
    }
}

// Where the server has lost an alarm for which people were called, a cancel that comes right behind
// it would end it, and nobody had. So what came too late by the server's own word comes so again; a
// time that cannot be told was too late. In doubt somebody is called once more.
void GiveAgain::tie_cancels(std::vector<Item>& said) {
  for (Item& item : said) {
    const auto alarm = item.named == 0 ? std::nullopt : given_times(context_.store, item.named);
    const auto own = given_times(context_.store, item.seq);
    if (!alarm || !own) continue;
    const Duration passed = own->received_at - alarm->received_at;
    item.late = passed < 0 || passed >= take_back_time;
  }
}

// What it had decided in another epoch says nothing. One that it cut short so counts.
void GiveAgain::new_epoch() {
  if (given_place(context_.store).of_chains) count_round(context_.store, context_.now);
  forget_given_place(context_.store);
  waits_.clear();
  set_given_in_vain(context_.store, false);
  owe_server(context_.store);
  // What is pressed now comes too late for them, also when it is sent before they are given.
  for (const v1::PostRecord& post : given_posts(context_.store, context_.now))
    if (const auto record = protocol::read_checkin(view(post.record()));
        record.ok() && record->type == RecordType::alarm)
      note_given_again(context_.store, record->seq, context_.now);
}

void GiveAgain::begin() {
  const Rounds rounds = read_rounds(context_.store, context_.now);
  const GivenPlace place = given_place(context_.store);
  items_.clear();
  add_chains(items_);
  chains_too_ = rounds.used < most_rounds || items_.empty();
  next_round_at_ = chains_too_ ? 0 : rounds.since + day;
  if (!chains_too_) items_.clear();
  if (!chains_too_ && !self_->decoy) context_.warn("not_given_back", {}, {}, "rounds");
  add_said(items_);
  tie_cancels(items_);
  const auto decided = std::remove_if(items_.begin(), items_.end(), [&](const Item& item) {
    return std::find(place.tags.begin(), place.tags.end(), item.tag) != place.tags.end();
  });
  items_.erase(decided, items_.end());
  under_way_ = true;
  answered_at_ = context_.now;
  go_on();
}

void GiveAgain::end() {
  under_way_ = false;
  say_giving();
  if (!chains_too_) return;
  if (!given_place(context_.store).tags.empty()) count_round(context_.store, context_.now);
  forget_given_place(context_.store);
  context_.forget_warning("not_given_back");
  server_was_given(context_.store);
  settle_in_vain();
}

// As soon as the server has had all manifests: in the real realm it would show them from then on.
void GiveAgain::settle_in_vain() {
  const Circle* circle = self_->decoy ? trust_.circle_of(self_->account) : nullptr;
  const bool more = std::any_of(items_.begin(), items_.end(),
                                [](const Item& each) { return each.group == Group::manifests; });
  if (circle == nullptr || more || !chains_too_) return;
  set_given_in_vain(context_.store, true);
  context_.forget_warning("server_behind", circle->id.view());
}

// One request at a time in each lane; one that has got no answer for item_patience counts no more.
void GiveAgain::go_on() {
  for (const Lane lane : {Lane::said, Lane::chains})
    while (under_way_) {
      Item* item = next_of(lane);
      if (item == nullptr) break;
      send(*item);
    }
  if (under_way_ && items_.empty()) return end();
  say_giving();
}

Instant GiveAgain::due_at(const Item& item) const {
  const auto waits = waits_.find(item.tag);
  const Instant late =
      item.late ? late_cancel_at(context_.store, item.named, context_.now) : Instant{0};
  return std::max({item.retry_at, waits == waits_.end() ? 0 : waits->second, late});
}

bool GiveAgain::is_fresh(const Item& item) const {
  return item.sent_at && context_.now - *item.sent_at < item_patience;
}

bool GiveAgain::is_behind(const Item& item) const {
  // Ahead of its alarm a cancel would say nothing.
  if (item.named != 0 && std::any_of(items_.begin(), items_.end(), [&item](const Item& other) {
        return other.seq == item.named;
      }))
    return true;
  // Nobody is to come because of it, and a manifest may have dropped who would get it.
  if (item.lane == Lane::said && !item.is_needed)
    return std::any_of(items_.begin(), items_.end(), [this](const Item& other) {
      const bool soon = due_at(other) <= context_.now + item_retry;
      return other.group == Group::manifests &&
             (other.sent_at ? is_fresh(other) : soon && !is_behind(other));
    });
  if (item.at_the_end)
    return std::any_of(items_.begin(), items_.end(), [this](const Item& other) {
      return other.lane == Lane::chains &&
             (other.sent_at ? is_fresh(other) : due_at(other) <= context_.now && !is_behind(other));
    });
  if (item.group == Group::none) return false;
  for (const Item& other : items_) {
    if (&other == &item) break;
    if (other.group == item.group) return true;
  }
  return false;
}

GiveAgain::Item* GiveAgain::next_of(Lane lane) {
  Item* out = nullptr;
  for (Item& item : items_) {
    if (item.lane != lane) continue;
    if (is_fresh(item)) return nullptr;
    if (out == nullptr && !item.sent_at && due_at(item) <= context_.now && !is_behind(item))
      out = &item;
  }
  return out;
}

void GiveAgain::send(Item& item) {
  item.sent_at = context_.now;
  context_.requests.send(
      item.request, [this, tag = item.tag](const v1::ServerFrame* reply) { answered(tag, reply); });
}

void GiveAgain::answered(const GivenTag& tag, const v1::ServerFrame* reply) {
  const auto item =
      std::find_if(items_.begin(), items_.end(), [&](const Item& each) { return each.tag == tag; });
  if (reply == nullptr) under_way_ = false;  // goes on at the next log-in
  if (!under_way_ || item == items_.end()) return;
  item->sent_at.reset();
  if (no_answer(reply)) {
    item->retry_at = context_.now + (++item->tries < most_tries ? item_retry : later_retry);
  } else {
    answered_at_ = context_.now;
    decided(static_cast<std::size_t>(item - items_.begin()), *reply);
  }
  go_on();
}

void GiveAgain::decided(std::size_t place, const v1::ServerFrame& reply) {
  Item& item = items_[place];
  const Outcome o = outcome(&reply);
  const bool said = item.lane == Lane::said;
  if (!o.ok() && said && item.is_needed && !item.at_the_end) {
    item.at_the_end = true;
    return;
  }
  const bool others_first = item.group == Group::plan_again &&
                            std::any_of(items_.begin(), items_.end(), [](const Item& each) {
                              return each.group == Group::manifests;
                            });
  const bool again =
      !o.ok() &&
      (others_first || (item.is_needed && (said || reply.error().code() == v1::NOT_READY)));
  // In the decoy realm nothing of this takes effect, so nothing of it says anything.
  const bool tells = !item.subject.empty() && (again || (item.newest && (!said || item.is_needed)));
  if (!o.ok() && tells && !self_->decoy)
    context_.warn("not_given_back", {}, item.subject, o.detail);
  else if (o.ok() && item.newest)
    context_.forget_warning("not_given_back", {}, item.subject);
  if (o.ok() && item.alarm) note_given_again(context_.store, item.seq, context_.now);
  if (again) {
    waits_[item.tag] = context_.now + round_retry;
    return;
  }
  GivenPlace decided = given_place(context_.store);
  decided.of_chains = decided.of_chains || !said;
  decided.tags.push_back(item.tag);
  keep_given_place(context_.store, decided);
  items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(place));
  settle_in_vain();
}

// It waits for the hour, or what is before it does.
bool GiveAgain::is_put_off(const Item& item) const {
  for (const Item& other : items_) {
    const auto waits = waits_.find(other.tag);
    const bool same = &other == &item || (item.group != Group::none && other.group == item.group);
    if (same && waits != waits_.end() && waits->second > context_.now) return true;
    if (&other == &item) break;
  }
  return false;
}

// Only the chains are what others stand on; and a server that does not answer must not keep a
// revocation from being tried.
void GiveAgain::say_giving() const {
  if (!chains_too_) return set_giving_again(context_.store, Giving::no_round_left);
  const bool on =
      under_way_ && context_.now - answered_at_ < giving_patience &&
      std::any_of(
          items_.begin(), items_.end(),
          [this](const Item& item) { return item.lane == Lane::chains && !is_put_off(item); });
  set_giving_again(context_.store, on ? Giving::under_way : Giving::no);
}

void GiveAgain::online() {
  if (context_.server_restored) new_epoch();
  if (owes_server(context_.store)) begin();
}

void GiveAgain::offline() {
  items_.clear();
  under_way_ = false;
  set_giving_again(context_.store, Giving::no);
}

void GiveAgain::tick() {
  if (under_way_) go_on();
}

void GiveAgain::settle() {
  if (!context_.requests.logged_in() || !owes_server(context_.store)) return;
  const bool waits_for_its_day = next_round_at_ > context_.now;
  const bool day_came = next_round_at_ != 0 && !waits_for_its_day;
  if (day_came || (!under_way_ && !waits_for_its_day)) begin();
}

std::optional<Instant> GiveAgain::wake_at() const {
  std::optional<Instant> out;
  const auto no_later = [&](Instant at) {
    if (at > context_.now) out = std::min(out.value_or(at), at);
  };
  no_later(next_round_at_);
  if (!under_way_) return out;
  for (const Item& item : items_)
    no_later(item.sent_at ? *item.sent_at + item_patience : due_at(item));
  no_later(answered_at_ + giving_patience);
  return out;
}

bool GiveAgain::idle() const {
  return std::none_of(items_.begin(), items_.end(),
                      [this](const Item& item) { return is_fresh(item); });
}

}  // namespace livlina::client
