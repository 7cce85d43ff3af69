// End to end at a steady rate: ten contacts post to ten participants, who acknowledge at once.
#include "tests/bench/steady.hpp"

#include <cmath>
#include <deque>

#include "tests/bench/device.hpp"
#include "tests/bench/failed.hpp"
#include "tests/bench/population.hpp"
#include "tests/bench/server_run.hpp"
#include "tests/bench/subjects.hpp"

namespace livlina::bench {

namespace {

constexpr double most_cpu_us = 45;  // performance.md

struct Pair {
  std::unique_ptr<Device> from;
  std::unique_ptr<Device> to;
  v1::Request message;
  std::deque<Clock::time_point> under_way;  // a mailbox keeps the order
};

class SteadyLoad {
 public:
  SteadyLoad(ServerRun& server, Population& people) {
    for (Couple& couple : people.couples) {
      auto pair = std::make_unique<Pair>();
      Pair* self = pair.get();
      pair->message = message_to(couple.participant.primary().id());
      pair->from = std::make_unique<Device>(loop_, tls_.get(), server.port(),
                                            couple.contact.primary(), Device::Hears{});
      pair->to =
          std::make_unique<Device>(loop_, tls_.get(), server.port(), couple.participant.primary(),
                                   [this, self](Device& device, const v1::ServerFrame& frame) {
                                     if (frame.has_delivery())
                                       delivered(*self, device, frame.delivery());
                                     if (frame.has_done()) ++deleted_;
                                   });
      pairs_.push_back(std::move(pair));
    }
    loop_.until(
        [&] {
          for (const auto& p : pairs_)
            if (!p->from->logged_in() || !p->to->logged_in()) return false;
          return true;
        },
        "log-ins");
  }

  void run(double rate, double seconds) {
    latency = {};
    Pace::keep(loop_, rate, seconds, [&](std::size_t i, Clock::time_point due) {
      Pair& pair = *pairs_[i];
      pair.under_way.push_back(due);
      number_message(pair.message, ++sent_);
      (void)pair.from->ask(pair.message);
    });
    loop_.until(
        [&] {
          for (const auto& p : pairs_) {
            p->from->check();
            p->to->check();
            if (!p->under_way.empty()) return false;
          }
          return deleted_ == sent_;
        },
        "deliveries and their acknowledgements", std::chrono::seconds(20));
  }

  Samples latency;

 private:
  void delivered(Pair& pair, Device& device, const v1::Delivery& delivery) {
    if (pair.under_way.empty()) throw Failed("a delivery that nobody sent");
    latency.add(static_cast<std::uint64_t>((Clock::now() - pair.under_way.front()).count()));
    pair.under_way.pop_front();
    v1::Request ack = acknowledgement(delivery.seq());
    (void)device.ask(ack);
  }

  Loop loop_;
  TlsContext tls_ = tls_client();
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::uint64_t sent_ = 0;
  std::uint64_t deleted_ = 0;  // from the mailboxes, as the server says
};

}  // namespace

double steady_window(const Scale& scale) { return 2 * scale.seconds / scale.turns; }

RedisSteady& RedisSteady::operator+=(const RedisSteady& more) {
  latency.add(more.latency);
  cpu_ns += more.cpu_ns;
  return *this;
}

void Pace::keep(Loop& loop, double rate, double seconds,
                const std::function<void(std::size_t, Clock::time_point)>& send) {
  const auto begin = Clock::now();
  const auto count = static_cast<std::size_t>(rate * seconds);
  for (std::size_t i = 0; i < count; ++i) {
    const auto due = begin + Nanos(static_cast<std::int64_t>(static_cast<double>(i) / rate * 1e9));
    for (auto now = Clock::now(); now < due; now = Clock::now()) loop.turn(due - now);
    send(i % steady_pairs, due);
  }
}

void measure_steady(const Scale& scale, Report& report) {
  std::unique_ptr<Population> people;
  ServerRun server([&](auto& db) { people = std::make_unique<Population>(db, steady_pairs); });
  server.start();
  SteadyLoad load(server, *people);
  const double window = steady_window(scale);
  Samples latency;
  Used used;
  RedisSteady redis;
  for (int i = 0; i < scale.turns; ++i) {
    load.run(scale.steady_rate, scale.warm_up);
    const Used before = server.used();
    load.run(scale.steady_rate, window);
    used = used + (server.used() - before);
    latency.add(load.latency);
    redis += redis_steady(scale);
  }
  const auto delivered = static_cast<double>(latency.count());
  if (delivered != std::floor(scale.steady_rate * window) * scale.turns)
    throw Failed("delivered another number than was sent");

  std::optional<Goal> as_redis;
  if (redis.latency.count() > 0)
    as_redis = Goal{Goal::Kind::at_most, redis.latency.percentile(50), "Redis"};
  report.add({"steady", "end to end, p50", latency.percentile(50), "us", {}, as_redis});
  report.add({"steady", "end to end, p99", latency.percentile(99), "us"});
  report.add({"steady",
              "CPU of the server for each delivered message",
              static_cast<double>(used.cpu.ns) / 1000 / delivered,
              "us",
              {},
              Goal{Goal::Kind::at_most, most_cpu_us}});
  report.add({"steady", "of it in the kernel", used.cpu.kernel_percent(), "%"});
  report.add({"steady", "commit flushes for each delivered message",
              static_cast<double>(used.commit_flushes()) / delivered, ""});
  if (redis.latency.count() == 0) return;
  report.add({"steady", "Redis, plain TCP: p50", redis.latency.percentile(50), "us"});
  report.add({"steady", "Redis, plain TCP: p99", redis.latency.percentile(99), "us"});
  report.add({"steady", "Redis, plain TCP: CPU for each delivered message", redis.cpu_us(), "us"});
}

}  // namespace livlina::bench
