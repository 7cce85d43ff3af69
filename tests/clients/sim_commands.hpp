// Commands of the client core in one line each, and the pairings that every story begins with.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "crypto/core/roles.hpp"
#include "tests/clients/commands.hpp"
#include "tests/support/world.hpp"

namespace livlina::testing::sim {

[[nodiscard]] v1::Command enrol(const Bytes& code, const std::string& name);
[[nodiscard]] v1::Command enrol_words(const std::string& words, std::uint32_t purpose,
                                      const std::string& name);
[[nodiscard]] v1::Command confirm(const std::string& invite_id, bool match = true);
[[nodiscard]] v1::Command create_desk(const std::string& name = "Night desk");
[[nodiscard]] v1::Command invite(std::uint32_t purpose, Role role);
[[nodiscard]] v1::Command plain(v1::Command::CommandCase which);  // one without fields

// One line of a manifest. `account` empty: our desk.
[[nodiscard]] v1::Person line(std::uint32_t type, const std::string& account, Role role,
                              std::uint16_t scope);
[[nodiscard]] v1::Command sign_manifest(const std::vector<v1::Person>& lines, bool armed = false,
                                        const std::vector<std::string>& keep = {});
[[nodiscard]] v1::Command set_plan(Instant from, std::uint32_t minute = 20 * 60);

// What one phone believes of its circle; empty unless it has exactly one.
[[nodiscard]] v1::CircleView view_of(Phone& phone);

// The first coordinator of a new server, with a desk.
[[nodiscard]] bool set_up_desk(World& world, Phone& phone);
// `inviter` invites, `phone` joins, both say that the words match. What both saw, if anybody asks.
struct Paired {
  bool ok = false;
  std::string invite_id;
  std::string inviter_words;
  std::string joiner_words;
};
Paired pair(Phone& inviter, Phone& phone, std::uint32_t purpose, Role role);

// A desk, a contact person, a mentor and a participant whose manifest names them all.
struct Village {
  explicit Village(std::uint64_t seed);
  World world;
  Phone& coordinator;
  Phone& contact;
  Phone& mentor;
  Phone& participant;
  bool ok = false;

  [[nodiscard]] std::vector<v1::Person> lines();  // contact (all), the pool, the desk
  [[nodiscard]] CircleId circle();
};
// The contact person takes the practice alarm that is open, and ends it.
void take_drill(Village& v);

}  // namespace livlina::testing::sim
