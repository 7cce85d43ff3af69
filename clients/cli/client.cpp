#include "clients/cli/client.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "clients/cli/advice.hpp"
#include "clients/cli/print.hpp"
#include "clients/cli/refusal.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/words_of.hpp"
#include "crypto/core/bytes.hpp"

namespace livlina::cli {

namespace {

struct Sentence {
  std::string_view word;
  Exit exit_code;
  std::string_view text;
};

// One row per stable word of clients/core/error.hpp, and the driver's own.
constexpr Sentence sentences[] = {
    {"bad_argument", Exit::usage, "Something in the command is missing or impossible"},
    {"bad_code", Exit::usage,
     "These are not the words (or the code) of an invitation. Check the spelling"},
    {"invite_gone", Exit::refused,
     "This invitation was used, has expired, or never existed. Ask for a new one"},
    {"already_enrolled", Exit::usage,
     "Somebody is enrolled in this state folder already. Use another --state folder"},
    {"not_enrolled", Exit::usage,
     "Nobody is enrolled here yet. Run `livlina enrol` first (participants: `livlina pair`)"},
    {"offline", Exit::offline, "The server cannot be reached"},
    {"refused", Exit::refused, "The server refused"},
    {"not_trusted", Exit::not_trusted,
     "A signature or list does not verify: nothing was changed. Tell the operator"},
    {"wrong_server", Exit::not_trusted,
     "This is not the server that the invitation named. Nothing was sent to it"},
    {"not_yours", Exit::failed, "Your role does not allow this"},
    {"unknown_person", Exit::failed, "Nobody of this circle or desk is meant by that"},
    {"unknown_circle", Exit::failed, "There is no such circle here"},
    {"unknown_incident", Exit::failed, "There is no such incident here"},
    {"unknown_invite", Exit::failed, "There is no such open invitation here"},
    {"no_scope", Exit::failed, "The participant's consent (the manifest) does not allow this"},
    {"wrong_state", Exit::failed, "This is not possible in the present state"},
    {"conflict", Exit::failed, "Somebody else changed it first. Look again, then repeat"},
    {"held", Exit::failed, "Somebody else holds this incident"},
    {"too_large", Exit::usage, "The text is too long (60,000 bytes at most)"},
    {"no_session_yet", Exit::failed, "This cannot be sent from here yet"},
    {"cancelled", Exit::failed, "Not confirmed. Nothing was pinned; ask for a new invitation"},
    {"corrupt", Exit::failed, "What is stored in this state folder cannot be read"},
    {"timeout", Exit::timeout, "The server did not answer in time"},
    {"interrupted", Exit::failed, "Interrupted"},
};

std::string hex_of(const std::string& bytes) { return hex(view(bytes)); }

// Only those of several for which `good` holds, unless it holds for none.
template <class T, class Good>
void keep(std::vector<T>& of, Good good) {
  if (std::any_of(of.begin(), of.end(), good))
    of.erase(std::remove_if(of.begin(), of.end(), [&](const T& x) { return !good(x); }), of.end());
}

bool begins(const std::string& text, const std::string& with) {
  return !with.empty() && text.compare(0, with.size(), with) == 0;
}

}  // namespace

Failure failure_of(const v1::Finished& finished) {
  const std::string said = printable(finished.detail());
  const bool sentences_of_its_own = !said.empty() && said.back() == '.';
  const std::string detail = said.empty()           ? "."
                             : sentences_of_its_own ? ". " + said
                                                    : " (" + said + ").";
  const std::string_view advice = advice_for(finished.error(), finished.detail());
  for (const Sentence& s : sentences)
    if (s.word == finished.error() && !advice.empty())
      return {s.exit_code, std::string(advice), finished.error()};
  for (const Sentence& s : sentences)
    if (s.word == finished.error())
      return {s.exit_code, std::string(s.text) + detail, finished.error()};
  return {Exit::failed, "Not done: " + printable(finished.error()) + detail, finished.error()};
}

bool same_name(const std::string& a, const std::string& b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::string why_not_sent(const Client& client, const v1::Finished& finished) {
  if (finished.error() == "timeout") return "The server did not answer in time.";
  if (finished.error() == "interrupted") return "Interrupted.";
  return client.why_offline().empty() ? "The server cannot be reached."
                                      : printable(client.why_offline());
}

Client::Client(const Options& options, Ears ears)
    : options_(options), folder_(options.state, false) {
  if (!folder_.has_vault())
    throw Failure(Exit::usage,
                  "Nobody is enrolled in " + options.state +
                      ": there is no vault in it. Run `livlina enrol` first (participants: "
                      "`livlina pair`).",
                  "not_enrolled");
  open(folder_.open_vault(read_pin(options.pin_file, "PIN: ")), std::move(ears));
}

Client::Client(const Options& options, const Fresh& fresh)
    : options_(options), folder_(options.state, true) {
  if (folder_.has_vault()) {  // an enrolment that was cut off goes on; a finished one is refused
    open(folder_.open_vault(read_pin(options.pin_file, "PIN: ")), {});
    return;
  }
  const crypto::SecretBytes pin = new_pin(options.pin_file, "--pin-file");
  crypto::SecretBytes duress;
  if (fresh.duress) duress = new_duress_pin(fresh.duress_pin_file, "--duress-pin-file", pin);
  made_ = true;
  open(folder_.create_vault(pin, duress), {});
}

Client::~Client() = default;

void Client::change_pins(const std::string& pin_file, const std::string& duress_pin_file,
                         bool duress) {
  const crypto::SecretBytes pin = new_pin(pin_file, "--new-pin-file");
  crypto::SecretBytes other;
  if (duress) other = new_duress_pin(duress_pin_file, "--new-duress-pin-file", pin);
  folder_.change_pins(driver_->vault(), pin, other);
}

void Client::open(crypto::Vault vault, Ears ears) {
  if (!ears.event)
    ears.event = [this](const v1::Event& e) {
      if (e.has_status()) names_.learn(e.status());
      return print_aside(options_, e, names_);
    };
  if (!ears.link) ears.link = [this](const Driver::Link& l) { print_link(options_, l, true); };
  on_link_ = std::move(ears.link);
  const std::string ca = options_.ca.empty() ? folder_.setting("ca") : options_.ca;
  driver_ = std::make_unique<Driver>(std::move(vault), ca,
                                     [this, hear = std::move(ears.event)](const v1::Event& event) {
                                       events_.push_back(event);
                                       return hear(event);
                                     });
}

// Only what has led to the server, and so that it does from every folder.
void Client::remember_ca() {
  if (!driver_->reached()) return;
  const std::string kept = folder_.setting("ca");
  const std::string used = options_.ca.empty() ? kept : options_.ca;
  if (used.empty()) return;
  std::error_code failed;
  const std::string path = std::filesystem::absolute(used, failed).lexically_normal().string();
  if (failed || path == kept) return;
  try {
    folder_.set_setting("ca", path);
  } catch (const Failure&) {
    // A full disk must not keep what was asked for from being done; the next command says --ca.
  }
}

void Client::go_online() {
  v1::Command names;  // of the circles that warnings may be about
  names.mutable_get_status();
  (void)try_run(std::move(names));
  online_ = driver_->go_online(wall_now() + options_.timeout());
  remember_ca();
  if (!online_) return;
  v1::Command sync;  // what waits at the server is looked at first
  sync.mutable_sync();
  (void)try_run(std::move(sync));
}

void Client::need_online() {
  if (const auto unreached = look_online())
    throw Failure(
        unreached->exit_code(),
        as_sentence(unreached->what()) + " Nothing was done, and nothing is kept to be sent.",
        unreached->word());
}

std::optional<Failure> Client::look_online() {
  go_online();
  if (online_) return std::nullopt;
  refuse_refused();
  const v1::Event* warning = last(v1::Event::kWarning);
  if (warning != nullptr &&
      (warning->warning().code() == "wrong_server" || warning->warning().code() == "cloned_device"))
    return Failure(
        Exit::not_trusted,
        "The server was not accepted (" + warning->warning().code() + "). Nothing was sent to it.",
        warning->warning().code());
  return Failure(Exit::offline, driver_->why(), "offline");
}

void say_if_unasked(const std::optional<Failure>& unreached) {
  if (unreached)
    throw Failure(unreached->exit_code(),
                  "The server was not asked: what stands here is as this device knew it last. " +
                      std::string(unreached->what()),
                  unreached->word());
}

void Client::refuse_refused(const std::optional<std::string>& invite) const {
  for (const v1::Event& e : events_) {
    const std::string_view word = refusal_in(e.warning(), invite);
    if (!word.empty())
      throw Failure(Exit::failed, std::string(advice_for("cancelled", word)), "cancelled");
  }
}

v1::Finished Client::try_run(v1::Command command) {
  return driver_->run(std::move(command), wall_now() + options_.timeout());
}

void Client::run(v1::Command command) {
  const v1::Finished finished = try_run(std::move(command));
  if (!finished.error().empty()) throw failure_of(finished);
}

bool Client::listen(Duration at_most, const std::function<bool()>& enough) {
  return driver_->listen(wall_now() + at_most, enough, on_link_);
}

v1::Finished Client::run_at_once(v1::Command command) {
  v1::Finished out = try_run(std::move(command));
  online_ = driver_->online();
  remember_ca();
  return out;
}

void Client::finish() { finish(options_.timeout()); }
void Client::finish(Duration at_most) { driver_->finish(wall_now() + at_most); }

void Client::discard() {
  if (!made_) return;  // an earlier command's keys, which the server may know
  driver_.reset();
  folder_.discard_vault();
}

const v1::Event* Client::last(v1::Event::EventCase which) const {
  const auto found = std::find_if(events_.rbegin(), events_.rend(),
                                  [&](const v1::Event& e) { return e.event_case() == which; });
  return found == events_.rend() ? nullptr : &*found;
}

const v1::Event* Client::answer(v1::Event::EventCase which) const {
  const v1::Event* end = last(v1::Event::kFinished);
  if (end == nullptr) return nullptr;
  const auto found = std::find_if(events_.rbegin(), events_.rend(), [&](const v1::Event& e) {
    return e.event_case() == which && e.command_id() == end->command_id();
  });
  return found == events_.rend() ? nullptr : &*found;
}

v1::Status Client::status() {
  v1::Command command;
  command.mutable_get_status();
  run(std::move(command));
  const v1::Event* event = last(v1::Event::kStatus);
  return event == nullptr ? v1::Status{} : event->status();
}

v1::CircleView Client::circle(const std::string& wanted) { return circle_with(wanted, {}); }

v1::CircleView Client::circle_with(const std::string& wanted, const std::string& account) {
  const v1::Status now = status();
  std::vector<v1::CircleView> fitting;
  for (const auto& c : now.circles())
    if (wanted.empty() || same_name(c.participant_name(), wanted) ||
        begins(hex_of(c.circle_id()), wanted) || begins(hex_of(c.participant()), wanted))
      fitting.push_back(c);
  if (fitting.empty())
    throw Failure(Exit::failed,
                  wanted.empty() ? "There is no circle here yet."
                                 : "There is no circle of " + wanted + " here.",
                  "unknown_circle");
  keep(fitting, [&](const v1::CircleView& c) {
    return c.participant() == account ||
           std::any_of(c.people().begin(), c.people().end(),
                       [&](const v1::Person& p) { return p.account() == account; });
  });
  // One that nobody ever signed (its pairing was refused on the other side) is in nobody's way.
  keep(fitting, [](const v1::CircleView& c) { return c.manifest_seq() != 0; });
  if (fitting.size() == 1) return fitting.front();
  std::string names;
  for (const v1::CircleView& c : fitting)
    names += (names.empty() ? "" : ", ") +
             (c.ours() ? std::string("yours") : "of " + printable(c.participant_name())) + " (" +
             hex_of(c.circle_id()).substr(0, 8) + ")";
  throw Failure(Exit::usage, "Several circles fit: name one with --circle. They are " + names + ".",
                "unknown_circle");
}

v1::Person Client::person(const std::string& wanted) {
  const v1::Status now = status();
  std::vector<v1::Person> fitting;
  const auto look = [&](const v1::Person& p) {
    const bool fits =
        same_name(p.name(), wanted) || (wanted.size() >= 4 && begins(hex_of(p.account()), wanted));
    const bool known = std::any_of(fitting.begin(), fitting.end(), [&](const v1::Person& other) {
      return other.account() == p.account();
    });
    if (fits && !known && !p.account().empty()) fitting.push_back(p);
  };
  for (const auto& c : now.circles()) {
    for (const auto& p : c.people()) look(p);
    v1::Person participant;
    participant.set_account(c.participant());
    participant.set_name(c.participant_name());
    participant.set_role(1);
    look(participant);
  }
  for (const auto& p : now.staff()) look(p);
  if (fitting.empty())
    throw Failure(Exit::failed,
                  "Nobody called " + wanted +
                      " is known here. `livlina people` lists "
                      "who is.",
                  "unknown_person");
  keep(fitting, [&](const v1::Person& p) { return p.name() == wanted; });
  if (fitting.size() > 1) {
    std::string names;
    for (const v1::Person& p : fitting)
      names += (names.empty() ? "" : ", ") + printable(p.name()) + ", " +
               std::string(role_word(p.role())) + " (" + hex_of(p.account()).substr(0, 8) + ")";
    throw Failure(Exit::usage,
                  "Several people are called " + wanted +
                      ": name one by the beginning of the account. They are " + names + ".",
                  "unknown_person");
  }
  return fitting.front();
}

}  // namespace livlina::cli
