#include "clients/core/texts.hpp"

#include <algorithm>

#include "clients/core/footing.hpp"
#include "clients/core/pretence.hpp"
#include "clients/core/utf8.hpp"
#include "livlina/core.pb.h"

namespace livlina::client {

namespace {

// Nothing in it to read.
bool blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string::npos;
}

}  // namespace

crypto::Status Texts::load(const Identity& identity) {
  self_ = &identity;
  return crypto::done();
}

bool Texts::command(const v1::Command& command) {
  Status status = Unit{};
  switch (command.command_case()) {
    case v1::Command::kSendText:
      status = send(command.send_text());
      break;
    case v1::Command::kMarkRead:
      status = read(command.mark_read());
      break;
    case v1::Command::kListMessages:
      status = list(command.list_messages());
      break;
    default:
      return false;
  }
  std::string_view detail;
  if (command.has_send_text() && !status.ok()) {
    const std::string& text = command.send_text().text();
    detail = blank(text) ? "text" : !is_utf8(view(text)) ? "utf8" : "";
  }
  context_.finish(command.id(), status, detail);
  return true;
}

void Texts::describe(v1::Status& out) const {
  out.set_queued_here(out.queued_here() + static_cast<std::uint32_t>(messenger_.waiting()));
}

Status Texts::send(const v1::SendText& send) {
  if (blank(send.text())) return Error::bad_argument;
  if (send.text().size() > max_text) return Error::too_large;
  // The other side shows no such bytes: said here, before it is lost there.
  if (!is_utf8(view(send.text()))) return Error::bad_argument;
  auto circle = CircleId::from(send.circle_id());
  // A participant has one circle and need not name it.
  const Circle* own = self_->participant ? trust_.circle_of(self_->account) : nullptr;
  if (!circle && send.circle_id().empty() && own != nullptr) circle = own->id;
  if (!circle) return Error::unknown_circle;
  const auto to = readers(*circle, send);
  if (!to.ok()) return to.error();
  if (to->empty()) return Error::no_scope;
  (void)messenger_.post(crypto::Kind::text, *circle, *to, view(send.text()));
  return Unit{};
}

Result<std::vector<SignPublic>> Texts::readers(const CircleId& id, const v1::SendText& send) const {
  std::optional<SignPublic> to;
  if (!send.to().empty()) {
    const auto account = crypto::parse_sign_key(view(send.to()));
    if (!account.ok() || *account == self_->account) return Error::unknown_person;
    to = *account;
  }
  if (is_desk(trust_, id)) {
    if (!to || !trust_.desk_role(*to)) return Error::unknown_person;
    return std::vector<SignPublic>{*to};
  }
  const Circle* circle = trust_.circle(id);
  if (circle == nullptr) return Error::unknown_circle;
  return readers_in(*circle, to);
}

Result<std::vector<SignPublic>> Texts::readers_in(const Circle& circle,
                                                  std::optional<SignPublic> to) const {
  if (!reads(circle, self_->account)) return Error::no_scope;
  if (to) {
    const auto pretended = pretended_circle(context_.store, *self_, circle);
    if (!trust_.standing(circle, *to, context_.now) ||
        (pretended && !trust_.standing(*pretended, *to, context_.now)))
      return Error::unknown_person;
    if (!reads(circle, *to)) return Error::no_scope;
    return std::vector<SignPublic>{*to};
  }
  std::vector<SignPublic> all;
  if (circle.participant != self_->account) all.push_back(circle.participant);
  for (const Trust::Reach& reached : trust_.reach(circle, scope_messages, context_.now))
    if (reached.account != self_->account && reached.account != circle.participant &&
        reads(circle, reached.account))
      all.push_back(reached.account);
  return all;
}

// Of those who were "dropped" in the decoy realm nobody reads what is written there.
bool Texts::reads(const Circle& circle, const SignPublic& account) const {
  const auto standing = trust_.standing(circle, account, context_.now);
  const auto pretended = pretended_circle(context_.store, *self_, circle);
  const auto shown = pretended ? trust_.standing(*pretended, account, context_.now) : standing;
  return standing && shown && (standing->scope & shown->scope & scope_messages) != 0;
}

Status Texts::read(const v1::MarkRead& read) {
  const auto id = MessageId::from(read.message_id());
  if (!id) return Error::bad_argument;
  return messenger_.mark_read(*id);
}

Status Texts::list(const v1::ListMessages& list) const {
  const auto circle = CircleId::from(list.circle_id());
  if (!circle && !list.circle_id().empty()) return Error::unknown_circle;
  v1::Event event;
  event.set_command_id(context_.command_id);
  v1::Messages& out = *event.mutable_messages();
  for (v1::MessageView& view : messenger_.messages(circle ? &*circle : nullptr, list.since()))
    *out.add_messages() = std::move(view);
  context_.emit(std::move(event));
  return Unit{};
}

}  // namespace livlina::client
