// Who is called what: the desk's word stands for its staff, a participant speaks for itself, and
// nobody else has a name to tell.
#include "clients/core/introductions.hpp"

#include <gtest/gtest.h>

#include "tests/clients/town.hpp"

namespace livlina::testing {
namespace {

using client::Detail;
using crypto::Kind;
using protocol::StaffEntry;

Detail named(std::string name, std::string organisation = {}, std::uint8_t salt = 7) {
  Detail out;
  out.salt.fill(salt);
  out.name = std::move(name);
  out.organisation = std::move(organisation);
  return out;
}

// Amal's phone hears, as every core does. Nobody has told her a name yet.
class IntroductionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ears.load(town.amal_phone.self()).ok());
    town.connect_all();
  }
  // The desk's next directory gives Bo this commitment; everybody has it.
  void publish(const crypto::Hash& of_bo) {
    const auto entry = [](const Resident& r, Role role, const crypto::Hash& commit) {
      return StaffEntry{r.key(), role, commit, 1, crypto::sha256(r.record)};
    };
    town.office.directories.push_back(protocol::sign_directory(
        {town.desk->public_key(),
         2,
         crypto::sha256(town.office.directories.back()),
         {},
         now0,
         now0 + 29 * day,
         {entry(town.cam, Role::coordinator, {}), entry(town.bo, Role::mentor, of_bo),
          entry(town.amal, Role::contact_person, {})}},
        *town.desk));
    for (Phone* phone : town.phones()) {
      ASSERT_TRUE(phone->trust().accept_directory(town.office.directories.back()).ok());
      phone->step();
    }
  }
  void tell(Phone& from, const CircleId& circle, const Bytes& plain) {
    const std::size_t heard = came();
    from.context().now = from.now;
    (void)from.messenger().post(Kind::detail, circle, {town.amal.key()}, plain);
    from.step();
    town.settle();
    ASSERT_EQ(came(), heard + 1) << "it must come, so that it is Amal's phone that decides";
  }
  // Messages that have come and were opened.
  std::size_t came() { return town.amal_phone.store().keys("seen/").size(); }
  client::Trust& trust() { return town.amal_phone.trust(); }
  std::string name(const Resident& who) { return trust().person_name(who.key()); }
  std::string organisation(const Resident& who) { return trust().person_organisation(who.key()); }

  Town town;
  client::Introductions ears{town.amal_phone.context(), town.amal_phone.trust(),
                             town.amal_phone.messenger()};
};

TEST_F(IntroductionsTest, T16_a_detail_that_the_directory_does_not_commit_to_is_not_shown) {
  const Detail real = named("Bo Berg", "Shelter");
  publish(real.commit());
  for (const Detail& other : {named("Bo Bergh", "Shelter"), named("Bo Berg", "Police"),
                              named("Bo Berg", "Shelter", 8), named("Bo Ber", "gShelter")}) {
    tell(town.cam_phone, town.desk_circle, client::encode_details({other}));
    EXPECT_EQ(name(town.bo), "") << other.name;
    EXPECT_EQ(organisation(town.bo), "") << other.organisation;
  }
  tell(town.cam_phone, town.desk_circle, client::encode_details({named("Mallory"), real}));
  EXPECT_EQ(name(town.bo), "Bo Berg");
  EXPECT_EQ(organisation(town.bo), "Shelter");
  tell(town.cam_phone, town.desk_circle, client::encode_details({named("Bo Berg", "Police")}));
  EXPECT_EQ(organisation(town.bo), "Shelter") << "nor after it";
}

TEST_F(IntroductionsTest, T16_a_mentor_tells_nobodys_name_or_organisation) {
  const Detail of_bo = named("Bo the Chief", "Police");
  publish(of_bo.commit());
  tell(town.bo_phone, town.desk_circle, client::encode_own_name("Bo the Chief", "Police"));
  tell(town.bo_phone, town.desk_circle, client::encode_details({of_bo}));
  for (const Resident* who : {&town.sara, &town.bo, &town.amal, &town.cam}) {
    EXPECT_EQ(name(*who), "");
    EXPECT_EQ(organisation(*who), "");
  }
  // From the desk it counts; only the participant says "I am called".
  tell(town.cam_phone, town.desk_circle, client::encode_own_name("Cam the Chief", "Police"));
  EXPECT_EQ(name(town.cam), "");
  tell(town.cam_phone, town.desk_circle, client::encode_details({of_bo}));
  EXPECT_EQ(name(town.bo), "Bo the Chief");
}

TEST_F(IntroductionsTest, T16_a_participants_own_name_does_not_rename_staff) {
  const Detail real = named("Bo Berg", "Shelter");
  publish(real.commit());
  tell(town.sara_phone, town.circle, client::encode_own_name("Bo Berg", "Shelter"));
  EXPECT_EQ(name(town.sara), "Bo Berg") << "her own, whatever she calls herself";
  EXPECT_EQ(name(town.bo), "") << "and nobody else's";
  EXPECT_EQ(name(town.cam), "");
  tell(town.cam_phone, town.desk_circle, client::encode_details({real}));
  ASSERT_EQ(name(town.bo), "Bo Berg");

  // Nor by a line of hers that commits to another name for him.
  const Detail hers = named("Mallory", "Police");
  auto lines = town.lines();
  lines[0].detail_commit = hers.commit();
  town.sign_manifest(lines);
  town.learn_manifest(town.amal_phone);
  town.learn_manifest(town.sara_phone);
  tell(town.sara_phone, town.circle, client::encode_details({hers}));
  EXPECT_EQ(name(town.bo), "Bo Berg");
  EXPECT_EQ(organisation(town.bo), "Shelter");
}

}  // namespace
}  // namespace livlina::testing
