// checkin, alarm, cancel: what a participant says about themselves.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "clients/cli/client.hpp"
#include "clients/cli/commands.hpp"
#include "clients/cli/json.hpp"
#include "clients/cli/print.hpp"
#include "clients/cli/words_of.hpp"

namespace livlina::cli {

namespace {

// Gives a signed record to the server, or leaves it on the device to be sent next time.
void give(const Options& options, v1::Command command, const char* what) {
  Client client(options);
  client.go_online();
  const v1::Finished finished = client.try_run(std::move(command));
  const bool queued = finished.error() == "offline" || finished.error() == "timeout";
  if (!finished.error().empty() && !queued) throw failure_of(finished);
  if (queued) {
    print(options, {{"ok", false}, {"state", "on_this_device"}},
          std::string(what) +
              " is on this device only and is sent when there is a connection. "
              "In danger call 112.");
    throw Failure(Exit::offline, "Not sent yet.", "offline");
  }
  const v1::Event* event = client.last(v1::Event::kCheckinAccepted);
  client.finish();
  nlohmann::json out = event == nullptr ? nlohmann::json::object() : to_json(*event);
  out["ok"] = true;
  std::string text = std::string(what) + " has reached the server.";
  if (event != nullptr && event->checkin_accepted().status() == 2)
    text = std::string(what) +
           " has reached the server, but no check-in is open now: it does not "
           "count for the next one.";
  if (event != nullptr && event->checkin_accepted().next_due() != 0)
    text += " Next: " + clock_text(event->checkin_accepted().next_due()) + ".";
  print(options, out, text);
}

}  // namespace

void add_checkin_commands(CLI::App& app, Options& options) {
  auto answer = std::make_shared<std::string>("ok");
  auto note = std::make_shared<std::string>();
  CLI::App* cmd =
      app.add_subcommand("checkin", "Say how you are; answers every check-in that is open");
  cmd->add_option("answer", *answer, "ok, talk (I want someone to call) or not_ok")
      ->check(CLI::IsMember({"ok", "talk", "not_ok"}));
  cmd->add_option("--note", *note, "For your circle only");
  cmd->footer("Examples:\n  livlina checkin\n  livlina checkin talk --note \"bad evening\"");
  cmd->callback([&options, answer, note] {
    v1::Command command;
    command.mutable_check_in()->set_answer(answer_number(*answer).value_or(1));
    command.mutable_check_in()->set_note(*note);
    give(options, std::move(command), "Your check-in");
  });

  auto silent = std::make_shared<bool>(false);
  auto practice = std::make_shared<bool>(false);
  cmd = app.add_subcommand("alarm", "Raise an alarm");
  CLI::Option* silent_flag = cmd->add_flag("--silent", *silent, "Nobody calls back");
  cmd->add_flag("--practice", *practice, "A drill: only your supporters see it")
      ->excludes(silent_flag);
  cmd->add_option("--note", *note, "For your circle only");
  cmd->callback([&options, silent, practice, note] {
    v1::Command command;
    command.mutable_raise_alarm()->set_kind(*silent ? 1 : *practice ? 3 : 2);
    command.mutable_raise_alarm()->set_note(*note);
    give(options, std::move(command), *practice ? "The practice alarm" : "Your alarm");
  });

  auto mistake = std::make_shared<bool>(false);
  cmd = app.add_subcommand("cancel", "Take back an alarm: within 5 seconds nobody is paged");
  cmd->add_flag("--mistake", *mistake,
                "Later: say that it was pressed by mistake (closes nothing)");
  cmd->callback([&options, mistake] {
    v1::Command command;
    command.mutable_cancel_alarm()->set_mistake(*mistake);
    give(options, std::move(command), "Your word");
  });
}

}  // namespace livlina::cli
