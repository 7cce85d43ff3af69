// A full disk refuses messages first; the ballast keeps alarms and check-ins going.
#include "server/store/ballast.hpp"

#include <sys/stat.h>

#include <fstream>

#include "server/engine/disk_room.hpp"
#include "tests/services/disk_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using v1::ServerFrame;

constexpr std::uint64_t mib = 1 << 20;

// Room on the disk of the test.
class HeldRoom final : public store::Ballast {
 public:
  HeldRoom(FaultyDisk& disk, std::uint64_t bytes) : disk_(disk), bytes_(bytes) {}
  [[nodiscard]] bool held() const override { return held_; }
  [[nodiscard]] bool take() override {
    held_ = disk_.reserve(2 * bytes_);
    (void)disk_.reserve(held_ ? bytes_ : 0);
    return held_;
  }
  void give_up() override {
    (void)disk_.reserve(0);
    held_ = false;
  }

 private:
  FaultyDisk& disk_;
  std::uint64_t bytes_;
  bool held_ = false;
};

class FullDisk : public ::testing::Test {
 protected:
  FullDisk() {
    town.server.staff_online();
    town.disk.bound(town.disk.used() + 16 * mib);
    town.server.server->engine().keep(ballast);
  }
  // Messages until one is refused; the refusal. Between them the log is moved, as when it is quiet.
  ServerFrame fill() {
    for (int i = 0; i < 2000; ++i) {
      ServerFrame reply = town.write(60'000);
      if (reply.body_case() != ServerFrame::kStored) return reply;
      town.advance(100);
    }
    ADD_FAILURE() << "the disk is never full";
    return {};
  }
  DiskTown town{5};
  HeldRoom ballast{town.disk, 6 * mib};  // more than the log has before it is moved
};

TEST_F(FullDisk, alarms_and_check_ins_go_on_while_messages_wait) {
  ASSERT_TRUE(ballast.held());
  const ServerFrame refusal = fill();
  EXPECT_EQ(refusal.error().code(), v1::DISK_FULL);
  EXPECT_EQ(refusal.error().retry_after_ms(), 30'000U) << "says when to try again";
  EXPECT_FALSE(ballast.held());
  EXPECT_TRUE(town.server.last.tight || (town.server.round(), town.server.last.tight)) << "/readyz";
  // Hours of it: what is pressed is taken, what is missed is found, somebody takes it.
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(town.check_in(i % 20 == 19 ? 2 : 1).body_case(), ServerFrame::kRecordAnswer) << i;
    if (i % 40 == 39) {
      ASSERT_EQ(town.alarm().body_case(), ServerFrame::kRecordAnswer);
    }
    town.advance(30 * second);
    EXPECT_EQ(town.write().error().code(), v1::DISK_FULL);
  }
  EXPECT_FALSE(town.server.last.stalled);
  EXPECT_GT(town.server.count("SELECT count(*) FROM incident"), 0);
  EXPECT_GT(town.server.count("SELECT count(*) FROM notification"), 0);
  EXPECT_EQ(town.lines("disk_full"), 1) << "the operator, once";
  EXPECT_EQ(town.lines("watch_stalled"), 0);
  town.check();
}

TEST_F(FullDisk, the_ballast_is_taken_again_when_there_is_room_for_twice_as_much) {
  (void)fill();
  town.advance(hour);
  EXPECT_FALSE(ballast.held());
  town.disk.bound(town.disk.used() + 7 * mib);
  town.advance(minute);
  EXPECT_FALSE(ballast.held()) << "the next message would take it away again";
  EXPECT_EQ(town.lines("disk_has_room"), 0);
  town.disk.bound(town.disk.used() + 30 * mib);
  town.advance(DiskRoom::look_every);
  EXPECT_TRUE(ballast.held());
  EXPECT_FALSE(town.server.last.tight);
  EXPECT_EQ(town.lines("disk_has_room"), 1);
  town.check_at_rest();
  // The next time is told as well.
  town.disk.bound(town.disk.used() + 2 * mib);
  (void)fill();
  town.advance(second);
  EXPECT_EQ(town.lines("disk_full"), 2);
}

TEST_F(FullDisk, what_frees_room_or_says_who_is_told_is_not_refused) {
  (void)fill();
  Connection& mentor = town.server.server->online(town.town.mentor.primary());
  const auto delivered = mentor.take(ServerFrame::kDelivery);
  ASSERT_TRUE(delivered);
  EXPECT_EQ(town.server.server->code(mentor, ack({delivered->delivery().seq()})), 0);
  v1::Request list;
  list.mutable_list_circles();
  EXPECT_EQ(town.server.server->code(mentor, list), 0);
  // A message that goes with an alarm or incident.
  const auto note =
      post_message(random_id<MessageId>(town.town.random), {town.town.contact.primary().id()}, 1);
  Connection& phone = town.server.server->online(town.town.participant.primary());
  EXPECT_EQ(town.server.server->code(phone, note), 0);
  v1::Request manifest;
  manifest.mutable_put_manifest()->set_record(to_string(ByteView(town.town.circle.next_manifest(
      town.town.participant, town.town.circle.manifest.lines, false, town.town.now))));
  EXPECT_EQ(town.server.server->code(phone, manifest), 0);
}

TEST_F(FullDisk, a_server_that_begins_without_room_refuses_messages_and_says_so) {
  (void)fill();
  town.restart();
  town.server.server->engine().keep(ballast);
  EXPECT_EQ(town.write().error().code(), v1::DISK_FULL);
  EXPECT_EQ(town.check_in().body_case(), ServerFrame::kRecordAnswer);
  EXPECT_EQ(town.lines("disk_full"), 2) << "of the last process, and of this one";
}

TEST(BallastFile, is_made_given_up_and_found_again) {
  const FaultyDisk folder(1);
  const std::string database = folder.file();
  store::BallastFile ballast(database, mib);
  EXPECT_FALSE(ballast.there());
  ASSERT_TRUE(ballast.take());
  EXPECT_TRUE(ballast.held() && ballast.there());
  struct stat s{};
  ASSERT_EQ(::stat((database + ".ballast").c_str(), &s), 0);
  EXPECT_EQ(s.st_size, static_cast<off_t>(mib));
  EXPECT_GE(s.st_blocks * 512, static_cast<std::int64_t>(mib)) << "the room is really taken";
  EXPECT_EQ(s.st_mode & 0777, 0600U);
  // The next process finds it.
  store::BallastFile next(database, mib);
  EXPECT_TRUE(next.there());
  EXPECT_FALSE(next.held());
  EXPECT_TRUE(next.take());
  // Another size, and a file without room behind it.
  store::BallastFile smaller(database, mib / 2);
  EXPECT_FALSE(smaller.there());
  EXPECT_TRUE(smaller.take() && smaller.there());
  smaller.give_up();
  EXPECT_FALSE(smaller.held());
  EXPECT_NE(::stat((database + ".ballast").c_str(), &s), 0);
  std::ofstream(database + ".ballast").close();
  ASSERT_EQ(::truncate((database + ".ballast").c_str(), static_cast<off_t>(mib)), 0);
  EXPECT_FALSE(next.there()) << "a hole is no room";
  EXPECT_TRUE(next.take() && next.there());
}

TEST(BallastFile, more_than_there_is_is_not_held_and_leaves_nothing) {
  const FaultyDisk folder(1);
  store::BallastFile ballast(folder.file(), std::uint64_t{1} << 60);
  EXPECT_FALSE(ballast.take());
  EXPECT_FALSE(ballast.held());
  struct stat s{};
  EXPECT_NE(::stat((folder.file() + ".ballast").c_str(), &s), 0);
  EXPECT_GT(ballast.room().value_or(0), 0U);
}

}  // namespace
}  // namespace livlina::testing
