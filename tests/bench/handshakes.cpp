// TLS handshakes and log-ins a second. Both sides work on the same cores, so what the server's
// process used for each says more than the rate.
#include <array>

#include "tests/bench/device.hpp"
#include "tests/bench/failed.hpp"
#include "tests/bench/population.hpp"
#include "tests/bench/server_run.hpp"
#include "tests/bench/subjects.hpp"

namespace livlina::bench {

namespace {

constexpr std::size_t at_once = 16;

class HandshakeOnly final : public Link {
 public:
  using Link::Link;
  [[nodiscard]] bool done() const { return done_; }

 protected:
  void on_tls() override {
    done_ = true;
    close();
  }
  void on_message(ByteView) override {}
  void on_closed() override { throw Failed("a handshake failed"); }

 private:
  bool done_ = false;
};

struct Rate {
  std::uint64_t count = 0;
  double seconds = 0;
  Used used;
};

// Keeps `at_once` of them under way: `make(i)` begins one, `over(it)` says that it is done.
template <class Make, class Over>
Rate keep_going(ServerRun& server, Loop& loop, double seconds, Make make, Over over) {
  std::array<decltype(make(0)), at_once> slots;
  Rate out;
  const Used before = server.used();
  const auto begin = Clock::now();
  const auto end = begin + Nanos(static_cast<std::int64_t>(seconds * 1e9));
  while (Clock::now() < end) {
    for (std::size_t i = 0; i < at_once; ++i) {
      if (slots[i] && over(*slots[i])) {
        slots[i].reset();
        ++out.count;
      }
      if (!slots[i]) slots[i] = make(i);
    }
    loop.turn(std::chrono::milliseconds(10));
  }
  out.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  out.used = server.used() - before;
  if (out.count == 0) throw Failed("not one came to its end");
  return out;
}

void report_rate(const char* what, const char* one, const Rate& rate, Report& report) {
  const auto count = static_cast<double>(rate.count);
  report.add({"handshakes", std::string(what) + " a second", count / rate.seconds, "/s"});
  report.add({"handshakes", std::string("CPU of the server for each ") + one,
              static_cast<double>(rate.used.cpu.ns) / 1000 / count, "us"});
}

}  // namespace

void measure_handshakes(const Scale& scale, Report& report) {
  std::vector<testing::Person> people;
  ServerRun server([&](auto& db) { people = add_people(db, at_once); });
  server.start();
  Loop loop;
  const TlsContext tls = tls_client();
  report_rate("TLS handshakes", "handshake",
              keep_going(
                  server, loop, scale.seconds,
                  [&](std::size_t) {
                    return std::make_unique<HandshakeOnly>(loop, tls.get(), server.port());
                  },
                  [](const HandshakeOnly& link) { return link.done(); }),
              report);
  const Rate log_ins = keep_going(
      server, loop, scale.seconds,
      [&](std::size_t i) {
        return std::make_unique<Device>(loop, tls.get(), server.port(), people[i].primary(),
                                        Device::Hears{});
      },
      [](const Device& device) {
        device.check();
        return device.logged_in();
      });
  report_rate("log-ins, each with its handshake,", "log-in", log_ins, report);
  report.add(
      {"handshakes", "commit flushes for each log-in",
       static_cast<double>(log_ins.used.commit_flushes()) / static_cast<double>(log_ins.count),
       ""});
}

}  // namespace livlina::bench
