// How a text is shown to the person: the event, and the changes of its state.
#pragma once

#include "clients/core/messaging.hpp"
#include "clients/core/outbox.hpp"
#include "clients/core/text_store.hpp"

namespace livlina::client {

[[nodiscard]] v1::MessageView view_of(const Messaging& m, const TextStore& texts, const Text& text);
// Emits the view, as an answer to the running command if any.
void show(const Messaging& m, const TextStore& texts, const Text& text);

// Sets the state of our text, and of each person it was written to, to what its letter proves, and
// shows it when that changed. A receipt once seen counts for ever; "stored" does not outlive the
// server's memory (M5).
void show_progress(const Messaging& m, TextStore& texts, const Letter& letter);
// The same for a receipt of one person whose letter is gone.
void show_receipt(const Messaging& m, TextStore& texts, Text& text, const SignPublic& from,
                  TextState state);
// The same for what no receipt says: expired, or read here.
void show_state(const Messaging& m, TextStore& texts, Text& text, TextState state);

}  // namespace livlina::client
