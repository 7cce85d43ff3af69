#include "server/app/database_thread.hpp"

#include <algorithm>
#include <utility>

#include "server/log/log.hpp"

namespace livlina::server {

namespace {

constexpr Duration noted_lateness = 2 * second;  // what G1 allows
// A deadline that a round could not clear (a full disk) is tried again after so long.
constexpr Duration retry_pause = 100;

std::vector<NetOutgoing> for_network(std::vector<Outgoing> out) {
  std::vector<NetOutgoing> converted;
  converted.reserve(out.size());
  for (Outgoing& one : out)
    converted.push_back({one.session, std::move(one.frame),
                         one.close ? static_cast<CloseCode>(one.close_code) : CloseCode::none});
  return converted;
}

}  // namespace

DatabaseThread::DatabaseThread(Rounds& rounds, const Clocks& clocks, Exits exits)
    : rounds_(rounds),
      clocks_(clocks),
      exits_(std::move(exits)),
      watch_(clocks.wall(), clocks.boot()) {}

DatabaseThread::~DatabaseThread() { finish(); }

void DatabaseThread::start() {
  thread_ = std::thread([this] { run(); });
}

void DatabaseThread::finish() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  sleeper_.wake();
  thread_.join();
}

template <class Put>
void DatabaseThread::put(Put into) {
  {
    const std::scoped_lock lock(mutex_);
    into(inbox_);
  }
  sleeper_.wake();
}

void DatabaseThread::opened(SessionId session, const ByteArray<32>& nonce) {
  put([&](Inbox& in) { in.items.push_back({Inbound::What::opened, session, nullptr, nonce}); });
}

void DatabaseThread::request(SessionId session, std::shared_ptr<const v1::Request> request) {
  put([&](Inbox& in) {
    in.items.push_back({Inbound::What::request, session, std::move(request), {}});
  });
}

void DatabaseThread::closed(SessionId session) {
  put([&](Inbox& in) { in.items.push_back({Inbound::What::closed, session, nullptr, {}}); });
}

void DatabaseThread::probe(std::function<void(bool well)> done) {
  put([&](Inbox& in) { in.probes.push_back(std::move(done)); });
}

void DatabaseThread::operator_result(const NoticeId& id, bool delivered) {
  put([&](Inbox& in) { in.results.emplace_back(id, delivered); });
}

void DatabaseThread::webhook_result(const WebhookResult& result) {
  put([&](Inbox& in) { in.webhook_results.push_back(result); });
}

RoundFigures DatabaseThread::figures() const {
  const std::scoped_lock lock(mutex_);
  return figures_;
}

DatabaseThread::Inbox DatabaseThread::take(bool& stopping) {
  const std::scoped_lock lock(mutex_);
  stopping = stopping_;
  return std::exchange(inbox_, {});
}

void DatabaseThread::run() {
  rounds_.wake(0, clocks_.wall(), to_network());
  while (true) {
    bool stopping = false;
    Inbox inbox = take(stopping);
    const bool idle = inbox.items.empty() && inbox.results.empty() &&
                      inbox.webhook_results.empty() && inbox.probes.empty();
    // Once a round: what is decided by is what was looked at for a step, also when wake() takes
    // long.
    const Instant now = clocks_.wall();
    check_clocks(now, clocks_.boot());
    // Idle rounds run as well: they carry "the server saw this moment" into the database.
    const bool more = round(std::move(inbox), now);
    if (stopping && idle && !more) {
      rounds_.finish(now);
      return;
    }
    if (!more && !stopping) sleeper_.sleep(sleep_until());
  }
}

void DatabaseThread::check_clocks(Instant wall, Duration boot) {
  const auto event = watch_.observe(wall, boot);
  if (!event) return;
  using Kind = ClockEvent::Kind;
  if (event->kind == Kind::blind)
    log::warning("was_blind", {{"gap", log::Millis{event->size}}});
  else
    log::warning("clock_set",
                 {{"forward", event->kind == Kind::forward}, {"step", log::Millis{event->size}}});
  deadline_.reset();  // what is late because of it is not the round's fault
  rounds_.wake(event->from, event->to, to_network());
}

void DatabaseThread::note_lateness(Instant now) {
  std::optional<Instant> from = unserved_;
  if (deadline_ && (!from || *deadline_ < *from)) from = deadline_;
  if (!from || now < *from) return;
  const Duration late = now - *from;
  if (late > noted_lateness && fault_log_.may_say_late(now))
    log::warning("round_late", {{"late", log::Millis{late}}});
  const std::scoped_lock lock(mutex_);
  figures_.last_late = late;
  figures_.worst_late = std::max(figures_.worst_late, late);
}

void DatabaseThread::note_room(bool tight) {
  if (tight == std::exchange(tight_, tight)) return;
  if (tight)
    log::error("disk_full", {{"refused", log::Word("messages")}});
  else
    log::info("disk_has_room");
}

Sink DatabaseThread::to_network() const {
  return [this](std::vector<Outgoing> out) { exits_.deliver(for_network(std::move(out))); };
}

bool DatabaseThread::round(Inbox inbox, Instant now) {
  note_lateness(now);
  std::vector<NetOutgoing> challenges;
  for (const Inbound& item : inbox.items)
    if (item.what == Inbound::What::opened)
      challenges.push_back(
          {item.session, rounds_.challenge(item.server_nonce, now), CloseCode::none});
  if (!challenges.empty()) exits_.deliver(std::move(challenges));
  for (const auto& [id, delivered] : inbox.results) rounds_.operator_result(id, delivered, now);
  for (const WebhookResult& came : inbox.webhook_results) rounds_.webhook_result(came, now);
  const RoundResult result = rounds_.round(std::move(inbox.items), now, to_network());
  for (const OperatorNotice& notice : result.operator_notices) exits_.tell_operator(notice);
  for (const DeskNotice& notice : result.desk_notices) exits_.tell_desk(notice);
  for (const auto& done : inbox.probes) done(!result.stalled && !result.tight);
  note_room(result.tight);
  fault_log_.note(result.faults, now);
  deadline_ = rounds_.next_deadline();
  unserved_ = result.unserved;
  const std::scoped_lock lock(mutex_);
  ++figures_.rounds;
  figures_.last_round = clocks_.wall();
  return result.more;
}

Duration DatabaseThread::sleep_until() const {
  const Duration boot = clocks_.boot();
  if (!deadline_) return boot + ClockWatch::longest_sleep;
  const Duration left = *deadline_ - clocks_.wall();
  return boot + (left > 0 ? std::min(left, ClockWatch::longest_sleep) : retry_pause);
}

}  // namespace livlina::server
