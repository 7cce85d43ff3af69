// T32: code that misuses the interfaces of secrets, keys, records and the log does not compile.
// Each case has a right line as the counter-check: it differs from the wrong one in nothing but the
// misuse.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <string>

namespace livlina {
namespace {

constexpr const char* prelude = R"(
#include <iostream>
#include <string>
#include "crypto/core/ids.hpp"
#include "crypto/e2ee/dh.hpp"
#include "crypto/e2ee/message_key.hpp"
#include "crypto/e2ee/root_key.hpp"
#include "crypto/e2ee/session.hpp"
#include "crypto/e2ee/vault.hpp"
#include "crypto/core/sign.hpp"
#include "protocol/records/manifest.hpp"
#include "protocol/records/plan.hpp"
#include "protocol/records/reread.hpp"
#include "server/log/log.hpp"
using namespace livlina;
using namespace livlina::crypto;
void takes_plan(const protocol::Verified<protocol::Plan>&);
void takes_circle(const CircleId&);
void takes_key(const SignPublic&);
void use(Secret<32>& secret, const Secret<32>& other, SecretBytes& text, DhKeyPair& ours,
         DhPublic& theirs, SignPublic& signer, MessageKey& key, Random& random, Bytes& bytes,
         protocol::Verified<protocol::Plan>& plan, protocol::Verified<protocol::Manifest>& manifest,
         CircleId& circle, DeviceId& device, std::string& typed, Session& session, ChainKey& chain,
         SignKeyPair& signs, Vault& vault, const FrameParts& frame, const Roles& roles) {
  (void)secret, (void)other, (void)text, (void)ours, (void)theirs, (void)signer, (void)key;
  (void)session, (void)chain, (void)signs, (void)vault, (void)frame, (void)roles;
  (void)random, (void)bytes, (void)plan, (void)manifest, (void)circle, (void)device, (void)typed;
)";

struct Compiled {
  bool ok = false;
  std::string said;
};

Compiled compiled(const std::string& line) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() /
      ("livlina-misuse-" + std::to_string(std::hash<std::string>{}(line + ::testing::TempDir())) +
       ".cpp");
  std::ofstream(file) << prelude << line << "\n}\n";
  const std::string command =
      LIVLINA_CXX " -std=c++20 -fsyntax-only -Wall -Wextra -Werror -I" LIVLINA_SOURCES " '" +
      file.string() + "' 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  Compiled out;
  std::array<char, 1024> part{};
  while (pipe != nullptr && std::fgets(part.data(), part.size(), pipe) != nullptr)
    out.said += part.data();
  out.ok = pipe != nullptr && ::pclose(pipe) == 0;
  std::filesystem::remove(file);
  return out;
}

struct Case {
  const char* name;
  const char* right;
  const char* wrong;
  const char* because;  // what the compiler says of it, in the words of clang or of g++
};

const Case cases[] = {
    {"a_secret_is_not_printed", "std::cout << secret.size;", "std::cout << secret;",
     "invalid operands|no match for"},
    {"a_plaintext_is_not_printed", "std::cout << text.size();", "std::cout << text;",
     "invalid operands|no match for"},
    {"secrets_are_not_compared", "(void)secret_equal(secret.expose(), other.expose());",
     "(void)(secret == other);", "deleted"},
    {"a_secret_is_not_copied_by_accident", "Secret<32> s = other.copy();", "Secret<32> s = other;",
     "deleted"},
    {"bytes_are_no_secret_by_themselves", "Secret<32> s{ByteView(bytes)};", "Secret<32> s = bytes;",
     "no viable conversion|conversion from"},
    {"a_secret_of_another_length_is_no_key",
     "(void)seal(secret, SealPurpose::body, bytes, bytes, random);",
     "Secret<16> s; (void)seal(s, SealPurpose::body, bytes, bytes, random);",
     "no matching function|no known conversion|invalid initialization"},
    {"a_purpose_is_no_number", "(void)seal(secret, SealPurpose::body, bytes, bytes, random);",
     "(void)seal(secret, 1, bytes, bytes, random);",
     "no matching function|no known conversion|cannot convert"},
    {"a_signing_key_agrees_on_nothing", "(void)dh(ours, theirs);", "(void)dh(ours, signer);",
     "no matching function|no known conversion|invalid initialization"},
    {"our_pair_is_not_their_key", "(void)dh(ours, theirs);", "(void)dh(ours, ours);",
     "no matching function|no known conversion|invalid initialization"},
    {"bytes_are_no_public_key", "(void)parse_dh_key(bytes);", "DhPublic k(ByteArray<32>{});",
     "private|no matching constructor"},
    {"a_message_key_is_used_once", "(void)std::move(key).encrypt(bytes, bytes, random);",
     "(void)key.encrypt(bytes, bytes, random);", "lvalue|discards|rvalue"},
    {"a_session_is_not_used_twice_by_accident", "Session s = session.copy();",
     "Session s = session;", "deleted|private"},
    {"a_chain_is_not_used_twice_by_accident", "ChainKey c = chain.copy();", "ChainKey c = chain;",
     "deleted"},
    {"our_pair_is_not_copied_by_accident", "DhKeyPair p = ours.copy();", "DhKeyPair p = ours;",
     "deleted"},
    {"a_vault_is_not_opened_twice_by_accident", "Vault v = std::move(vault);", "Vault v = vault;",
     "deleted"},
    {"a_signing_pair_agrees_on_nothing", "(void)dh(ours, theirs);", "(void)dh(signs, theirs);",
     "no matching function|no known conversion|invalid initialization"},
    {"an_agreement_pair_signs_nothing", "(void)signs.sign(\"plan\", bytes);",
     "(void)ours.sign(\"plan\", bytes);", "no member named|has no member"},
    {"a_plaintext_is_no_text_by_itself", "(void)text.expose();", "std::string s = text;",
     "no viable conversion|conversion from"},
    {"what_was_not_opened_is_not_read",
     "if (auto p = session.decrypt(frame, roles, 0, random); p.ok()) (void)p->size();",
     "(void)session.decrypt(frame, roles, 0, random).size();", "no member named|has no member"},
    {"a_frame_that_was_not_opened_is_not_overlooked",
     "(void)session.decrypt(frame, roles, 0, random);", "session.decrypt(frame, roles, 0, random);",
     "nodiscard|unused-result"},
    {"a_refusal_is_not_overlooked", "(void)open(secret, SealPurpose::body, bytes, bytes);",
     "open(secret, SealPurpose::body, bytes, bytes);", "nodiscard|unused-result"},
    {"a_signature_is_not_overlooked", "(void)verify(signer, \"plan\", bytes, bytes);",
     "verify(signer, \"plan\", bytes, bytes);", "nodiscard|unused-result"},
    {"a_device_is_no_circle", "takes_circle(circle);", "takes_circle(device);",
     "no matching function|no known conversion|invalid initialization"},
    {"T2_a_manifest_is_no_plan", "takes_plan(plan);", "takes_plan(manifest);",
     "no matching function|no known conversion|invalid initialization"},
    {"T2_nothing_is_verified_by_being_called_so", "takes_plan(plan);",
     "takes_plan(protocol::Verified<protocol::Plan>(*plan, bytes));", "private"},
    {"T2_bytes_are_not_read_without_their_signature", "(void)protocol::verify_manifest(bytes);",
     "(void)protocol::reread_manifest(bytes);", "no matching function|no known conversion|invalid"},
    {"T2_nobody_but_the_server_says_that_bytes_were_kept",
     "(void)protocol::verify_plan(plan.record());",
     "(void)protocol::reread_plan(protocol::Kept(plan.record(), plan.hash()));", "private"},
    {"T2_a_key_is_no_point_by_being_32_bytes", "takes_key(parse_sign_key(bytes).value());",
     "takes_key(SignPublic(ByteArray<32>{}));", "private|no matching constructor"},
    {"the_log_takes_no_text", "server::log::info(\"started\", {{\"circle\", circle}});",
     "server::log::info(\"started\", {{\"name\", typed}});", "deleted"},
    {"the_log_takes_no_word_of_the_day", "server::log::info(\"started\");",
     "server::log::info(typed.c_str());",
     "constant expression|no matching function|no known conversion|could not convert"},
};

class Misuse : public ::testing::TestWithParam<Case> {};

TEST_P(Misuse, T32_does_not_compile) {
  const Case& c = GetParam();
  const Compiled right = compiled(c.right);
  EXPECT_TRUE(right.ok) << right.said;
  const Compiled wrong = compiled(c.wrong);
  EXPECT_FALSE(wrong.ok) << c.wrong;
  EXPECT_TRUE(std::regex_search(wrong.said, std::regex(c.because))) << wrong.said;
}

INSTANTIATE_TEST_SUITE_P(Interfaces, Misuse, ::testing::ValuesIn(cases),
                         [](const auto& c) { return std::string(c.param.name); });

}  // namespace
}  // namespace livlina
