// A whole story at the real server, and then every byte that it wrote: nothing of what people said,
// are called or typed may be found there (metadata.md, "Not kept anywhere").
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "protocol/records/staff_act.hpp"
#include "server/store/db.hpp"
#include "tests/smoke/cli_fixture.hpp"
#include "tests/smoke/plaintext_scan.hpp"

namespace livlina::testing {
namespace {

using Texts = std::vector<std::string>;
using protocol::Act;
using protocol::Reason;

TEST(PlaintextScan, M3_finds_a_text_in_every_disguise_and_at_every_place) {
  const std::string text = "Are you there?";
  for (const std::string& form : disguises(text))
    EXPECT_EQ(found_in("\x01\x02" + form + "\xff", {text, "nobody"}), Texts{text});
  // "abcAre you there?xyz" and the same one and two characters on.
  for (const char* base64 : {"YWJjQXJlIHlvdSB0aGVyZT94eXo=", "YWJjZEFyZSB5b3UgdGhlcmU/eHl6",
                             "YWJjZGVBcmUgeW91IHRoZXJlP3h5eg=="})
    EXPECT_EQ(found_in(base64, {text}), Texts{text}) << base64;
  EXPECT_EQ(found_in("are you there?", {text}), Texts());
}

class Secrecy : public CliInTown {
 protected:
  Secrecy() : CliInTown("Ahlqvist") {
    pin = dir.write("pin", "804613\n");
    duress = dir.write("duress", "804697\n");
    secrets = {"804613", "804697", "Ahlqvist"};
  }
  // A text that must not be found.
  std::string secret(const std::string& what) {
    secrets.push_back(what + " -- nobody else may read this");
    return secrets.back();
  }
  // All files of the server but its certificate, and its log.
  std::string written() {
    std::string out = server.log();
    for (const auto& file : std::filesystem::directory_iterator(
             std::filesystem::path(server.database()).parent_path())) {
      ++files;
      out += read_file(file.path());
    }
    return out;
  }
  void act(NetClient& who, Act what, Reason reason = Reason::none) {
    v1::Command command =
        act_on(who.last(v1::Event::kIncident)->incident().incident(),
               static_cast<std::uint32_t>(what), static_cast<std::uint32_t>(reason));
    command.mutable_do_act()->set_note(secret("act " + std::to_string(static_cast<int>(what))));
    EXPECT_TRUE(town.run(who, command)) << town.why;
  }
  [[nodiscard]] bool wait_for_incident(NetClient& who, std::uint32_t lane) {
    return town.pump_until([&] {
      const v1::Event* e = who.last(v1::Event::kIncident);
      return e != nullptr && e->incident().incident().lane() == lane;
    });
  }
  Texts secrets;
  int files = 0;
};

TEST_F(Secrecy, M3_nothing_that_people_wrote_stands_in_database_write_ahead_log_or_log) {
  server.signal(SIGUSR1);  // every level of the log
  enrol();
  ASSERT_FALSE(HasFailure());
  secrets.push_back(town.contact.last(v1::Event::kSafetyWords)->safety_words().words());
  secrets.push_back(town.contact.last(v1::Event::kInviteMade)->invite_made().words());
  works({"circle", "sign", "--line", "desk:checkin,alarm", "--purpose", secret("purpose"),
         "--wording", secret("wording")});
  works({"alarm", "--practice", "--note", secret("practice")});
  ASSERT_TRUE(wait_for_incident(town.contact, 3));
  act(town.contact, Act::take);
  act(town.contact, Act::resolve, Reason::drill_done);
  works({"plan", "set", "--time", "20:00", "--zone", "Europe/Stockholm"});
  works({"circle", "sign", "--armed"});
  const std::string note = secret("note");
  works({"checkin", "talk", "--note", note});
  works({"alarm", "--note", secret("alarm")});
  ASSERT_TRUE(wait_for_incident(town.contact, 1));
  act(town.contact, Act::take);
  const std::string to_staff = secret("from the participant");
  works({"send", "all", to_staff});
  const std::string to_participant = secret("to the participant");
  v1::Command command;
  command.mutable_send_text()->set_circle_id(town.contact.status().circles(0).circle_id());
  command.mutable_send_text()->set_text(to_participant);
  ASSERT_TRUE(town.run(town.contact, command)) << town.why;
  act(town.contact, Act::resolve, Reason::other);
  const Outcome decoy =
      run_command(livlina({"checkin", "ok", "--note", secret("duress")}, duress), meanwhile);
  EXPECT_EQ(decoy.code, done) << decoy.out << decoy.err;

  // It did arrive, where it may be read.
  EXPECT_TRUE(town.pump_until([&] {
    const auto& came = town.contact.came;
    return std::find(came.begin(), came.end(), to_staff) != came.end();
  }));
  const Outcome inbox = run_command(livlina({"inbox"}), meanwhile);
  EXPECT_NE(inbox.out.find(to_participant), std::string::npos) << inbox.out << inbox.err;

  // While it runs, with the write-ahead log; and all that is left in the end.
  const std::string running = written();
  EXPECT_GE(files, 4) << "database, write-ahead log and its index, key";
  EXPECT_EQ(found_in(running, secrets), Texts());
  EXPECT_EQ(found_in(running, {"Europe/Stockholm"}), Texts{"Europe/Stockholm"})
      << "which the server has to know: the scan sees the database";
  server.signal(SIGTERM);
  ASSERT_EQ(server.wait(), 0);
  const std::string ended = written();
  EXPECT_NE(ended.find("stopping"), std::string::npos) << "the scan sees the log";
  EXPECT_EQ(found_in(ended, secrets), Texts());

  // Planted in any row, it is found.
  server::store::Db db(server.database(), server::store::Db::Mode::open_existing);
  db.run("UPDATE checkin_record SET record = ? WHERE id = (SELECT max(id) FROM checkin_record)",
         view(note));
  EXPECT_EQ(found_in(written(), secrets), Texts{note}) << "the scan sees the write-ahead log";
}

}  // namespace
}  // namespace livlina::testing
