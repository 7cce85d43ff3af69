// The judge job: what stored records lead to, after their replies.
#include "server/policy/judge.hpp"

#include "server/services/incidents.hpp"
#include "server/services/notices.hpp"
#include "server/services/occurrences.hpp"
#include "server/services/watch.hpp"
#include "server/store/checkin_records.hpp"
#include "server/store/policies.hpp"

namespace livlina::server {

namespace {

using policy::Verdict;

// The incident that an annotation belongs to: of the named record's trigger, or the open lane's.
std::optional<store::IncidentRow> annotated(Turn& turn, const store::RecordRow& record,
                                            Verdict::What what) {
  store::Incidents incidents(turn.db);
  if (what == Verdict::What::late_ok)
    return incidents.unresolved(record.circle, policy::Lane::open);
  const auto named = store::CheckinRecords(turn.db).named(record.device, record.named_seq);
  if (!named) return std::nullopt;
  const auto incident = store::IncidentLog(turn.db).incident_of_record(*named);
  return incident ? incidents.get(*incident) : std::nullopt;
}

void annotate(Turn& turn, const CircleFacts& circle, const store::RecordRow& record,
              Verdict::What what, const Origin& origin) {
  auto row = annotated(turn, record, what);
  if (!row || !policy::unresolved(row->i.state)) return;
  policy::IncidentEvent event = policy::incident_event::LateOk{};
  if (what == Verdict::What::cancel) event = policy::incident_event::Cancel{};
  if (what == Verdict::What::mistake) event = policy::incident_event::Mistake{};
  const policy::Policy values = store::Policies(turn.db).get(row->policy);
  apply(turn, circle, *row, policy::step(row->i, event, values, {}, turn.now), origin);
}

void judge_one(Turn& turn, const store::RecordRow& record) {
  const CircleFacts circle = its_circle(turn, record.circle, "checkin_record");
  const bool login = record.kind == policy::RecordKind::login;
  const Verdict verdict = policy::judge({record.kind, record.answer, record.shadow, record.late});
  const Origin origin{std::nullopt, record.id,
                      login ? std::nullopt : std::optional<crypto::Hash>(record.hash)};
  switch (verdict.what) {
    case Verdict::What::nothing:
      break;
    case Verdict::What::trigger: {
      store::TriggerRow trigger;
      trigger.kind = verdict.kind;
      trigger.record = record.id;
      if (login) trigger.login_device = record.device;
      raise(turn, circle, trigger, origin);
      break;
    }
    case Verdict::What::late_ok:
    case Verdict::What::cancel:
    case Verdict::What::mistake:
      annotate(turn, circle, record, verdict.what, origin);
      break;
  }
  if ((record.flags & store::flag_fork) != 0)
    warn_desk(turn, circle, policy::NotificationKind::warning, policy::NoticeCode::record_fork,
              cause_of("fork", ByteView(record.hash), 0));
  for (const store::OccurrenceRow& row : store::Occurrences(turn.db).answered_by(record.id))
    post_word(turn, circle, row, true);
  store::CheckinRecords(turn.db).set_judged(record.id);
}

}  // namespace

bool judge(Turn& turn, std::size_t most) {
  store::CheckinRecords records(turn.db);
  const auto rows = records.unjudged(most);
  for (const store::RecordRow& row : rows)
    if (const AtRow at(turn.progress, RowOf::record, row.id); at) judge_one(turn, row);
  return rows.size() == most && records.any_unjudged();
}

void shadow_seen(Turn& turn, const CircleId& circle, const DeviceId& shadow) {
  store::CheckinRecords records(turn.db);
  if (records.login_unjudged(shadow)) return;
  store::RecordRow row;
  row.circle = circle;
  row.device = shadow;
  row.shadow = true;
  row.kind = policy::RecordKind::login;
  row.hash = turn.random.array<32>();  // a name of its own: nothing was signed
  row.received_at = turn.now;
  records.insert(row);
}

}  // namespace livlina::server
