// The real `livlina` over a vault that was damaged or cut off while it was made: it says so, says
// what to do, and invents nothing.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "crypto/e2ee/vault_format.hpp"
#include "tests/smoke/cli_fixture.hpp"

namespace livlina::testing {
namespace {

using crypto::vault::page_size;

class CliVault : public Cli {
 protected:
  [[nodiscard]] std::vector<std::string> enrol() const {
    return {"enrol",  "--words", well_spelled(), "--host", "127.0.0.1:1",
            "--name", "X",       "--timeout",    "1"};
  }
  [[nodiscard]] std::string vault() const { return folder + "/vault"; }
  void write(const std::string& bytes) const {
    std::ofstream(vault(), std::ios::binary | std::ios::trunc) << bytes;
  }
  // A PIN that was counted for nothing must not make the next step wait.
  void forget_tries() const { std::ofstream(folder + "/pin_tries", std::ios::trunc) << ""; }
  // What everybody must read who stands before a damaged vault.
  void says_what_to_do() {
    forget_tries();
    const Outcome o = run_command(livlina({"status"}));
    EXPECT_EQ(o.code, failed) << o.out << o.err;
    EXPECT_EQ(o.err_lines(), 1U) << o.err;
    for (const char* word : {"livlina: ", "is damaged", "Put the whole folder back from a copy",
                             "after the last command", "ask for a new invitation", "--state",
                             "tell your contact person or the desk",
                             "livlina circle sign --drop NAME", "livlina desk renew --remove NAME"})
      EXPECT_NE(o.err.find(word), std::string::npos) << word << " in: " << o.err;
    EXPECT_NE(o.err.find(folder), std::string::npos) << "which file: " << o.err;
    forget_tries();
    EXPECT_EQ(run_command(livlina({"status", "--json"})).json().value("error", ""), "corrupt");
  }
};

TEST_F(CliVault, T4_a_damaged_vault_says_what_to_do) {
  fails(livlina(enrol()), offline, "127.0.0.1:1", "offline");
  const std::string good = read_file(vault());
  ASSERT_GT(good.size(), 100 * page_size);
  // Every page of both sets, a byte of each; the header and the PINs' slots stay as they are.
  std::string pages = good;
  for (std::size_t at = page_size + 100; at < pages.size(); at += page_size)
    pages[at] = static_cast<char>(pages[at] ^ 1);
  const std::string damages[] = {
      pages,
      good.substr(0, 1000),
      std::string(good.size(), 'r'),
      "VAULT\r\n\x1a",
      good.substr(0, good.size() / 2),
  };
  for (const std::string& damage : damages) {
    write(damage);
    says_what_to_do();
    EXPECT_EQ(read_file(vault()).size(), damage.size()) << "nothing is mended by guessing";
  }
  // Whoever has a copy has everything again.
  write(good);
  forget_tries();
  EXPECT_NE(run_command(livlina({"status"})).err.find("Nobody is enrolled here yet"),
            std::string::npos);
  std::filesystem::remove(folder + "/device_secret");
  says_what_to_do();
}

// A slot that was changed opens with no PIN, as a wrong one: nobody can tell the two apart.
TEST_F(CliVault, T4_T18_damaged_slots_are_as_a_wrong_pin) {
  fails(livlina(enrol()), offline, "127.0.0.1:1", "offline");
  std::string bytes = read_file(vault());
  for (const std::size_t slot : {0U, 1U}) {
    const std::size_t at = crypto::vault::header_size + slot * crypto::vault::slot_size + 9;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
  }
  write(bytes);
  fails(livlina({"status"}), locked, "Wrong PIN.", "wrong_pin");
}

// Cut off while the vault is made, as soon as something of it is on the disk: the same command
// makes it anew.
TEST_F(CliVault, an_enrolment_that_was_killed_is_begun_again) {
  const auto written = [&](const char* name) {
    std::error_code none;
    const auto size = std::filesystem::file_size(folder + name, none);
    return !none && size > 0;
  };
  int unfinished = 0;
  for (int i = 0; i < 10; ++i) {
    folder = dir.file("killed" + std::to_string(i));
    {
      Process process(livlina(enrol()));
      const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
      while (!written("/vault.new") && !written("/vault") &&
             std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      std::this_thread::sleep_for(std::chrono::microseconds(i * 200));
      process.signal(SIGKILL);
      (void)process.wait();
    }
    unfinished += written("/vault") ? 0 : 1;
    fails(livlina(enrol()), offline, "127.0.0.1:1", "offline");
    EXPECT_FALSE(std::filesystem::exists(folder + "/vault.new"));
  }
  EXPECT_GT(unfinished, 0) << "no kill came before the vault was whole";
}

}  // namespace
}  // namespace livlina::testing
