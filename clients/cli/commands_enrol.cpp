// enrol, pair, confirm, invite, invites: how people come in, and how both compare the words.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "clients/cli/client.hpp"
#include "clients/cli/commands.hpp"
#include "clients/cli/json.hpp"
#include "clients/cli/lines.hpp"
#include "clients/cli/next_steps.hpp"
#include "clients/cli/person_name.hpp"
#include "clients/cli/print.hpp"
#include "clients/cli/qr.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/words_of.hpp"
#include "crypto/e2ee/invite.hpp"
#include "crypto/e2ee/words.hpp"

namespace livlina::cli {

using nlohmann::json;

namespace {

struct EnrolArguments {
  std::string words, code, host, name, organisation, duress_pin_file, language = "english";
  bool no_duress_pin = false;
};

std::uint32_t language_number(const std::string& word) { return word == "swedish" ? 2 : 1; }

bool is_hex(const std::string& text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
}

// The invitation from the options, or asked for: whoever else is on this machine can see a
// command's words, and the shell keeps them.
void ask_invitation(EnrolArguments& a) {
  const bool nothing = a.words.empty() && a.code.empty();
  if (nothing || a.words == "-" || a.code == "-") {
    const std::string line =
        read_words("The twelve words of the invitation, or the digits of its code: ");
    if (std::any_of(line.begin(), line.end(),
                    [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\t'; }))
      throw Failure(Exit::usage,
                    "These are neither words nor digits. A code is given in hexadecimal digits.",
                    "bad_code");
    (line.find(' ') == std::string::npos && is_hex(line) ? a.code : a.words) = line;
    if (a.words == "-") a.words.clear();
    if (a.code == "-") a.code.clear();
  }
  if (a.words.empty() && a.code.empty())
    throw Failure(
        Exit::usage,
        "Give the invitation: twelve words (then with --host) or a code, typed when asked "
        "or on the standard input; --words and --code take them as well.",
        "bad_code");
  if (!a.words.empty() && a.host.empty() && stdin_is_terminal())
    a.host = read_words("The server as host:port: ");
}

// Which word is wrong, for a person who reads them from paper.
std::string spelling_of(const std::string& words) {
  const crypto::WordsFault fault = crypto::words_fault(words);
  if (fault.count != 12)
    return "there must be twelve, and these are " + std::to_string(fault.count) + ".";
  if (fault.wrong != 0)
    return "word " + std::to_string(fault.wrong) + ", \"" + printable(fault.word) +
           "\", is in no list of words.";
  return "every word is in the list, but they do not belong together: one of them is another "
         "word, or two have changed places.";
}

// What the words or the code must be, and for which command they are. Throws Failure.
void check_invitation(const EnrolArguments& a, const Bytes& code, bool participant) {
  // Words tell by themselves only whether they are spelled well, a code whether it is whole; at a
  // terminal that is said before anything else is asked.
  if (code.empty() && stdin_is_terminal() && !crypto::parse_invite_words(a.words).ok())
    throw Failure(
        Exit::usage,
        "These are not the words of an invitation. Check the spelling: " + spelling_of(a.words),
        "bad_code");
  const auto read = crypto::parse_invite_code(code);
  if (!code.empty() && !read.ok() && stdin_is_terminal())
    throw Failure(
        Exit::usage,
        "This code cannot be read: it is not whole, or it is no invitation's. Copy all of "
        "its digits, or type the twelve words instead.",
        "bad_code");
  if (code.empty() || !read.ok()) return;
  if ((read->purpose == crypto::InvitePurpose::participant) == participant) return;
  throw Failure(Exit::usage,
                participant ? "This code invites staff: run `livlina enrol` with it."
                            : "This code invites a participant: run `livlina pair` with it.",
                "bad_code");
}

// Before anything is asked: whoever is enrolled here cannot be enrolled again. A command without an
// invitation is refused for that alone.
void need_nobody(Client& client) {
  v1::Command command;
  command.mutable_enrol();
  const v1::Finished finished = client.try_run(std::move(command));
  if (finished.error() == "already_enrolled") throw failure_of(finished);
}

void enrol(const Options& options, EnrolArguments a, bool participant) {
  need_good_name(a.name);
  const Client::Fresh fresh{participant && !a.no_duress_pin, a.duress_pin_file};
  // An enrolment that was cut off, or a folder with somebody in it: its PIN says which.
  std::optional<Client> client;
  if (has_vault(options.state)) {
    client.emplace(options, fresh);
    need_nobody(*client);
  }
  ask_invitation(a);
  v1::Command command;
  auto& e = *command.mutable_enrol();
  e.set_words(a.words);
  const Bytes code = unhex(a.code);
  if (!a.code.empty() && code.empty())
    throw Failure(Exit::usage, "--code takes the hexadecimal digits of a QR code.", "bad_code");
  if (!a.words.empty() && !parse_endpoint(a.host))
    throw Failure(Exit::usage, "With words the server must be named: --host name:port.",
                  "bad_argument");
  check_invitation(a, code, participant);
  e.set_code(code.data(), code.size());
  e.set_host(a.host);
  e.set_name(a.name);
  e.set_organisation(a.organisation);
  e.set_purpose(participant ? 2 : 1);
  e.set_language(language_number(a.language));

  if (!client) client.emplace(options, fresh);
  const v1::Finished finished = client->try_run(std::move(command));
  client->remember_ca();
  if (!finished.error().empty()) {
    // Only what can never succeed with this folder is thrown away, and only a vault that this
    // command made: what an earlier one sent to the server is worth its keys. After a lost
    // connection the same command goes on where it stopped.
    if (finished.error() == "bad_code" || finished.error() == "invite_gone" ||
        finished.error() == "bad_argument" || finished.error() == "wrong_server")
      client->discard();
    if (finished.error() == "invite_gone" && !a.words.empty())
      throw Failure(Exit::refused,
                    participant
                        ? "This invitation was used, has expired, or never existed, or it is one "
                          "for staff (then run `livlina enrol`). Else ask for a new one."
                        : "This invitation was used, has expired, or never existed, or it is one "
                          "for a participant (then run `livlina pair`). Else ask for a new one.",
                    "invite_gone");
    if (finished.error() == "bad_code" && !a.words.empty())
      throw Failure(
          Exit::usage,
          "These are not the words of an invitation. Check the spelling: " + spelling_of(a.words),
          "bad_code");
    if (finished.error() != "offline" && finished.error() != "timeout" &&
        finished.error() != "interrupted")
      throw failure_of(finished);
    const Failure why = failure_of(finished);
    throw Failure(why.exit_code(),
                  as_sentence(why.what()) + " What was begun stays in " + options.state +
                      " under the PIN that you chose: the same command goes on with it.",
                  why.word());
  }
  const v1::Event* words = client->last(v1::Event::kSafetyWords);
  v1::Status status = client->status();
  status.clear_queued_here();  // goes out at the end of this command
  const std::vector<std::string> steps = next_steps(status);
  client->finish();
  json out = {{"ok", true}, {"safety_words", words ? words->safety_words().words() : ""}};
  std::string text = "You are enrolled as " + printable(a.name) + ".";
  if (words != nullptr && !words->safety_words().words().empty())
    text += "\nCompare these six words aloud with the person who invited you:\n\n    " +
            bold(words->safety_words().words()) +
            "\n\nThen run: livlina confirm --yes   (or --no, if one word differs)";
  else
    text += lines_of(steps);
  print(options, out, text);
}

void add_enrol(CLI::App& app, Options& options, const char* name, const char* help,
               bool participant) {
  auto a = std::make_shared<EnrolArguments>();
  CLI::App* cmd = app.add_subcommand(name, help);
  cmd->add_option(
      "--words", a->words,
      "The twelve words, in quotes (default: asked, or one line of the standard input). "
      "Other users of this machine can see what stands here");
  cmd->add_option("--code", a->code,
                  "The content of the QR code, in hexadecimal digits; the same holds");
  cmd->add_option("--host", a->host, "The server as host:port (needed with --words)");
  cmd->add_option("--name", a->name, "How the others shall call you; only they can read it")
      ->required();
  cmd->add_option("--organisation", a->organisation, "Where you work; only the others can read it");
  cmd->add_option("--language", a->language, "Of the safety words")
      ->check(CLI::IsMember({"english", "swedish"}));
  if (participant) {
    CLI::Option* file = cmd->add_option("--duress-pin-file", a->duress_pin_file,
                                        "File with the duress PIN (default: asked)");
    cmd->add_flag("--no-duress-pin", a->no_duress_pin, "There shall be none")->excludes(file);
  }
  cmd->callback([&options, a, participant] { enrol(options, *a, participant); });
}

// Of the list that was asked for last: whose pairing was refused, by us or by them.
std::string refused_ones(const Client& client, const std::string& wanted) {
  constexpr std::uint32_t refused = 6;
  std::string out;
  if (const v1::Event* event = client.last(v1::Event::kInvites))
    for (const auto& invite : event->invites().invites())
      if (invite.state() == refused && hex(view(invite.invite_id())).rfind(wanted, 0) == 0)
        out += " The one of " + printable(invite.name()) +
               " was refused, because the safety words differed.";
  return out;
}

// The invitation that a confirmation means: the named one, or the only one that waits.
v1::InviteInfo waiting_invite(Client& client, const std::string& wanted) {
  std::vector<v1::InviteInfo> fitting;
  for (const auto& invite : waiting_invites(client))
    if (hex(view(invite.invite_id())).rfind(wanted, 0) == 0) fitting.push_back(invite);
  if (fitting.empty()) {
    client.refuse_refused(wanted);  // perhaps a moment ago
    throw Failure(
        Exit::failed,
        "No invitation waits for its safety words to be compared." + refused_ones(client, wanted),
        "unknown_invite");
  }
  if (fitting.size() > 1) {
    std::string text = "Several invitations wait: name one by its id.";
    for (const auto& invite : fitting)
      text += " " + hex(view(invite.invite_id())).substr(0, 8) + " is " + printable(invite.name()) +
              " (" + invite.words() + ").";
    throw Failure(Exit::usage, text, "unknown_invite");
  }
  return fitting.front();
}

void confirm(const Options& options, const std::string& wanted, bool yes, bool no) {
  Client client(options, {discreet(options), {}});
  client.need_online();
  client.refuse_refused();
  const v1::InviteInfo invite = waiting_invite(client, wanted);
  const std::string who = printable(invite.name()) + ", safety words: " + invite.words();
  if (yes == no)
    yes = ask_yes_no("With " + printable(invite.name()) +
                     ": are these the words you both see: " + invite.words() + "?");
  v1::Command command;
  command.mutable_confirm_pairing()->set_invite_id(invite.invite_id());
  command.mutable_confirm_pairing()->set_match(yes);
  client.run(std::move(command));
  client.finish();
  print(options,
        {{"ok", true},
         {"confirmed", yes},
         {"invite", hex(view(invite.invite_id()))},
         {"name", invite.name()},
         {"safety_words", invite.words()}},
        "Confirmed on this side: " + who +
            ". It takes both: it holds as soon as the other side has confirmed too.");
}

// Where the code of an invitation leads.
std::string host_of(const v1::InviteMade& made) {
  const auto code = crypto::parse_invite_code(view(made.code()));
  return code.ok() ? printable(code->host) : "HOST:PORT";
}

void invite(const Options& options, const std::string& role, const std::string& language,
            const std::string& host, bool wait, bool no_qr) {
  if (!host.empty() && !parse_endpoint(host))
    throw Failure(Exit::usage,
                  "The server is named as host:port, for example --host desk.example:8443.",
                  "bad_argument");
  Client client(options, {discreet(options), {}});
  client.need_online();
  v1::Command command;
  auto& make = *command.mutable_create_invite();
  make.set_role(role_number(role).value_or(0));
  make.set_purpose(role == "participant" ? 2 : 1);
  make.set_language(language_number(language));
  make.set_host(host);
  client.run(std::move(command));
  const v1::Event* event = client.last(v1::Event::kInviteMade);
  if (event == nullptr) throw Failure(Exit::failed, "No invitation was made.");
  const v1::Event made = *event;
  print(options, to_json(made),
        "An invitation as " + role + ", until " + clock_text(made.invite_made().expires_at()) +
            ":\n\n    " + bold(made.invite_made().words()) + "\n\n" +
            (no_qr ? "" : qr_lines(view(made.invite_made().code()), stdout_has_colours())) +
            "The other person runs `livlina " + (role == "participant" ? "pair" : "enrol") +
            " --host " + host_of(made.invite_made()) +
            " --name NAME` with these words; with this code --host is not needed.");
  if (wait) {
    const auto answered = [&] {
      const v1::Event* shown = client.last(v1::Event::kSafetyWords);
      return shown != nullptr &&
             shown->safety_words().invite_id() == made.invite_made().invite_id();
    };
    if (!client.listen(options.timeout(), answered))
      throw Failure(Exit::timeout, "Nobody has joined yet.", "timeout");
    const v1::Event words = *client.last(v1::Event::kSafetyWords);
    print(options, to_json(words),
          line_of(words) + "\nCompare them aloud, then run: livlina confirm --yes");
  }
  client.finish();
}

void invites(const Options& options) {
  Client client(options);
  const auto unreached = client.look_online();
  v1::Command command;
  command.mutable_list_invites();
  client.run(std::move(command));
  const v1::Event* event = client.last(v1::Event::kInvites);
  json list = json::array();
  std::string text;
  if (event != nullptr)
    for (const auto& i : event->invites().invites()) {
      list.push_back(to_json(i));
      text += (text.empty() ? "" : "\n") + hex(view(i.invite_id())).substr(0, 8) + "  " +
              std::string(role_word(i.role())) + "  " + std::string(invite_state_word(i.state())) +
              "  until " + clock_text(i.expires_at()) +
              (i.words().empty() ? "" : "  safety words: " + i.words());
    }
  client.finish();
  if (text.empty()) text = "No invitations.";
  print(options, {{"ok", true}, {"invites", list}}, text);
  say_if_unasked(unreached);
}

}  // namespace

void add_enrol_commands(CLI::App& app, Options& options) {
  add_enrol(app, options, "enrol", "Join as staff with an invitation", false);
  add_enrol(app, options, "pair", "Join as a participant, beside the person who invites", true);

  auto wanted = std::make_shared<std::string>();
  auto yes = std::make_shared<bool>(false);
  auto no = std::make_shared<bool>(false);
  CLI::App* cmd = app.add_subcommand("confirm", "Say whether the six safety words are the same");
  cmd->add_option("invite", *wanted,
                  "Beginning of the invitation's id (default: the one that waits)");
  CLI::Option* yes_flag = cmd->add_flag("--yes", *yes, "The words are the same");
  cmd->add_flag("--no", *no, "They differ: pin nothing, and end it for both sides")
      ->excludes(yes_flag);
  cmd->callback([&options, wanted, yes, no] { confirm(options, *wanted, *yes, *no); });

  auto role = std::make_shared<std::string>();
  auto language = std::make_shared<std::string>("english");
  auto host = std::make_shared<std::string>();
  auto wait = std::make_shared<bool>(false);
  auto no_qr = std::make_shared<bool>(false);
  cmd = app.add_subcommand("invite", "Make an invitation: twelve words and a QR code");
  cmd->add_option("role", *role, "Who is invited")
      ->required()
      ->check(CLI::IsMember({"participant", "contact_person", "mentor", "coordinator"}));
  cmd->add_option("--language", *language, "Of the twelve words")
      ->check(CLI::IsMember({"english", "swedish"}));
  cmd->add_option("--host", *host,
                  "The server as the other person reaches it (default: as you do)");
  cmd->add_flag("--wait", *wait, "Wait until somebody joined, and show the safety words");
  cmd->add_flag("--no-qr", *no_qr, "Words only");
  cmd->callback([&options, role, language, host, wait, no_qr] {
    invite(options, *role, *language, *host, *wait, *no_qr);
  });

  cmd = app.add_subcommand("invites", "List the invitations you made or joined");
  cmd->callback([&options] { invites(options); });
}

}  // namespace livlina::cli
