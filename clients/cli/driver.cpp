#include "clients/cli/driver.hpp"

#include <algorithm>

#include "clients/cli/moment.hpp"
#include "protocol/schedule/slots.hpp"

namespace livlina::cli {

namespace {
constexpr Duration first_pause = second;
constexpr Duration longest_pause = 30 * second;
// A server that takes the connection and says nothing is no connection after this.
constexpr Duration first_try = 15 * second;

// Close codes of the server after which a device stays away until its user wants it.
constexpr unsigned replaced_code = 4000;
constexpr unsigned refused_code = 4001;
constexpr unsigned revoked_code = 4002;

Failure staying_away(const std::string& why) {
  if (why == "replaced")
    return {Exit::failed,
            "This device has connected a second time, from a copy of this folder or another "
            "process: the newer one goes on, this one ends.",
            why};
  if (why == "revoked")
    return {Exit::refused, "This device is no longer in its account's list: the server closed it.",
            why};
  if (why == "cloned_device")
    return {Exit::not_trusted,
            "Somebody else used this device's key, or its folder was put back: the server refuses "
            "it. Tell the desk.",
            why};
  return {Exit::refused, "The server refused the log-in of this device.", why};
}
}  // namespace

Driver::Driver(crypto::Vault vault, const std::string& ca_file, OnEvent on_event)
    : vault_(std::move(vault)), socket_(ca_file), on_event_(std::move(on_event)) {
  auto core = client::Core::open(vault_.values(), crypto::system_random(), protocol::tzdata_zones(),
                                 moment());
  if (!core.ok())
    throw Failure(Exit::failed, "What is stored in this state folder cannot be read.", "corrupt");
  core_ = std::move(core).value();
  flush();
}

Driver::~Driver() = default;

void Driver::flush() {
  for (v1::Command shown = take_step(); shown.has_shown(); shown = take_step())
    core_->command(shown, moment());
}

// One step of the core; what of it a person has seen now.
v1::Command Driver::take_step() {
  client::Step step = core_->take_step();
  auto& random = crypto::system_random();
  // The decoy first: if we die between the two commits, the real realm does it again.
  if (!step.decoy_store.empty()) {
    crypto::Vault* decoy = vault_.decoy();
    if (decoy == nullptr || !decoy->commit(std::move(step.decoy_store), random).ok())
      throw Failure(Exit::failed, "The vault cannot be written: is the disk full?", "storage");
  }
  if (!step.store.empty() && !vault_.commit(std::move(step.store), random).ok())
    throw Failure(Exit::failed, "The vault cannot be written: is the disk full?", "storage");
  for (std::string& frame : step.frames) socket_.send(std::move(frame));
  wake_at_ = step.wake_at;
  v1::Command shown;
  for (const v1::Event& event : step.events) {
    if (event.has_logged_in()) logged_in_ = true;
    if (event.has_finished() && event.command_id() == awaited_) finished_ = event.finished();
    if (event.has_warning()) stay_away(event.warning().code());
    if (on_event_(event) && !event.confirm().empty())
      shown.mutable_shown()->add_confirm(event.confirm());
  }
  if (step.disconnect) socket_.close();
  return shown;
}

// A log-in that was refused is not tried again by itself, whichever end closes first.
void Driver::stay_away(std::string_view code) {
  if (code == "login_refused" || code == "cloned_device") stay_away_ = code;
}

void Driver::connect() {
  const auto endpoint = parse_endpoint(core_->host());
  if (!endpoint) {
    why_ = "No server is known yet.";
    return;
  }
  connecting_ = true;
  socket_.connect(*endpoint);
}

void Driver::handle(const SocketEvent& event) {
  switch (event.what) {
    case SocketEvent::What::opened:
      reached_ = true;
      core_->connected(moment());
      break;
    case SocketEvent::What::frame:
      core_->received(view(event.data), moment());
      break;
    case SocketEvent::What::closed:
      connecting_ = false;
      logged_in_ = false;
      why_ = event.data;
      if (event.close_code == replaced_code) stay_away_ = "replaced";
      if (event.close_code == refused_code && stay_away_.empty()) stay_away_ = "login_refused";
      if (event.close_code == revoked_code) stay_away_ = "revoked";
      core_->disconnected(moment());
      break;
    case SocketEvent::What::interrupted:
      interrupted_ = true;
      return;
  }
  flush();
}

void Driver::step(Instant until) {
  const Instant wake = wake_at_ ? std::min(*wake_at_, until) : until;
  for (const SocketEvent& event : socket_.wait(wake)) handle(event);
  if (wake_at_ && wall_now() >= *wake_at_) {
    core_->tick(moment());
    flush();
  }
}

bool Driver::go_online(Instant until) {
  if (logged_in_) return true;
  if (!connecting_) connect();
  while (connecting_ && !logged_in_ && !interrupted_ && wall_now() < until) step(until);
  if (!logged_in_ && connecting_) why_ = "The server did not answer in time.";
  return logged_in_;
}

v1::Finished Driver::run(v1::Command command, Instant until) {
  command.set_id(next_id_++);
  awaited_ = command.id();
  finished_.reset();
  core_->command(command, moment());
  flush();
  // An enrolment tells the core where its server is: only then can it be reached.
  if (!finished_ && !connecting_) connect();
  while (!finished_ && !interrupted_ && wall_now() < until) {
    if (!connecting_) break;
    step(until);
  }
  awaited_ = 0;
  if (finished_) {
    // The core knows that the connection ended, and the socket why.
    if (finished_->error() == "offline" && finished_->detail().empty()) finished_->set_detail(why_);
    return *finished_;
  }
  v1::Finished out;
  out.set_error(interrupted_ ? "interrupted" : !connecting_ ? "offline" : "timeout");
  out.set_detail(connecting_ ? "" : why_);
  return out;
}

// Silence must not read as "all well": what is said of the connection, and how often.
void Driver::watch_link(const OnLink& on_link) {
  const Instant now = wall_now();
  if (logged_in_) {
    if (lost_since_ && link_said_at_ != 0) on_link({Link::State::back, *lost_since_, {}});
    lost_since_.reset();
    link_said_at_ = 0;
    return;
  }
  if (!lost_since_) lost_since_ = now;
  if (link_said_at_ == 0 && connecting_ && now - *lost_since_ < first_try) return;
  if (link_said_at_ != 0 && now - link_said_at_ < link_reminder) return;
  on_link({link_said_at_ == 0 ? Link::State::lost : Link::State::still_lost, *lost_since_, why_});
  link_said_at_ = now;
}

bool Driver::listen(Instant until, const std::function<bool()>& enough, const OnLink& on_link) {
  Duration pause = first_pause;
  Instant retry_at = 0;
  while (!enough() && !interrupted_ && wall_now() < until) {
    if (logged_in_) pause = first_pause;
    if (!connecting_ && wall_now() >= retry_at) {
      connect();
      retry_at = wall_now() + pause;
      pause = std::min(pause * 2, longest_pause);
    }
    watch_link(on_link);
    Instant next = connecting_ ? until : std::min(until, retry_at);
    if (lost_since_)
      next = std::min(
          next, link_said_at_ == 0 ? *lost_since_ + first_try : link_said_at_ + link_reminder);
    step(next);
    if (!stay_away_.empty() && !connecting_) throw staying_away(stay_away_);
  }
  return enough();
}

void Driver::finish(Instant until) {
  if (logged_in_ && !interrupted_) {
    v1::Command sync;
    sync.mutable_sync();
    (void)run(std::move(sync), until);
  }
  socket_.close();
  const Instant last = wall_now() + 2 * second;
  while (connecting_ && wall_now() < last) step(last);
}

}  // namespace livlina::cli
