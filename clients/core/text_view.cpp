#include "clients/core/text_view.hpp"

#include <algorithm>

#include "livlina/core.pb.h"

namespace livlina::client {

namespace {

bool receipted(TextState s) { return s == TextState::delivered || s == TextState::read; }

// Delivered to one device is delivered; stored is only what was stored for all.
TextState proved(const Letter& letter) {
  bool all_stored = true;
  bool any_kept = false;
  Progress best = Progress::waiting;
  for (const Addressee& a : letter.to) {
    all_stored = all_stored && a.resolved;
    for (const Target& t : a.targets) {
      if (t.progress == Progress::gone) continue;
      any_kept = true;
      all_stored = all_stored && t.progress >= Progress::stored;
      best = std::max(best, t.progress);
    }
  }
  if (best == Progress::read) return TextState::read;
  if (best == Progress::delivered) return TextState::delivered;
  return all_stored && any_kept ? TextState::stored : TextState::queued;
}

// The text as a whole is as far as whoever has come furthest with it; true: it moved.
bool advance(Text& text, TextState state) {
  if (text.state == state || text.state == TextState::read) return false;
  if (text.state == TextState::delivered && state != TextState::read) return false;
  if (text.state == TextState::expired && !receipted(state)) return false;
  text.state = state;
  return true;
}

// One of several readers: "read" of one says nothing of the others. True: it is news.
bool reach(Text& text, const SignPublic& account, TextState state) {
  text.reached.resize(text.to.size());
  const auto number = static_cast<std::uint8_t>(state);
  const auto to = std::find(text.to.begin(), text.to.end(), account);
  if (to == text.to.end()) return false;
  std::uint8_t& reached = text.reached[static_cast<std::size_t>(to - text.to.begin())];
  if (reached >= number) return false;
  reached = number;
  return true;
}

std::uint32_t count_from(const Text& text, TextState state) {
  return static_cast<std::uint32_t>(std::count_if(
      text.reached.begin(), text.reached.end(),
      [state](std::uint8_t reached) { return reached >= static_cast<std::uint8_t>(state); }));
}

}  // namespace

v1::MessageView view_of(const Messaging& m, const TextStore& texts, const Text& text) {
  v1::MessageView out;
  out.set_message_id(to_string(text.id.view()));
  out.set_circle_id(to_string(text.circle.view()));
  if (text.from) {
    out.set_from(to_string(text.from->view()));
    out.set_from_name(m.trust.person_name(*text.from));
  }
  if (text.to.size() == 1) {
    out.set_to(to_string(text.to.front().view()));
    out.set_to_name(m.trust.person_name(text.to.front()));
  }
  out.set_people(static_cast<std::uint32_t>(text.to.size()));
  out.set_delivered_to(count_from(text, TextState::delivered));
  out.set_read_by(count_from(text, TextState::read));
  out.set_kind(static_cast<std::uint32_t>(crypto::Kind::text));
  out.set_text(text.text);
  out.set_sent_at(text.sent_at);
  out.set_received_at(text.received_at);
  out.set_state(static_cast<std::uint32_t>(text.state));
  out.set_gap_before(texts.gap_before(text));
  out.set_under_duress(text.under_duress);
  return out;
}

void show(const Messaging& m, const TextStore& texts, const Text& text) {
  v1::Event event;
  event.set_command_id(m.context.command_id);
  *event.mutable_message() = view_of(m, texts, text);
  m.context.emit(std::move(event));
}

void show_state(const Messaging& m, TextStore& texts, Text& text, TextState state) {
  if (!advance(text, state)) return;
  texts.save(text);
  show(m, texts, text);
}

void show_receipt(const Messaging& m, TextStore& texts, Text& text, const SignPublic& from,
                  TextState state) {
  const bool more = reach(text, from, state);
  if (!advance(text, state) && !more) return;
  texts.save(text);
  show(m, texts, text);
}

void show_progress(const Messaging& m, TextStore& texts, const Letter& letter) {
  Text* text = texts.ours(letter.id);
  if (text == nullptr) return;
  bool more = false;
  for (const Addressee& a : letter.to)
    for (const Target& t : a.targets)
      if (t.progress == Progress::delivered || t.progress == Progress::read)
        more |= reach(*text, a.account,
                      t.progress == Progress::read ? TextState::read : TextState::delivered);
  if (!advance(*text, proved(letter)) && !more) return;
  texts.save(*text);
  show(m, texts, *text);
}

}  // namespace livlina::client
