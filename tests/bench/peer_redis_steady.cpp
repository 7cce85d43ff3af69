// End to end on Redis at the same pace: a list for each pair, RPUSH and BLPOP, both flushed.
#include <deque>

#include "tests/bench/failed.hpp"
#include "tests/bench/peer_redis.hpp"
#include "tests/bench/steady.hpp"

namespace livlina::bench {

namespace {

struct Pair {
  std::unique_ptr<RedisLink> from;
  std::unique_ptr<RedisLink> to;
  std::deque<Clock::time_point> under_way;
};

}  // namespace

RedisSteady redis_steady(const Scale& scale) {
  RedisSteady out;
  const auto redis = Redis::start();
  if (!redis) return out;
  Loop loop;
  std::vector<Pair> pairs(steady_pairs);
  std::vector<std::string> push;
  for (std::size_t i = 0; i < steady_pairs; ++i) {
    const std::string list = "q" + std::to_string(i);
    const std::string pop = redis_command({"BLPOP", list, "0"});
    push.push_back(redis_command({"RPUSH", list, std::string(256, 'x')}));
    Pair& pair = pairs[i];
    pair.from = std::make_unique<RedisLink>(loop, redis->port(), [](RedisLink&) {});
    pair.to = std::make_unique<RedisLink>(loop, redis->port(), [&pair, &out, pop](RedisLink& link) {
      if (pair.under_way.empty()) throw Failed("Redis gave what nobody sent");
      out.latency.add(static_cast<std::uint64_t>((Clock::now() - pair.under_way.front()).count()));
      pair.under_way.pop_front();
      link.command(pop);
    });
    pair.to->command(pop);
  }
  const auto all_there = [&] {
    for (const Pair& p : pairs)
      if (!p.under_way.empty()) return false;
    return true;
  };
  for (const double seconds : {scale.warm_up, steady_window(scale)}) {
    out = {};
    const CpuUse before = redis->cpu();
    Pace::keep(loop, scale.steady_rate, seconds, [&](std::size_t i, Clock::time_point due) {
      pairs[i].under_way.push_back(due);
      pairs[i].from->command(push[i]);
    });
    loop.until(all_there, "Redis's deliveries", std::chrono::seconds(20));
    out.cpu_ns = (redis->cpu() - before).ns;
  }
  return out;
}

}  // namespace livlina::bench
