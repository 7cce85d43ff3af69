// The JUDGE row of watch.md: what a stored record leads to, decided after its reply has gone.
#pragma once

#include "server/policy/words.hpp"

namespace livlina::server::policy {

// Types of checkin_record rows: protocol::RecordType, and a log-in by a shadow.
enum class RecordKind : std::uint8_t { checkin = 1, alarm = 2, cancel = 3, mistake = 4, login = 6 };

struct Unjudged {
  RecordKind kind = RecordKind::checkin;
  std::uint8_t answer = 0;  // protocol::Answer or protocol::AlarmKind
  bool shadow = false;
  bool late = false;  // it belongs to a missed occurrence
};

struct Verdict {
  enum class What : std::uint8_t {
    nothing,
    trigger,  // of `kind`, in the lane of that kind
    late_ok,  // annotate + calm in lane open
    cancel,   // of the alarm it names
    mistake,  // of the alarm it names
  };
  What what = What::nothing;
  TriggerKind kind = TriggerKind::miss;

  bool operator==(const Verdict&) const = default;
};

[[nodiscard]] constexpr Verdict judge(const Unjudged& row) {
  using What = Verdict::What;
  // by the shadow, whatever the answer or alarm -> trigger(duress) in lane silent, nothing in lane
  // open, no calm
  if (row.shadow || row.kind == RecordKind::login) return {What::trigger, TriggerKind::duress};
  switch (row.kind) {
    case RecordKind::checkin:
      // talk, not_ok -> lane open
      if (row.answer == 2) return {What::trigger, TriggerKind::talk};
      if (row.answer == 3) return {What::trigger, TriggerKind::not_ok};
      // ok for a missed one -> annotate + calm | ok -> nothing
      return {row.late ? What::late_ok : What::nothing, TriggerKind::miss};
    case RecordKind::alarm:
      if (row.answer == 1) return {What::trigger, TriggerKind::silent_alarm};
      if (row.answer == 3) return {What::trigger, TriggerKind::drill};
      return {What::trigger, TriggerKind::loud_alarm};
    case RecordKind::cancel:
      return {What::cancel, TriggerKind::miss};
    case RecordKind::mistake:
      return {What::mistake, TriggerKind::miss};
    case RecordKind::login:
      break;
  }
  return {};
}

}  // namespace livlina::server::policy
