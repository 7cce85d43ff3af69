// A client that is the WebAssembly module in Node, against a real server: this process only carries
// its frames over the command line's own socket. Its vault is a file as the command line has it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clients/cli/socket.hpp"
#include "livlina/step.pb.h"

namespace livlina::testing {

// Where the module was built (ops/test.sh --wasm), from LIVLINA_WASM; nothing when it was not.
[[nodiscard]] std::optional<std::string> wasm_module();

class WasmClient {
 public:
  // Starts Node. Throws std::runtime_error when it cannot be run.
  WasmClient(const std::string& module, const std::string& vault_file, const std::string& ca_file);
  ~WasmClient();  // the module closes its vault, and Node ends
  WasmClient(const WasmClient&) = delete;
  WasmClient& operator=(const WasmClient&) = delete;

  // Empty, or the word of the error.
  [[nodiscard]] std::string create(const std::string& pin, const std::string& duress_pin,
                                   const std::string& secret);
  [[nodiscard]] std::string open(const std::string& pin, const std::string& secret);

  // Connects by itself from now on.
  void go_online() { wants_connection_ = true; }
  // Does what can be done now without blocking.
  void pump();
  // Gives a command; its end is in finished() later. 0: the module did not take it.
  std::uint64_t give(v1::Command command);
  [[nodiscard]] const v1::Finished* finished(std::uint64_t id) const;
  [[nodiscard]] bool logged_in() const { return logged_in_; }
  // The newest event of a kind, or nullptr.
  [[nodiscard]] const v1::Event* last(v1::Event::EventCase which) const;
  [[nodiscard]] v1::Status status();

  std::vector<std::string> came;  // texts of others, as they came
  std::map<std::string, int> warnings;
  std::string failed;  // the first error of the module, "" when there was none
  std::string closed_because;

 private:
  struct Answer {
    bool good = false;
    std::string bytes;
  };
  [[nodiscard]] Answer ask(std::uint8_t op, const std::vector<std::string>& fields = {});
  void input(std::uint8_t op, const std::vector<std::string>& fields = {});
  void take(const std::string& encoded);

  int pid_ = -1;
  int pipe_ = -1;
  cli::Socket socket_;
  std::optional<Instant> wake_at_;
  Instant retry_at_ = 0;
  bool wants_connection_ = false;
  bool attempt_ = false;
  bool logged_in_ = false;
  std::uint64_t next_command_ = 1;
  std::map<std::uint64_t, v1::Finished> finished_;
  std::map<int, v1::Event> last_;
};

}  // namespace livlina::testing
