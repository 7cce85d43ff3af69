// Messages: ciphertext rows for devices. The sender is known while the request runs, for membership
// and limits, and never stored.
#include <algorithm>
#include <set>
#include <vector>

#include "protocol/proto.hpp"
#include "server/services/envelopes.hpp"
#include "server/services/handlers.hpp"
#include "server/services/reach.hpp"
#include "server/services/records.hpp"
#include "server/store/accounts.hpp"
#include "server/store/invites.hpp"
#include "server/store/mailbox.hpp"

namespace livlina::server {

namespace {

constexpr int max_acks = 256;

struct Row {
  DeviceId device;
  store::Rank rank = store::Rank::normal;
  const std::string* frame = nullptr;
};

// The rows that the request asks for, or why none of them is stored.
Answer<std::vector<Row>> check(Turn& turn, const Caller& caller, const v1::PostMessage& request) {
  std::vector<Row> out;
  std::set<DeviceId> seen;
  std::set<Key> reachable;  // several devices of one account are asked for once
  const store::Accounts accounts(turn.db);
  for (const v1::Envelope& e : request.envelopes()) {
    const auto id = DeviceId::from(e.device_id());
    if (!id || !seen.insert(*id).second || e.frame().size() < min_frame)
      return refuse(Code::malformed, "envelope");
    if (e.frame().size() > max_frame) return refuse(Code::too_large, "frame");
    const auto rank = rank_of(e.frame());
    if (!rank) return refuse(Code::malformed, "queue");
    const auto row = accounts.device(*id);
    if (!row) return refuse(Code::forbidden);
    if (!reachable.contains(row->account)) {
      if (!may_write_to(turn, caller, row->account)) return refuse(Code::forbidden);
      reachable.insert(row->account);
    }
    if (!may_be_written_to(turn, *id, *row, caller.account.bytes()))
      return refuse(Code::unknown_device);
    if (row->queued >= places(turn, *id, false)) return refuse(Code::queue_full, "", minute);
    out.push_back({*id, *rank, &e.frame()});
  }
  return out;
}

// Under duress a message goes to those whom the participant gave the alarm scope; their clients
// mark it. Nobody else gets it.
bool hears_duress(Turn& turn, const Caller& caller, const DeviceId& to) {
  const auto id = circle_of(turn, caller.account);
  const auto circle = id ? circle_facts(turn, *id) : std::nullopt;
  if (!circle) return false;
  for (const Member& m : members(turn, *circle, scope_alarm, Grace::none))
    if (std::find(m.devices.begin(), m.devices.end(), to) != m.devices.end()) return true;
  return false;
}

}  // namespace

Answer<v1::Stored> post_message(Turn& turn, const Caller& caller, const v1::PostMessage& request) {
  const auto message = MessageId::from(request.message_id());
  if (!message) return refuse(Code::malformed, "message_id");
  // Before anything is asked for each of them: a frame has room for 26,000 (T24).
  if (request.envelopes_size() == 0 || request.envelopes_size() > max_envelopes)
    return refuse(Code::malformed, "envelopes");
  store::Mailbox mailbox(turn.db);
  // A repeat is answered before anything is judged anew: its first answer was "stored" (M1).
  Instant received = turn.now;
  std::set<DeviceId> repeated;
  for (const v1::Envelope& e : request.envelopes())
    if (const auto id = DeviceId::from(e.device_id()))
      if (const auto at = mailbox.accepted_at(*id, *message)) {
        received = std::min(received, *at);
        repeated.insert(*id);
      }
  v1::Stored out;
  out.set_received_at(received);
  if (!repeated.empty() && static_cast<int>(repeated.size()) == request.envelopes_size())
    return out;

  const auto rows = check(turn, caller, request);
  if (!rows.ok()) return rows.error();
  for (const Row& row : *rows) {
    if (repeated.contains(row.device)) continue;
    mailbox.accept(row.device, *message, turn.now);
    if (caller.shadow && !hears_duress(turn, caller, row.device)) continue;
    (void)mailbox.append(row.device, row.rank, static_cast<int>(MailKind::frame), field(*row.frame),
                         mail_end(turn), places(turn, row.device, true));
    turn.out.mail(row.device, row.rank);
  }
  return out;
}

Answer<Unit> ack_deliveries(const v1::AckDeliveries& request) {
  if (request.seqs_size() > max_acks) return refuse(Code::malformed, "seqs");
  return Unit{};
}

void delete_rows(Turn& turn, const DeviceId& mailbox, const std::vector<std::uint64_t>& seqs) {
  (void)store::Mailbox(turn.db).remove(mailbox, seqs);
}

bool expire(Turn& turn, std::size_t most) {
  const int limit = static_cast<int>(most);
  const int rows =
      store::Mailbox(turn.db).expire(turn.now, turn.now - turn.settings.message_ttl, limit);
  const int invites = store::Invites(turn.db).expire(turn.now, limit);
  return rows >= limit || invites >= limit;
}

std::optional<Instant> next_expiry(Turn& turn) {
  auto out = store::Mailbox(turn.db).next_end(turn.settings.message_ttl);
  const auto invites = store::Invites(turn.db).next_end();
  if (invites && (!out || *invites < *out)) out = invites;
  return out;
}

}  // namespace livlina::server
