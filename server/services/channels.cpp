#include "server/services/channels.hpp"

#include <algorithm>

#include "server/services/escalation.hpp"
#include "server/services/incidents.hpp"
#include "server/services/notices.hpp"
#include "server/services/records.hpp"
#include "server/store/channel_failures.hpp"
#include "server/store/operator_notices.hpp"

namespace livlina::server {

namespace {

using policy::Delivery;
using policy::NotificationEvent;
using policy::NotificationKind;
using store::OperatorChannel;

// I6: to the desk of the manifest at claim; what concerns no circle to any that has a channel.
bool entitled(Turn& turn, const store::NotificationRow& row) {
  if (!turn.settings.desk_channels.contains(row.person)) return false;
  if (!row.circle) return true;
  const auto circle = circle_facts(turn, *row.circle);
  return circle && (*circle->manifest)->recovery.desk.bytes() == row.person;
}

void save_step(Turn& turn, store::NotificationRow& row, NotificationEvent event) {
  row.n = policy::step(row.n, event, turn.now);
  store::Notifications(turn.db).save(row);
}

Instant repeated_at(const Turn& turn, Instant planned, const Delivery& delivery) {
  return std::clamp(planned, turn.now + delivery.retry_after, turn.now + policy::last_backoff);
}

// Whoever coordinates the desk hears by their devices that its channel does not reach them, once
// for each failure; so does the operator.
void tell_of_failure(Turn& turn, const policy::Person& desk) {
  const CauseId cause =
      cause_of("channel failed", ByteView(desk), static_cast<std::uint64_t>(turn.now));
  if (const auto roster = newest_roster(turn, desk))
    for (const Member& m : coordinators(turn, (*roster)->desk))
      warn(turn, m.account.bytes(), policy::NoticeCode::channel_failed, cause);
  notify_operator(turn, std::nullopt, OperatorCode::desk_channel_failed, 0, cause);
}

// The channel takes nothing until somebody repairs it: what waits for it ends, and a step that is
// left with nobody is followed by the next at once (H14).
void fail_for_good(Turn& turn, const policy::Person& desk) {
  store::Notifications rows(turn.db);
  std::vector<store::NotificationRow> failed = rows.pending_at_webhook(desk);
  for (store::NotificationRow& row : failed) save_step(turn, row, NotificationEvent::permanent);
  if (store::ChannelFailures(turn.db).mark(desk, turn.now, turn.now + probe_every))
    tell_of_failure(turn, desk);
  for (const store::NotificationRow& row : failed)
    if (row.incident && row.kind == NotificationKind::page && rows.all_failed(row.cause))
      step_failed(turn, *row.incident);
}

void desk_result(Turn& turn, store::NotificationRow row, const Delivery& delivery) {
  if (row.channel != policy::Channel::webhook || !row.n.next_at) return;
  switch (delivery.what) {
    case Delivery::What::accepted:
      save_step(turn, row, NotificationEvent::accepted);
      break;
    case Delivery::What::later:
      row.n.next_at = repeated_at(turn, *row.n.next_at, delivery);
      store::Notifications(turn.db).save(row);
      break;
    case Delivery::What::refused:
      fail_for_good(turn, row.person);
      break;
  }
}

// Nobody stands behind the operator: the line is repeated until it arrives, and is by this what
// finds out that the channel works again.
void operator_result(Turn& turn, store::OperatorNoticeRow row, const Delivery& delivery) {
  store::OperatorNotices rows(turn.db);
  switch (delivery.what) {
    case Delivery::What::accepted:
      rows.delivered(row.id);
      return;
    case Delivery::What::later:
      row.next_at = repeated_at(turn, row.next_at.value_or(turn.now), delivery);
      break;
    case Delivery::What::refused:
      row.next_at = turn.now + policy::last_backoff;
      break;
  }
  rows.save(row);
}

void note_operator_webhook(Turn& turn, const Delivery& delivery) {
  store::ChannelFailures failures(turn.db);
  if (delivery.what == Delivery::What::accepted) failures.clear(operator_person);
  if (delivery.what != Delivery::What::refused ||
      !failures.mark(operator_person, turn.now, turn.now + probe_every))
    return;
  // By the command, if there is one, and by the webhook itself when it works again.
  notify_operator(
      turn, std::nullopt, OperatorCode::operator_webhook_failed, 0,
      cause_of("channel failed", ByteView(operator_person), static_cast<std::uint64_t>(turn.now)));
}

void probe(Turn& turn, const policy::Person& person) {
  store::ChannelFailures(turn.db).set_next(person, turn.now + probe_every);
  const CauseId cause =
      cause_of("channel test", ByteView(person), static_cast<std::uint64_t>(turn.now));
  if (person == operator_person) {
    if (!store::OperatorNotices(turn.db).any_pending(OperatorChannel::webhook))
      notify_operator_by(turn, OperatorChannel::webhook, std::nullopt, OperatorCode::channel_test,
                         0, cause);
    return;
  }
  if (!store::Notifications(turn.db).pending_at_webhook(person).empty()) return;
  store::NotificationRow row;
  row.id = {turn.random.array<16>()};
  row.cause = cause;
  row.person = person;
  row.channel = policy::Channel::webhook;
  row.kind = NotificationKind::warning;
  row.code = policy::NoticeCode::channel_test;
  row.at = turn.now;
  row.n.next_at = turn.now;
  (void)store::Notifications(turn.db).insert(row);
}

DeskNotice notice_of(const store::NotificationRow& row) {
  DeskNotice out;
  out.id = row.id;
  out.desk = row.person;
  if (row.incident) out.incident = *row.incident;
  out.severity = row.severity;
  out.code = webhook_word(row);
  out.at = row.at;
  out.attempt = row.n.attempts;
  return out;
}

}  // namespace

const char* webhook_word(const store::NotificationRow& row) {
  if (row.code == policy::NoticeCode::channel_test) return "test";
  switch (row.kind) {
    case NotificationKind::page:
      return "page";
    case NotificationKind::digest:
      return "digest";
    case NotificationKind::update:
    case NotificationKind::reminder:
    case NotificationKind::warning:
      break;
  }
  return "warning";
}

bool webhook_works(Turn& turn, const policy::Person& desk) {
  return turn.settings.desk_channels.contains(desk) &&
         !store::ChannelFailures(turn.db).failed(desk);
}

bool reached_without_device(Turn& turn, const policy::Person& desk) {
  return turn.settings.operator_command || webhook_works(turn, desk) ||
         (turn.settings.operator_webhook &&
          !store::ChannelFailures(turn.db).failed(operator_person));
}

void begin_channels(Turn& turn) {
  const Settings& s = turn.settings;
  store::OperatorNotices lines(turn.db);
  if (!s.operator_webhook)
    lines.move(OperatorChannel::webhook, OperatorChannel::command, turn.now);
  else if (!s.operator_command)
    lines.move(OperatorChannel::command, OperatorChannel::webhook, turn.now);
  lines.wake(OperatorChannel::webhook, turn.now);
  store::Notifications rows(turn.db);
  for (const policy::Person& person : rows.waited_for())
    for (store::NotificationRow& row : rows.pending_at_webhook(person)) {
      row.n.next_at = turn.now;
      if (!s.desk_channels.contains(person))
        row.n = policy::step(row.n, NotificationEvent::obsolete, turn.now);
      rows.save(row);
    }
  store::ChannelFailures failures(turn.db);
  for (const policy::Person& person : failures.all())
    if (person == operator_person ? !s.operator_webhook : !s.desk_channels.contains(person))
      failures.clear(person);
}

void try_failed_channels(Turn& turn) {
  for (const policy::Person& person : store::ChannelFailures(turn.db).due(turn.now))
    probe(turn, person);
}

std::vector<DeskNotice> due_desk_notices(Turn& turn, std::size_t most) {
  store::Notifications rows(turn.db);
  std::vector<DeskNotice> out;
  for (const policy::Person& desk : turn.settings.desk_channels) {
    if (turn.presence.busy(desk)) continue;
    for (store::NotificationRow& row : rows.due_at_webhook(desk, turn.now, most)) {
      const AtRow at(turn.progress, RowOf::notification, row.id);
      if (!at) continue;
      const bool goes = entitled(turn, row);
      save_step(turn, row, goes ? NotificationEvent::due : NotificationEvent::obsolete);
      if (!goes) continue;
      out.push_back(notice_of(row));
      break;
    }
  }
  return out;
}

void webhook_result(Turn& turn, const NoticeId& id, const Delivery& delivery) {
  if (auto line = store::OperatorNotices(turn.db).get_pending(id)) {
    operator_result(turn, std::move(*line), delivery);
    note_operator_webhook(turn, delivery);
    return;
  }
  auto row = store::Notifications(turn.db).get(id);
  if (!row) return;
  // Also when it became obsolete on its way: the channel works.
  if (delivery.what == Delivery::What::accepted) store::ChannelFailures(turn.db).clear(row->person);
  desk_result(turn, std::move(*row), delivery);
}

std::optional<Instant> next_at_webhooks(Turn& turn) {
  std::optional<Instant> out;
  store::Notifications rows(turn.db);
  for (const policy::Person& desk : turn.settings.desk_channels) {
    if (turn.presence.busy(desk)) continue;
    if (const auto at = rows.next_at_webhook(desk)) out = std::min(out.value_or(*at), *at);
  }
  return out;
}

}  // namespace livlina::server
