// A copy of the server's database is put back, and the decoy realm is opened first: on the line and
// on the screen it is as the real one would be.
#include <map>

#include "tests/clients/restore_bench.hpp"

namespace livlina::testing::sim {
namespace {

struct Seen {
  std::map<std::string, int> requests;
  std::vector<std::set<std::string>> standing;  // after a moment, some hours, and ten log-ins

  bool operator==(const Seen&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  for (const auto& [name, count] : seen.requests) out << name << "=" << count << " ";
  for (const auto& codes : seen.standing) {
    out << "[";
    for (const std::string& code : codes) out << " " << code;
    out << " ]";
  }
  return out;
}

Seen seen_of(bool decoys) {
  RestoreBench b(211);
  Village& v = b.v;
  b.arm();
  b.take_copy();
  EXPECT_TRUE(v.participant.ok(b.drop_contact(true)));
  EXPECT_TRUE(v.participant.ok(press(1)));
  v.world.advance(minute);
  Phone& decoy = v.world.open_decoy(v.participant);
  v.participant.disconnect();
  b.put_back();
  Phone& p = decoys ? decoy : v.participant;
  Seen out;
  p.on_request = [&out](v1::Request& r) {
    if (r.has_put_manifest()) ++out.requests["put_manifest"];
    if (r.has_put_plan()) ++out.requests["put_plan"];
    if (r.has_list_circles()) ++out.requests["list_circles"];
    if (r.has_get_circle()) ++out.requests["get_circle"];
    if (r.has_get_device_lists()) ++out.requests["get_device_lists"];
    return true;
  };
  p.connect();
  for (const Duration passed : {30 * second, 5 * hour}) {
    v.world.advance(passed);
    out.standing.push_back(RestoreBench::standing(p));
  }
  for (int i = 0; i < 10; ++i) {
    p.disconnect();
    v.world.advance(second);
    p.connect();
    v.world.advance(30 * second);
  }
  out.standing.push_back(RestoreBench::standing(p));
  return out;
}

TEST(RestoreDecoy, T30_after_a_restore_the_decoy_realm_gives_as_often_as_the_real_one) {
  EXPECT_EQ(seen_of(false), seen_of(true));
}

// What the real realm has given ends it: an older state is news again from then on.
TEST(RestoreDecoy, T17_what_was_given_in_vain_is_forgotten_when_the_server_lacks_nothing) {
  RestoreBench b(212);
  Village& v = b.v;
  b.arm();
  b.take_copy();
  ASSERT_TRUE(v.participant.ok(b.drop_contact(true)));
  v.world.advance(minute);
  Phone& decoy = v.world.open_decoy(v.participant);
  v.participant.disconnect();
  b.put_back();
  const auto look = [&v](Phone& phone) {
    phone.connect();
    v.world.advance(minute);
    phone.disconnect();
  };
  look(decoy);
  EXPECT_EQ(decoy.values().count("given/in-vain"), 1u);
  look(v.participant);
  EXPECT_EQ(v.participant.values().count("given/in-vain"), 0u) << "never in the real realm";
  look(decoy);
  EXPECT_EQ(decoy.values().count("given/in-vain"), 0u);
}

}  // namespace
}  // namespace livlina::testing::sim
