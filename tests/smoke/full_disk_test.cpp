// The real server on a small file system of its own that somebody fills: check-ins and alarms go on
// by the ballast, messages wait on their phones, and everything arrives when there is room.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "crypto/core/random.hpp"
#include "tests/smoke/net_town.hpp"

namespace livlina::testing {
namespace {

// A tmpfs that only this process and its children see.
class SmallFileSystem {
 public:
  explicit SmallFileSystem(std::string at) : at_(std::move(at)) {
    ::mkdir(at_.c_str(), 0700);
    there_ = ::unshare(CLONE_NEWNS) == 0 &&
             ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
             ::mount("tmpfs", at_.c_str(), "tmpfs", 0, "size=24m,mode=0700") == 0;
  }
  ~SmallFileSystem() {
    if (there_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  SmallFileSystem(const SmallFileSystem&) = delete;
  SmallFileSystem& operator=(const SmallFileSystem&) = delete;
  [[nodiscard]] bool there() const { return there_; }
  [[nodiscard]] std::string file(const std::string& name) const { return at_ + "/" + name; }
  // Leaves no room.
  void fill() const {
    std::ofstream out(file("filler"), std::ios::binary);
    const std::string block(4096, 'f');
    while (out.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void clear() const { std::filesystem::remove(file("filler")); }

 private:
  std::string at_;
  bool there_ = false;
};

v1::SetPlan daily_plan(Instant now) {
  v1::SetPlan plan;
  plan.set_member_wait_s(60);
  v1::ScheduleText& s = *plan.add_schedules();
  s.set_zone("Etc/UTC");
  s.set_valid_from(now);
  s.set_valid_to(now + day);
  s.set_opens_before_s(3600);
  s.set_grace_s(1800);
  s.add_times()->set_weekdays(0x7f);
  return plan;
}

TEST(FullFileSystem, M1_G2_check_ins_go_on_and_messages_wait) {
  (void)crypto::init();
  RealServer server("[limits]\nballast_mib = 4\n");
  const SmallFileSystem disk(std::filesystem::path(server.database()).parent_path().string());
  if (!disk.there())
    GTEST_SKIP() << "a file system of the test's own needs the right to mount one (root, or "
                    "CAP_SYS_ADMIN in its container)";
  NetTown town(server);
  const std::string code = server.init();
  ASSERT_FALSE(code.empty());
  ASSERT_TRUE(server.start());
  ASSERT_TRUE(town.found(code, daily_plan(cli::wall_now()))) << town.why;
  ASSERT_TRUE(std::filesystem::exists(server.database() + ".ballast"));
  EXPECT_EQ(https(server.at(), "GET", "/readyz").status, 200);

  disk.fill();
  const auto check_in = [&] {
    v1::Command command;
    command.mutable_check_in()->set_answer(1);
    return town.run(town.participant, command);
  };
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(check_in()) << town.why;
  v1::Command alarm;
  alarm.mutable_raise_alarm()->set_kind(1);
  ASSERT_TRUE(town.run(town.participant, alarm)) << town.why;
  EXPECT_FALSE(std::filesystem::exists(server.database() + ".ballast"));
  EXPECT_EQ(https(server.at(), "GET", "/readyz").status, 503);
  EXPECT_EQ(https(server.at(), "GET", "/healthz").status, 200);
  v1::Command text;
  text.mutable_send_text()->set_circle_id(town.circle);
  text.mutable_send_text()->set_to(town.account(town.participant));
  text.mutable_send_text()->set_text("when there is room");
  (void)town.contact.give(text);
  ASSERT_TRUE(check_in()) << town.why;  // behind it in the server's order
  EXPECT_EQ(town.participant.came.size(), 0U);
  EXPECT_EQ(town.contact.sent["when there is room"], 1U) << "queued on the phone";
  EXPECT_NE(server.log().find("disk_full"), std::string::npos);

  disk.clear();
  server.signal(SIGTERM);
  ASSERT_EQ(server.wait(), 0);
  ASSERT_TRUE(server.start());
  town.server_at(server.port());
  EXPECT_TRUE(town.pump_until([&] { return town.participant.came.size() == 1; }));
  EXPECT_TRUE(std::filesystem::exists(server.database() + ".ballast"));
  EXPECT_EQ(https(server.at(), "GET", "/readyz").status, 200);
  ASSERT_TRUE(check_in()) << town.why;
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
}

}  // namespace
}  // namespace livlina::testing
