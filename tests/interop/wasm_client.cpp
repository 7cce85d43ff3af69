#include "tests/interop/wasm_client.hpp"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "clients/cli/moment.hpp"
#include "crypto/core/bytes.hpp"

namespace livlina::testing {

namespace {

// The operations of tests/interop/node_client.mjs.
constexpr std::uint8_t op_create = 1;
constexpr std::uint8_t op_open = 2;
constexpr std::uint8_t op_command = 3;
constexpr std::uint8_t op_connected = 4;
constexpr std::uint8_t op_disconnected = 5;
constexpr std::uint8_t op_received = 6;
constexpr std::uint8_t op_tick = 7;
constexpr std::uint8_t op_host = 8;

constexpr int longest_answer_ms = 60'000;
constexpr Duration retry_pause = 5;

std::string read_exactly(int fd, std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t had = 0; had < size;) {
    pollfd p{fd, POLLIN, 0};
    if (::poll(&p, 1, longest_answer_ms) <= 0) throw std::runtime_error("Node does not answer");
    const ssize_t n = ::read(fd, out.data() + had, size - had);
    if (n <= 0) throw std::runtime_error("Node has ended");
    had += static_cast<std::size_t>(n);
  }
  return out;
}

}  // namespace

std::optional<std::string> wasm_module() {
  const char* const named = std::getenv("LIVLINA_WASM");
  const std::string folder = named != nullptr ? named : "build/wasm/clients";
  if (!std::filesystem::exists(folder + "/livlina_core.wasm")) return std::nullopt;
  return std::filesystem::absolute(folder).string();
}

WasmClient::WasmClient(const std::string& module, const std::string& vault_file,
                       const std::string& ca_file)
    : socket_(ca_file) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::runtime_error("no pair of sockets");
  pipe_ = ends[0];
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  std::vector<std::string> words = {"node", LIVLINA_NODE_CLIENT, module, vault_file};
  std::vector<char*> argv;
  for (std::string& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  const int e = ::posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  (void)::close(ends[1]);
  if (e != 0) {
    (void)::close(pipe_);
    throw std::runtime_error("cannot start node");
  }
}

WasmClient::~WasmClient() {
  (void)::close(pipe_);  // the end of its input
  (void)::waitpid(pid_, nullptr, 0);
}

WasmClient::Answer WasmClient::ask(std::uint8_t op, const std::vector<std::string>& fields) {
  const client::Moment now = cli::moment();
  ByteWriter body;
  body.u8(op).i64(now.wall).i64(now.awake);
  for (const std::string& field : fields) body.sized(view(field));
  const Bytes message = ByteWriter().sized(body.get()).take();
  for (std::size_t had = 0; had < message.size();) {
    const ssize_t n = ::send(pipe_, message.data() + had, message.size() - had, MSG_NOSIGNAL);
    if (n <= 0) throw std::runtime_error("Node has ended");
    had += static_cast<std::size_t>(n);
  }
  const std::string head = read_exactly(pipe_, 4);
  std::string answer = read_exactly(pipe_, ByteReader(view(head)).u32());
  return {answer.at(0) == 0, answer.substr(1)};
}

void WasmClient::input(std::uint8_t op, const std::vector<std::string>& fields) {
  const Answer answer = ask(op, fields);
  if (answer.good) {
    take(answer.bytes);
  } else if (failed.empty()) {
    failed = answer.bytes;
  }
}

std::string WasmClient::create(const std::string& pin, const std::string& duress_pin,
                               const std::string& secret) {
  const Answer answer = ask(op_create, {pin, duress_pin, secret});
  return answer.good ? std::string() : answer.bytes;
}

std::string WasmClient::open(const std::string& pin, const std::string& secret) {
  const Answer answer = ask(op_open, {pin, secret});
  if (!answer.good) return answer.bytes;
  take(answer.bytes);
  return {};
}

// The module has stored it: sent, then shown, and what was shown is confirmed.
void WasmClient::take(const std::string& encoded) {
  v1::Step step;
  if (!step.ParseFromString(encoded)) {
    failed = "unreadable step";
    return;
  }
  for (std::string& frame : *step.mutable_frames()) socket_.send(std::move(frame));
  wake_at_.reset();
  if (step.has_wake_at()) wake_at_ = step.wake_at();
  v1::Command shown;
  for (const v1::Event& event : step.events()) {
    if (!event.confirm().empty()) shown.mutable_shown()->add_confirm(event.confirm());
    last_[event.event_case()] = event;
    if (event.has_logged_in()) logged_in_ = true;
    if (event.has_finished()) finished_[event.command_id()] = event.finished();
    if (event.has_warning()) ++warnings[event.warning().code()];
    if (event.has_message() && !event.message().from().empty())
      came.push_back(event.message().text());
  }
  if (step.disconnect()) socket_.close();
  if (shown.has_shown()) input(op_command, {shown.SerializeAsString()});
}

void WasmClient::pump() {
  if (wants_connection_ && !attempt_ && cli::wall_now() >= retry_at_) {
    const Answer host = ask(op_host);
    if (const auto endpoint = cli::parse_endpoint(host.bytes); host.good && endpoint) {
      attempt_ = true;
      socket_.connect(*endpoint);
    }
  }
  for (const cli::SocketEvent& event : socket_.wait(0)) {
    using What = cli::SocketEvent::What;
    if (event.what == What::opened) {
      input(op_connected);
    } else if (event.what == What::frame) {
      input(op_received, {event.data});
    } else if (event.what == What::closed) {
      attempt_ = false;
      logged_in_ = false;
      closed_because = event.data;
      retry_at_ = cli::wall_now() + retry_pause;
      input(op_disconnected);
    }
  }
  if (wake_at_ && cli::wall_now() >= *wake_at_) input(op_tick);
}

std::uint64_t WasmClient::give(v1::Command command) {
  const std::uint64_t id = next_command_++;
  command.set_id(id);
  input(op_command, {command.SerializeAsString()});
  return failed.empty() ? id : 0;
}

const v1::Finished* WasmClient::finished(std::uint64_t id) const {
  const auto it = finished_.find(id);
  return it == finished_.end() ? nullptr : &it->second;
}

const v1::Event* WasmClient::last(v1::Event::EventCase which) const {
  const auto it = last_.find(which);
  return it == last_.end() ? nullptr : &it->second;
}

v1::Status WasmClient::status() {
  v1::Command command;
  (void)command.mutable_get_status();
  (void)give(std::move(command));
  const v1::Event* const event = last(v1::Event::kStatus);
  return event == nullptr ? v1::Status{} : event->status();
}

}  // namespace livlina::testing
