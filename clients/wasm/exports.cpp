// The client core as plain C functions: one client per instance of the module.
//
// Every function that can fail returns a code: 0 done, else its word is livlina_error(code). None
// throws. Instants are milliseconds since 1970 (`wall`) and milliseconds from anywhere that never
// step (`awake`), see client::Moment. Bytes that go in are copied before the call returns; they
// belong to the caller, who gets memory by livlina_alloc() and wipes and returns it by
// livlina_free(). Bytes that come out, livlina_out(), belong to the module and stay until the next
// call. A step comes out as v1.Step and is stored by then: send its frames, then show its events.
// After `storage` the client is closed, since what was not stored must not be sent or shown.
#include <emscripten.h>

#include <cstdlib>
#include <memory>
#include <optional>

#include "clients/core/core.hpp"
#include "clients/wasm/host.hpp"
#include "crypto/core/hash.hpp"
#include "livlina/step.pb.h"

namespace livlina::wasm {

namespace {

using crypto::Error;

// Beside 1 + crypto::Error.
constexpr int code_wrong_state = 100;  // closed, or open already
constexpr int code_bad_command = 101;  // not the bytes of a v1.Command

struct Instance {
  HostStorage storage;
  HostRandom random;
  std::optional<crypto::Vault> vault;
  std::unique_ptr<client::Core> core;
  Bytes out;

