// circle, people, safety-number: who belongs to whom, as the participant has signed it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "clients/cli/client.hpp"
#include "clients/cli/commands.hpp"
#include "clients/cli/json.hpp"
#include "clients/cli/lines.hpp"
#include "clients/cli/next_steps.hpp"
#include "clients/cli/own_circle.hpp"
#include "clients/cli/print.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/words_of.hpp"
#include "clients/cli/zone_time.hpp"
#include "clients/core/circle_state.hpp"

namespace livlina::cli {

namespace {

std::string text_of(const v1::Person& p) {
  return "  " + std::string(role_word(p.role())) + "  " + printable(p.name()) +
         (p.organisation().empty() ? "" : " (" + printable(p.organisation()) + ")") + "  " +
         hex(view(p.account())).substr(0, 16) + "  may receive: " + scope_words(p.scope()) +
         "  until " + clock_text(p.not_after()) + (p.verified() ? "  words compared" : "") +
         (p.new_devices().empty() ? "" : "  " + red("has a new device")) + "\n";
}

std::string text_of(const v1::CircleView& c) {
  std::string out = "Circle " + hex(view(c.circle_id())).substr(0, 8) +
                    (c.ours() ? " (yours)" : " of " + printable(c.participant_name())) + ": " +
                    standing_of(c);
  if (c.category() != 0) out += ", category " + std::to_string(c.category());
  if (c.manifest_seq() != 0) out += ", signed version " + std::to_string(c.manifest_seq());
  out += "\n";
  for (const auto& p : c.people()) out += text_of(p);
  return out + proposal_text(c);
}

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// "NAME:ROLE:SCOPE[:DAYS]" or "desk:SCOPE[:DAYS]".
v1::Person line_of_text(Client& client, const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t colon = std::min(text.find(':', at), text.size());
    parts.push_back(text.substr(at, colon - at));
    at = colon + 1;
  }
  const bool desk = parts[0] == "desk";
  const std::size_t scope_at = desk ? 1 : 2;
  if (parts.size() <= scope_at || parts.size() > scope_at + 2)
    throw Failure(Exit::usage,
                  "A line is NAME:ROLE:SCOPE or desk:SCOPE, with :DAYS if not 180: " + text,
                  "bad_argument");
  v1::Person line;
  if (desk) {
    const v1::Status status = client.status();
    line.set_account(status.desk());
    line.set_name(status.desk_name());
    line.set_line_type(2);
    line.set_role(4);
  } else {
    line = client.person(parts[0]);
    line.set_line_type(1);
    const auto role = role_number(parts[1]);
    if (!role) throw Failure(Exit::usage, "There is no role " + parts[1] + ".", "bad_argument");
    const v1::Status status = client.status();
    for (const auto& p : status.staff())
      if (p.account() == line.account() && p.role() != *role)
        throw Failure(Exit::usage,
                      printable(p.name()) + " is a " + std::string(role_word(p.role())) +
                          ", not a " + parts[1] + ". Nothing was signed.",
                      "bad_argument");
    line.set_role(*role);
  }
  const auto scope =
      parts[scope_at] == "all" ? std::optional<std::uint32_t>(0x3f) : scope_number(parts[scope_at]);
  if (!scope)
    throw Failure(Exit::usage,
                  "A scope is some of messages,checkin,alarm,location,plan,statistics "
                  "or all: " +
                      parts[scope_at],
                  "bad_argument");
  line.set_scope(*scope);
  int days = 180;
  if (parts.size() > scope_at + 1) {
    const std::string& given = parts[scope_at + 1];
    const auto [end, e] = std::from_chars(given.data(), given.data() + given.size(), days);
    if (e != std::errc() || end != given.data() + given.size() || days < 1 || days > 400)
      throw Failure(Exit::usage, "A line lasts 1 to 400 days.", "bad_argument");
  }
  const Instant from = wall_now();
  line.set_not_before(from);
  line.set_not_after(from + days * day);
  line.clear_line_id();
  return line;
}

struct SignArguments {
  std::vector<std::string> lines, drop;
  bool armed = false, yes = false;
  std::string purpose = "support while leaving", wording = "I agree to what is named here.";
};

// Bit of the scope "plan".
constexpr std::uint32_t plan_scope = 1u << 4;

// Whoever drops the last one who may approve plans of an armed circle can change none any more.
void ask_for_last_approver(const SignArguments& a) {
  constexpr const char* what =
      "Nobody would be left who may approve a new plan: the present one then holds until you add "
      "somebody with the scope plan";
  if (a.yes) return;
  if (!stdin_is_terminal())
    throw Failure(Exit::usage, std::string(what) + ". Say --yes if that is meant.", "no_approver");
  if (!ask_yes_no(std::string(what) + ". Drop them all the same?"))
    throw Failure(Exit::failed, "Nothing was signed.", "cancelled");
}

// The accounts that --drop means. Throws Failure unless each means one person of the circle:
// whoever misspells a name must not believe that somebody receives nothing any more.
std::set<std::string> dropped_accounts(const v1::CircleView* circle, const SignArguments& a) {
  std::set<std::string> out;
  for (const std::string& wanted : a.drop) {
    std::map<std::string, std::string> fitting, exactly;  // names by account
    if (circle != nullptr)
      for (const auto& p : circle->people()) {
        const bool named = same_name(p.name(), wanted) || (p.line_type() == 2 && wanted == "desk");
        const bool begun = wanted.size() >= 4 && hex(view(p.account())).rfind(wanted, 0) == 0;
        if (named || begun) fitting[p.account()] = p.name();
        if (p.name() == wanted) exactly[p.account()] = p.name();
      }
    if (exactly.size() == 1) fitting = exactly;
    if (fitting.empty())
      throw Failure(Exit::failed,
                    "Nobody called " + printable(wanted) +
                        " is in your circle (`livlina circle show`). Nothing was signed: everybody "
                        "receives what they received before.",
                    "unknown_person");
    if (fitting.size() > 1) {
      std::string names;
      for (const auto& [account, name] : fitting)
        names += (names.empty() ? "" : ", ") + printable(name) + " (" +
                 hex(view(account)).substr(0, 8) + ")";
      throw Failure(Exit::usage,
                    "Several people fit " + printable(wanted) +
                        ": name one by the beginning of the account. They are " + names +
                        ". Nothing was signed.",
                    "unknown_person");
    }
    out.insert(fitting.begin()->first);
  }
  return out;
}

// Who stays, and who is added. Asks before nobody is left who may approve plans.
void fill_lines(Client& client, const v1::CircleView* circle, const std::set<std::string>& drop,
                const SignArguments& a, v1::SignManifest& manifest) {
  bool approver_dropped = false, approver_left = false;
  if (circle != nullptr)
    for (const auto& p : circle->people()) {
      const bool dropped = drop.count(p.account()) != 0;
      if ((p.scope() & plan_scope) != 0) (dropped ? approver_dropped : approver_left) = true;
      if (!dropped) manifest.add_keep(p.line_id());
    }
  for (const std::string& line : a.lines) {
    *manifest.add_lines() = line_of_text(client, line);
    approver_left = approver_left || (manifest.lines().rbegin()->scope() & plan_scope) != 0;
  }
  if (manifest.armed() && approver_dropped && !approver_left) ask_for_last_approver(a);
}

void tell_signed(Client& client, const SignArguments& a) {
  const v1::CircleView after = client.circle("");
  if (after.state() == static_cast<std::uint32_t>(client::CircleState::setup))
    (void)all_incidents(client);  // whether the practice alarm was taken
  v1::Status status = client.status();
  status.clear_queued_here();  // goes out at the end of this command
  const std::vector<std::string> steps = next_steps(status);
  client.finish();
  std::string text = "Signed.\n" + trimmed(text_of(after));
  if (is_watched(after) && status.next_due() != 0)
    text += std::string(a.armed ? "\nThe first check-in that is watched: " : "\nNext check-in: ") +
            clock_in_zone(status.next_due(), zone_of(after)) + ", you have until " +
            clock_in_zone(status.next_deadline(), zone_of(after));
  print(client.options(), to_json(after), text + lines_of(steps));
}

void sign(const Options& options, const SignArguments& a) {
  Client client(options);
  client.need_online();
  const v1::Status before = client.status();
  const v1::CircleView* circle = own_circle(before);
  const std::set<std::string> drop = dropped_accounts(circle, a);
  if (circle != nullptr && drop.empty() && a.lines.empty() && (!a.armed || is_watched(*circle))) {
    client.finish();
    return print(options, to_json(*circle),
                 "Nothing changes by this, so nothing was signed.\n" + trimmed(text_of(*circle)));
  }
  v1::Command command;
  v1::SignManifest& manifest = *command.mutable_sign_manifest();
  manifest.set_armed(a.armed || (circle != nullptr && is_watched(*circle)));
  manifest.set_purpose_text(a.purpose);
  manifest.set_wording(a.wording);
  fill_lines(client, circle, drop, a, manifest);
  client.run(std::move(command));
  tell_signed(client, a);
}

void show(const Options& options, const std::string& wanted) {
  Client client(options);
  const auto unreached = client.look_online();
  const v1::CircleView circle = client.circle(wanted);
  client.finish();
  print(options, to_json(circle), trimmed(text_of(circle)));
  say_if_unasked(unreached);
}

void category(const Options& options, const std::string& wanted, unsigned number) {
  Client client(options);
  client.need_online();
  const v1::CircleView circle = client.circle(wanted);
  v1::Command command;
  command.mutable_set_category()->set_circle_id(circle.circle_id());
  command.mutable_set_category()->set_category(number);
  client.run(std::move(command));
  client.finish();
  print(options, {{"ok", true}, {"category", number}},
        "Protection category " + std::to_string(number) + ".");
}

void safety_number(const Options& options, const std::string& who, const std::string& wanted) {
  Client client(options);
  client.go_online();
  v1::Command command;
  const std::string with = client.person(who).account();
  if (with == client.status().account())
    throw Failure(Exit::usage,
                  "That is you. A safety number is compared with somebody else: name them.",
                  "bad_argument");
  command.mutable_get_safety_number()->set_with(with);
  command.mutable_get_safety_number()->set_circle_id(client.circle_with(wanted, with).circle_id());
  client.run(std::move(command));
  const v1::Event* event = client.last(v1::Event::kSafetyNumber);
  const std::string digits = event == nullptr ? "" : event->safety_number().digits();
  client.finish();
  std::string groups;
  for (std::size_t i = 0; i < digits.size(); i += 5)
    groups += digits.substr(i, 5) + ((i / 5) % 4 == 3 ? "\n    " : " ");
  print(options, {{"ok", true}, {"digits", digits}},
        "Safety number with " + printable(who) + ":\n\n    " + groups);
}

void people(const Options& options) {
  Client client(options);
  const auto unreached = client.look_online();
  const v1::Status status = client.status();
  client.finish();
  nlohmann::json list = nlohmann::json::array();
  std::string text;
  for (const auto& c : status.circles()) {
    text += text_of(c);
    for (const auto& p : c.people()) list.push_back(to_json(p));
  }
  for (const auto& p : status.staff()) {
    text += "Desk " + printable(status.desk_name()) + ": " + std::string(role_word(p.role())) +
            "  " + printable(p.name()) + "  " + hex(view(p.account())).substr(0, 16) + "\n";
    list.push_back(to_json(p));
  }
  if (text.empty()) text = "Nobody yet.";
  print(options, {{"ok", true}, {"people", list}}, trimmed(text));
  say_if_unasked(unreached);
}

}  // namespace

