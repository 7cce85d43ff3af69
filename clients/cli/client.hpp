// One command's client: the opened state folder, the driver on top of it, and what came back.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "clients/cli/circle_names.hpp"
#include "clients/cli/driver.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/state_folder.hpp"

namespace livlina::cli {

// Where a client puts what comes by itself while it runs, in order.
struct Ears {
  Driver::OnEvent event;  // true: a person can see it now
  Driver::OnLink link;
};

class Client {
 public:
  // Opens an enrolled state folder with its PIN. Throws Failure. Without ears, what a person must
  // see goes to the error stream, whatever the command is.
  explicit Client(const Options& options, Ears ears = {});
  // Makes a new one: asks for the PIN twice, and for the duress PIN when wanted.
  struct Fresh {
    bool duress = false;
    std::string duress_pin_file;
  };
  Client(const Options& options, const Fresh& fresh);
  ~Client();

  // Connects and fetches what waits; without a server the command goes on and says what was only
  // queued.
  void go_online();
  // Connects or throws Failure(offline): nothing was done.
  void need_online();
  // The same, but gives the Failure back: what is shown is then as this device knew it last, and
  // say_if_unasked() ends the command. Throws only what refuse_refused() throws.
  [[nodiscard]] std::optional<Failure> look_online();
  // Throws Failure when this connection told that the pairing was refused: that of an invitation
  // whose id begins so, or the one by which this folder is being enrolled.
  void refuse_refused(const std::optional<std::string>& invite = std::nullopt) const;
  // Runs one command; what it caused can be asked with last(). Throws Failure unless done.
  void run(v1::Command command);
  // The same without throwing: the Finished as it came.
  [[nodiscard]] v1::Finished try_run(v1::Command command);
  // The same before there is a connection: what was signed is stored at once, then it connects and
  // nothing else is waited for.
  [[nodiscard]] v1::Finished run_at_once(v1::Command command);
  // Waits for events that nobody asked for.
  [[nodiscard]] bool listen(Duration at_most, const std::function<bool()>& enough);
  // Exchanges what waits on both sides and closes. Called at the end of every online command.
  void finish();
  void finish(Duration at_most);
  // Seals this folder under new PINs: `pin_file` and `duress_pin_file`, or asked. The last thing a
  // client does. Throws Failure.
  void change_pins(const std::string& pin_file, const std::string& duress_pin_file, bool duress);
  // Of a fresh client whose enrolment did not begin; keeps a vault that was there before.
  void discard();
  // Keeps the certificate authority that has led to the server, for the commands to come.
  void remember_ca();

  // The newest event of a case, or nullptr; lives as long as this client.
  [[nodiscard]] const v1::Event* last(v1::Event::EventCase which) const;
  // The same among those that the newest command caused.
  [[nodiscard]] const v1::Event* answer(v1::Event::EventCase which) const;

  [[nodiscard]] v1::Status status();
  // The one circle of a participant, the named one (hex prefix or participant's name), or the only
  // one.
  [[nodiscard]] v1::CircleView circle(const std::string& wanted);
  // The same among those to which this account belongs, if it belongs to any.
  [[nodiscard]] v1::CircleView circle_with(const std::string& wanted, const std::string& account);
  // A person of a circle or desk by name or by the beginning of the account in hex. Throws Failure:
  // nobody, or several.
  [[nodiscard]] v1::Person person(const std::string& wanted);
  [[nodiscard]] bool online() const { return online_; }
  // The server was there at some time of this run.
  [[nodiscard]] bool reached() const { return driver_->reached(); }
  // Why there is no connection (any more): one plain sentence; empty when none was tried.
  [[nodiscard]] const std::string& why_offline() const { return driver_->why(); }
  [[nodiscard]] const Options& options() const { return options_; }

 private:
  void open(crypto::Vault vault, Ears ears);
  Options options_;
  StateFolder folder_;
  std::unique_ptr<Driver> driver_;
  std::deque<v1::Event> events_;  // a deque: what last() gave stays where it is
  Driver::OnLink on_link_;
  CircleNames names_;
  bool online_ = false;
  bool made_ = false;  // this client made the vault
};

// As people type them: Amal and amal are the same.
[[nodiscard]] bool same_name(const std::string& a, const std::string& b);
// After what was shown: throws that the server was not asked, and why, unless it was asked.
void say_if_unasked(const std::optional<Failure>& unreached);
// Why what was queued has not been sent: a sentence for the person.
[[nodiscard]] std::string why_not_sent(const Client& client, const v1::Finished& finished);
// The Failure for a Finished that is not "done": the sentence a person reads, and the exit code.
[[nodiscard]] Failure failure_of(const v1::Finished& finished);

}  // namespace livlina::cli
