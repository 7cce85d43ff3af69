#include "server/services/notices.hpp"

#include <algorithm>
#include <map>

#include "crypto/core/hash.hpp"
#include "protocol/proto.hpp"
#include "server/services/channels.hpp"
#include "server/services/records.hpp"
#include "server/services/watch.hpp"
#include "server/store/accounts.hpp"
#include "server/store/circles.hpp"
#include "server/store/desks.hpp"
#include "server/store/operator_notices.hpp"

namespace livlina::server {

namespace {

using policy::NotificationEvent;
using policy::NotificationKind;

constexpr int max_receipts = 256;

NoticeId fresh_id(Turn& turn) { return {turn.random.array<16>()}; }

// Devices a row may go to now: empty and not entitled are different things.
struct Audience {
  bool entitled = false;
  std::vector<DeviceId> devices;
};

class Entitlement {
 public:
  explicit Entitlement(Turn& turn) : turn_(turn) {}

  Audience of(const store::NotificationRow& row) {
    if (row.device && !row.circle) return own(row.person, {*row.device});
    if (!row.circle) return desk_of(row.person);
    Audience out = by_circle(row);
    if (row.device) {
      std::erase_if(out.devices, [&](const DeviceId& id) { return id != *row.device; });
      out.entitled = !out.devices.empty();
    }
    // Who lost the line with the lease is told that, and nothing after it.
    if (!out.entitled && row.code == policy::NoticeCode::lease_ended) {
      std::vector<DeviceId> all;
      for (const store::DeviceName& d : store::Accounts(turn_.db).devices(row.person))
        all.push_back(d.id);
      out = own(row.person, all);
    }
    return out;
  }

 private:
  // Those of the devices that are still the person's.
  Audience own(const policy::Person& person, const std::vector<DeviceId>& devices) {
    Audience out;
    for (const DeviceId& id : devices)
      if (const auto known = known_device(turn_, id); known && known->account.bytes() == person)
        out.devices.push_back(id);
    out.entitled = !out.devices.empty();
    return out;
  }

  // What concerns no circle goes to a coordinator of any desk.
  Audience desk_of(const policy::Person& person) {
    Audience out;
    for (const auto& desk : store::Desks(turn_.db).desks_of(person, store::DeskKind::roster))
      if (const auto roster = newest_roster(turn_, desk))
        for (const Member& m : coordinators(turn_, (*roster)->desk))
          if (m.account.bytes() == person) {
            out.entitled = true;
            out.devices.insert(out.devices.end(), m.devices.begin(), m.devices.end());
          }
    return out;
  }

  Audience by_circle(const store::NotificationRow& row) {
    const bool silent = row.lane == static_cast<int>(policy::Lane::silent);
    const Known* known = circle(*row.circle, silent ? policy::Lane::silent : policy::Lane::open);
    if (known == nullptr) return {};
    if (row.occurrence) {
      if (known->facts.participant.bytes() != row.person) return {};
      return {true, {known->facts.primary, known->facts.shadow}};
    }
    Audience out;
    for (const Member* m :
         {known->helpers.line(row.person), known->helpers.coordinator(row.person)})
      if (m != nullptr) {
        out.entitled = true;
        for (const DeviceId& id : m->devices)
          if (std::find(out.devices.begin(), out.devices.end(), id) == out.devices.end())
            out.devices.push_back(id);
      }
    return out;
  }

