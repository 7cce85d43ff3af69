// A vault survives a power cut, a full disk or a killed process at every moment.
#include "tests/crypto/vault_fixture.hpp"

namespace livlina::testing {
namespace {

using crypto::Error;
using crypto::Vault;

constexpr std::uint64_t cuts =
    4;  // ways in which unsynced writes are lost; 0 loses all, 1 all but the last

const Model before{{"account", Bytes(100, 1)}, {"plan", Bytes(9000, 2)}, {"old", Bytes(40, 3)}};

Vault::Changes step_one() {
  Vault::Changes c = changes({{"account", "changed"}, {"new", "one"}});
  c["plan"] = noise(7000, 5);
  c["old"] = std::nullopt;
  return c;
}

Model with(Model m, const Vault::Changes& c) {
  for (const auto& [key, value] : c) {
    if (value)
      m[key] = to_bytes(value->expose());
    else
      m.erase(key);
  }
  return m;
}

FakeStorage fresh() {
  FakeStorage storage;
  make_vault(storage, before, before);
  return storage;
}

// The image opens with one of the allowed contents, and takes a commit after that.
::testing::AssertionResult whole(const Bytes& image, const std::vector<Model>& allowed) {
  FakeStorage storage(image);
  auto vault = open_vault(storage, real_pin, 77);
  if (!vault.ok()) return ::testing::AssertionFailure() << name(vault.error());
  const Model found = model(vault->values());
  if (std::find(allowed.begin(), allowed.end(), found) == allowed.end())
    return ::testing::AssertionFailure() << "neither the old nor the new content";
  SeededRandom random(78);
  if (!vault->commit(changes({{"later", "still works"}}), random).ok())
    return ::testing::AssertionFailure() << "no commit after it";
  const auto again = open_vault(storage, real_pin, 79);
  if (!again.ok() || again->values().count("later") != 1)
    return ::testing::AssertionFailure() << "the commit after it was lost";
  FakeStorage decoy_view(image);
  const auto decoy = open_vault(decoy_view, duress_pin, 80);
  if (!decoy.ok() || model(decoy->values()) != before)
    return ::testing::AssertionFailure() << "the other realm suffered";
  return ::testing::AssertionSuccess();
}

// Cuts a commit at every write and sync. Returns how many there were.
std::size_t cut_everywhere(const FakeStorage& start, const Vault::Changes& batch) {
  std::size_t n = 0;
  for (;; ++n) {
    FakeStorage storage = start;
    auto vault = open_vault(storage, real_pin);
    EXPECT_TRUE(vault.ok());
    if (!vault.ok()) return n;
    const Model old = model(vault->values());
    const Model next = with(old, batch);
    SeededRandom random(9);
    storage.fail_at(n, true);
    Vault::Changes copy;
    for (const auto& [key, value] : batch)
      copy[key] = value ? std::optional(value->copy()) : std::nullopt;
    const bool committed = vault->commit(std::move(copy), random).ok();
    EXPECT_EQ(model(vault->values()), committed ? next : old);
    // A commit that was reported stands; one that was not is there whole or not at all.
    const std::vector<Model> allowed = committed ? std::vector{next} : std::vector{old, next};
    for (std::uint64_t cut = 0; cut < cuts; ++cut)
      EXPECT_TRUE(whole(storage.after_power_cut(cut), allowed)) << "at " << n << ", cut " << cut;
    EXPECT_TRUE(whole(storage.seen, allowed)) << "killed at " << n;
    if (!storage.failed()) return n;
    if (::testing::Test::HasFailure()) return n;
  }
}

TEST(VaultCrash, a_cut_anywhere_leaves_old_or_new) {
  // Four data pages at most, an index page, the root twice, two syncs, the old locations.
  EXPECT_GE(cut_everywhere(fresh(), step_one()), 8u);
}

TEST(VaultCrash, a_cut_while_growing_leaves_old_or_new) {
  Vault::Changes big;
  big["big"] = noise(300'000, 6);
  EXPECT_GT(cut_everywhere(fresh(), big), 70u);
}

// A process killed before its sync leaves pages that are seen but not durable; the next one builds
// on them, and then the power fails.
TEST(VaultCrash, a_cut_after_a_kill_leaves_a_whole_state) {
  FakeStorage start = fresh();
  // Once more, so that the lowest pages are in use and the unlock after the kill takes them.
  ASSERT_TRUE(open_vault(start, real_pin).ok());
  const Model next = with(before, step_one());
  for (std::size_t killed = 0; killed < 14; ++killed) {
    FakeStorage storage = start;
    SeededRandom random(9);
    auto vault = open_vault(storage, real_pin);
    storage.fail_at(killed, true);
    (void)vault->commit(step_one(), random).ok();
    for (std::size_t at = 0; at < 9; ++at) {
      FakeStorage later = storage;
      later.restart();
      later.fail_at(at, true);
      (void)open_vault(later, real_pin, 50 + at).ok();
      for (std::uint64_t cut = 0; cut < cuts; ++cut)
        ASSERT_TRUE(whole(later.after_power_cut(cut), {before, next}))
            << "killed at " << killed << ", cut at " << at << " in way " << cut;
    }
  }
}

// The same vault object goes on after a failed commit, and may be cut again.
TEST(VaultCrash, a_failed_commit_may_be_followed_by_another) {
  const FakeStorage start = fresh();
  const Model one = with(before, step_one());
  const Model two = with(before, changes({{"second", "try"}}));
  const Model both = with(one, changes({{"second", "try"}}));
  for (std::size_t first = 0; first < 14; ++first) {
    for (std::size_t second = 0; second < 12; ++second) {
      FakeStorage storage = start;
      SeededRandom random(9);
      auto vault = open_vault(storage, real_pin);
      ASSERT_TRUE(vault.ok());
      storage.fail_at(first, false);
      const bool first_stands = vault->commit(step_one(), random).ok();
      storage.restart();
      storage.fail_at(second, true);
      const bool second_stands = vault->commit(changes({{"second", "try"}}), random).ok();
      std::vector<Model> allowed;
      if (second_stands)
        allowed = {first_stands ? both : two};
      else if (first_stands)
        allowed = {one, both};
      else
        allowed = {before, one, two};
      for (std::uint64_t cut = 0; cut < cuts; ++cut)
        ASSERT_TRUE(whole(storage.after_power_cut(cut), allowed))
            << "failed at " << first << ", cut at " << second << " in way " << cut;
    }
  }
}

// Beyond what can be promised: a disk that says it has synced, and keeps any part of the writes
// since. Every page is sealed, so what is found is one of the states that there were, or a refusal.
TEST(VaultCrash, a_disk_that_lies_about_its_syncs_leaves_a_whole_state_or_a_refusal) {
  const FakeStorage start = fresh();
  const Model one = with(before, step_one());
  const Model two = with(one, changes({{"second", "two"}}));
  const Model three = with(two, changes({{"third", "three"}}));
  int found = 0;
  int refused = 0;
  int older = 0;
  for (std::uint64_t cut = 0; cut < 150; ++cut) {
    FakeStorage storage = start;
    auto vault = open_vault(storage, real_pin);
    ASSERT_TRUE(vault.ok());
    SeededRandom random(cut + 9);
    storage.lie();
    ASSERT_TRUE(vault->commit(step_one(), random).ok());
    ASSERT_TRUE(vault->commit(changes({{"second", "two"}}), random).ok());
    ASSERT_TRUE(vault->commit(changes({{"third", "three"}}), random).ok());
    FakeStorage left(storage.after_power_cut(cut));
    const auto again = open_vault(left, real_pin, 88);
    if (!again.ok()) {
      EXPECT_EQ(again.error(), Error::bad_format) << "cut " << cut;
      ++refused;
      continue;
    }
    const Model there = model(again->values());
    EXPECT_TRUE(there == before || there == one || there == two || there == three)
        << "half a state in cut " << cut;
    ++found;
    older += there == three ? 0 : 1;
  }
  EXPECT_GT(found, 0);
  EXPECT_GT(refused, 0);
  EXPECT_GT(older, 0);
}

TEST(VaultCrash, a_cut_while_unlocking_changes_nothing) {
  const FakeStorage start = fresh();
  for (std::size_t n = 0; n < 9; ++n) {
    FakeStorage storage = start;
    storage.fail_at(n, true);
    const auto vault = open_vault(storage, real_pin);
    EXPECT_TRUE(vault.ok() || vault.error() == Error::storage);
    for (std::uint64_t cut = 0; cut < cuts; ++cut)
      EXPECT_TRUE(whole(storage.after_power_cut(cut), {before})) << n << " " << cut;
  }
}

Bytes front_of(const Bytes& image) {
  const auto size = std::min<std::size_t>(image.size(), crypto::vault::front_size);
  return {image.begin(), image.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST(VaultCrash, a_cut_while_creating_leaves_no_half_vault) {
  FakeStorage uncut;
  make_vault(uncut, before, before);
  const Bytes front = front_of(uncut.seen);
  std::size_t with_front = 0;
  for (std::size_t n = 0; n < 60; ++n) {
    FakeStorage storage;
    SeededRandom random(1);
    storage.fail_at(n, true);
    const bool made = Vault::create(storage, real_pin, duress_pin, device_secret(), values(before),
                                    values(before), random, cheap)
                          .ok();
    for (std::uint64_t cut = 0; cut < cuts; ++cut) {
      FakeStorage left(storage.after_power_cut(cut));
      const auto vault = open_vault(left, real_pin);
      // What has a vault's front is a vault: what it stands before was on the disk already.
      const bool has_front = front_of(left.durable) == front;
      with_front += has_front ? 1 : 0;
      if (vault.ok()) {
        EXPECT_EQ(model(vault->values()), before);
      } else
        EXPECT_TRUE(!made && !has_front &&
                    (vault.error() == Error::bad_format || vault.error() == Error::bad_version ||
                     vault.error() == Error::wrong_pin))
            << n << " " << cut << " " << name(vault.error());
    }
    if (!storage.failed()) {
      EXPECT_GT(with_front, cuts) << "no cut left the front alone";
      return;
    }
  }
  FAIL() << "creation takes more writes than this test tries";
}

}  // namespace
}  // namespace livlina::testing
