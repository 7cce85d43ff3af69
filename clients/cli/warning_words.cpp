#include "clients/cli/warning_words.hpp"

namespace livlina::cli {

namespace {

struct Sentence {
  std::string_view code;
  std::string_view text;
};

constexpr Sentence sentences[] = {
    // check-ins
    {"nothing_came",
     "no signed check-in came, and the time for it is over: reach the person as you agreed, and "
     "say "
     "so to the desk"},
    {"server_contradicts",
     "the server's word on a check-in and the signed record differ: go by the record, call the "
     "desk"},
    {"not_connected",
     "this device was not connected, so whether a check-in came is not known here: ask the desk"},
    {"pressed_other_time",
     "a signed answer names a check-in but was pressed before it opened: it is no answer"},
    {"received_at_contradicts",
     "the server says that an answer arrived earlier than it can have: it is shown as late"},
    {"alarm_without_incident",
     "a signed alarm or wish to talk came, and the server has no incident for it: act, call the "
     "desk"},
    {"mark_missing", "this device cannot tell yet which answers are given under duress"},
    {"mark_unconfirmed",
     "somebody has not received what tells duress: they see your duress answers as ordinary ones"},
    {"zone_unknown",
     "this machine does not know a plan's time zone, so its check-ins are not watched here"},
    {"deadline_moved", "the server's deadline is not the one of the signed plan"},
    {"record_gap", "a signed record of this person is missing: ask the person, call the desk"},
    {"record_fork",
     "this person's device signed two records under one number: meet them, ask who has the phone"},
    {"bad_record", "the server passed on a record that does not verify"},
    {"unknown_device_record", "a record by a device that nobody has listed"},
    {"bad_reply", "the server's receipt cannot be read"},
    {"record_refused", "the server does not take what you said; it is offered again"},
    {"record_given_up", "the server never took what you said; it is not offered any more"},
    // incidents
    {"unsigned_taken", "the server says that somebody has taken it, and no signature proves it"},
    {"unsigned_resolved", "the server says that it is over, and no signature proves it"},
    {"trigger_contradicts",
     "the server shows something of an incident other than the signed record behind it"},
    {"incident_unverified",
     "an incident is open in a circle that this device cannot verify: run `livlina incidents`, and "
     "call the desk"},
    {"act_missing", "somebody signed after an act that the server does not show (any more)"},
    {"act_ahead", "an act is dated ahead of all clocks: it does not count"},
    {"act_clock", "your clock and the server's differ: what you sign may not verify for others"},
    {"unexpected_silent", "the server told this device what it must never hear of"},
    // lists, manifests, plans
    {"rollback", "somebody was shown an older signed list or circle than there is"},
    {"fork", "two different signed versions under one number"},
    {"server_behind",
     "the server has an older state than is known here, since a copy was put back"},
    {"withheld", "the server withholds a signed version that there is"},
    {"manifest_withheld", "the server withholds a version of the signed circle"},
    {"list_withheld", "the server withholds somebody's newest list of devices"},
    {"not_verified", "a signature does not verify"},
    {"not_in_circle", "somebody writes, or is written to, without a line in the signed circle"},
    {"wrong_participant", "a circle is shown under another person's signature"},
    {"unconfirmed", "a new circle that nobody of yours has confirmed"},
    {"device_added",
     "somebody has a new device: ask them, in person or by phone, whether it is theirs"},
    {"device_claimed", "a list claims somebody else's device"},
    {"plan_unapproved",
     "the server shows a new plan that nobody approved: the old one is watched on"},
    {"disarmed", "a signed list that would end the watch was refused: who has the phone?"},
    {"plan_fork", "two plans of one version: the stricter is watched until a newer one comes"},
    {"desk_handover", "a signed list that names another desk was refused: who has the phone?"},
    {"approval_not_trusted", "an approval of your plan does not verify"},
    {"bad_prekey", "a key that the server gives out does not verify"},
    {"other_suite",
     "an account's devices speak another version of the encryption than this program: nothing is "
     "written to them"},
    {"old_prekey",
     "a device has renewed no key for 45 days, or the server withholds the new one: nothing is "
     "written to it"},
    {"roster_ends", "the desk's roster runs out: a keeper must run `livlina desk renew`"},
    // messages
    {"gap", "something of a sender is missing or cannot be opened"},
    {"reset_storm", "somebody's device asks again and again for everything: it is not followed"},
    {"refused_kind", "a message of a kind that its sender may not send"},
    {"unknown_device", "a message by a device that nobody has listed"},
    // invitations
    {"second_join", "a second answer to an invitation was refused"},
    {"late_join", "an answer to an invitation came too late and was refused"},
    {"join_not_trusted", "an answer to an invitation does not verify"},
    {"invite_not_trusted", "the invitation does not verify"},
    {"pairing_refused",
     "this pairing was refused because the safety words differed: nothing of the invitation holds"},
    {"pairing_refused_there",
     "the other person said that the safety words differ: somebody may be in between. Nothing of "
     "this invitation holds; meet, and make a new one"},
    {"pairing_refused_listed",
     "the safety words of a pairing differed, and the desk lists who joined as staff: somebody may "
     "be "
     "in between. Remove them now: livlina desk renew --remove NAME"},
    {"pairing_refused_late",
     "the other person said that the safety words differ, after you had confirmed them: somebody "
     "may be in between. Meet them; until then trust nothing that came by this invitation"},
    // the server
    {"wrong_server", "this is not the server that you were enrolled with"},
    {"cloned_device",
     "somebody else used this device's key, or its folder was put back: call the desk, and enrol "
     "anew"},
    {"login_refused", "the server refused the log-in of this device"},
    {"unsupported_version", "the server speaks another version"},
    {"bad_frame", "the server sent what cannot be read"},
    {"clock_jump", "the server's clock jumped: its time is not believed"},
    {"clock_differs",
     "this machine's clock and the server's differ: check-ins are dated by yours, so set it right"},
    {"audit_rollback", "the server's own history went back"},
    {"server_restored",
     "an older copy of the server's data was put back: what its devices signed since is given to "
     "it "
     "again, and what others did meanwhile may be missing"},
    {"not_given_back",
     "the server, which was put back, does not take again (yet) what you signed or said: stay "
     "connected; if it stays, sign it anew or say it again"},
    {"more_warnings",
     "there are more warnings of one kind than are kept: call the desk, and the operator"},
    {"corrupt", "what this device has stored cannot be read"},
};

}  // namespace

std::string_view warning_sentence(std::string_view code) {
  for (const Sentence& s : sentences)
    if (s.code == code) return s.text;
  return {};
}

}  // namespace livlina::cli
