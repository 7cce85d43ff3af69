// send, inbox, listen: what people write to each other, and what comes in by itself.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "clients/cli/client.hpp"
#include "clients/cli/commands.hpp"
#include "clients/cli/hearing.hpp"
#include "clients/cli/json.hpp"
#include "clients/cli/lines.hpp"
#include "clients/cli/print.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/words_of.hpp"

namespace livlina::cli {

using nlohmann::json;

namespace {

void send(const Options& options, const std::string& to, const std::string& wanted,
          const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& w : words) text += (text.empty() ? "" : " ") + w;
  text = text_of_option(text);
  Client client(options);
  client.go_online();
  v1::Command command;
  auto& message = *command.mutable_send_text();
  if (to == "all") {
    message.set_circle_id(client.circle(wanted).circle_id());
  } else {
    message.set_to(client.person(to).account());
    message.set_circle_id(client.circle_with(wanted, message.to()).circle_id());
  }
  message.set_text(text);
  const v1::Finished finished = client.try_run(std::move(command));
  const bool broken = finished.error() == "offline" || finished.error() == "timeout";
  if (finished.error() == "no_scope" && to != "all")
    throw Failure(Exit::failed,
                  printable(to) +
                      " may not receive messages here: no line of the participant's signed list "
                      "gives the scope messages to both of you (`livlina people` shows it).",
                  "no_scope");
  if (finished.error() == "unknown_person" && to != "all")
    throw Failure(Exit::failed,
                  printable(to) +
                      " cannot be written to: no signed list names you both (yet). Participants "
                      "sign theirs with `livlina circle sign --line NAME:ROLE:SCOPE`.",
                  "unknown_person");
  if (!finished.error().empty() && !broken) throw failure_of(finished);
  const bool queued = broken || !client.online();
  client.finish();
  const v1::Event* event = client.last(v1::Event::kMessage);
  json out = event == nullptr ? json::object() : to_json(event->message());
  out["ok"] = !queued;
  const std::string state = event == nullptr ? "queued" : progress_text(event->message());
  print(options, out,
        queued ? "The message waits on this device. It is sent when a command here reaches the "
                 "server, or by `livlina listen`."
               : "The message is " + state + ".");
  if (queued)
    throw Failure(Exit::offline, "Not sent yet. " + why_not_sent(client, finished), "offline");
}

void inbox(const Options& options, const std::string& wanted, bool read) {
  Client client(options);
  const auto unreached = client.look_online();
  v1::Command command;
  auto& list = *command.mutable_list_messages();
  if (!wanted.empty()) list.set_circle_id(client.circle(wanted).circle_id());
  client.run(std::move(command));
  const v1::Event* event = client.last(v1::Event::kMessages);
  const v1::Messages messages = event == nullptr ? v1::Messages{} : event->messages();
  json out = json::array();
  std::string text;
  for (const auto& m : messages.messages()) {
    out.push_back(to_json(m));
    text += (text.empty() ? "" : "\n") + line_of(m);
    if (read && !m.from().empty() && m.state() != 4) {
      v1::Command mark;
      mark.mutable_mark_read()->set_message_id(m.message_id());
      client.run(std::move(mark));
    }
  }
  client.finish();
  if (text.empty()) text = "No messages.";
  print(options, {{"ok", true}, {"online", client.online()}, {"messages", out}}, text);
  say_if_unasked(unreached);
}

// Whether an event is what `listen --for` waits for. Taken and resolved only by a signature: the
// server's word ends nobody's watch.
bool awaited(const v1::Event& e, const std::string& what) {
  if (what == "message") return e.has_message() && !e.message().from().empty();
  if (what == "page") return e.has_notice() && e.notice().kind() == 1;
  if (what == "incident") return e.has_incident();
  const bool proved = e.has_incident() && e.incident().taken_verified();
  if (what == "taken") return proved && e.incident().incident().state() == 2;
  if (what == "resolved") return proved && e.incident().incident().state() == 3;
  if (what == "checkin")
    return e.has_checkin() &&
           (e.checkin().state() == 2 || e.checkin().state() == 3 || e.checkin().state() == 4 ||
            e.checkin().state() == 10 || e.checkin().state() == 13 || e.checkin().state() == 14);
  if (what == "miss") return e.has_checkin() && e.checkin().state() == 6;
  if (what == "silence") return e.has_checkin() && e.checkin().state() == 7;
  if (what == "reminder") return e.has_reminder();
  if (what == "warning") return e.has_warning();
  if (what == "joined") return e.has_safety_words();
  return false;
}

void listen(const Options& options, const std::string& what, int seconds) {
  bool seen = false;
  Hearing hearing(options);
  const auto hear = [&](const v1::Event& e) {
    seen = seen || awaited(e, what);
    return hearing.hear(e);
  };
  Client client(options, {hear, [&](const auto& link) {
                            hearing.link_told();
                            print_link(options, link, false);
                          }});
  (void)client.status();  // names
  const Duration most = seconds > 0 ? seconds * second : 400 * day;
  const bool enough = client.listen(most, [&] { return seen; });
  client.finish();
  if (!client.reached()) throw Failure(Exit::offline, as_sentence(client.why_offline()), "offline");
  if (!what.empty() && !enough)
    throw Failure(Exit::timeout, "What was waited for did not come.", "timeout");
}

}  // namespace

void add_message_commands(CLI::App& app, Options& options) {
  auto to = std::make_shared<std::string>();
  auto circle = std::make_shared<std::string>();
  auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* cmd = app.add_subcommand("send", "Send an end-to-end encrypted message");
  cmd->add_option("to", *to, "A person's name, or all")->required();
  cmd->add_option("text", *words, "The text; - reads it from standard input")->required();
  cmd->add_option("--circle", *circle, "Participant's name, or the beginning of an id");
  cmd->footer("Example:\n  livlina send Amal \"Can we talk tonight?\"");
  cmd->callback([&options, to, circle, words] { send(options, *to, *circle, *words); });

  auto read = std::make_shared<bool>(false);
  cmd = app.add_subcommand("inbox",
                           "All messages, with what is known of each: queued, stored, "
                           "delivered, read");
  cmd->add_option("--circle", *circle, "Only this circle");
  cmd->add_flag("--read", *read, "Tell the senders that you have read them");
  cmd->callback([&options, circle, read] { inbox(options, *circle, *read); });

  auto what = std::make_shared<std::string>();
  auto seconds = std::make_shared<int>(0);
  cmd = app.add_subcommand("listen", "Stay connected and show what comes in");
  cmd->add_option("--for", *what, "End when this came (exit 7 if it did not)")
      ->check(CLI::IsMember({"message", "page", "incident", "taken", "resolved", "checkin", "miss",
                             "silence", "reminder", "warning", "joined"}));
  cmd->add_option("--seconds", *seconds, "End after this many seconds")
      ->check(CLI::Range(1, 1000000));
  cmd->footer(
      "taken and resolved mean: with a signature that this client checked.\n"
      "It says when it is connected. Without a connection it says so, at once and every 3 minutes "
      "(--json: the events offline "
      "and "
      "online). It ends when another process or copy of this device connects.\n"
      "Examples:\n  livlina listen\n  livlina listen --for page --seconds 120 --json");
  cmd->callback([&options, what, seconds] { listen(options, *what, *seconds); });
}

}  // namespace livlina::cli
