// A WebAssembly client and native ones at the real server; and one device whose vault, with every
// session's pickle in it, is used in turn by the module and by the command line.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

#include "tests/interop/wasm_client.hpp"
#include "tests/smoke/cli_fixture.hpp"

namespace livlina::testing {
namespace {

constexpr const char* pin_digits = "471147";
constexpr const char* duress_digits = "471198";
constexpr std::uint32_t drill = 3;
constexpr std::uint32_t all_scopes = 0x3f;

bool has(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

class Wasm : public CliInTown {
 protected:
  void SetUp() override {
    module = wasm_module();
    const char* const required = std::getenv("LIVLINA_REQUIRE_WASM");
    if (!module && required != nullptr) FAIL() << "the module is required and missing";
    if (!module) GTEST_SKIP() << "skipped, the module was not built (ops/test.sh --wasm)";
    CliInTown::SetUp();
  }
  // The state folder of the command line, with nothing in it but the device's secret.
  void make_folder() {
    ASSERT_EQ(::mkdir(folder.c_str(), 0700), 0);
    const auto random = crypto::system_random().array<32>();
    secret = to_string(random);
    (void)dir.write("sami/device_secret", secret);
    (void)dir.write("sami/pin_tries", "");
  }
  void start() { phone = std::make_unique<WasmClient>(*module, folder + "/vault", ca); }
  void open_again() {
    start();
    ASSERT_EQ(phone->open(pin_digits, secret), "");
    phone->go_online();
    ASSERT_TRUE(until([&] { return phone->logged_in(); })) << phone->closed_because;
  }
  // Everybody works, the one in Node too.
  bool until(const std::function<bool()>& enough) {
    return town.pump_until(
        [&] {
          phone->pump();
          return enough();
        },
        std::chrono::minutes(1));
  }
  void run(v1::Command command) {
    // Enrolling makes a connection of its own, and the log-in comes after it.
    if (!command.has_enrol()) {
      ASSERT_TRUE(until([&] { return phone->logged_in(); })) << phone->closed_because;
    }
    const std::uint64_t id = phone->give(std::move(command));
    phone->go_online();
    ASSERT_TRUE(until([&] { return phone->finished(id) != nullptr; })) << phone->failed;
    ASSERT_EQ(phone->finished(id)->error(), "") << phone->finished(id)->detail();
  }
  // The participant in Node pairs with Sara.
  void pair() {
    const v1::InviteMade made = invitation();
    v1::Command command;
    command.mutable_enrol()->set_code(made.code());
    command.mutable_enrol()->set_name(name);
    run(command);
    if (HasFatalFailure()) return;
    const auto words = [&](auto& who) -> std::string {
      const v1::Event* const e = who.last(v1::Event::kSafetyWords);
      const bool there = e != nullptr && e->safety_words().invite_id() == made.invite_id();
      return there ? e->safety_words().words() : "";
    };
    ASSERT_TRUE(until([&] { return !words(*phone).empty() && !words(town.contact).empty(); }));
    EXPECT_EQ(words(*phone), words(town.contact));
    command.Clear();
    command.mutable_confirm_pairing()->set_invite_id(made.invite_id());
    command.mutable_confirm_pairing()->set_match(true);
    run(command);
    if (HasFatalFailure()) return;
    ASSERT_TRUE(town.run(town.contact, command)) << town.why;
    // Whom the participant may name stands in the desk's directory, which comes by and by.
    ASSERT_TRUE(until([&] { return phone->status().staff_size() == 3; }));
    command.Clear();
    (void)command.mutable_sync();
    run(command);
  }
  // And signs a circle with Sara and Amal.
  void sign() {
    v1::Command command;
    v1::SignManifest& manifest = *command.mutable_sign_manifest();
    manifest.set_purpose_text("support");
    manifest.set_wording("I agree to this.");
    for (auto& [who, role] :
         {std::pair(&town.contact, Role::contact_person), std::pair(&town.mentor, Role::mentor)}) {
      v1::Person& line = *manifest.add_lines();
      line.set_line_type(1);
      line.set_account(town.account(*who));
      line.set_role(static_cast<std::uint32_t>(role));
      line.set_scope(all_scopes);
    }
    run(command);
    ASSERT_TRUE(until([&] { return town.contact.status().circles_size() == 1; }));
  }
  void write(const std::string& text) {
    v1::Command command;
    command.mutable_send_text()->set_circle_id(phone->status().circles(0).circle_id());
    command.mutable_send_text()->set_text(text);
    run(command);
    EXPECT_TRUE(until([&] { return has(town.contact.came, text); })) << text;
  }
  void answer(const std::string& text) {
    v1::Command command;
    command.mutable_send_text()->set_circle_id(town.contact.status().circles(0).circle_id());
    command.mutable_send_text()->set_to(phone->status().account());
    command.mutable_send_text()->set_text(text);
    ASSERT_TRUE(town.run(town.contact, command)) << town.why;
    EXPECT_TRUE(until([&] { return has(phone->came, text); })) << text;
  }
  // What the device has of its conversation, in Node.
  std::vector<std::string> texts() {
    v1::Command command;
    command.mutable_list_messages()->set_circle_id(phone->status().circles(0).circle_id());
    run(command);
    std::vector<std::string> out;
    for (const v1::MessageView& m : phone->last(v1::Event::kMessages)->messages().messages())
      out.push_back(m.text());
    return out;
  }
  void nothing_is_amiss() {
    EXPECT_EQ(phone->failed, "");
    EXPECT_TRUE(phone->warnings.empty()) << phone->warnings.begin()->first;
    EXPECT_TRUE(town.contact.warnings.empty()) << town.contact.warnings.begin()->first;
    EXPECT_TRUE(town.contact.gaps.empty()) << *town.contact.gaps.begin();
  }

  std::optional<std::string> module;
  std::string secret;
  std::unique_ptr<WasmClient> phone;
};

TEST_F(Wasm, M1_pairs_and_writes_with_native_clients_and_its_vault_goes_on_in_either) {
  make_folder();
  start();
  ASSERT_EQ(phone->open(pin_digits, secret), "bad_format") << "there is no vault yet";
  ASSERT_EQ(phone->create(pin_digits, duress_digits, secret), "");
  ASSERT_EQ(phone->open(duress_digits + std::string("0"), secret), "wrong_pin");
  ASSERT_EQ(phone->open(pin_digits, secret), "");
  pair();
  if (HasFatalFailure()) return;
  sign();
  if (HasFatalFailure()) return;
  write("from Node");
  if (HasFailure()) return;
  answer("from Sara");
  nothing_is_amiss();
  if (HasFailure()) return;

  // The command line goes on with the same device: vault and pickles written in WebAssembly.
  phone.reset();
  const auto has_text = [](const nlohmann::json& inbox, const std::string& text) {
    const auto& all = inbox.value("messages", nlohmann::json::array());
    return std::any_of(all.begin(), all.end(),
                       [&](const auto& m) { return m.value("text", "") == text; });
  };
  const auto inbox = works({"inbox"});
  EXPECT_TRUE(has_text(inbox, "from Node")) << inbox;
  EXPECT_TRUE(has_text(inbox, "from Sara")) << inbox;
  works({"send", "all", "from the command line"});
  ASSERT_TRUE(town.pump_until([&] { return has(town.contact.came, "from the command line"); },
                              std::chrono::minutes(1)));
  const Outcome decoy = run_command(livlina({"status", "--json"}, duress), meanwhile);
  EXPECT_EQ(decoy.code, 0) << decoy.out << decoy.err;

  // And WebAssembly with what the command line has written.
  open_again();
  if (HasFatalFailure()) return;
  EXPECT_EQ(texts(), (std::vector<std::string>{"from Node", "from Sara", "from the command line"}));
  write("from Node again");
  if (HasFailure()) return;
  answer("and from Sara");
  v1::Command command;
  command.mutable_raise_alarm()->set_kind(drill);
  run(command);
  EXPECT_TRUE(until([&] { return town.mentor.last(v1::Event::kIncident) != nullptr; }));
  nothing_is_amiss();
}

TEST_F(Wasm, M1_goes_on_with_a_device_that_the_command_line_enrolled) {
  enrol();
  if (HasFatalFailure()) return;
  works({"send", "all", "from the command line"});
  ASSERT_TRUE(town.pump_until([&] { return has(town.contact.came, "from the command line"); }));
  secret = read_file(folder + "/device_secret");
  open_again();
  if (HasFatalFailure()) return;
  EXPECT_EQ(texts(), std::vector<std::string>{"from the command line"});
  write("from Node");
  answer("from Sara");
  nothing_is_amiss();
  phone.reset();
  // The duress PIN opens the other realm of the same file there as well.
  start();
  EXPECT_EQ(phone->open(duress_digits, secret), "");
  EXPECT_EQ(phone->status().circles_size(), 1);
  phone.reset();
  const auto status = works({"status"});
  EXPECT_EQ(status.value("ok", true), true) << status;
}

}  // namespace
}  // namespace livlina::testing
