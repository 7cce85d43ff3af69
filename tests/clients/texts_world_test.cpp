// Texts between real cores over the real server: states, crashes of the server, the decoy.
#include <gtest/gtest.h>

#include "tests/clients/sim_commands.hpp"

namespace livlina::testing::sim {
namespace {

v1::Command send_text(const std::string& text, const CircleId& circle, const std::string& to = {}) {
  v1::Command c;
  c.mutable_send_text()->set_circle_id(to_string(circle.view()));
  c.mutable_send_text()->set_to(to);
  c.mutable_send_text()->set_text(text);
  return c;
}

std::vector<v1::MessageView> messages(Phone& phone) {
  v1::Command c;
  (void)c.mutable_list_messages();
  std::vector<v1::MessageView> out;
  for (const v1::Event& e : phone.run(c))
    if (e.has_messages())
      out.assign(e.messages().messages().begin(), e.messages().messages().end());
  return out;
}

std::vector<std::string> screen(Phone& phone) {
  std::vector<std::string> out;
  for (const v1::MessageView& m : messages(phone))
    if (!m.from().empty())
      out.push_back((m.gap_before() ? "[gap] " : "") + m.text() +
                    (m.under_duress() ? " (duress)" : ""));
  return out;
}

std::uint32_t state_of(Phone& phone, const std::string& text) {
  for (const v1::MessageView& m : messages(phone))
    if (m.from().empty() && m.text() == text) return m.state();
  return 0;
}

using Screen = std::vector<std::string>;

class TextsWorld : public ::testing::Test {
 protected:
  TextsWorld() : v(61) {}
  void SetUp() override { ASSERT_TRUE(v.ok); }
  Village v;
};

TEST_F(TextsWorld, M5_to_everybody_who_may_read_and_back) {
  v.contact.disconnect();
  v.mentor.disconnect();
  v.coordinator.disconnect();
  ASSERT_TRUE(v.participant.ok(send_text("hej", v.circle()))) << v.participant.finished().error();
  v.world.advance(minute);
  EXPECT_EQ(state_of(v.participant, "hej"), 2u);
  v.contact.connect();
  v.world.advance(minute);
  EXPECT_EQ(screen(v.contact), Screen{"hej"});
  EXPECT_EQ(state_of(v.participant, "hej"), 3u);

  v1::Command read;
  read.mutable_mark_read()->set_message_id(messages(v.contact).at(0).message_id());
  ASSERT_TRUE(v.contact.ok(read));
  v.world.advance(minute);
  EXPECT_EQ(state_of(v.participant, "hej"), 4u);

  ASSERT_TRUE(v.contact.ok(send_text("svar", v.circle(), v.participant.status().account())));
  v.world.advance(minute);
  EXPECT_EQ(screen(v.participant), Screen{"svar"});
  EXPECT_EQ(state_of(v.contact, "svar"), 3u);
}

TEST_F(TextsWorld, M1_M2_server_and_phones_begin_anew_all_the_time) {
  for (Phone* phone : {&v.participant, &v.contact}) phone->reopen_always(true);
  const std::string to = v.contact.status().account();
  Screen expected;
  for (int i = 0; i < 5; ++i) {
    expected.push_back("text " + std::to_string(i));
    ASSERT_TRUE(v.participant.ok(send_text(expected.back(), v.circle(), to)));
    v.world.crash_server();
    v.world.advance(minute);
  }
  EXPECT_EQ(screen(v.contact), expected);
  EXPECT_EQ(state_of(v.participant, "text 4"), 3u);
}

TEST_F(TextsWorld, M3_wrong_people_texts_and_sizes_are_refused_at_the_command) {
  const CircleId circle = v.circle();
  const auto error = [](Phone& phone, const v1::Command& c) {
    (void)phone.run(c);
    return phone.finished().error();
  };
  EXPECT_EQ(error(v.participant, send_text("", circle)), "bad_argument");
  EXPECT_EQ(error(v.participant, send_text(std::string(60'001, 'x'), circle)), "too_large");
  EXPECT_EQ(error(v.participant, send_text("x", CircleId{{7}})), "unknown_circle");
  EXPECT_EQ(error(v.participant, send_text("x", circle, "nobody")), "unknown_person");
  EXPECT_EQ(error(v.participant, send_text("x", circle, v.participant.status().account())),
            "unknown_person");
  ASSERT_TRUE(v.participant.ok(send_text(std::string(60'000, 'x'), circle)));
  v.world.advance(minute);
  ASSERT_EQ(screen(v.contact).size(), 1u);
  EXPECT_EQ(screen(v.contact)[0].size(), 60'000u);
}

TEST_F(TextsWorld, T30_a_text_under_duress_reaches_the_alarm_lines_marked) {
  const std::string to = v.contact.status().account();
  const CircleId circle = v.circle();
  v.world.advance(15 * minute);
  v.participant.disconnect();
  Phone& decoy = v.world.open_decoy(v.participant);
  decoy.connect();
  v.world.advance(second);
  ASSERT_TRUE(decoy.ok(send_text("allt bra", circle, to))) << decoy.finished().error();
  v.world.advance(minute);
  EXPECT_EQ(screen(v.contact), Screen{"allt bra (duress)"});
  EXPECT_EQ(state_of(decoy, "allt bra"), 2u);
}

}  // namespace
}  // namespace livlina::testing::sim
