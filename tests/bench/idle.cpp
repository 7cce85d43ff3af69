// Memory for each idle connection: logged in, nothing waiting, nothing said.
#include <algorithm>

#include "tests/bench/device.hpp"
#include "tests/bench/failed.hpp"
#include "tests/bench/population.hpp"
#include "tests/bench/server_run.hpp"
#include "tests/bench/subjects.hpp"

namespace livlina::bench {

namespace {

constexpr double most_kib = 21;    // performance.md
constexpr std::size_t first = 10;  // their memory is what any first connection takes once
constexpr auto rest = std::chrono::milliseconds(1500);  // the heartbeat's notes have been written

}  // namespace

void measure_idle(const Scale& scale, Report& report) {
  std::vector<testing::Person> people;
  const std::size_t most = scale.idle.back();
  ServerRun server([&](auto& db) { people = add_people(db, most + first); });
  server.start();
  Loop loop;
  const TlsContext tls = tls_client();
  std::vector<std::unique_ptr<Device>> devices;
  const auto grow = [&](std::size_t to) {
    std::vector<testing::TestDevice*> more;
    while (devices.size() + more.size() < to)
      more.push_back(&people[devices.size() + more.size()].primary());
    for (auto& d : log_in_all(loop, tls.get(), server.port(), more))
      devices.push_back(std::move(d));
    loop.run_for(rest);
    for (const auto& d : devices) d->check();
    return server.resident_kib();
  };
  const std::uint64_t before = grow(first);
  for (const std::size_t n : scale.idle) {
    say("idle: " + std::to_string(n) + " connections");
    const std::uint64_t now = grow(n + first);
    const double each = static_cast<double>(now - std::min(now, before)) / static_cast<double>(n);
    report.add({"idle",
                "memory for each of " + std::to_string(n) + " connections",
                each,
                "KiB",
                {},
                Goal{Goal::Kind::at_most, most_kib}});
  }
}

}  // namespace livlina::bench
