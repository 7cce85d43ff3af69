#include "clients/core/introductions.hpp"

#include <algorithm>
#include <utility>

#include "clients/core/messaging.hpp"

namespace livlina::client {

namespace {

constexpr std::string_view mark_key = "shadow_mark";
constexpr std::string_view inviter_key = "inviter";
constexpr std::uint8_t version = 1;
constexpr std::uint8_t mark_version = 2;
enum What : std::uint8_t { details = 1, own_name = 2 };
constexpr std::size_t max_details = 64;  // in one message
constexpr std::string_view sent_prefix = "mark_sent/";

std::string introduced_key(const SignPublic& account) {
  return "introduced/" + hex(account.view());
}

}  // namespace

Bytes encode_details(const std::vector<Detail>& list) {
  ByteWriter w;
  w.u8(version).u8(details).u16(static_cast<std::uint16_t>(list.size()));
  for (const Detail& d : list) write(w, d);
  return w.take();
}

Bytes encode_own_name(const std::string& name, const std::string& organisation) {
  ByteWriter w;
  return w.u8(version).u8(own_name).sized(view(name)).sized(view(organisation)).take();
}

void remember_inviter(Store& store, const SignPublic& inviter) {
  store.put(inviter_key, inviter.view());
}

Introductions::Introductions(Context& context, Trust& trust, Messenger& messenger)
    : context_(context), trust_(trust), messenger_(messenger) {}

crypto::Status Introductions::load(const Identity& identity) {
  self_ = &identity;
  seen_revision_ = 0;
  marks_.clear();
  for (const std::string& key : context_.store.keys(sent_prefix)) {
    const Bytes name = unhex(std::string_view(key).substr(sent_prefix.size()));
    const auto account = crypto::parse_sign_key(name);
    ByteReader r(context_.store.get(key));
    const std::uint8_t v = r.u8();
    Mark mark{MessageId{r.array<16>()}, r.i64(), r.u32()};
    while (r.ok() && r.left() > 0) mark.came.insert(DeviceId{r.array<16>()});
    if (!account.ok() || !r.done() || v != mark_version) return crypto::Error::bad_format;
    marks_.insert_or_assign(*account, mark);
  }
  messenger_.subscribe(crypto::Kind::detail, [this](const Incoming& i) { received_detail(i); });
  messenger_.subscribe(crypto::Kind::shadow_mark, [this](const Incoming& i) { received_mark(i); });
  messenger_.subscribe_receipts(
      crypto::Kind::shadow_mark,
      [this](const SignPublic& account, const DeviceId& device) { receipted(account, device); });
  return crypto::done();
}

void Introductions::settle() {
  if (seen_revision_ == trust_.revision()) return;
  seen_revision_ = trust_.revision();
  if (!introduces()) return;
  const Circle* circle = trust_.circle_of(self_->account);
  if (circle == nullptr || circle->newest() == nullptr) return;
  for (const Trust::Reach& member : trust_.reach(*circle, scope_none, context_.now))
    introduce(*circle, member);
  for (auto& [account, mark] : marks_) {
    const auto* list = trust_.device_list(account);
    if (list == nullptr || (*list)->version <= mark.list || missing(account, mark).empty() ||
        !trust_.standing(*circle, account, context_.now))
      continue;
    write_again(*circle, account, mark);
  }
}

// Once to each: the mark and our name; and the wording of the line that covers them, whenever it is
// another one.
void Introductions::introduce(const Circle& circle, const Trust::Reach& member) {
  using protocol::LineType;
  const bool by_desk = member.standing.type == LineType::desk;
  const bool by_pool = member.standing.type == LineType::pool;
  const protocol::Line* line = (*circle.newest())->line_for(member.account, by_desk, by_pool);
  if (line == nullptr) return;
  const std::string key = introduced_key(member.account);
  Store& store = context_.store;
  if (equal(store.get(key), line->detail_commit)) return;
  const std::vector<SignPublic> to{member.account};
  if (!store.has(key)) {
    Mark mark;
    mark.list = (*trust_.device_list(member.account))->version;
    mark.sent = context_.now;
    if (equal(store.get(inviter_key), member.account.view()))
      for (const protocol::Device& device : member.devices) mark.came.insert(device.id);
    else
      mark.id = post_mark(circle.id, member.account);
    marks_.insert_or_assign(member.account, mark);
    save(member.account, mark);
    (void)messenger_.post(crypto::Kind::detail, circle.id, to,
                          encode_own_name(self_->name, self_->organisation));
  }
  if (const auto detail = stored_detail(store, line->detail_commit))
    (void)messenger_.post(crypto::Kind::detail, circle.id, to, encode_details({*detail}));
  store.put(key, line->detail_commit);
}

MessageId Introductions::post_mark(const CircleId& circle, const SignPublic& to) {
  return messenger_.post(crypto::Kind::shadow_mark, circle, {to}, context_.store.get(mark_key));
}

void Introductions::save(const SignPublic& account, const Mark& mark) {
  ByteWriter w;
  w.u8(mark_version).bytes(mark.id.view()).i64(mark.sent).u32(mark.list);
  for (const DeviceId& device : mark.came) w.bytes(device.view());
  context_.store.put(std::string(sent_prefix) + hex(account.view()), w.get());
}

// Of an account without a known list nobody can say that it has the mark: the list makes known what
// is missing.
std::vector<DeviceId> Introductions::missing(const SignPublic& account, const Mark& mark) const {
  std::vector<DeviceId> out;
  if (const auto* list = trust_.device_list(account))
    for (const protocol::Device& device : (*list)->devices)
      if (mark.came.count(device.id) == 0) out.push_back(device.id);
  return out;
}

void Introductions::receipted(const SignPublic& account, const DeviceId& device) {
  const auto mark = marks_.find(account);
  if (mark == marks_.end() || !mark->second.came.insert(device).second) return;
  save(account, mark->second);
}

void Introductions::tick() {
  if (!introduces()) return;
  for (auto& [account, mark] : marks_) look_after(account, mark);
}

// What is kept no more has gone to devices that were dropped, or is too old: no receipt either.
void Introductions::look_after(const SignPublic& account, Mark& mark) {
  const Circle* circle = trust_.circle_of(self_->account);
  if (circle == nullptr) return;
  if (missing(account, mark).empty())
    return context_.forget_warning("mark_unconfirmed", circle->id.view(), account.view());
  if (!trust_.standing(*circle, account, context_.now) || context_.now - mark.sent < mark_repeat)
    return;
  context_.warn("mark_unconfirmed", circle->id.view(), account.view(), trust_.person_name(account));
  write_again(*circle, account, mark);
}

void Introductions::write_again(const Circle& circle, const SignPublic& account, Mark& mark) {
  const auto devices = missing(account, mark);
  const bool all_go = std::all_of(devices.begin(), devices.end(), [&](const DeviceId& device) {
    return messenger_.on_its_way(mark.id, account, device);
  });
  if (all_go)
    messenger_.again(mark.id);
  else
    mark.id = post_mark(circle.id, account);
  mark.sent = context_.now;
  mark.list = (*trust_.device_list(account))->version;
  save(account, mark);
}

std::optional<Instant> Introductions::wake_at() const {
  if (self_ == nullptr || !introduces()) return std::nullopt;
  const Circle* circle = trust_.circle_of(self_->account);
  std::optional<Instant> out;
  for (const auto& [account, mark] : marks_) {
    if (circle == nullptr || missing(account, mark).empty() ||
        !trust_.standing(*circle, account, context_.now))
      continue;
    const Instant at = mark.sent + mark_repeat;
    out = std::min(out.value_or(at), at);
  }
  return out;
}

void Introductions::received_detail(const Incoming& incoming) {
  // Names are told by the desk and by participants; nobody else has any to tell.
  const bool participant = incoming.role_from == Role::participant;
  if ((!participant && incoming.role_from != Role::coordinator) || incoming.from_shadow) return;
  ByteReader r(incoming.plain);
  const std::uint8_t v = r.u8();
  const std::uint8_t what = r.u8();
  if (!r.ok() || v != version) return;
  if (what == own_name && participant) {
    const std::string name = to_string(r.sized(max_name));
    const std::string organisation = to_string(r.sized(max_name));
    if (r.done()) trust_.set_person(incoming.from, name, organisation);
    return;
  }
  if (what != details) return;
  const std::size_t count = r.u16();
  std::vector<Detail> list;
  for (std::size_t i = 0; i < count && i < max_details && r.ok(); ++i)
    list.push_back(read_detail(r));
  if (!r.done()) return;
  for (const Detail& d : list) store_detail(context_.store, d);
}

void Introductions::received_mark(const Incoming& incoming) {
  const auto mark = protocol::verify_shadow_mark(incoming.plain);
  // Only the participant itself says which of its devices is the shadow.
  if (!mark.ok() || (*mark)->account != incoming.from) return;
  (void)trust_.accept_shadow_mark(incoming.plain).ok();
}

}  // namespace livlina::client