  struct Known {
    CircleFacts facts;
    Helpers helpers;
  };
  const Known* circle(const CircleId& id, policy::Lane lane) {
    if (const auto it = known_.find({id, lane}); it != known_.end()) return &it->second;
    auto facts = circle_facts(turn_, id);
    if (!facts) return nullptr;
    Helpers h = helpers(turn_, *facts, lane);
    return &known_.emplace(std::pair(id, lane), Known{std::move(*facts), std::move(h)})
                .first->second;
  }
  Turn& turn_;
  std::map<std::pair<CircleId, policy::Lane>, Known> known_;
};

// Not about an incident, due now.
store::NotificationRow fresh(Turn& turn, const policy::Person& person, NotificationKind kind,
                             policy::NoticeCode code, const CauseId& cause) {
  store::NotificationRow row;
  row.id = fresh_id(turn);
  row.cause = cause;
  row.person = person;
  row.kind = kind;
  row.code = code;
  row.at = turn.now;
  row.n.next_at = turn.now;
  return row;
}

v1::ServerFrame frame_of(Turn& turn, const store::NotificationRow& row) {
  v1::ServerFrame frame;
  if (row.occurrence) {
    auto& out = *frame.mutable_reminder();
    out.set_notice_id(to_string(row.id.view()));
    if (const auto o = store::Occurrences(turn.db).get(*row.occurrence)) {
      out.set_schedule_id(to_string(o->schedule_id.view()));
      out.set_due(o->o.due);
      out.set_deadline(o->o.deadline);
    }
    return frame;
  }
  auto& out = *frame.mutable_notice();
  out.set_notice_id(to_string(row.id.view()));
  out.set_kind(static_cast<std::uint32_t>(row.kind));
  if (row.incident) out.set_incident_id(to_string(row.incident->view()));
  // A digest is about many circles; the row names one only to find its desk.
  if (row.circle && row.kind != NotificationKind::digest)
    out.set_circle_id(to_string(row.circle->view()));
  out.set_lane(static_cast<std::uint32_t>(row.lane));
  out.set_severity(static_cast<std::uint32_t>(row.severity));
  out.set_step(static_cast<std::uint32_t>(row.step));
  out.set_round(static_cast<std::uint32_t>(row.round));
  out.set_code(static_cast<std::uint32_t>(row.code));
  out.set_at(row.at);
  return frame;
}

bool rings(NotificationKind kind) {
  return kind != NotificationKind::update && kind != NotificationKind::reminder;
}

// Not about an incident, for a desk's webhook.
void to_webhook(Turn& turn, const policy::Person& desk, NotificationKind kind,
                policy::NoticeCode code, const CauseId& cause,
                const std::optional<CircleId>& circle) {
  auto row = fresh(turn, desk, kind, code, cause);
  row.channel = policy::Channel::webhook;
  row.circle = circle;
  (void)store::Notifications(turn.db).insert(row);
}

struct DeskDevice {
  policy::Person person;
  DeviceId device;
};

bool names(const protocol::RosterEntry& entry, const DeviceId& device) {
  return std::find(entry.devices.begin(), entry.devices.end(), device) != entry.devices.end();
}

// Of each circle of the desk that has no backup now.
void tell_degraded(Turn& turn, const protocol::DeskRoster& roster,
                   const std::vector<DeskDevice>& devices) {
  if (devices.empty()) return;
  store::Notifications rows(turn.db);
  for (const CircleId& id : store::Circles(turn.db).degraded_of(roster.desk.bytes())) {
    const auto circle = circle_facts(turn, id);
    if (!circle || backup_rule_holds(turn, *circle)) continue;  // this very word is the backup
    for (const DeskDevice& to : devices) {
      const Bytes both = ByteWriter().bytes(id.view()).bytes(to.device.view()).take();
      auto row =
          fresh(turn, to.person, NotificationKind::warning, policy::NoticeCode::circle_degraded,
                cause_of("still degraded", both, roster.serial));
      row.circle = id;
      row.device = to.device;
      (void)rows.insert(row);
    }
  }
}

}  // namespace

const char* name(OperatorCode code) {
  switch (code) {
    case OperatorCode::untaken:
      return "untaken";
    case OperatorCode::no_person:
      return "no_person";
    case OperatorCode::circle_without_lines:
      return "circle_without_lines";
    case OperatorCode::clock_back:
      return "clock_back";
    case OperatorCode::long_gap:
      return "long_gap";
    case OperatorCode::zone_unreadable:
      return "zone_unreadable";
    case OperatorCode::desk_channel_failed:
      return "desk_channel_failed";
    case OperatorCode::operator_webhook_failed:
      return "operator_webhook_failed";
    case OperatorCode::channel_test:
      return "test";
  }
  return "unknown";
}

CauseId cause_of(std::string_view what, ByteView a, std::uint64_t b) {
  ByteWriter w;
  w.str("livlina/1/cause/").sized(view(what)).sized(a).u64(b);
  const crypto::Hash h = crypto::sha256(w.get());
  CauseId id;
  std::copy(h.begin(), h.begin() + 16, id.bytes.begin());
  return id;
}

void notify(Turn& turn, const store::IncidentRow& incident, const policy::Person& person,
            const policy::Effect& effect, const CauseId& cause) {
  const bool desk = turn.settings.desk_channels.contains(person);
  // A webhook rings: that it need not any more is what those who look see.
  if (desk && !rings(effect.kind)) return;
  const policy::Channel channel = desk ? policy::Channel::webhook : policy::Channel::device;
  store::Notifications rows(turn.db);
  std::optional<NotificationKind> kind = effect.kind;
  if (auto old = rows.pending(incident.id, person, channel)) {
    kind = policy::in_place_of(old->kind, old->code, effect.kind, effect.code);
    if (!kind) return;
    old->n = policy::step(old->n, NotificationEvent::obsolete, turn.now);
    rows.save(*old);
  }
  store::NotificationRow row;
  row.id = fresh_id(turn);
  row.cause = cause;
  row.person = person;
  row.channel = channel;
  row.kind = *kind;
  row.code = effect.code;
  row.circle = incident.circle;
  row.incident = incident.id;
  row.lane = static_cast<int>(incident.i.lane);
  row.severity = incident.i.severity;
  row.step = effect.step;
  row.round = effect.round;
  row.at = turn.now;
  row.n.next_at = turn.now;
  (void)rows.insert(row);
}

void warn_desk(Turn& turn, const CircleFacts& circle, NotificationKind kind,
               policy::NoticeCode code, const CauseId& cause) {
  for (const Member& m : coordinators(turn, (*circle.manifest)->recovery.desk)) {
    auto row = fresh(turn, m.account.bytes(), kind, code, cause);
    row.circle = circle.id;
    (void)store::Notifications(turn.db).insert(row);
  }
  const policy::Person& desk = (*circle.manifest)->recovery.desk.bytes();
  if (webhook_works(turn, desk)) to_webhook(turn, desk, kind, code, cause, circle.id);
}

void warn(Turn& turn, const policy::Person& coordinator, policy::NoticeCode code,
          const CauseId& cause) {
  (void)store::Notifications(turn.db).insert(
      fresh(turn, coordinator, NotificationKind::warning, code, cause));
}

void tell_device_added(Turn& turn, const policy::Person& account, const DeviceId& added) {
  constexpr auto kind = NotificationKind::warning;
  constexpr auto code = policy::NoticeCode::device_added;
  store::Notifications rows(turn.db);
  // Each device for itself: the receipt of the new one must not silence the others.
  for (const store::DeviceName& d : store::Accounts(turn.db).devices(account)) {
    if (d.shadow || d.id == added) continue;
    const crypto::Hash both = crypto::sha256({added.view(), d.id.view()});
    auto row = fresh(turn, account, kind, code, cause_of("device added", ByteView(both), 0));
    row.device = d.id;
    (void)rows.insert(row);
  }
  const CauseId cause = cause_of("device added", added.view(), 0);
  if (const auto id = store::Circles(turn.db).of_participant(account)) {
    if (const auto circle = circle_facts(turn, *id)) warn_desk(turn, *circle, kind, code, cause);
    return;
  }
  for (const auto list : {store::DeskKind::roster, store::DeskKind::directory})
    for (const auto& desk : store::Desks(turn.db).desks_of(account, list))
      if (const auto roster = newest_roster(turn, desk)) {
        for (const Member& m : coordinators(turn, (*roster)->desk))
          if (m.account.bytes() != account)
            (void)rows.insert(fresh(turn, m.account.bytes(), kind, code, cause));
        if (webhook_works(turn, desk)) to_webhook(turn, desk, kind, code, cause, std::nullopt);
      }
}

void tell_still_degraded(Turn& turn, const protocol::DeskRoster& before,
                         const protocol::DeskRoster& after) {
  std::vector<DeskDevice> added;
  for (const Member& m : coordinators(turn, after.desk)) {
    const protocol::RosterEntry* old = before.find(m.account);
    for (const DeviceId& d : m.devices)
      if (old == nullptr || !names(*old, d)) added.push_back({m.account.bytes(), d});
  }
  tell_degraded(turn, after, added);
}

void tell_still_degraded(Turn& turn, const SignPublic& account, const DeviceId& listed) {
  for (const Key& desk : store::Desks(turn.db).desks_of(account.bytes(), store::DeskKind::roster)) {
    const auto roster = newest_roster(turn, desk);
    if (roster && is_coordinator(turn, (*roster)->desk, account, listed))
      tell_degraded(turn, **roster, {{account.bytes(), listed}});
  }
}

void remind(Turn& turn, const CircleFacts& circle, const store::OccurrenceRow& occurrence) {
  store::Notifications rows(turn.db);
  rows.obsolete_occurrence(occurrence.id);
  store::NotificationRow row;
  row.id = fresh_id(turn);
  // Asked again with another deadline, it is reminded of again.
  const Bytes asked = ByteWriter().bytes(circle.id.view()).i64(occurrence.o.deadline).take();
  row.cause = cause_of("reminder", asked,
                       static_cast<std::uint64_t>(occurrence.id) * 64 +
                           static_cast<std::uint64_t>(occurrence.o.reminded));
  row.person = circle.participant.bytes();
  row.kind = NotificationKind::reminder;
  row.code = policy::NoticeCode::checkin_waits;
  row.circle = circle.id;
  row.occurrence = occurrence.id;
  row.at = turn.now;
  row.n.next_at = turn.now;
  (void)rows.insert(row);
}

void notify_operator(Turn& turn, const std::optional<IncidentId>& incident, OperatorCode code,
                     int severity, const CauseId& cause) {
  const Settings& s = turn.settings;
  if (s.operator_webhook)
    notify_operator_by(turn, store::OperatorChannel::webhook, incident, code, severity, cause);
  if (s.operator_command || !s.operator_webhook)
    notify_operator_by(turn, store::OperatorChannel::command, incident, code, severity, cause);
}

void notify_operator_by(Turn& turn, store::OperatorChannel channel,
                        const std::optional<IncidentId>& incident, OperatorCode code, int severity,
                        const CauseId& cause) {
  store::OperatorNotices rows(turn.db);
  // One line says it until it arrives.
  if (rows.pending(channel, incident, static_cast<int>(code))) return;
  store::OperatorNoticeRow row;
  row.id = fresh_id(turn);
  row.cause = cause;
  row.channel = channel;
  row.incident = incident;
  row.code = static_cast<int>(code);
  row.severity = severity;
  row.at = turn.now;
  row.next_at = turn.now;
  rows.insert(row);
}

bool push_due_notices(Turn& turn, std::size_t most) {
  store::Notifications rows(turn.db);
  Entitlement entitlement(turn);
  auto due = rows.due(turn.now, most);
  for (store::NotificationRow& row : due) {
    const AtRow at(turn.progress, RowOf::notification, row.id);
    if (!at) continue;
    const Audience audience = entitlement.of(row);
    // I6: only to people in the manifest at claim, or the desk.
    row.n = policy::step(
        row.n, audience.entitled ? NotificationEvent::due : NotificationEvent::obsolete, turn.now);
    rows.save(row);
    for (const DeviceId& device : audience.devices)
      if (turn.presence.online(device)) turn.out.push(device, frame_of(turn, row));
  }
  return due.size() == most;
}

Answer<Unit> receipt_notices(Turn& turn, const Caller& caller, const v1::ReceiptNotices& request) {
  if (request.notice_ids_size() > max_receipts) return refuse(Code::too_large);
  store::Notifications rows(turn.db);
  for (const std::string& bytes : request.notice_ids()) {
    const auto id = NoticeId::from(bytes);
    if (!id) return refuse(Code::malformed);
  }
  for (const std::string& bytes : request.notice_ids()) {
    auto row = rows.get(*NoticeId::from(bytes));
    // Somebody else's and unknown ones give the same answer as one's own.
    if (!row || row->person != caller.account.bytes() ||
        (row->device && *row->device != caller.device))
      continue;
    const policy::Notification next = policy::step(row->n, NotificationEvent::receipt, turn.now);
    if (next == row->n) continue;
    row->n = next;
    rows.save(*row);
  }
  return Unit{};
}

void device_online(Turn& turn, const DeviceId& device) {
  if (const auto known = known_device(turn, device))
    store::Notifications(turn.db).wake(known->account.bytes(), turn.now);
}

std::vector<OperatorNotice> due_operator_notices(Turn& turn, std::size_t most) {
  using store::OperatorChannel;
  store::OperatorNotices rows(turn.db);
  std::vector<OperatorNotice> out;
  auto due = rows.due(OperatorChannel::command, turn.now, most);
  if (!turn.presence.busy(operator_person))
    for (store::OperatorNoticeRow& row : rows.due(OperatorChannel::webhook, turn.now, 1))
      due.push_back(std::move(row));
  for (store::OperatorNoticeRow& row : due) {
    ++row.attempts;
    row.next_at = turn.now + policy::backoff(row.attempts);
    rows.save(row);
    OperatorNotice line;
    line.id = row.id;
    line.incident = row.incident.value_or(IncidentId{});
    line.severity = row.severity;
    line.code = name(static_cast<OperatorCode>(row.code));
    line.channel = row.channel;
    line.at = row.at;
    line.attempt = row.attempts;
    out.push_back(line);
  }
  return out;
}

void operator_notice_result(Turn& turn, const NoticeId& id, bool delivered) {
  if (delivered) store::OperatorNotices(turn.db).delivered(id);
}

}  // namespace livlina::server
