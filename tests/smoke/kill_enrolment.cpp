#include "tests/smoke/kill_enrolment.hpp"

#include "crypto/core/roles.hpp"

namespace livlina::testing {

std::optional<bool> KillEnrolment::ended(NetClient& who) {
  const v1::Finished* end = who.finished(command_);
  if (end == nullptr) return std::nullopt;
  // wrong_state: said already, and only the answer was lost.
  if (end->error().empty() || (end->error() == "wrong_state" && step_ != Step::inviting))
    return true;
  if (end->error() != "offline" && end->error() != "busy")
    problem_ = who.name() + ": " + end->error() + " " + end->detail();
  return false;
}

bool KillEnrolment::has_words(NetClient& who) const {
  const v1::Event* e = who.last(v1::Event::kSafetyWords);
  return e != nullptr && e->safety_words().invite_id() == invite_;
}

void KillEnrolment::confirm(NetClient& who) {
  v1::Command command;
  command.mutable_confirm_pairing()->set_invite_id(invite_);
  command.mutable_confirm_pairing()->set_match(true);
  command_ = who.give(std::move(command));
}

void KillEnrolment::give() {
  switch (step_) {
    case Step::none: {
      if (town_.newcomers.size() >= most || !town_.desk.logged_in()) return;
      v1::Command command;
      command.mutable_create_invite()->set_purpose(1);
      command.mutable_create_invite()->set_role(static_cast<std::uint32_t>(Role::mentor));
      command_ = town_.desk.give(std::move(command));
      step_ = Step::inviting;
      return;
    }
    case Step::inviting: {
      const auto end = ended(town_.desk);
      if (!end) return;
      step_ = Step::none;
      if (!*end) return;  // perhaps made, and nobody has its code
      const v1::InviteMade made = town_.desk.last(v1::Event::kInviteMade)->invite_made();
      invite_ = made.invite_id();
      NetClient& newcomer = town_.add_newcomer();
      v1::Command command;
      command.mutable_enrol()->set_code(made.code());
      command.mutable_enrol()->set_name(newcomer.name());
      (void)newcomer.give(std::move(command));
      newcomer.go_online();
      step_ = Step::joining;
      return;
    }
    case Step::joining:
      if (!has_words(*town_.newcomers.back()) || !has_words(town_.desk)) return;
      confirm(*town_.newcomers.back());
      step_ = Step::newcomer_says;
      return;
    case Step::newcomer_says: {
      const auto end = ended(*town_.newcomers.back());
      if (!end || !problem_.empty()) return;
      if (*end) step_ = Step::desk_says;
      confirm(*end ? town_.desk : *town_.newcomers.back());
      return;
    }
    case Step::desk_says: {
      const auto end = ended(town_.desk);
      if (!end || !problem_.empty()) return;
      if (!*end) return confirm(town_.desk);
      ++confirmed_;
      step_ = Step::none;
    }
  }
}

}  // namespace livlina::testing
