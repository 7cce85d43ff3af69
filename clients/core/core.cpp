#include "clients/core/core.hpp"

#include <algorithm>
#include <utility>

#include "clients/core/connection.hpp"
#include "clients/core/enrolment.hpp"
#include "clients/core/parts.hpp"
#include "clients/core/syncs.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"
#include "protocol/codec.hpp"

namespace livlina::client {

struct Core::State {
  State(const crypto::Vault::Values& stored, crypto::Random& random, const protocol::Zones& zones)
      : store(stored),
        context{store, connection, random, zones, 0, 0, &events, {}, false, 0, false},
        connection(context),
        trust(context),
        messenger(context, trust),
        enrolment(context, connection, trust, self),
        parts(make_parts(context, trust, messenger, self)) {}

  std::vector<v1::Event> events;
  Store store;
  Context context;  // refers to `connection`, which is used only after the construction
  Connection connection;
  std::optional<Identity> self;
  Trust trust;
  Messenger messenger;
  Enrolment enrolment;
  Parts parts;
  Syncs syncs;

  void begin(Moment now);  // an input
  [[nodiscard]] crypto::Status open();
  [[nodiscard]] crypto::Status load_parts();
  void command(const v1::Command& command);
  void shown(const v1::Shown& shown);
  void received(ByteView bytes);
  void pushed(const v1::ServerFrame& frame);
  void challenged();
  void online();
  void offline();
  void settle();  // after every input
  [[nodiscard]] bool idle() const;
  [[nodiscard]] v1::Event status() const;
  [[nodiscard]] std::optional<Instant> wake_at() const;
};

void Core::State::begin(Moment now) {
  context.now = now.wall;
  context.awake = now.awake;
}

crypto::Status Core::State::open() {
  LIVLINA_CHECK(context.clock.load(store));
  LIVLINA_CHECK(enrolment.load());
  context.show_again();
  LIVLINA_TRY(identity, load_identity(store));
  if (!identity) return crypto::done();
  self = std::move(identity);
  return load_parts();
}

crypto::Status Core::State::load_parts() {
  LIVLINA_CHECK(trust.load());
  LIVLINA_CHECK(messenger.load(*self));
  for (const auto& part : parts) LIVLINA_CHECK(part->load(*self));
  return crypto::done();
}

void Core::State::shown(const v1::Shown& shown) {
  const bool parts_are_loaded = self && !enrolment.joining();
  for (const std::string& name : shown.confirm())
    if (context.shown(name) && parts_are_loaded)
      for (const auto& part : parts) part->shown(name);
}

void Core::State::command(const v1::Command& command) {
  if (command.has_shown()) {
    shown(command.shown());
    if (command.id() != 0) context.finish(command.id(), Unit{});
    return;
  }
  if (enrolment.command(command)) return;
  if (!self || enrolment.joining()) return context.finish(command.id(), Error::not_enrolled);
  switch (command.command_case()) {
    case v1::Command::kSync:
      return syncs.add(command.id(), context);
    case v1::Command::kGetStatus:
      context.emit(status());
      return context.finish(command.id(), Unit{});
    default:
      break;
  }
  for (const auto& part : parts)
    if (part->command(command)) return;
  context.finish(command.id(), Error::bad_argument, "command");
}

void Core::State::received(ByteView bytes) {
  const auto frame = protocol::decode_server_frame(bytes);
  if (!frame.ok()) return connection.give_up("bad_frame", protocol::name(frame.error()));
  switch (connection.received(*frame)) {
    case Connection::Got::nothing:
      break;
    case Connection::Got::challenge:
      challenged();
      break;
    case Connection::Got::logged_in:
      online();
      break;
    case Connection::Got::pushed:
      pushed(*frame);
      break;
  }
}

void Core::State::challenged() {
  if (enrolment.joining()) return enrolment.challenged();
  if (self) connection.log_in(*self);
}

void Core::State::pushed(const v1::ServerFrame& frame) {
  if (frame.has_drained()) syncs.drained();  // the parts want to know it too
  if (enrolment.pushed(frame)) return;
  if (frame.has_delivery() && frame.delivery().has_frame())
    return messenger.delivered(frame.delivery());
  for (const auto& part : parts)
    if (part->pushed(frame)) return;
}

void Core::State::online() {
  v1::Event event;
  event.mutable_logged_in()->set_queued(connection.queued());
  context.emit(std::move(event));
  context.drop_old_warnings();
  enrolment.online();
  messenger.online();
  for (const auto& part : parts) part->online();
  syncs.online(context);
}

void Core::State::offline() {
  connection.closed();
  enrolment.offline();
  if (self && !enrolment.joining()) {
    messenger.offline();
    for (const auto& part : parts) part->offline();
  }
  syncs.offline(context);
}

bool Core::State::idle() const {
  return connection.idle() && messenger.idle() &&
         std::all_of(parts.begin(), parts.end(), [](const auto& part) { return part->idle(); });
}

void Core::State::settle() {
  if (enrolment.take_joined()) {
    // What was written a moment ago reads back, or this device is broken: start again from storage.
    if (load_parts().ok())
      connection.log_in(*self);
    else
      connection.give_up("corrupt");
  }
  if (self && !enrolment.joining())
    for (const auto& part : parts) part->settle();
  if (connection.logged_in() && idle()) syncs.finish(context);
}

v1::Event Core::State::status() const {
  v1::Event event;
  event.set_command_id(context.command_id);
  v1::Status& out = *event.mutable_status();
  out.set_online(connection.logged_in());
  out.set_demonstration(context.demonstration);
  for (v1::Warning& warning : context.open_warnings()) *out.add_warnings() = std::move(warning);
  for (const auto& part : parts) part->describe(out);
  return event;
}

std::optional<Instant> Core::State::wake_at() const {
  std::optional<Instant> out = connection.wake_at();
  const auto earlier = [&](std::optional<Instant> at) {
    if (at && (!out || *at < *out)) out = at;
  };
  if (!self || enrolment.joining()) return out;
  earlier(messenger.wake_at());
  for (const auto& part : parts) earlier(part->wake_at());
  return out;
}

Core::Core(std::unique_ptr<State> state) : state_(std::move(state)) {}
Core::~Core() = default;

crypto::Result<std::unique_ptr<Core>> Core::open(const crypto::Vault::Values& stored,
                                                 crypto::Random& random,
                                                 const protocol::Zones& zones, Moment now) {
  auto state = std::make_unique<State>(stored, random, zones);
  state->begin(now);
  if (!state->open().ok()) return crypto::Error::bad_format;
  return std::unique_ptr<Core>(new Core(std::move(state)));
}

void Core::command(const v1::Command& command, Moment now) {
  state_->begin(now);
  state_->context.command_id = command.id();
  state_->command(command);
  state_->context.command_id = 0;
  state_->settle();
}

void Core::connected(Moment now) {
  state_->begin(now);
  if (state_->connection.connected())
    state_->offline();  // the driver did not say that the last one ended
  state_->connection.opened();
}

void Core::disconnected(Moment now) {
  state_->begin(now);
  state_->offline();
}

void Core::received(ByteView frame, Moment now) {
  state_->begin(now);
  state_->received(frame);
  state_->settle();
}

void Core::tick(Moment now) {
  state_->begin(now);
  state_->connection.tick();
  if (state_->self && !state_->enrolment.joining()) {
    state_->messenger.tick();
    for (const auto& part : state_->parts) part->tick();
  }
  state_->settle();
}

Step Core::take_step() {
  Step step;
  step.store = state_->store.take_changes();
  step.decoy_store = state_->store.take_decoy_changes();
  step.frames = state_->connection.take_frames();
  step.events = std::exchange(state_->events, {});
  step.wake_at = state_->wake_at();
  step.disconnect = state_->connection.take_disconnect();
  return step;
}

std::string Core::host() const {
  if (state_->self) return state_->self->host;
  return state_->enrolment.host();
}

}  // namespace livlina::client
