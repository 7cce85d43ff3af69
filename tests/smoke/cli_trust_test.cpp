// Whom the real `livlina` believes: certificates that do not hold, a server that is another one
// than the invitation named; each with its words and its exit code, and nothing is sent.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "crypto/e2ee/invite.hpp"
#include "tests/smoke/cli_fixture.hpp"
#include "tests/smoke/tls_door.hpp"

namespace livlina::testing {
namespace {

TEST_F(CliInTown, certificates_of_other_names_expired_and_no_certificate) {
  const v1::InviteMade made = invitation();
  int tries = 0;
  // Pairs at this place, trusting this file: ends so, says so, twice as text and as JSON.
  const auto refuses = [&](const std::string& host, const std::string& trusted,
                           const std::vector<std::string>& says) {
    ca = trusted;
    folder = dir.file("try" + std::to_string(++tries));
    std::vector<std::string> words = pair(made.words());
    std::replace(words.begin(), words.end(), server.host(), host);
    for (const std::string& say : says) {
      fails(livlina(words), offline, say);
      fails(livlina(words), offline, say, "offline");
    }
  };
  const auto door = [&](const char* stem, int valid_days, const char* names, int from_days = -400) {
    const std::string file = dir.file(std::string(stem) + ".pem");
    const std::string key = dir.file(std::string(stem) + "-key.pem");
    make_certificate(file, key, valid_days, names, from_days);
    return std::pair(std::make_unique<TlsDoor>(file, key), file);
  };
  {
    const auto [other, file] = door("other", 30, "DNS:other.example,IP:127.0.0.2");
    refuses("127.0.0.1:" + other->port(), file,
            {"made out to another name than 127.0.0.1", "the name that the invitation says"});
    refuses("localhost:" + other->port(), file, {"made out to another name than localhost"});
    EXPECT_EQ(other->accepted(), 0);
  }
  {
    const auto [expired, file] = door("expired", -1, local_names);
    refuses("127.0.0.1:" + expired->port(), file,
            {"has expired", "the date of this machine", "renew the certificate"});
    EXPECT_EQ(expired->accepted(), 0);
  }
  {
    const auto [early, file] = door("early", 30, local_names, 2);
    refuses("127.0.0.1:" + early->port(), file, {"is not valid yet", "the date of this machine"});
    EXPECT_EQ(early->accepted(), 0);
  }
  {
    // A name with an authority of its own: the real server, and somebody else's file. Then no file
    // at all: the machine's own authorities do not know it either.
    const auto [unknown, file] = door("unknown", 30, local_names);
    refuses(server.host(), file,
            {"reached. The certificate of ", "an authority that is not known here", "with --ca"});
    refuses("127.0.0.1:" + unknown->port(), server.certificate(), {"an authority that is not"});
    refuses(server.host(), "", {"an authority that is not known here"});
    EXPECT_EQ(unknown->accepted(), 0);
    // The counter-check of all of these: the same door with its own file is entered.
    folder = dir.file("inside");
    ca = file;
    std::vector<std::string> words = pair(made.words());
    std::replace(words.begin(), words.end(), server.host(), "127.0.0.1:" + unknown->port());
    EXPECT_EQ(run_command(livlina(words)).code, offline);
    EXPECT_EQ(unknown->accepted(), 1);
  }
  const TlsDoor plain("", "");
  refuses("127.0.0.1:" + plain.port(), server.certificate(),
          {"TLS with 127.0.0.1:" + plain.port() + " failed", "those of a Livlina server"});
  const std::string rubbish = dir.write("rubbish.pem", "no certificate\n");
  refuses(server.host(), rubbish, {"no certificate in " + rubbish, "-----BEGIN CERTIFICATE-----"});
  const std::string empty = dir.write("empty.pem", "");
  refuses(server.host(), empty, {"no certificate in " + empty});
  refuses(server.host(), "/nowhere.pem", {"cannot be read: /nowhere.pem"});
  // Nothing of all this used the invitation up.
  ca = server.certificate();
  folder = dir.file("good");
  works(pair(made.words()));
}

// Somebody in between who holds a certificate that is trusted here offers what is older.
TEST_F(CliInTown, T15_who_speaks_only_tls_1_2_is_told_nothing) {
  const v1::InviteMade made = invitation();
  const std::string file = dir.file("older.pem");
  const std::string key = dir.file("older-key.pem");
  make_certificate(file, key, 30, local_names);
  ca = file;
  for (const bool only_tls12 : {true, false}) {
    const TlsDoor door(file, key, only_tls12);
    folder = dir.file(only_tls12 ? "older" : "newer");
    std::vector<std::string> words = pair(made.words());
    std::replace(words.begin(), words.end(), server.host(), "127.0.0.1:" + door.port());
    const auto out = run_command(livlina(words));
    EXPECT_EQ(out.code, offline);
    EXPECT_EQ(door.accepted(), only_tls12 ? 0 : 1);
    EXPECT_EQ(out.err.find("TLS with 127.0.0.1:" + door.port() + " failed") == std::string::npos,
              !only_tls12)
        << out.err;
  }
}

// A code that names another server's key, and a code of ours that leads to somebody else's server.
TEST_F(CliInTown, T16_T19_a_code_with_another_servers_key_is_not_trusted) {
  const v1::InviteMade made = invitation();
  const auto good = crypto::parse_invite_code(view(made.code()));
  ASSERT_TRUE(good.ok());
  const auto with_code = [&](const crypto::InviteCode& code) {
    return std::vector<std::string>{
        "pair", "--code", hex(crypto::encode(code)), "--name", name, "--duress-pin-file", duress};
  };
  const auto copy = [&] {
    return crypto::InviteCode{good->purpose, good->host, good->server_pk, good->desk_fingerprint,
                              good->s.copy()};
  };
  crypto::InviteCode forged = copy();
  forged.server_pk[7] ^= 1;
  folder = dir.file("forged");
  const Outcome text = run_command(livlina(with_code(forged)), meanwhile);
  EXPECT_EQ(text.code, untrusted) << text.err;
  EXPECT_NE(text.err.find("\nlivlina: This is not the server that the invitation named."),
            std::string::npos)
      << "behind the warning: " << text.err;
  fails(livlina(with_code(forged)), untrusted, "Nothing was sent", "wrong_server");

  RealServer other;
  ASSERT_FALSE(other.init().empty());
  ASSERT_TRUE(other.start());
  crypto::InviteCode led_astray = copy();
  led_astray.host = other.host();
  folder = dir.file("astray");
  ca = other.certificate();
  fails(livlina(with_code(led_astray)), untrusted, "not the server that the invitation named",
        "wrong_server");
  // The true one was not used up by it.
  ca = server.certificate();
  folder = dir.file("good");
  works(with_code(*good));
}

TEST_F(CliInTown, what_does_not_come_in_time_is_exit_code_7) {
  enrol();
  if (HasFailure()) return;
  const auto listen = [&](const std::string& what) {
    return livlina({"listen", "--for", what, "--seconds", "1"});
  };
  const Outcome text = run_command(listen("page"), meanwhile);
  EXPECT_EQ(text.code, waited_in_vain) << text.err;
  EXPECT_NE(text.err.find("livlina: What was waited for did not come."), std::string::npos)
      << text.err;
  fails(listen("message"), waited_in_vain, "did not come", "timeout");
  // The counter-check: what comes in time is no timeout.
  v1::Command command;
  command.mutable_send_text()->set_circle_id(town.contact.status().circles(0).circle_id());
  command.mutable_send_text()->set_text("here I am");
  ASSERT_TRUE(town.run(town.contact, command)) << town.why;
  const Outcome came =
      run_command(livlina({"listen", "--for", "message", "--seconds", "30"}), meanwhile);
  EXPECT_EQ(came.code, done) << came.err;
  EXPECT_NE(came.out.find("here I am"), std::string::npos) << came.out;
}

}  // namespace
}  // namespace livlina::testing
