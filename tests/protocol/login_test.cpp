#include "protocol/records/login.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>

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

// What is signed without a record around it, and the records: none is taken for another, although
// a server chooses most of what a device signs at log-in.
TEST(Login, T2_what_is_signed_at_log_in_and_join_is_no_record_and_no_record_is_such) {
  const auto key = owner().public_key();
  struct Signed {
    const char* purpose;
    std::function<bool(ByteView)> holds;
  };
  const Signed all[] = {
      {"login", [&](ByteView s) { return verify_login(login, key, s).ok(); }},
      {"hello", [&](ByteView s) { return verify_hello(hello, key, s).ok(); }},
      {"join", [&](ByteView s) { return verify_join(hash_of(8), Role::mentor, key, s).ok(); }},
  };
  for (const Signed& one : all) {
    // The right bytes of each record, signed as this.
    for (const RecordKind& kind : record_kinds())
      EXPECT_EQ(kind.refusal(sign_body(body_of(kind.sample), one.purpose)), Error::bad_signature)
          << kind.purpose << " signed as " << one.purpose;
  }
  // The right bytes of each of these, signed as anything else. Layouts are written out once more.
  const auto layouts = [] {
    ByteWriter of_login, of_hello, of_join;
    of_login.sized(view(login.server_name)).bytes(login.server_pk).bytes(login.server_nonce);
    of_login.bytes(login.client_nonce).u64(login.counter).u64(login.epoch);
    of_hello.bytes(hello.server_nonce).bytes(hello.client_nonce).i64(hello.time);
    of_hello.u64(hello.audit_n).bytes(hello.audit_hash);
    of_join.bytes(hash_of(8)).u8(static_cast<std::uint8_t>(Role::mentor));
    return std::vector<Bytes>{of_login.take(), of_hello.take(), of_join.take()};
  }();
  std::vector<std::string> purposes = {"login", "hello", "join"};
  for (const RecordKind& kind : record_kinds())
    if (kind.name == kind.purpose) purposes.push_back(kind.purpose);  // one form of each
  EXPECT_EQ(std::set<std::string>(purposes.begin(), purposes.end()).size(), purposes.size());
  for (std::size_t i = 0; i < std::size(all); ++i)
    for (const std::string& purpose : purposes)
      EXPECT_EQ(all[i].holds(owner().sign(purpose, layouts[i])), purpose == all[i].purpose)
          << all[i].purpose << " signed as " << purpose;
}

}  // namespace
}  // namespace livlina::testing
