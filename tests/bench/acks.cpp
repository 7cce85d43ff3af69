// Durable acknowledgements: contacts post to participants who are not connected, so that every
// message is a commit's row and nothing else.
#include "tests/bench/acks.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "server/store/db.hpp"
#include "tests/bench/device.hpp"
#include "tests/bench/failed.hpp"
#include "tests/bench/population.hpp"
#include "tests/bench/server_run.hpp"
#include "tests/bench/subjects.hpp"

namespace livlina::bench {

namespace {

Nanos seconds(double s) { return Nanos(static_cast<std::int64_t>(s * 1e9)); }

struct Measured {
  AckRate rate;
  std::uint64_t count = 0;
  Used used;
};

// One sender: its message, which is sent again under another id when it is acknowledged.
struct Sender {
  std::unique_ptr<Device> device;
  v1::Request message;
  Clock::time_point sent{};
};

class AckLoad {
 public:
  AckLoad(ServerRun& server, Population& people, std::uint64_t& next_message)
      : server_(server), people_(people), next_message_(next_message) {}

  Measured run(std::size_t connections, const Scale& scale) {
    std::vector<std::unique_ptr<Sender>> senders;
    for (std::size_t i = 0; i < connections; ++i) senders.push_back(begin(people_.couples.at(i)));
    loop_.until(
        [&] {
          return std::all_of(senders.begin(), senders.end(),
                             [](const auto& s) { return s->device->logged_in(); });
        },
        "log-ins");
    for (const auto& s : senders) send(*s);
    loop_.run_for(seconds(scale.warm_up));
    const Used before = server_.used();
    const auto from = Clock::now();
    counting_ = true;
    loop_.run_for(seconds(scale.seconds));
    counting_ = false;
    const double took = std::chrono::duration<double>(Clock::now() - from).count();
    measured_.used = server_.used() - before;
    for (const auto& s : senders) s->device->check();
    measured_.rate.per_second = static_cast<double>(measured_.count) / took;
    return std::exchange(measured_, {});
  }

 private:
  std::unique_ptr<Sender> begin(Couple& couple) {
    auto out = std::make_unique<Sender>();
    out->message = message_to(couple.participant.primary().id());
    Sender* self = out.get();
    out->device =
        std::make_unique<Device>(loop_, tls_.get(), server_.port(), couple.contact.primary(),
                                 [this, self](Device&, const v1::ServerFrame& frame) {
                                   if (frame.has_stored()) acknowledged(*self);
                                 });
    return out;
  }

  void send(Sender& sender) {
    number_message(sender.message, ++next_message_);
    sender.sent = Clock::now();
    (void)sender.device->ask(sender.message);
  }

  void acknowledged(Sender& sender) {
    if (counting_) {
      ++measured_.count;
      measured_.rate.latency.add(static_cast<std::uint64_t>((Clock::now() - sender.sent).count()));
    }
    send(sender);
  }

  ServerRun& server_;
  Population& people_;
  std::uint64_t& next_message_;
  Loop loop_;
  TlsContext tls_ = tls_client();
  Measured measured_;
  bool counting_ = false;
};

// Of performance.md, for 1, 10 and 100 connections.
std::optional<Goal> flush_goal(std::size_t connections) {
  const auto most = [](double bound) { return Goal{Goal::Kind::at_most, bound}; };
  if (connections == 1) return most(1);
  if (connections == 10) return most(0.25);
  if (connections == 100) return most(0.05);
  return std::nullopt;
}

std::uint64_t stored_messages(ServerRun& server) {
  std::uint64_t out = 0;
  server.with_database([&](server::store::Db& db) {
    auto q = db.query("SELECT count(*) FROM mailbox");
    if (q.step()) out = static_cast<std::uint64_t>(q.integer(0));
  });
  return out;
}

void report_one(std::size_t n, Measured& m, const Scale& scale, Report& report) {
  const std::string of = ", " + std::to_string(n) + (n == 1 ? " connection" : " connections");
  const double count = static_cast<double>(m.count);
  // While there is work, each second's note that the server is alive is a commit of its own.
  const auto notes = static_cast<std::uint64_t>(scale.seconds);
  const std::uint64_t commits = m.used.commit_flushes() - std::min(m.used.commit_flushes(), notes);
  const double flushes = static_cast<double>(commits) / count;
  const auto batch = static_cast<std::size_t>(std::max(1.0, std::round(1 / flushes)));
  const double floor = sqlite_rows(batch, scale);
  AckRate redis = redis_acks(n, scale);
  std::optional<Goal> as_redis;
  if (redis.per_second > 0) as_redis = Goal{Goal::Kind::at_least, redis.per_second, "Redis"};
  report.add({"acks", "acknowledged a second" + of, m.rate.per_second, "/s", floor, as_redis});
  report.add({"acks", "p50" + of, m.rate.latency.percentile(50), "us"});
  report.add({"acks", "p99" + of, m.rate.latency.percentile(99), "us"});
  report.add({"acks", "commit flushes for each" + of, flushes, "", {}, flush_goal(n)});
  report.add({"acks", "checkpoints meanwhile" + of, static_cast<double>(m.used.checkpoints), ""});
  report.add({"acks", "CPU of the server for each" + of,
              static_cast<double>(m.used.cpu.ns) / 1000 / count, "us"});
  if (redis.per_second == 0) return;
  report.add({"acks", "Redis, plain TCP: p50" + of, redis.latency.percentile(50), "us"});
  report.add({"acks", "Redis, plain TCP: p99" + of, redis.latency.percentile(99), "us"});
  report.add({"acks", "Redis, plain TCP: CPU for each" + of, redis.cpu_us, "us"});
}

}  // namespace

void measure_acks(const Scale& scale, Report& report) {
  const std::size_t most = *std::max_element(scale.connections.begin(), scale.connections.end());
  std::unique_ptr<Population> people;
  ServerRun server([&](auto& db) { people = std::make_unique<Population>(db, most); });
  server.start();
  std::uint64_t sent = 0;
  std::uint64_t counted = 0;
  for (const std::size_t n : scale.connections) {
    say("acks: " + std::to_string(n) + " connections");
    AckLoad load(server, *people, sent);
    Measured m = load.run(n, scale);
    if (m.count == 0) throw Failed("nothing was acknowledged");
    if (static_cast<double>(m.used.commit_flushes()) <= scale.seconds)
      throw Failed("acknowledged without a flush, or not counted");
    counted += m.count;
    report_one(n, m, scale, report);
  }
  server.stop();
  const std::uint64_t stored = stored_messages(server);
  if (stored < counted || stored > sent)
    throw Failed("acknowledged " + std::to_string(counted) + ", sent " + std::to_string(sent) +
                 ", but stored " + std::to_string(stored));
}

}  // namespace livlina::bench