void add_circle_commands(CLI::App& app, Options& options) {
  CLI::App* circle = app.add_subcommand("circle", "The circle: who may receive what");
  circle->require_subcommand(1);

  auto a = std::make_shared<SignArguments>();
  CLI::App* cmd = circle->add_subcommand(
      "sign", "Sign a new version: who stays, who is added, who is dropped (participant)");
  cmd->add_option("--line", a->lines, "Add NAME:ROLE:SCOPE[:DAYS] or desk:SCOPE[:DAYS]");
  cmd->add_option("--drop", a->drop, "Drop a person by name: takes effect at once");
  cmd->add_flag("--armed", a->armed, "From now on, and for good, missed check-ins are acted upon");
  cmd->add_flag("--yes", a->yes, "Drop even the last one who may approve plans");
  cmd->add_option("--purpose", a->purpose, "What the consent is for");
  cmd->add_option("--wording", a->wording, "The words that you agree to");
  cmd->callback([&options, a] { sign(options, *a); });

  auto wanted = std::make_shared<std::string>();
  cmd = circle->add_subcommand("show", "The newest signed version");
  cmd->add_option("--circle", *wanted, "Participant's name, or the beginning of an id");
  cmd->callback([&options, wanted] { show(options, *wanted); });

  auto number = std::make_shared<unsigned>(2);
  cmd = circle->add_subcommand("category", "Set the need of protection (coordinator)");
  cmd->add_option("number", *number, "1: risk of serious violence; 2: need of support")
      ->required()
      ->check(CLI::Range(1, 2));
  cmd->add_option("--circle", *wanted, "Participant's name, or the beginning of an id");
  cmd->callback([&options, wanted, number] { category(options, *wanted, *number); });

  cmd = app.add_subcommand("people", "Everybody you can reach, and what they may receive");
  cmd->callback([&options] { people(options); });

  auto who = std::make_shared<std::string>();
  cmd = app.add_subcommand("safety-number", "Sixty digits to compare with one person");
  cmd->add_option("name", *who, "Of whom")->required();
  cmd->add_option("--circle", *wanted, "Participant's name, or the beginning of an id");
  cmd->callback([&options, who, wanted] { safety_number(options, *who, *wanted); });
}

}  // namespace livlina::cli
