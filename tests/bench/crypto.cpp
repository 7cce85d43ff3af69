// Sessions of the end-to-end encryption on one core, in this process, beside the bare primitives.
#include <ctime>
#include <functional>

#include "crypto/core/random.hpp"
#include "tests/bench/bare_primitives.hpp"
#include "tests/bench/failed.hpp"
#include "tests/bench/subjects.hpp"
#include "tests/crypto/pair.hpp"

namespace livlina::bench {

namespace {

using namespace livlina::testing;

constexpr double least_ratio = 0.8;  // performance.md

double cpu_seconds() {
  timespec used{};
  (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

// How often `once` runs in a second of this thread's own time, over so many seconds: nobody else's
// work on the same cores is in it.
double rate(double seconds, const std::function<void()>& once) {
  std::uint64_t n = 0;
  const double begin = cpu_seconds();
  double now = begin;
  for (; now < begin + seconds; now = cpu_seconds(), n += 10)
    for (int i = 0; i < 10; ++i) once();
  return static_cast<double>(n) / (now - begin);
}

void must(const crypto::Result<std::string>& read, std::string_view text) {
  if (!read.ok() || *read != text) throw Failed("a message was not read as it was written");
}

struct Ours {
  explicit Ours(crypto::Random& its_random)
      : random(its_random),
        alice(random),
        bo(random),
        a(begin(alice, bo, 1, random)),
        b(opened(first(a))) {}

  Bytes first(crypto::Session& session) {
    return session.encrypt(by_participant(), view(std::string_view(text)), random).value();
  }
  crypto::Session opened(const Bytes& frame) {
    crypto::Session session = answer(bo, alice, frame).value();
    must(read(session, frame, roles_of(by_participant()), random), text);
    return session;
  }
  void set_up() {
    crypto::Session session = begin(alice, bo, 1, random);
    (void)opened(first(session));
  }
  void to_b() {
    const Bytes frame = first(a);
    must(read(b, frame, roles_of(by_participant()), random), text);
  }
  void to_a() {
    const Bytes frame = b.encrypt(to_participant(), view(std::string_view(text)), random).value();
    must(read(a, frame, roles_of(to_participant()), random), text);
  }

  crypto::Random& random;
  const std::string text = std::string(200, 'x');
  livlina::testing::Device alice;
  livlina::testing::Device bo;
  crypto::Session a;
  crypto::Session b;
};

}  // namespace

void measure_crypto(const Scale& scale, Report& report) {
  Ours ours(crypto::system_random());
  BarePrimitives bare;
  ours.to_a();  // from now on no frame bears the init part
  const auto compare = [&](const char* what, const std::function<void()>& mine,
                           const std::function<void()>& floor) {
    double least = 0;
    double got = 0;
    for (int i = 0; i < scale.turns; ++i) {
      least += rate(scale.seconds / scale.turns, floor) / scale.turns;
      got += rate(scale.seconds / scale.turns, mine) / scale.turns;
    }
    report.add({"crypto", what, got, "/s", least,
                Goal{Goal::Kind::at_least, least_ratio * least, "0.8 x bare"}});
  };
  compare("sessions set up a second", [&] { ours.set_up(); }, [&] { bare.set_up(); });
  compare("messages in a chain a second", [&] { ours.to_b(); }, [&] { bare.chain(); });
  compare(
      "ping-pong pairs a second",
      [&] {
        ours.to_b();
        ours.to_a();
      },
      [&] { bare.ping_pong(); });
}

}  // namespace livlina::bench
