// Pickled sessions with a good checksum and any content, as a damaged or hostile store would give
// them: refused, or read, written and used without harm.
#include "crypto/core/hash.hpp"
#include "crypto/e2ee/session.hpp"
#include "tests/crypto/pair.hpp"
#include "tests/fuzz/target.hpp"

namespace livlina::testing::fuzz {

namespace {

Bytes with_checksum(ByteView body) {
  ByteWriter w;
  return w.bytes(body)
      .bytes(crypto::sha256({view(std::string_view("livlina/1/pickle")), body}))
      .take();
}

// Whatever was read can be asked and used; a foreign frame does not open.
void use(crypto::Session& session) {
  static const Bytes foreign = [] {
    Pair other(99);
    return other.from_a("hello");
  }();
  (void)session.hints();
  (void)session.missing();
  SeededRandom random(5);
  const auto what = by_participant();
  (void)session.encrypt(what, view(std::string_view("text")), random).ok();
  must(!read(session, foreign, roles_of(what), random).ok(), "a foreign frame does not open");
  (void)session.expire(start_of_time + 100 * day);
}

void run(ByteView input) {
  if (input.empty()) return;
  const Bytes pickle = with_checksum(input.subspan(1));
  if (input[0] & 1) {
    auto set = crypto::SessionSet::unpickle(pickle);
    if (!set.ok()) return;
    const auto written = set->pickle();
    must(crypto::SessionSet::unpickle(written.expose()).ok(), "a written set is read");
    (void)set->sending();
    (void)set->own();
    (void)set->expire(start_of_time + 100 * day);
    return;
  }
  auto session = crypto::Session::unpickle(pickle);
  if (!session.ok()) return;
  const auto written = session->pickle();
  auto again = crypto::Session::unpickle(written.expose());
  must(again.ok(), "a written session is read");
  must(equal(again->pickle().expose(), written.expose()), "one session has one pickle");
  use(*session);
}

Bytes seed(std::uint8_t type, ByteView pickle) {
  ByteWriter w;
  return w.u8(type).bytes(pickle.first(pickle.size() - 32)).take();
}

std::vector<Bytes> seeds() {
  Pair pair(3);
  std::vector<Bytes> out;
  out.push_back(seed(0, pair.a.pickle().expose()));
  out.push_back(seed(0, pair.b.pickle().expose()));
  (void)pair.from_b("lost");
  (void)pair.at_a(pair.from_b("came"));
  out.push_back(seed(0, pair.a.pickle().expose()));
  crypto::SessionSet set;
  (void)set.add(pair.a.copy());
  (void)set.add(begin(pair.alice, pair.bo, 2, pair.random));
  out.push_back(seed(1, set.pickle().expose()));
  return out;
}

}  // namespace

const Target pickle{"pickle", 64 * 1024, run, seeds};

}  // namespace livlina::testing::fuzz