  void close() {
    core.reset();
    vault.reset();
    crypto::wipe(out);
  }
};

Instance& instance() {
  static Instance one;
  return one;
}

int code(Error e) { return 1 + static_cast<int>(e); }

client::Moment moment(double wall, double awake) {
  return {static_cast<Instant>(wall), static_cast<Instant>(awake)};
}

int storage_failed() {
  instance().close();
  return code(Error::storage);
}

// The decoy first: if the page ends between the two commits, the real realm does it again.
int deliver() {
  Instance& i = instance();
  client::Step step = i.core->take_step();
  if (!step.decoy_store.empty()) {
    crypto::Vault* const decoy = i.vault->decoy();
    if (decoy == nullptr || !decoy->commit(std::move(step.decoy_store), i.random).ok())
      return storage_failed();
  }
  if (!step.store.empty() && !i.vault->commit(std::move(step.store), i.random).ok())
    return storage_failed();
  v1::Step told;
  for (std::string& frame : step.frames) told.add_frames(std::move(frame));
  for (v1::Event& event : step.events) *told.add_events() = std::move(event);
  if (step.wake_at) told.set_wake_at(*step.wake_at);
  told.set_disconnect(step.disconnect);
  crypto::wipe(i.out);
  i.out.resize(told.ByteSizeLong());
  (void)told.SerializeToArray(i.out.data(), static_cast<int>(i.out.size()));
  return 0;
}

// One input of an open client, and what it led to.
template <class Input>
int step(Input input) {
  Instance& i = instance();
  if (!i.core) return code_wrong_state;
  input(*i.core);
  return deliver();
}

}  // namespace

extern "C" {

// Once, before anything else.
EMSCRIPTEN_KEEPALIVE int livlina_start() { return crypto::init() ? 0 : code(Error::not_ready); }

// nullptr: there is no more memory.
EMSCRIPTEN_KEEPALIVE std::uint8_t* livlina_alloc(std::size_t size) {
  return static_cast<std::uint8_t*>(std::malloc(size == 0 ? 1 : size));
}
EMSCRIPTEN_KEEPALIVE void livlina_free(std::uint8_t* bytes, std::size_t size) {
  if (bytes == nullptr) return;
  crypto::wipe_memory(bytes, size);
  std::free(bytes);
}

// A stable word for a code that is not 0; static.
EMSCRIPTEN_KEEPALIVE const char* livlina_error(int value) {
  if (value == code_wrong_state) return "wrong_state";
  if (value == code_bad_command) return "bad_command";
  return crypto::name(static_cast<Error>(value - 1)).data();
}

// What the last call made: a v1.Step, or for livlina_host() the text "host:port".
EMSCRIPTEN_KEEPALIVE const std::uint8_t* livlina_out() { return instance().out.data(); }
EMSCRIPTEN_KEEPALIVE std::size_t livlina_out_size() { return instance().out.size(); }

// Makes a vault in the host's empty storage (crypto::Vault::create); `duress` may be empty.
// `secret` has 32 bytes, random, kept by the host apart from the vault.
EMSCRIPTEN_KEEPALIVE int livlina_create(const std::uint8_t* pin, std::size_t pin_size,
                                        const std::uint8_t* duress, std::size_t duress_size,
                                        const std::uint8_t* secret, std::size_t secret_size) {
  Instance& i = instance();
  if (i.core) return code_wrong_state;
  if (secret_size != 32) return code(Error::bad_length);
  const auto made =
      crypto::Vault::create(i.storage, {pin, pin_size}, {duress, duress_size},
                            crypto::Secret<32>(ByteView(secret, 32)), {}, {}, i.random);
  return made.ok() ? 0 : code(made.error());
}

// Opens the realm of this PIN and the client in it; its first step comes out. The host counts wrong
// PINs before it calls (protocol/spec/e2ee.md, Vault).
EMSCRIPTEN_KEEPALIVE int livlina_open(const std::uint8_t* pin, std::size_t pin_size,
                                      const std::uint8_t* secret, std::size_t secret_size,
                                      double wall, double awake) {
  Instance& i = instance();
  if (i.core) return code_wrong_state;
  if (secret_size != 32) return code(Error::bad_length);
  auto vault = crypto::Vault::open(i.storage, {pin, pin_size},
                                   crypto::Secret<32>(ByteView(secret, 32)), i.random);
  if (!vault.ok()) return code(vault.error());
  i.vault.emplace(std::move(vault).value());
  auto core = client::Core::open(i.vault->values(), i.random, protocol::tzdata_zones(),
                                 moment(wall, awake));
  if (!core.ok()) {
    i.close();
    return code(core.error());
  }
  i.core = std::move(core).value();
  return deliver();
}

// `bytes`: a v1.Command.
EMSCRIPTEN_KEEPALIVE int livlina_command(const std::uint8_t* bytes, std::size_t size, double wall,
                                         double awake) {
  v1::Command command;
  if (!command.ParseFromArray(bytes, static_cast<int>(size))) return code_bad_command;
  return step([&](client::Core& core) { core.command(command, moment(wall, awake)); });
}

// The WebSocket is open.
EMSCRIPTEN_KEEPALIVE int livlina_connected(double wall, double awake) {
  return step([&](client::Core& core) { core.connected(moment(wall, awake)); });
}
EMSCRIPTEN_KEEPALIVE int livlina_disconnected(double wall, double awake) {
  return step([&](client::Core& core) { core.disconnected(moment(wall, awake)); });
}
// One binary frame of the server.
EMSCRIPTEN_KEEPALIVE int livlina_received(const std::uint8_t* bytes, std::size_t size, double wall,
                                          double awake) {
  return step([&](client::Core& core) { core.received({bytes, size}, moment(wall, awake)); });
}
EMSCRIPTEN_KEEPALIVE int livlina_tick(double wall, double awake) {
  return step([&](client::Core& core) { core.tick(moment(wall, awake)); });
}

// Where to connect, "host:port"; empty before the first Enrol.
EMSCRIPTEN_KEEPALIVE int livlina_host() {
  Instance& i = instance();
  if (!i.core) return code_wrong_state;
  i.out = to_bytes(view(i.core->host()));
  return 0;
}

// Forgets everything that is open, wiped. Another open may follow.
EMSCRIPTEN_KEEPALIVE void livlina_close() { instance().close(); }

}  // extern "C"

}  // namespace livlina::wasm
