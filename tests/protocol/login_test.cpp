#include "protocol/records/login.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "tests/protocol/record_samples.hpp"
#include "tests/protocol/why.hpp"

namespace livlina::testing {
namespace {

using namespace protocol;

const LoginTranscript login{"livlina.example", hash_of(1), hash_of(2), hash_of(3), 4, 5};
const HelloTranscript hello{hash_of(2), hash_of(3), sample_now, 6, hash_of(7)};

TEST(Login, T5_a_signature_fits_its_own_transcript_only) {
  const auto signature = sign_login(login, owner());
  EXPECT_TRUE(verify_login(login, owner().public_key(), signature).ok());
  EXPECT_EQ(why(verify_login(login, sign_key(2).public_key(), signature)), Error::bad_signature);
  const std::vector<std::function<void(LoginTranscript&)>> changes = {
      [](auto& t) { t.server_name = "livlina.exampl"; },
      [](auto& t) { t.server_pk[0] ^= 1; },
      [](auto& t) { t.server_nonce[31] ^= 1; },
      [](auto& t) { t.client_nonce[0] ^= 1; },
      [](auto& t) { std::swap(t.client_nonce, t.server_nonce); },
      [](auto& t) { t.counter += 1; },
      [](auto& t) { t.epoch += 1; },
      [](auto& t) { std::swap(t.counter, t.epoch); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    LoginTranscript other = login;
    changes[i](other);
    EXPECT_EQ(why(verify_login(other, owner().public_key(), signature)), Error::bad_signature) << i;
  }
}

TEST(Login, T4_a_changed_or_cut_signature_is_refused) {
  const auto signature = sign_login(login, owner());
  for (std::size_t i = 0; i < 64; ++i) {
    auto changed = signature;
    changed[i] ^= 1;
    EXPECT_FALSE(verify_login(login, owner().public_key(), changed).ok());
    EXPECT_FALSE(verify_login(login, owner().public_key(), ByteView(signature).first(i)).ok());
  }
}

TEST(Hello, T6_the_servers_greeting_binds_both_nonces_time_and_audit_head) {
  const auto signature = sign_hello(hello, owner());
  EXPECT_TRUE(verify_hello(hello, owner().public_key(), signature).ok());
  const std::vector<std::function<void(HelloTranscript&)>> changes = {
      [](auto& t) { std::swap(t.client_nonce, t.server_nonce); },
      [](auto& t) { t.time += 1; },
      [](auto& t) { t.audit_n += 1; },
      [](auto& t) { t.audit_hash[5] ^= 1; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    HelloTranscript other = hello;
    changes[i](other);
    EXPECT_FALSE(verify_hello(other, owner().public_key(), signature).ok()) << i;
  }
}

TEST(Join, T16_binds_invitation_and_role) {
  const auto signature = sign_join(hash_of(8), Role::mentor, owner());
  EXPECT_TRUE(verify_join(hash_of(8), Role::mentor, owner().public_key(), signature).ok());
  EXPECT_FALSE(verify_join(hash_of(8), Role::coordinator, owner().public_key(), signature).ok());
  EXPECT_FALSE(verify_join(hash_of(9), Role::mentor, owner().public_key(), signature).ok());
}

}  // namespace
}  // namespace livlina::testing
