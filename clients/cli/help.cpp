#include "clients/cli/help.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "clients/cli/terminal.hpp"

namespace livlina::cli {

namespace {

struct Examples {
  std::string_view command;
  std::string_view text;
};

constexpr Examples table[] = {
    {"enrol",
     "  livlina enrol --host desk.example:8443 --name Amal      asks for the twelve words\n"
     "  livlina enrol --code - --name Karin < code-of-the-server"},
    {"pair", "  livlina pair --host desk.example:8443 --name Sami       asks for the twelve words"},
    {"confirm",
     "  livlina confirm            asks whether the words are the same\n"
     "  livlina confirm --yes 3fa2 the words of this invitation are the same\n"
     "  livlina confirm --no 3fa2  one word differs: pin nothing; ends it for both sides"},
    {"invite", "  livlina invite mentor\n  livlina --timeout 900 invite participant --wait"},
    {"invites", "  livlina invites"},
    {"pin",
     "  livlina pin\n\nBoth PINs are set anew. It works without a connection. What was sealed "
     "under "
     "the old ones is\noverwritten; a copy of the folder that somebody made before still opens "
     "with "
     "them."},
    {"status",
     "  livlina status\n  livlina --json status\n\nWithout a connection it shows what this device "
     "knew last, and ends with 3, or with the code that says why."},
    {"send", "  livlina send Amal \"Can we talk tonight?\"\n  livlina send Amal - < letter.txt"},
    {"inbox", "  livlina inbox --read"},
    {"listen", "  livlina listen\n  livlina --json listen --for page --seconds 120"},
    {"checkin", "  livlina checkin\n  livlina checkin talk --note \"bad evening\""},
    {"alarm",
     "  livlina alarm\n  livlina alarm --note -        reads the note from the standard input\n"
     "  livlina alarm --practice"},
    {"cancel", "  livlina cancel\n  livlina cancel --mistake"},
    {"plan",
     "  livlina plan set --time 20:00\n  livlina plan add --time \"Sat,Sun 11:00\"\n"
     "  livlina plan show --slots\n  livlina plan remove 2"},
    {"plan set",
     "  livlina plan set --time 20:00\n"
     "  livlina plan set --time \"Mon-Fri 08:00\" --time \"Sat,Sun 11:00\" --grace 45m --remind "
     "15m\n"
     "  livlina plan set --every 4h --from 08:00 --to 20:00\n\n"
     "It stands instead of all schedules that were there; `livlina plan add` leaves them. Once the "
     "circle is\narmed a new plan is in force only after a supporter ran `livlina plan approve`."},
    {"plan add",
     "  livlina plan add --time \"Sat,Sun 11:00\"\n"
     "  livlina plan add --every 4h --from 08:00 --to 20:00 --days-of-week Mon-Fri\n"
     "  livlina plan add --every 2h30m --from 22:00 --to 06:00 --opens 30m    over the night\n\n"
     "Intervals count time that passes: in the night in which the clock is put back there is one "
     "more.\nA plan that waits for approval is changed, if there is one, else the one in force. "
     "Once the circle is\narmed the change is in force only after a supporter ran `livlina plan "
     "approve`."},
    {"plan remove",
     "  livlina plan show          each schedule has a number\n  livlina plan remove 2\n\n"
     "A plan that waits for approval is changed, if there is one, else the one in force. Once the "
     "circle is\narmed the change is in force only after a supporter ran `livlina plan approve`."},
    {"plan show",
     "  livlina plan show\n  livlina plan show --slots\n  livlina plan show --circle Sami"},
    {"plan approve", "  livlina plan show --circle Sami\n  livlina plan approve --circle Sami"},
    {"circle", "  livlina circle show --circle Sami\n  livlina circle sign --armed"},
    {"circle sign",
     "  livlina circle sign --line Sara:contact_person:all \\\n"
     "    --line Amal:mentor:messages,checkin,alarm --line desk:checkin,alarm\n"
     "  livlina circle sign --armed\n  livlina circle sign --drop Amal\n"
     "  livlina circle sign --drop desk --line desk:alarm   another scope for the same one\n\n"
     "ROLE is the one that `livlina people` shows. SCOPE is all, or some of these with commas:\n"
     "  messages   may read what you write to them, and write to you\n"
     "  checkin    sees whether your check-ins come; with alarm, what you say in them too\n"
     "  alarm      is called when you raise an alarm or go silent, and may take it\n"
     "  plan       may approve another plan of yours once the circle is armed\n"
     "  location, statistics   nothing uses them yet\n"
     "DAYS is how long the line lasts: 1 to 400, else 180."},
    {"circle show", "  livlina circle show --circle Sami"},
    {"circle category", "  livlina circle category 1 --circle Sami"},
    {"people", "  livlina people"},
    {"safety-number", "  livlina safety-number Amal"},
    {"incidents", "  livlina incidents\n  livlina incidents --all"},
    {"seen", "  livlina seen 3fa2"},
    {"take", "  livlina take\n  livlina take 3fa2"},
    {"renew", "  livlina renew"},
    {"offer", "  livlina offer --to Sara"},
    {"accept", "  livlina accept"},
    {"decline", "  livlina decline"},
    {"take-over", "  livlina take-over 3fa2"},
    {"assign", "  livlina assign 3fa2 --to Amal"},
    {"resolve",
     "  livlina resolve --reason reached_and_well --note \"Spoke on the phone.\"\n\nOnly once you "
     "have reached the person, or somebody with a mandate has them."},
    {"reopen", "  livlina reopen 3fa2"},
    {"desk", "  livlina desk show"},
    {"desk create", "  livlina desk create \"Stadens desk\""},
    {"desk renew",
     "  livlina desk renew       before the roster runs out; `desk show` says when\n"
     "  livlina desk renew --remove Kim   the desk lists Kim no more\n"
     "  livlina desk renew --accept Amal\n\nSigns for Amal's new device too, once you have asked "
     "Amal about it."},
    {"desk show", "  livlina desk show"},
};

// An option that stands before the command, with its value.
bool takes_value(const CLI::App& app, const std::string& word) {
  const CLI::Option* option = app.get_option_no_throw(word);
  return option != nullptr && option->get_items_expected_max() > 0;
}

void finish(CLI::App& command, const std::string& path) {
  const auto found = std::find_if(std::begin(table), std::end(table),
                                  [&](const Examples& e) { return e.command == path; });
  std::string footer;
  if (found != std::end(table)) footer = "Examples:\n" + std::string(found->text) + "\n\n";
  command.footer(footer + std::string(exit_codes));
  for (CLI::App* inner : command.get_subcommands([](CLI::App*) { return true; }))
    finish(*inner, path + " " + inner->get_name());
}

}  // namespace

void finish_help(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; }))
    finish(*command, command->get_name());
}

std::vector<std::string> with_help_option(std::vector<std::string> words, const CLI::App& app) {
  std::size_t at = 0;
  while (at < words.size() && words[at].rfind("--", 0) == 0)
    at += takes_value(app, words[at]) ? 2 : 1;
  if (at >= words.size() || words[at] != "help") return words;
  words.erase(words.begin() + static_cast<std::ptrdiff_t>(at));
  words.emplace_back("--help");
  return words;
}

std::string command_path(const CLI::App& app) {
  std::string path = app.get_name();
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    path += " " + at->get_name();
  }
  return path;
}

std::string unknown_command(const CLI::App& app) {
  const CLI::App* at = &app;
  std::string path;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    path += at->get_name() + " ";
  }
  const std::vector<std::string> rest = app.remaining(true);
  const bool has_commands = !at->get_subcommands([](const CLI::App*) { return true; }).empty();
  if (!has_commands || rest.empty() || rest.front().rfind('-', 0) == 0) return {};
  return "There is no command " + path + printable(rest.front());
}

}  // namespace livlina::cli
