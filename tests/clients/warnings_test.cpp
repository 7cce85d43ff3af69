// What a person must see is kept until it was shown, and a server cannot use it up early (T35).
#include <gtest/gtest.h>

#include "tests/clients/watch_bench.hpp"

namespace livlina::testing {
namespace {

using Who = WatchBench::Who;

TEST(Warnings, T35_a_warning_is_shown_again_until_somebody_saw_it) {
  WatchBench b(Who::bo);
  b.context().warn("fork", b.circle.id.view());
  b.commit();
  b.reopen();
  EXPECT_EQ(b.warnings("fork"), 2) << "the process ended before it was shown";
  b.shown_all();
  b.reopen();
  EXPECT_EQ(b.warnings("fork"), 2);
}

TEST(Warnings, T35_a_warning_cannot_be_used_up_early) {
  WatchBench b(Who::bo);
  const auto warn = [&](const char* subject) {
    b.context().now = b.now;
    b.context().warn("rollback", b.circle.id.view(), view(std::string(subject)));
    b.commit();
  };
  warn("a");
  warn("a");
  EXPECT_EQ(b.warnings("rollback"), 1);
  warn("b");
  EXPECT_EQ(b.warnings("rollback"), 2) << "other evidence";
  b.now += client::warning_memory;
  warn("a");
  EXPECT_EQ(b.warnings("rollback"), 3) << "the same a day later";
  EXPECT_EQ(b.context().open_warnings().size(), 1u);
  b.context().forget_warning("rollback", b.circle.id.view(), view(std::string("a")));
  EXPECT_TRUE(b.context().open_warnings().empty());
  warn("a");
  EXPECT_EQ(b.warnings("rollback"), 4) << "it had been put right";
  b.now -= 10 * day;
  warn("a");
  EXPECT_EQ(b.warnings("rollback"), 5) << "a clock that was set back silences nothing";
}

// A key that the vault cannot hold would make every commit fail that bears it.
TEST(Warnings, T24_a_servers_long_id_makes_no_key_too_long_for_the_vault) {
  WatchBench b(Who::bo);
  const std::string id(5000, 'x');
  b.context().warn("unsigned_taken", view(id), view(id));
  b.context().warn("unsigned_taken", view(id), view(id));
  b.commit();
  EXPECT_EQ(b.warnings("unsigned_taken"), 1);
  b.context().warn("unsigned_taken", view(id), view(id + "y"));
  b.commit();
  EXPECT_EQ(b.warnings("unsigned_taken"), 2) << "another subject";
  v1::ServerFrame page, reminder;
  page.mutable_notice()->set_notice_id(id);
  reminder.mutable_reminder()->set_notice_id(id);
  b.push(page);
  WatchBench sami(Who::sami);
  sami.push(reminder);
  EXPECT_EQ(sami.count(v1::Event::kReminder), 0);
  for (const auto* disk : {&b.disk, &sami.disk})
    for (const auto& [key, value] : *disk) EXPECT_LE(key.size(), 255u);
  b.context().forget_warning("unsigned_taken", view(id), view(id));
  b.context().forget_warning("unsigned_taken", view(id), view(id + "y"));
  EXPECT_TRUE(b.context().open_warnings().empty());
}

TEST(Warnings, old_ones_are_dropped_from_the_store) {
  WatchBench b(Who::bo);
  b.context().warn("fork", b.circle.id.view());
  b.commit();
  b.shown_all();
  b.now += client::warning_memory;
  b.context().now = b.now;
  b.context().drop_old_warnings();
  b.commit();
  for (const auto& [key, value] : b.disk) {
    EXPECT_NE(key.rfind("warned/", 0), 0u) << key;
    EXPECT_NE(key.rfind("unshown/", 0), 0u) << key;
  }
}

// Each record that names an older circle than there is shows it: three lies, three warnings.
TEST(Warnings, T17_every_record_with_old_heads_is_told) {
  Evening b;
  for (int i = 1; i <= 3; ++i) {
    auto r = b.spoken(1, b.now);
    r.heads.manifest_seq = 1;
    b.forward(b.signed_record(r), b.now);
    EXPECT_EQ(b.warnings("rollback"), i);
    b.now += minute;
  }
}

TEST(Warnings, T17_every_old_manifest_and_plan_is_told) {
  WatchBench b(Who::bo);
  const Bytes first = b.circle.manifest_record;
  (void)b.circle.next_manifest(b.sami, b.circle.manifest.lines, true, b.noon);
  const Bytes second = b.circle.manifest_record;
  (void)b.circle.next_manifest(b.sami, b.circle.manifest.lines, true, b.noon);
  for (const Bytes& m : {second, b.circle.manifest_record})
    ASSERT_TRUE(b.trust().accept_manifest(m, {}).ok());
  for (const Bytes& old : {first, second, first})
    EXPECT_FALSE(b.trust().accept_manifest(old, {}).ok());
  b.commit();
  EXPECT_EQ(b.warnings("rollback"), 2) << "one for each piece of evidence";
}

// Two schedules with a check-in at the same time are two silences.
TEST(Warnings, T35_a_silence_names_its_schedule) {
  WatchBench b(Who::bo);
  const auto evening = [&](std::uint32_t grace) {
    return daily(b.random, "UTC", {20 * 60}, b.noon - day, b.noon + 300 * day, grace, 3600);
  };
  const Bytes plan = b.circle.next_plan(b.sami, {evening(1800), evening(900)}, b.noon);
  ASSERT_TRUE(b.trust().accept_plan(plan, b.approval(plan, b.bo)).ok());
  b.commit();
  b.tick();
  b.online();
  b.drained();
  (void)b.run_to(b.deadline + hour);
  EXPECT_EQ(b.warnings("nothing_came"), 2);
  std::set<std::string> subjects;
  for (const v1::Event& e : b.events)
    if (e.has_warning()) subjects.insert(e.warning().subject().substr(0, 16));
  for (const auto& s : b.circle.plan.schedules)
    EXPECT_EQ(subjects.count(to_string(s.id.view())), 1u);
}

}  // namespace
}  // namespace livlina::testing
