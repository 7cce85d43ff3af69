// T26: frames without end from strangers, at the real server: an alarm passes while they come.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "crypto/core/random.hpp"
#include "tests/smoke/net_town.hpp"

namespace livlina::testing {
namespace {

// The rate of arrivals is unbounded, so that who is cut off is back at once. The limits of pings
// and fragments are those of every server.
constexpr const char* limits =
    "[limits]\narrivals_per_second = 1000000\narrival_burst = 1000000\n"
    "connections_per_address = 1000\nconnections = 1000\n";

// Strangers who send this again and again behind this, and connect anew when they are cut off.
class FrameFlood {
 public:
  FrameFlood(const WsOptions& at, const std::string& first, const std::string& again) {
    for (int i = 0; i < 4; ++i)
      threads_.emplace_back([this, at, first, again] {
        while (!over_) {
          try {
            WsClient stranger(at);
            stranger.send_raw(first);
            while (!over_) {
              stranger.send_raw(again);
              sent_ += again.size();
            }
          } catch (const WsRefused&) {
            ++cut_off_;
          }
        }
      });
  }
  ~FrameFlood() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  FrameFlood(const FrameFlood&) = delete;
  FrameFlood& operator=(const FrameFlood&) = delete;

  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t cut_off() const { return cut_off_; }

 private:
  std::atomic<bool> over_ = false;
  std::atomic<std::uint64_t> sent_ = 0;
  std::atomic<std::uint64_t> cut_off_ = 0;
  std::vector<std::thread> threads_;
};

std::string many(const std::string& frame, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += frame;
  return out;
}

TEST(FrameFlood, T26_an_alarm_passes_among_pings_and_fragments_without_end) {
  ASSERT_TRUE(crypto::init());
  RealServer server(limits);
  const std::string code = server.init();
  ASSERT_FALSE(code.empty());
  ASSERT_TRUE(server.start());
  NetTown town(server);
  ASSERT_TRUE(town.found(code, {})) << town.why;

  struct Kind {
    const char* name;
    std::string first, again;
  };
  const Kind kinds[] = {
      {"pings", "", many(raw_frame(0x89, std::string(125, 'p')), 500)},
      {"pongs", "", many(raw_frame(0x8a, std::string(125, 'p')), 500)},
      {"empty fragments", raw_frame(0x02, "x"), many(raw_frame(0x00, ""), 10'000)},
      {"small fragments", raw_frame(0x02, "x"), many(raw_frame(0x00, "x"), 10'000)}};
  constexpr std::uint64_t full_swing = 20;
  constexpr auto limit = std::chrono::minutes(1);  // of what takes a second
  for (const Kind& kind : kinds) {
    SCOPED_TRACE(kind.name);
    FrameFlood flood(server.at(), kind.first, kind.again);
    ASSERT_TRUE(town.pump_until([&] { return flood.cut_off() >= full_swing; }, limit));
    const std::uint64_t sent = flood.sent();
    const std::uint64_t cut_off = flood.cut_off();
    v1::Command alarm;
    alarm.mutable_raise_alarm()->set_kind(1);
    alarm.mutable_raise_alarm()->set_note(kind.name);
    ASSERT_TRUE(town.run(town.participant, alarm)) << town.why;
    const auto told = [&](NetClient& helper) {
      const v1::Event* record = helper.last(v1::Event::kRecord);
      return record != nullptr && record->record().note() == kind.name;
    };
    EXPECT_TRUE(town.pump_until([&] { return told(town.contact) && told(town.desk); }, limit));
    // It never stopped meanwhile, and goes on.
    EXPECT_TRUE(town.pump_until(
        [&] { return flood.sent() > sent && flood.cut_off() >= cut_off + full_swing; }, limit));
  }
  for (NetClient* one : town.all()) EXPECT_TRUE(one->logged_in()) << one->name();
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
}

}  // namespace
}  // namespace livlina::testing
