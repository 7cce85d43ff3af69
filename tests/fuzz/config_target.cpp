// A configuration file with any content: it loads, or one line says what is wrong.
#include <sys/mman.h>
#include <unistd.h>

#include "server/app/config.hpp"
#include "tests/fuzz/target.hpp"

namespace livlina::testing::fuzz {

namespace {

void run(ByteView input) {
  const int fd = ::memfd_create("config", MFD_CLOEXEC);
  must(fd >= 0 && ::write(fd, input.data(), input.size()) == static_cast<ssize_t>(input.size()),
       "a file in memory can be written");
  server::ConfigSources sources;
  sources.file = "/proc/self/fd/" + std::to_string(fd);
  try {
    const server::LoadedConfig loaded = server::load_config(sources);
    must(!loaded.entries.empty(), "every key has a value and an origin");
  } catch (const server::ConfigRefused& refused) {
    const std::string_view what = refused.what();
    must(!what.empty() && what.find('\n') == std::string_view::npos, "one line says why");
  }
  ::close(fd);
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> out;
  out.push_back(to_bytes(view(std::string_view("[server]\nport = 1\nname = \"x\"\n"))));
  // Every key there is, with the value it has anyway.
  for (const server::ConfigEntry& e : server::load_config({}).entries) {
    const std::size_t dot = e.key.find('.');
    if (dot == std::string::npos) continue;
    out.push_back(to_bytes(
        view("[" + e.key.substr(0, dot) + "]\n" + e.key.substr(dot + 1) + " = " + e.value + "\n")));
  }
  return out;
}

}  // namespace

const Target config{"config", 2048, run, seeds};

}  // namespace livlina::testing::fuzz
