// A text to several people: what one of them did says nothing of the others (M5).
#include <gtest/gtest.h>

#include "tests/clients/town.hpp"

namespace livlina::testing {
namespace {

v1::MessageView shown(Phone& phone, const std::string& text) {
  for (const v1::MessageView& m : phone.messenger().messages(nullptr, 0))
    if (m.text() == text) return m;
  return {};
}

TEST(TextReaders, M5_a_text_to_all_says_how_many_have_it_and_how_many_have_read_it) {
  Town town;
  town.connect_all();
  town.amal_phone.disconnect();
  town.sara_phone.say("hej", town.circle, {town.bo.key(), town.amal.key()});
  town.settle();
  const auto counts = [&] {
    const v1::MessageView m = shown(town.sara_phone, "hej");
    EXPECT_EQ(m.people(), 2u);
    return std::pair(m.delivered_to(), m.read_by());
  };
  EXPECT_EQ(counts(), std::pair(1u, 0u));
  town.bo_phone.read("hej");
  town.settle();
  EXPECT_EQ(counts(), std::pair(1u, 1u));
  EXPECT_EQ(town.sara_phone.state_of("hej"), 4) << "read, by one of them";

  // The letter is gone when everybody has it: a person's reading counts all the same.
  town.amal_phone.connect();
  town.settle();
  EXPECT_EQ(counts(), std::pair(2u, 1u));
  const std::size_t before = town.sara_phone.events.size();
  town.amal_phone.read("hej");
  town.settle();
  EXPECT_EQ(counts(), std::pair(2u, 2u));
  EXPECT_GT(town.sara_phone.events.size(), before) << "and is shown";
  town.sara_phone.boot();
  EXPECT_EQ(counts(), std::pair(2u, 2u));
}

TEST(TextReaders, M5_somebody_it_was_not_written_to_is_not_counted) {
  Town town;
  town.connect_all();
  town.sara_phone.say("hej", town.circle, {town.bo.key()});
  town.settle();
  const v1::MessageView m = shown(town.sara_phone, "hej");
  EXPECT_EQ(m.people(), 1u);
  EXPECT_EQ(m.delivered_to(), 1u);
}

}  // namespace
}  // namespace livlina::testing
