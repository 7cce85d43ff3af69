// New PINs for a vault: who opens what afterwards, and what a crash or a coercer can spoil.
#include "tests/crypto/vault_fixture.hpp"

namespace livlina::testing {
namespace {

using crypto::Error;

const ByteView new_pin = view(std::string_view("505050"));
const ByteView new_duress = view(std::string_view("616161"));
const Model ours{{"account", Bytes{1, 2, 3}}};
const Model theirs{{"shadow", Bytes{9}}};

class VaultChange : public ::testing::Test {
 protected:
  VaultChange() { make_vault(storage, ours, theirs); }

  // Changes the PINs of the realm that `old` opens, in a copy that then takes the storage's place.
  crypto::Status change(ByteView old, ByteView pin, ByteView duress) {
    auto vault = open_vault(storage, old);
    EXPECT_TRUE(vault.ok());
    FakeStorage copy(storage.seen);
    SeededRandom random(11);
    const auto changed = vault->change_pins(copy, pin, duress, device_secret(), random);
    if (changed.ok()) {
      EXPECT_EQ(copy.seen, copy.durable);
      storage = FakeStorage(copy.seen);
    }
    return changed;
  }
  // What a PIN opens; nothing when it is wrong.
  std::optional<Model> opened(ByteView pin) {
    const auto vault = open_vault(storage, pin);
    if (vault.ok()) return model(vault->values());
    EXPECT_EQ(vault.error(), Error::wrong_pin);
    return std::nullopt;
  }

  FakeStorage storage;
};

TEST_F(VaultChange, H34_only_the_new_pins_open) {
  ASSERT_TRUE(change(real_pin, new_pin, new_duress).ok());
  EXPECT_EQ(opened(new_pin), ours);
  EXPECT_EQ(opened(new_duress), theirs);
  EXPECT_EQ(opened(real_pin), std::nullopt);
  EXPECT_EQ(opened(duress_pin), std::nullopt);
}

TEST_F(VaultChange, without_a_duress_pin_the_other_slot_opens_for_nobody) {
  ASSERT_TRUE(change(real_pin, new_pin, {}).ok());
  EXPECT_EQ(opened(new_pin), ours);
  EXPECT_EQ(opened(duress_pin), std::nullopt);
  EXPECT_EQ(opened(new_duress), std::nullopt);
  // The decoy realm is still there, and gets a PIN again.
  ASSERT_TRUE(change(new_pin, real_pin, new_duress).ok());
  EXPECT_EQ(opened(new_duress), theirs);
}

TEST_F(VaultChange, H34_a_change_under_duress_keeps_the_real_realm) {
  ASSERT_TRUE(change(duress_pin, new_pin, new_duress).ok());
  EXPECT_EQ(opened(real_pin), ours);
  EXPECT_EQ(opened(new_pin), theirs);
  EXPECT_EQ(opened(duress_pin), std::nullopt);
  EXPECT_EQ(opened(new_duress), std::nullopt);
}

TEST_F(VaultChange, H34_the_real_realm_wins_when_the_decoy_takes_its_pin) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {  // both orders of the slots come up
    storage = FakeStorage();
    make_vault(storage, ours, theirs, seed);
    ASSERT_TRUE(change(duress_pin, real_pin, new_duress).ok());
    EXPECT_EQ(opened(real_pin), ours) << "seed " << seed;
    ASSERT_TRUE(change(real_pin, new_pin, new_duress).ok());
    EXPECT_EQ(opened(new_duress), theirs) << "seed " << seed;
  }
}

TEST_F(VaultChange, H34_pins_that_break_the_rules_change_nothing) {
  const Bytes before = storage.seen;
  EXPECT_EQ(change(real_pin, view(std::string_view("12345")), {}).error(), Error::bad_format);
  EXPECT_EQ(change(real_pin, new_pin, view(std::string_view("505051"))).error(), Error::bad_format);
  EXPECT_EQ(opened(real_pin), ours);
}

TEST_F(VaultChange, a_storage_that_fails_is_told_and_what_is_no_vault_is_refused) {
  auto vault = open_vault(storage, real_pin);
  ASSERT_TRUE(vault.ok());
  SeededRandom random(1);
  for (std::size_t n = 0; n < 2; ++n) {  // the write, the sync
    FakeStorage copy(storage.seen);
    copy.fail_at(n, true);
    EXPECT_EQ(vault->change_pins(copy, new_pin, new_duress, device_secret(), random).error(),
              Error::storage);
  }
  FakeStorage empty;
  EXPECT_EQ(vault->change_pins(empty, new_pin, new_duress, device_secret(), random).error(),
            Error::bad_format);
}

// Only the two slots change, and they have their size whichever realm asked.
TEST_F(VaultChange, nothing_but_the_slots_is_written) {
  for (const ByteView pin : {real_pin, duress_pin}) {
    auto vault = open_vault(storage, pin);
    ASSERT_TRUE(vault.ok());
    FakeStorage copy(storage.seen);
    SeededRandom random(2);
    ASSERT_TRUE(vault->change_pins(copy, new_pin, new_duress, device_secret(), random).ok());
    std::vector<Access> writes;
    for (const Access& a : copy.log)
      if (a.kind == Access::Kind::write) writes.push_back(a);
    EXPECT_EQ(writes, (std::vector<Access>{{Access::Kind::write, 64, 512}}));
  }
}

}  // namespace
}  // namespace livlina::testing
