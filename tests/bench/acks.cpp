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
  Acks acks;
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
    loop_.run_for(seconds(scale.seconds / scale.turns));
    counting_ = false;
    measured_.acks.seconds = std::chrono::duration<double>(Clock::now() - from).count();
    measured_.used = server_.used() - before;
    measured_.acks.cpu_ns = measured_.used.cpu.ns;
    for (const auto& s : senders) s->device->check();
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
      ++measured_.acks.count;
      measured_.acks.latency.add(static_cast<std::uint64_t>((Clock::now() - sender.sent).count()));
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

// While there is work, each second's note that the server is alive is a commit of its own.
double flushes_of(const Measured& m) {
  const auto notes = static_cast<std::uint64_t>(m.acks.seconds);
  const std::uint64_t commits = m.used.commit_flushes() - std::min(m.used.commit_flushes(), notes);
  if (commits == 0) throw Failed("acknowledged without a flush, or not counted");
  return static_cast<double>(commits) / static_cast<double>(m.acks.count);
}

struct Compared {
  Measured server;
  Acks sqlite, redis;
};

// Turn by turn, so that all of them meet the same machine.
Compared compare(AckLoad& load, std::size_t connections, const Scale& scale) {
  Compared out;
  for (int i = 0; i < scale.turns; ++i) {
    const Measured m = load.run(connections, scale);
    if (m.acks.count == 0) throw Failed("nothing was acknowledged");
    out.server.acks += m.acks;
    out.server.used = out.server.used + m.used;
    const auto batch = static_cast<std::size_t>(std::max(1.0, std::round(1 / flushes_of(m))));
    out.sqlite += sqlite_rows(batch, scale);
    out.redis += redis_acks(connections, scale);
  }
  return out;
}

void report_one(std::size_t n, Compared& c, Report& report) {
  const std::string of = ", " + std::to_string(n) + (n == 1 ? " connection" : " connections");
  const bool peer = c.redis.count > 0;
  std::optional<Goal> as_redis;
  if (peer) as_redis = Goal{Goal::Kind::at_least, c.redis.a_second(), "Redis"};
  Acks& ours = c.server.acks;
  report.add(
      {"acks", "acknowledged a second" + of, ours.a_second(), "/s", c.sqlite.a_second(), as_redis});
  report.add({"acks", "p50" + of, ours.latency.percentile(50), "us"});
  report.add({"acks", "p99" + of, ours.latency.percentile(99), "us"});
  // To hundredths: a window may end between a flush and the acknowledgement of it.
  const double flushes = std::round(100 * flushes_of(c.server)) / 100;
  report.add({"acks", "commit flushes for each" + of, flushes, "", {}, flush_goal(n)});
  report.add(
      {"acks", "checkpoints meanwhile" + of, static_cast<double>(c.server.used.checkpoints), ""});
  report.add({"acks", "CPU of the server for each" + of, ours.cpu_us(), "us", c.sqlite.cpu_us()});
  if (!peer) return;
  report.add({"acks", "Redis, plain TCP: p50" + of, c.redis.latency.percentile(50), "us"});
  report.add({"acks", "Redis, plain TCP: p99" + of, c.redis.latency.percentile(99), "us"});
  report.add({"acks", "Redis, plain TCP: CPU for each" + of, c.redis.cpu_us(), "us"});
}

}  // namespace

Acks& Acks::operator+=(const Acks& more) {
  count += more.count;
  seconds += more.seconds;
  latency.add(more.latency);
  cpu_ns += more.cpu_ns;
  return *this;
}

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
    Compared c = compare(load, n, scale);
    counted += c.server.acks.count;
    report_one(n, c, report);
  }
  server.stop();
  const std::uint64_t stored = stored_messages(server);
  if (stored < counted || stored > sent)
    throw Failed("acknowledged " + std::to_string(counted) + ", sent " + std::to_string(sent) +
                 ", but stored " + std::to_string(stored));
}

}  // namespace livlina::bench
