#include "clients/core/given.hpp"

#include <algorithm>

#include "livlina/checkin.pb.h"
#include "livlina/core.pb.h"

namespace livlina::client {

namespace {

// "given/plan/<place>": u8 version | u32 number | approval sized | record.
// "given/roster/<place>", "given/directory/<place>": u8 version | u32 number | record.
// "given/post/<number>": u8 version | instant | received_at | again_at | the request.
constexpr std::uint8_t layout = 1;
constexpr std::uint8_t post_layout = 2;
constexpr std::string_view plan_prefix = "given/plan/";
constexpr std::string_view roster_prefix = "given/roster/";
constexpr std::string_view directory_prefix = "given/directory/";
constexpr std::string_view post_prefix = "given/post/";
// Present or not: u8 version.
constexpr std::string_view owed_key = "given/owed";
// The same.
constexpr std::string_view in_vain_key = "given/in-vain";
// u8 version | instant.
constexpr std::string_view restored_key = "given/restored";
// u8 version | u8 Giving.
constexpr std::string_view giving_key = "given/giving";
// u8 version | u8 of chains | tag 8 each.
constexpr std::string_view place_key = "given/place";
constexpr std::size_t posts_with_notes = 8;
constexpr std::size_t max_approval = 1024;

// Places in turn, so that the newest stand without anything being erased.
std::string place(std::string_view prefix, std::uint32_t number) {
  return std::string(prefix) + hex(ByteWriter().u8(number % given_links).get());
}

// Hex digits, so that the store's order is that of the numbers.
std::string post_key(std::uint64_t seq) {
  ByteArray<8> big{};
  for (std::size_t i = 0; i < 8; ++i) big[i] = static_cast<std::uint8_t>(seq >> (56 - 8 * i));
  return std::string(post_prefix) + hex(big);
}

std::string_view prefix_of(DeskChain chain) {
  return chain == DeskChain::roster ? roster_prefix : directory_prefix;
}

struct Post {
  Instant at = 0;
  GivenTimes times{};
  v1::PostRecord request{};
};

std::optional<Post> read_post(ByteView value) {
  ByteReader r(value);
  const std::uint8_t v = r.u8();
  Post out;
  out.at = r.i64();
  out.times = {r.i64(), r.i64()};
  const ByteView bytes = r.view(r.left());
  if (!r.done() || v != post_layout ||
      !out.request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return std::nullopt;
  return out;
}

void write_post(Store& store, const std::string& key, const Post& post) {
  ByteWriter w;
  w.u8(post_layout).i64(post.at).i64(post.times.received_at).i64(post.times.again_at);
  w.bytes(view(post.request.SerializeAsString()));
  store.put(key, w.get());
}

// By load() what an earlier process left is gone, so it is of this version.
Giving giving_of(const Store& store) {
  ByteReader r(store.get(giving_key));
  (void)r.u8();
  const std::uint8_t giving = r.u8();
  return r.done() ? static_cast<Giving>(giving) : Giving::no;
}

}  // namespace

void keep_given_plan(Store& store, const GivenPlan& plan) {
  ByteWriter w;
  w.u8(layout).u32(plan.version).sized(plan.approval).bytes(plan.record);
  store.put(place(plan_prefix, plan.version), w.get());
  store.put_decoy(place(plan_prefix, plan.version), w.get());
}

std::vector<GivenPlan> given_plans(const Store& store) {
  std::vector<GivenPlan> out;
  for (const std::string& key : store.keys(plan_prefix)) {
    ByteReader r(store.get(key));
    const std::uint8_t v = r.u8();
    GivenPlan plan{r.u32(), to_bytes(r.sized(max_approval)), {}};
    plan.record = to_bytes(r.view(r.left()));
    if (r.done() && v == layout) out.push_back(std::move(plan));
  }
  std::sort(out.begin(), out.end(),
            [](const GivenPlan& a, const GivenPlan& b) { return a.version < b.version; });
  return out;
}

void keep_given_desk_record(Store& store, DeskChain chain, std::uint32_t serial, ByteView record) {
  ByteWriter w;
  store.put(place(prefix_of(chain), serial), w.u8(layout).u32(serial).bytes(record).get());
}

std::vector<Bytes> given_desk_records(const Store& store, DeskChain chain) {
  std::vector<std::pair<std::uint32_t, Bytes>> found;
  for (const std::string& key : store.keys(prefix_of(chain))) {
    ByteReader r(store.get(key));
    const std::uint8_t v = r.u8();
    const std::uint32_t serial = r.u32();
    Bytes record = to_bytes(r.view(r.left()));
    if (r.done() && v == layout) found.emplace_back(serial, std::move(record));
  }
  std::sort(found.begin(), found.end());
  std::vector<Bytes> out;
  out.reserve(found.size());
  for (auto& [serial, record] : found) out.push_back(std::move(record));
  return out;
}

void keep_given_post(Store& store, std::uint64_t seq, Instant now, Instant received_at,
                     const v1::PostRecord& post) {
  write_post(store, post_key(seq), {now, {received_at, 0}, post});
  const auto keys = store.keys(post_prefix);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::size_t newer = keys.size() - 1 - i;
    auto old = read_post(store.get(keys[i]));
    if (!old || newer >= given_posts_kept || now - old->at >= given_post_life) {
      store.erase(keys[i]);
    } else if (newer >= posts_with_notes && old->request.notes_size() != 0) {
      old->request.clear_notes();
      write_post(store, keys[i], *old);
    }
  }
}

std::vector<v1::PostRecord> given_posts(const Store& store, Instant now) {
  std::vector<v1::PostRecord> out;
  for (const std::string& key : store.keys(post_prefix)) {
    auto post = read_post(store.get(key));
    if (post && now - post->at < given_post_life) out.push_back(std::move(post->request));
  }
  return out;
}

std::optional<GivenTimes> given_times(const Store& store, std::uint64_t seq) {
  const auto post = read_post(store.get(post_key(seq)));
  return post ? std::optional(post->times) : std::nullopt;
}

void note_given_again(Store& store, std::uint64_t seq, Instant now) {
  auto post = read_post(store.get(post_key(seq)));
  if (!post) return;
  post->times.again_at = now;
  write_post(store, post_key(seq), *post);
}

// A clock that was set back says when no more: as if it were now.
Instant late_cancel_at(Store& store, std::uint64_t alarm, Instant now) {
  const auto times = given_times(store, alarm);
  if (!times || times->again_at == 0) return 0;
  if (times->again_at > now) note_given_again(store, alarm, now);
  return std::min(times->again_at, now) + late_cancel_wait;
}

void owe_server(Store& store) {
  if (!owes_server(store)) store.put(owed_key, ByteWriter().u8(layout).get());
}

bool owes_server(const Store& store) { return store.has(owed_key); }

void server_was_given(Store& store) {
  if (owes_server(store)) store.erase(owed_key);
}

void set_giving_again(Store& store, Giving giving) {
  const Bytes value = ByteWriter().u8(layout).u8(static_cast<std::uint8_t>(giving)).take();
  if (giving == Giving::no && store.has(giving_key)) store.erase(giving_key);
  if (giving != Giving::no && !equal(store.get(giving_key), value)) store.put(giving_key, value);
}

bool giving_again(const Store& store) { return giving_of(store) == Giving::under_way; }

Duration after_lacking(const Store& store) {
  return giving_of(store) == Giving::no_round_left ? 10 * minute : 1 * minute;
}

void set_given_in_vain(Store& store, bool on) {
  if (on == given_in_vain(store)) return;
  if (on)
    store.put(in_vain_key, ByteWriter().u8(layout).get());
  else
    store.erase(in_vain_key);
}

bool given_in_vain(const Store& store) { return store.has(in_vain_key); }

GivenPlace given_place(const Store& store) {
  ByteReader r(store.get(place_key));
  const std::uint8_t v = r.u8();
  GivenPlace out;
  out.of_chains = r.u8() == 1;
  while (r.ok() && v == layout && r.left() >= sizeof(GivenTag)) out.tags.push_back(r.array<8>());
  return out;
}

void keep_given_place(Store& store, const GivenPlace& place) {
  ByteWriter w;
  w.u8(layout).u8(place.of_chains ? 1 : 0);
  for (const GivenTag& tag : place.tags) w.bytes(tag);
  store.put(place_key, w.get());
}

void forget_given_place(Store& store) {
  if (store.has(place_key)) store.erase(place_key);
}

void keep_restored(const Context& context) {
  if (!restored_of_late(context))
    context.store.put(restored_key, ByteWriter().u8(layout).i64(context.now).get());
}

std::optional<Instant> restored_at(const Context& context) {
  ByteReader r(context.store.get(restored_key));
  const std::uint8_t v = r.u8();
  const Instant at = r.i64();
  const bool lately = at - context.now < day && context.now - at < day;
  return r.done() && v == layout && lately ? std::optional(at) : std::nullopt;
}

bool restored_of_late(const Context& context) { return restored_at(context).has_value(); }

}  // namespace livlina::client
