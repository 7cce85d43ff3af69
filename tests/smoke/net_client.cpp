#include "tests/smoke/net_client.hpp"

#include <algorithm>

#include "protocol/codec.hpp"
#include "protocol/schedule/slots.hpp"

namespace livlina::testing {

namespace {

constexpr Duration retry_pause = 5;

void apply(crypto::Vault::Changes changes, crypto::Vault::Values& values) {
  for (auto& [key, value] : changes) {
    values.erase(key);
    if (value) values.emplace(key, std::move(*value));
  }
}

}  // namespace

NetClient::NetClient(std::string name, const std::string& ca_file)
    : name_(std::move(name)), ca_file_(ca_file) {
  (void)reopen();
}

bool NetClient::reopen() {
  socket_ = std::make_unique<cli::Socket>(ca_file_);
  attempt_ = false;
  logged_in_ = false;
  auto opened =
      client::Core::open(values_, crypto::system_random(), protocol::tzdata_zones(), cli::moment());
  if (!opened.ok()) return false;
  core_ = std::move(opened).value();
  step();
  return true;
}

std::uint64_t NetClient::give(v1::Command command) {
  const std::uint64_t id = next_command_++;
  command.set_id(id);
  core_->command(command, cli::moment());
  step();
  return id;
}

const v1::Finished* NetClient::finished(std::uint64_t id) const {
  const auto it = finished_.find(id);
  return it == finished_.end() ? nullptr : &it->second;
}

const v1::Event* NetClient::last(v1::Event::EventCase which) const {
  const auto it = last_.find(which);
  return it == last_.end() ? nullptr : &it->second;
}

v1::Status NetClient::status() {
  v1::Command command;
  (void)command.mutable_get_status();
  (void)give(std::move(command));
  const v1::Event* event = last(v1::Event::kStatus);
  return event == nullptr ? v1::Status{} : event->status();
}

// First stored, then sent and shown; what was shown is confirmed.
void NetClient::step() {
  v1::Command shown;
  client::Step step = core_->take_step();
  apply(std::move(step.decoy_store), decoy_);
  apply(std::move(step.store), values_);
  for (std::string& frame : step.frames) {
    if (remember_requests) {
      auto request = protocol::decode_request(view(frame));
      if (request.ok()) requests.push_back(std::move(*request));
    }
    socket_->send(std::move(frame));
  }
  wake_at_ = step.wake_at;
  for (const v1::Event& event : step.events) {
    if (!event.confirm().empty()) shown.mutable_shown()->add_confirm(event.confirm());
    note(event);
  }
  if (step.disconnect) socket_->close();
  if (!shown.has_shown()) return;
  core_->command(shown, cli::moment());
  this->step();
}

void NetClient::note(const v1::Event& event) {
  last_[event.event_case()] = event;
  if (event.has_logged_in()) logged_in_ = true;
  if (event.has_finished()) finished_[event.command_id()] = event.finished();
  if (event.has_warning()) ++warnings[event.warning().code()];
  if (event.has_checkin_accepted())
    accepted[event.checkin_accepted().seq()] = event.checkin_accepted();
  if (!event.has_message()) return;
  const v1::MessageView& m = event.message();
  if (m.from().empty()) {
    sent[m.text()] = std::max(sent[m.text()], m.state());
  } else if (seen_.insert(m.message_id()).second) {
    came.push_back(m.text());
    if (m.gap_before()) gaps.insert(m.text());
  }
}

void NetClient::look(const std::string& frame) {
  const auto decoded = protocol::decode_server_frame(view(frame));
  if (!decoded.ok()) return;
  const v1::ServerFrame& f = *decoded;
  if (f.id() >= raw_ids || (f.id() == 0 && f.has_error())) raw_replies[f.id()] = f;
}

void NetClient::handle(const cli::SocketEvent& event) {
  using What = cli::SocketEvent::What;
  if (event.what == What::opened) {
    core_->connected(cli::moment());
  } else if (event.what == What::frame) {
    look(event.data);
    core_->received(view(event.data), cli::moment());
  } else if (event.what == What::closed) {
    attempt_ = false;
    logged_in_ = false;
    closed_because = event.data;
    retry_at_ = cli::wall_now() + retry_pause;
    core_->disconnected(cli::moment());
  } else {
    return;
  }
  step();
}

bool NetClient::pump() {
  bool moved = false;
  if (wants_connection_ && !attempt_ && port_ && cli::wall_now() >= retry_at_) {
    attempt_ = true;
    // Where this life of the server listens, whatever port the invitation named.
    socket_->connect({"127.0.0.1", std::to_string(*port_)});
    moved = true;
  }
  for (const cli::SocketEvent& event : socket_->wait(0)) {
    handle(event);
    moved = true;
  }
  if (wake_at_ && cli::wall_now() >= *wake_at_) {
    core_->tick(cli::moment());
    step();
    moved = true;
  }
  return moved;
}

}  // namespace livlina::testing
