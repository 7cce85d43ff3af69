// checkin, alarm, cancel: what a participant says about themselves.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "clients/cli/client.hpp"
#include "clients/cli/commands.hpp"
#include "clients/cli/json.hpp"
#include "clients/cli/own_alarm.hpp"
#include "clients/cli/print.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/words_of.hpp"
#include "clients/cli/zone_time.hpp"

namespace livlina::cli {

using nlohmann::json;

namespace {

constexpr Duration alarm_end = 5 * second;

// That nobody was told is said by whoever catches the Failure, where it is so.
[[noreturn]] void left_on_device(const Client& client, const std::string& what,
                                 const v1::Finished& finished) {
  const bool interrupted = finished.error() == "interrupted";
  print(client.options(), {{"ok", false}, {"state", "on_this_device"}},
        what + (interrupted ? " stays on this device" : " is on this device only") +
            ". It is sent when a command here reaches the server, or by `livlina listen`." +
            (interrupted ? " `livlina cancel` takes an alarm back before that." : ""));
  throw Failure(interrupted ? Exit::failed : Exit::offline,
                "Not sent yet. " + why_not_sent(client, finished), finished.error());
}

[[noreturn]] void not_accepted(const v1::Finished& finished) {
  if (finished.error() == "unknown_circle")
    throw Failure(Exit::failed,
                  "You have no circle yet: the pairing was not confirmed (`livlina status` says "
                  "what is next).",
                  finished.error());
  if (finished.error() != "refused") throw failure_of(finished);
  // A refused record stays in the queue and is offered again.
  const Failure why = failure_of(finished);
  throw Failure(why.exit_code(),
                std::string(why.what()) + " It is kept on this device and offered again.",
                why.word());
}

// Signs and stores first, then connects and gives it to the server, before anything else; or leaves
// it on the device to be sent next time. Throws Failure unless the server has it: then what it
// said.
v1::CheckinAccepted give(Client& client, v1::Command command, const std::string& what) {
  v1::Finished finished = client.run_at_once(command);
  // What makes it possible may wait at the server: that the pairing was confirmed.
  if (finished.error() == "unknown_circle" || finished.error() == "wrong_state") {
    client.go_online();
    finished = client.try_run(std::move(command));
  }
  if (finished.error() == "offline" || finished.error() == "timeout" ||
      finished.error() == "interrupted")
    left_on_device(client, what, finished);
  if (!finished.error().empty()) not_accepted(finished);
  const v1::Event* event = client.last(v1::Event::kCheckinAccepted);
  return event == nullptr ? v1::CheckinAccepted{} : event->checkin_accepted();
}

json json_of(const v1::CheckinAccepted& accepted) {
  v1::Event event;
  *event.mutable_checkin_accepted() = accepted;
  json out = to_json(event);
  out["ok"] = true;
  return out;
}

// Whatever kept it from being given (a wrong PIN, another process, nobody enrolled, no connection):
// nobody may believe that somebody was told.
template <class Say>
void or_nobody_was_told(Say say) {
  bool given = false;
  try {
    say(given);
  } catch (const Failure& why) {
    if (given)
      throw Failure(why.exit_code(), std::string("It has reached the server. But: ") + why.what(),
                    why.word());
    throw Failure(why.exit_code(), as_sentence(why.what()) + nobody_was_told, why.word());
  }
}

std::string next_of(Client& client, const v1::CheckinAccepted& accepted) {
  if (accepted.next_due() == 0) return {};
  return " Next: " + clock_in_zone(accepted.next_due(), own_zone(client.status())) + ".";
}

void check_in(const Options& options, const std::string& answer, const std::string& note,
              bool& given) {
  v1::Command command;
  command.mutable_check_in()->set_answer(answer_number(answer).value_or(1));
  command.mutable_check_in()->set_note(text_of_option(note));
  command.mutable_check_in()->set_wait(true);
  Client client(options);
  const v1::CheckinAccepted accepted = give(client, std::move(command), "Your check-in");
  given = true;
  std::string text = "Your check-in has reached the server.";
  if (answer == "talk")
    text += " Your supporters are told that you want a call.";
  else if (answer == "not_ok")
    text += " Your supporters are told that you are not well.";
  else if (accepted.status() == 2)
    text =
        "Your check-in has reached the server, but no check-in is open now: it does not count for "
        "the next one.";
  text += next_of(client, accepted);
  client.finish();
  print(options, json_of(accepted), text);
}

void raise_alarm(const Options& options, bool silent, bool practice, const std::string& wanted,
                 bool& given) {
  const std::string note = text_of_option(wanted);
  const std::string fitting = fitting_note(note);
  v1::Command command;
  command.mutable_raise_alarm()->set_kind(silent ? 1 : practice ? 3 : 2);
  command.mutable_raise_alarm()->set_note(fitting);
  command.mutable_raise_alarm()->set_wait(true);
  Client client(options);
  const std::string what = practice ? "The practice alarm" : "Your alarm";
  const v1::CheckinAccepted accepted = give(client, std::move(command), what);
  given = true;
  std::string text = what + " has reached the server.";
  if (fitting.size() < note.size()) text += " Your note was too long: its end was cut off.";
  json out = json_of(accepted);
  out["note_cut"] = fitting.size() < note.size();
  if (!silent && !practice) {
    const bool waits = !acts_at_once(client, accepted);
    out["can_take_back"] = waits;
    text += waits ? " You can take it back for 5 s: livlina cancel"
                  : " Somebody is being reached already: your circle is told at once.";
  }
  print(options, out, text);
  client.finish(alarm_end);  // its notes; what else there is to exchange waits for another command
}

// The word goes into the queue before there is a connection: an alarm that has not left this device
// is then taken out of it, and never goes.
void cancel(const Options& options, bool mistake) {
  v1::Command command;
  command.mutable_cancel_alarm()->set_mistake(mistake);
  Client client(options);
  const v1::Finished early = client.try_run(std::move(command));
  json out = {{"ok", true}};
  TakenBack taken;
  if (early.error().empty()) {
    taken.result = TakenBack::Result::never_sent;
    client.go_online();
  } else if (early.error() == "offline") {
    client.go_online();
    const v1::Event* event = client.last(v1::Event::kCheckinAccepted);
    if (event == nullptr)
      left_on_device(client,
                     mistake ? "The alarm stands: your word that it was a mistake"
                             : "The alarm stands: your wish to take it back",
                     early);
    const v1::CheckinAccepted said = event->checkin_accepted();
    out = json_of(said);
    taken = what_became(client, said);
  } else if (early.error() != "wrong_state") {
    throw failure_of(early);
  }
  client.finish();
  out["result"] = word_of(taken.result);
  print(options, out, text_of(taken));
}

}  // namespace

void add_checkin_commands(CLI::App& app, Options& options) {
  auto answer = std::make_shared<std::string>("ok");
  auto note = std::make_shared<std::string>();
  const char* note_help = "For your circle only; - reads it from the standard input";
  CLI::App* cmd =
      app.add_subcommand("checkin", "Say how you are; answers every check-in that is open");
  cmd->add_option("answer", *answer, "ok, talk (I want someone to call) or not_ok")
      ->check(CLI::IsMember({"ok", "talk", "not_ok"}));
  cmd->add_option("--note", *note, note_help);
  cmd->callback([&options, answer, note] {
    or_nobody_was_told([&](bool& given) { check_in(options, *answer, *note, given); });
  });

  auto silent = std::make_shared<bool>(false);
  auto practice = std::make_shared<bool>(false);
  cmd = app.add_subcommand("alarm", "Raise an alarm");
  CLI::Option* silent_flag = cmd->add_flag("--silent", *silent, "Nobody calls back");
  cmd->add_flag("--practice", *practice, "A drill: only your supporters see it")
      ->excludes(silent_flag);
  cmd->add_option("--note", *note, note_help);
  cmd->callback([&options, silent, practice, note] {
    or_nobody_was_told(
        [&](bool& given) { raise_alarm(options, *silent, *practice, *note, given); });
  });

  auto mistake = std::make_shared<bool>(false);
  cmd = app.add_subcommand("cancel", "Take back an alarm: within 5 seconds nobody is paged");
  cmd->add_flag("--mistake", *mistake,
                "Later: say that it was pressed by mistake (closes nothing)");
  cmd->callback([&options, mistake] { cancel(options, *mistake); });
}

}  // namespace livlina::cli
