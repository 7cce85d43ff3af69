#include "clients/cli/advice.hpp"

#include <string>

#include "clients/cli/warning_words.hpp"
#include "clients/cli/words_of.hpp"

namespace livlina::cli {

namespace {

struct Advice {
  std::string_view error;   // empty: any
  std::string_view detail;  // the server's word and its own detail, or the core's word
  std::string_view text;
};

constexpr Advice table[] = {
    {"", "not_ready:practice_alarm",
     "No practice alarm has been taken and resolved yet. Run `livlina alarm --practice`; one of "
     "your supporters takes and resolves it (`livlina take`, `livlina resolve --reason "
     "drill_done`); then repeat this."},
    {"", "not_ready:backup_rule",
     "Not enough people can be reached. At least two supporters with the scope alarm, in different "
     "roles or beside the desk, must have been connected lately: let them run `livlina listen`, or "
     "add somebody with `livlina circle sign --line`; then repeat this."},
    {"", "not_ready:desk_channel",
     "Protection category 1 needs the operator's channel, and this server has none. The operator "
     "must set operator_channel in the server's configuration."},
    {"", "not_ready:approval",
     "This circle is armed: a new plan needs a supporter's approval. The supporter runs `livlina "
     "plan approve`."},
    {"", "not_ready:confirm",
     "The person who invited you has not confirmed the safety words yet. They run `livlina "
     "confirm`; then repeat this."},
    {"", "not_ready:open_invites",
     "Too many of your invitations are open. They end by themselves, those for participants after "
     "15 minutes; the operator may allow more with limits.open_invites."},
    {"", "not_ready:desk_handover",
     "Another desk needs the signature of a coordinator of this one."},
    {"", "bad_times:grace",
     "The grace is too short for this server (5 minutes at least, unless its operator set another "
     "bound). Say for example --grace 30m."},
    {"", "bad_times:member_wait",
     "The wait of the members' own clients is too short for this server (60 seconds at least, "
     "unless its operator set another bound). Say for example --member-wait 120s."},
    {"", "bad_times:zone",
     "The server does not know this time zone. Say for example --zone Europe/Stockholm."},
    {"", "wrong_state:armed",
     "An armed circle cannot be disarmed by you alone, so that nobody can make you do it. You can "
     "drop people at once (`livlina circle sign --drop NAME`)."},
    {"", "wrong_state:closed", "This circle is closed."},
    {"", "wrong_state:pairing_refused",
     "No circle can be signed: one of you two said that the safety words differ. Meet, and pair "
     "anew, in a new state folder."},
    {"cancelled", "refused_here",
     "You said that the safety words differ: nobody is enrolled here. Ask for a new invitation, "
     "and "
     "run `livlina enrol` or `livlina pair` with it."},
    {"cancelled", "not_told",
     "Not confirmed, and nothing was pinned. The server could not be told, so tell the other "
     "person "
     "yourself that they must not confirm; ask for a new invitation."},
    {"wrong_state", "not_confirmed",
     "Nobody is paired with you yet: compare the safety words first (`livlina status` shows them), "
     "and run `livlina confirm`; then repeat this."},
    {"refused", "forbidden",
     "The server refused: your role, or what the participant's list gives you, does not allow "
     "this. `take-over` and `assign` are for coordinators."},
    {"not_trusted", "line",
     "A line names another role than the desk's list gives this person (`livlina people` shows "
     "it). Nothing was signed."},
    {"bad_argument", "lines",
     "These lines cannot be signed, so nothing was: each person, and the desk, has one line. To "
     "change it, drop the old one in the same command: `livlina circle sign --drop NAME --line "
     "NAME:ROLE:SCOPE` (the desk: --drop desk --line desk:SCOPE)."},
    {"wrong_state", "no_manifest",
     "Your circle is not signed yet. First say who may receive what: `livlina circle sign --line "
     "NAME:ROLE:SCOPE`; then repeat this."},
    {"wrong_state", "no_such_proposal", "No plan waits for an approval, or it has changed since."},
    {"wrong_state", "no_alarm", "There is no alarm to take back."},
    {"wrong_state", "enrolling", "An enrolment is under way here."},
    {"no_scope", "nobody_may_approve",
     "Nobody of your circle may approve a new plan: no line has the scope plan. Add one with "
     "`livlina circle sign --line NAME:ROLE:checkin,alarm,plan`."},
    {"unknown_circle", "incident",
     "This device cannot verify the circle of this incident, so nothing can be signed for it here. "
     "Call the desk, and look again later (`livlina incidents`)."},
    {"not_yours", "purpose",
     "You cannot invite yet. A coordinator first makes the desk (`livlina desk create NAME`); "
     "staff whom the desk lists invite participants, coordinators also staff."},
    {"bad_argument", "schedule",
     "This plan is not possible. Each time once; --opens at most 24h, --grace at most 12h, every "
     "--remind shorter than the grace and longer than the one before, and no check-in may open "
     "before the one before it has ended."},
    {"bad_argument", "name", "The name is missing or too long (200 bytes at most)."},
    {"bad_argument", "accept",
     "This person's list of devices has changed again: look at it once more (`livlina status`)."},
    {"bad_argument", "remove",
     "You keep the desk's key, so you cannot be taken off its list: the desk would be nobody's."},
    {"bad_argument", "utf8",
     "The text has bytes that are no letters in UTF-8, and nothing was stored. Write it anew, or "
     "convert the file (`iconv -t UTF-8`)."},
    {"wrong_state", "nobody_yet",
     "Your circle is not signed yet, so nobody can be told anything, and nothing was kept to be "
     "sent later. First say who may receive what: `livlina circle sign --line NAME:ROLE:SCOPE`."},
    {"wrong_state", "pending",
     "What you signed before is still on its way: the server has not answered. It is repeated by "
     "itself; wait until it is through, then repeat this."},
    {"bad_argument", "text", "There is no text to send."},
    {"too_large", "note", "The note is too long (900 bytes at most)."},
};

// That the other side refused a pairing, in the words of its warning; empty: it is something else.
std::string_view refused_pairing(std::string_view error, std::string_view detail) {
  const auto sentence = [](std::string_view code) {
    return capitalised(std::string(warning_sentence(code))) + ".";
  };
  static const std::string there = sentence("pairing_refused_there");
  static const std::string listed = sentence("pairing_refused_listed");
  static const std::string late = sentence("pairing_refused_late");
  if (detail == "wrong_state:refused") return there;
  if (error != "cancelled") return {};
  if (detail == "refused_there") return there;
  if (detail == "refused_listed") return listed;
  return detail == "refused_late" ? std::string_view(late) : std::string_view();
}

}  // namespace

std::string_view advice_for(std::string_view error, std::string_view detail) {
  if (const auto refused = refused_pairing(error, detail); !refused.empty()) return refused;
  for (const Advice& a : table)
    if (a.detail == detail && (a.error.empty() || a.error == error)) return a.text;
  return {};
}

}  // namespace livlina::cli
