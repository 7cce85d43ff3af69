#include "tests/bench/process_use.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/bench/failed.hpp"

namespace livlina::bench {

double CpuUse::kernel_percent() const {
  const auto all = static_cast<double>(user_ticks + kernel_ticks);
  return all == 0 ? 0 : 100 * static_cast<double>(kernel_ticks) / all;
}

CpuUse operator+(const CpuUse& one, const CpuUse& more) {
  return {one.ns + more.ns, one.user_ticks + more.user_ticks, one.kernel_ticks + more.kernel_ticks};
}

CpuUse operator-(const CpuUse& later, const CpuUse& earlier) {
  return {later.ns - earlier.ns, later.user_ticks - earlier.user_ticks,
          later.kernel_ticks - earlier.kernel_ticks};
}

CpuUse cpu_of(int pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  CpuUse out;
  for (const auto& task : std::filesystem::directory_iterator(folder + "/task")) {
    std::ifstream in(task.path() / "schedstat");
    std::uint64_t ns = 0;
    if (in >> ns) out.ns += ns;
  }
  std::ifstream in(folder + "/stat");
  std::string line;
  std::getline(in, line);
  // Behind the name in brackets, which may hold anything: fields 14 and 15 of proc(5).
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  fields >> out.user_ticks >> out.kernel_ticks;
  if (out.ns == 0 || !fields) throw Failed("this kernel does not tell CPU time (schedstat)");
  return out;
}

std::uint64_t resident_kib_of(int pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6));
  throw Failed("this kernel does not tell memory (VmRSS)");
}

}  // namespace livlina::bench
