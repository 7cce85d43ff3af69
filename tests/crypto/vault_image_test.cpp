// What a vault's bytes tell, and what changing them does.
#include <set>

#include "tests/crypto/vault_fixture.hpp"

namespace livlina::testing {
namespace {

using crypto::Error;
using crypto::Vault;

const Model real_values{{"account", Bytes(64, 1)}, {"plan", Bytes(6000, 2)}, {"note", Bytes(9, 3)}};
const Model decoy_values{{"account", Bytes(64, 4)}, {"plan", Bytes(600, 5)}};

// How far the byte counts of a block are from even (chi squared, 255 degrees of freedom).
double unevenness(ByteView block) {
  std::array<double, 256> counts{};
  for (const std::uint8_t b : block) ++counts[b];
  const double expected = static_cast<double>(block.size()) / 256;
  double sum = 0;
  for (const double c : counts) sum += (c - expected) * (c - expected) / expected;
  return sum;
}

// Everything after the header looks random, and no block comes twice.
void expect_random_looking(ByteView image) {
  std::set<Bytes> starts;
  for (std::size_t at = 4096; at < image.size(); at += 4096) {
    const ByteView page = image.subspan(at, 4096);
    EXPECT_LT(unevenness(page), 400.0) << at;  // beyond it one in a hundred million
    EXPECT_GT(unevenness(page), 140.0) << at;
    EXPECT_TRUE(starts.insert(to_bytes(page.first(16))).second) << at;
  }
  EXPECT_LT(unevenness(image.subspan(64, 4032)), 400.0);
}

TEST(VaultImage, T7_T30_one_image_shows_no_duress_pin) {
  FakeStorage with;
  FakeStorage without;
  make_vault(with, real_values, decoy_values, 1);
  make_vault(without, real_values, decoy_values, 2, {});
  EXPECT_EQ(with.seen.size(), without.seen.size());
  EXPECT_EQ(with.log, without.log);  // made by the same accesses
  // The headers differ in the salt alone.
  EXPECT_TRUE(equal(ByteView(with.seen).first(20), ByteView(without.seen).first(20)));
  EXPECT_TRUE(equal(ByteView(with.seen).subspan(36, 28), ByteView(without.seen).subspan(36, 28)));
  expect_random_looking(with.seen);
  expect_random_looking(without.seen);
  // Still so after use.
  for (FakeStorage* storage : {&with, &without}) {
    auto vault = open_vault(*storage, real_pin);
    ASSERT_TRUE(vault.ok());
    SeededRandom random(3);
    Vault::Changes put;
    put["big"] = noise(400'000, 4);
    ASSERT_TRUE(vault->commit(std::move(put), random).ok());
    ASSERT_TRUE(vault->commit(erase("big"), random).ok());
    expect_random_looking(storage->seen);
  }
  EXPECT_EQ(with.seen.size(), without.seen.size());
}

// Pages that were never written would tell an unused realm from one that writes over them.
TEST(VaultImage, T30_a_growth_that_was_cut_off_leaves_no_gaps) {
  FakeStorage start;
  make_vault(start, real_values, decoy_values);
  int grown = 0;
  for (std::size_t n = 2; n < 14; ++n) {
    FakeStorage storage = start;
    auto vault = open_vault(storage, real_pin);
    ASSERT_TRUE(vault.ok());
    storage.fail_at(n, true);
    SeededRandom random(3);
    Vault::Changes put;
    put["big"] = noise(400'000, 4);
    (void)vault->commit(std::move(put), random).ok();
    for (std::uint64_t cut = 0; cut < 6; ++cut) {
      const Bytes image = storage.after_power_cut(cut);
      const std::uint32_t pages = crypto::vault::pages_in(image.size());
      if (pages == crypto::vault::fewest_pages) continue;
      ++grown;
      // But for the last page, which may be torn.
      expect_random_looking(ByteView(image).first(crypto::vault::file_size(pages) - 4096));
    }
  }
  EXPECT_GT(grown, 5);
}

TEST(VaultImage, T30_set_and_slot_order_are_random) {
  std::set<std::pair<int, int>> orders;
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    FakeStorage storage;
    make_vault(storage, {}, {}, seed);
    const auto real = open_slots(storage.seen, real_pin);
    const auto decoy = open_slots(storage.seen, duress_pin);
    ASSERT_TRUE(real && decoy);
    EXPECT_NE(real->place, decoy->place);
    EXPECT_NE(real->slot.set, decoy->slot.set);
    orders.insert({real->place, real->slot.set});
  }
  EXPECT_EQ(orders.size(), 4u);
}

// What an unlock did to the storage, with pages of either set counted alike.
std::vector<Access> unlock_trace(FakeStorage storage, ByteView pin, std::set<std::uint8_t>* sets,
                                 std::set<std::uint64_t>* written) {
  storage.log.clear();
  EXPECT_TRUE(open_vault(storage, pin).ok());
  std::vector<Access> out;
  for (Access a : storage.log) {
    if (a.kind == Access::Kind::write) {
      EXPECT_EQ(a.offset % 4096, 0u);
      sets->insert(place_of(a.offset).set);
      written->insert(a.offset);
    }
    a.offset = 0;  // the realms' pages lie elsewhere; kind, size and order remain
    out.push_back(a);
  }
  return out;
}

TEST(VaultImage, T30_both_unlocks_do_the_same) {
  FakeStorage storage;
  make_vault(storage, real_values, decoy_values);
  const auto real_set = open_slots(storage.seen, real_pin)->slot.set;
  std::set<std::uint8_t> sets[2];
  std::set<std::uint64_t> written[2];
  const auto real = unlock_trace(storage, real_pin, &sets[0], &written[0]);
  const auto decoy = unlock_trace(storage, duress_pin, &sets[1], &written[1]);
  // As many reads and writes of the same sizes in the same order, whatever the realms hold.
  EXPECT_EQ(real, decoy);
  EXPECT_EQ(sets[0], (std::set<std::uint8_t>{real_set}));
  EXPECT_EQ(sets[1], (std::set<std::uint8_t>{static_cast<std::uint8_t>(1 - real_set)}));
  for (const auto& pages : written) EXPECT_EQ(pages.size(), 4u);
  std::size_t writes = 0;
  for (const Access& a : real) writes += a.kind == Access::Kind::write ? 1 : 0;
  EXPECT_EQ(writes, 4u);
}

// One error and one look at the storage: nobody learns from a vault that stays shut whether the PIN
// was wrong, the device, or a slot damaged, nor which one.
TEST(VaultImage, T18_a_refusal_is_the_same_whatever_is_wrong) {
  FakeStorage storage;
  make_vault(storage, real_values, decoy_values);
  const std::size_t real = crypto::vault::header_size +
                           open_slots(storage.seen, real_pin)->place * crypto::vault::slot_size;
  const auto refused = [&](const Bytes& image, ByteView pin, const crypto::Secret<32>& secret) {
    FakeStorage copy(image);
    SeededRandom random(3);
    const auto opened = crypto::Vault::open(copy, pin, secret, random);
    EXPECT_EQ(opened.error(), Error::wrong_pin);
    EXPECT_EQ(copy.seen, image);
    return copy.log;
  };
  const std::vector<Access> once = {{Access::Kind::read, 0, crypto::vault::front_size}};
  EXPECT_EQ(refused(storage.seen, view(std::string_view("602214")), device_secret()), once);
  EXPECT_EQ(refused(storage.seen, real_pin, crypto::Secret<32>(Bytes(32, 5))), once);
  for (std::size_t at = 0; at < crypto::vault::slot_size; at += 15) {
    Bytes damaged = storage.seen;
    damaged[real + at] ^= 1;
    EXPECT_EQ(refused(damaged, real_pin, device_secret()), once) << at;
  }
}

TEST(VaultImage, T30_every_unlock_rewrites_four_pages) {
  FakeStorage storage;
  make_vault(storage, real_values, decoy_values);
  for (std::uint64_t i = 0; i < 5; ++i) {
    const Bytes old = storage.seen;
    ASSERT_TRUE(open_vault(storage, real_pin, i).ok());
    ASSERT_EQ(storage.seen.size(), old.size());
    std::size_t changed = 0;
    for (std::size_t at = 0; at < old.size(); at += 4096)
      changed +=
          equal(ByteView(old).subspan(at, 4096), ByteView(storage.seen).subspan(at, 4096)) ? 0 : 1;
    EXPECT_EQ(changed, 4u);
  }
}

// Opens an altered image with both PINs: each fails, or has its own content. How many failed.
int failures(const Bytes& image) {
  int failed = 0;
  for (const bool real : {true, false}) {
    FakeStorage storage(image);
    auto vault = open_vault(storage, real ? real_pin : duress_pin);
    if (!vault.ok()) {
      ++failed;
      continue;
    }
    EXPECT_EQ(model(vault->values()), real ? real_values : decoy_values);
    if (!real || vault->decoy() == nullptr) continue;
    EXPECT_EQ(model(vault->decoy()->values()), decoy_values);
  }
  return failed;
}

TEST(VaultImage, T4_a_flipped_byte_never_gives_wrong_content) {
  FakeStorage storage;
  make_vault(storage, real_values, decoy_values);
  ASSERT_TRUE(open_vault(storage, real_pin).ok());
  ASSERT_TRUE(open_vault(storage, duress_pin).ok());
  const Bytes image = storage.seen;
  ASSERT_EQ(failures(image), 0);
  const auto flipped = [&image](std::size_t at, std::uint8_t bits) {
    Bytes altered = image;
    altered[at] ^= bits;
    return failures(altered);
  };

  // The header counts for both realms, a slot for its own, the filling for none.
  for (std::size_t at = 0; at < 64; ++at) EXPECT_EQ(flipped(at, 1), 2) << at;
  for (std::size_t at = 64; at < 576; at += 7) EXPECT_EQ(flipped(at, 0x80), 1) << at;
  for (const std::size_t at : {319u, 320u, 575u}) EXPECT_EQ(flipped(at, 1), 1) << at;
  for (const std::size_t at : {576u, 2000u, 4095u}) EXPECT_EQ(flipped(at, 1), 0) << at;

  // Each page somewhere in its nonce, commitment, counter, data and tag.
  int fatal = 0;
  for (std::size_t page = 4096; page < image.size(); page += 4096) {
    const std::size_t places[] = {0, 24, 60, 70 + page / 4096 * 31 % 4000, 4095};
    int failed = 0;
    for (const std::size_t at : places) failed += flipped(page + at, 4);
    EXPECT_TRUE(failed == 0 || failed == 5) << page;  // a page counts, or it does not
    const std::uint32_t number = place_of(page).page;
    EXPECT_TRUE(number >= 2 || failed == 0) << "a root has a second copy";
    fatal += failed == 5 ? 1 : 0;
  }
  // real: index, plan on two pages, one of them shared; decoy: index, one page.
  EXPECT_EQ(fatal, 5);

  // Both copies of a root: nothing older comes up.
  const auto real_set = open_slots(image, real_pin)->slot.set;
  Bytes rootless = image;
  for (const std::uint32_t root : {0u, 1u})
    rootless[crypto::vault::page_offset(real_set, root) + 200] ^= 1;
  FakeStorage left(rootless);
  EXPECT_EQ(open_vault(left, real_pin).error(), Error::bad_format);
}

// Not only somewhere: each byte of both slots, and each byte of one page of either realm that its
// content needs.
TEST(VaultImage, T4_every_byte_of_a_slot_and_of_a_page_counts) {
  FakeStorage storage;
  make_vault(storage, real_values, decoy_values);
  const Bytes image = storage.seen;
  const auto opens = [&image](std::size_t at, std::uint8_t bits, ByteView pin) {
    FakeStorage altered(image);
    altered.seen[at] ^= bits;
    return open_vault(altered, pin).ok();
  };
  const std::size_t real_slot =
      64 + 256 * static_cast<std::size_t>(open_slots(image, real_pin)->place);
  for (std::size_t at = 64; at < 576; ++at) {
    const bool real = at >= real_slot && at < real_slot + 256;
    const auto bits = static_cast<std::uint8_t>(1u << (at % 8));
    EXPECT_FALSE(opens(at, bits, real ? real_pin : duress_pin)) << at;
    EXPECT_TRUE(opens(at, bits, real ? duress_pin : real_pin)) << at;
  }
  for (const ByteView pin : {real_pin, duress_pin}) {
    const auto set = open_slots(image, pin)->slot.set;
    std::size_t needed = 0;  // the first page beyond the roots without which it does not open
    for (std::uint32_t page = 2; needed == 0; ++page) {
      const auto at = static_cast<std::size_t>(crypto::vault::page_offset(set, page));
      ASSERT_LT(at, image.size());
      if (!opens(at + 100, 1, pin)) needed = at;
    }
    for (std::size_t at = needed; at < needed + 4096; ++at)
      EXPECT_FALSE(opens(at, static_cast<std::uint8_t>(1u << (at % 8)), pin)) << at - needed;
  }
}

TEST(VaultImage, T4_pages_cannot_change_places_or_realms) {
  FakeStorage storage;
  make_vault(storage, real_values, decoy_values);
  const std::size_t count = storage.seen.size() / 4096 - 1;
  int fatal = 0;
  for (std::size_t a = 0; a < count; ++a) {
    Bytes altered = storage.seen;
    const std::size_t b = (a + 1 + a % 3) % count;
    for (std::size_t i = 0; i < 4096; ++i)
      std::swap(altered[4096 * (1 + a) + i], altered[4096 * (1 + b) + i]);
    fatal += failures(altered);
  }
  EXPECT_GT(fatal, 5);
}

TEST(VaultImage, T4_slots_cannot_change_places) {
  FakeStorage storage;
  make_vault(storage, real_values, decoy_values);
  std::swap_ranges(storage.seen.begin() + 64, storage.seen.begin() + 320,
                   storage.seen.begin() + 320);
  EXPECT_EQ(open_vault(storage, real_pin).error(), Error::wrong_pin);
  EXPECT_EQ(open_vault(storage, duress_pin).error(), Error::wrong_pin);
}

TEST(VaultImage, T6_a_page_from_an_older_image_does_not_open) {
  FakeStorage storage;
  make_vault(storage, real_values, decoy_values);
  std::vector<Bytes> older;
  SeededRandom random(3);
  for (int i = 0; i < 6; ++i) {
    older.push_back(storage.seen);
    auto vault = open_vault(storage, real_pin, static_cast<std::uint64_t>(i));
    ASSERT_TRUE(vault.ok());
    Vault::Changes put;
    put["account"] = noise(64, static_cast<std::uint64_t>(i));
    ASSERT_TRUE(vault->commit(std::move(put), random).ok());
  }
  const Bytes image = storage.seen;
  Model newest = real_values;
  newest["account"] = to_bytes(noise(64, 5).expose());

  const auto restored = [&](const Bytes& old, const std::vector<std::size_t>& pages) {
    FakeStorage put_back(image);
    for (const std::size_t at : pages)
      std::copy_n(old.begin() + static_cast<std::ptrdiff_t>(at), 4096,
                  put_back.seen.begin() + static_cast<std::ptrdiff_t>(at));
    const auto vault = open_vault(put_back, real_pin);
    EXPECT_TRUE(!vault.ok() || model(vault->values()) == newest) << "an older state came up";
    return vault.ok();
  };
  int refused = 0;
  for (const Bytes& old : older)
    for (std::size_t at = 4096; at < image.size(); at += 4096)
      refused += restored(old, {at}) ? 0 : 1;
  EXPECT_GE(refused, 6);
  // Both copies of the root of the last state but one: its other pages are gone.
  const auto set = open_slots(image, real_pin)->slot.set;
  for (const Bytes& old : older)
    EXPECT_FALSE(restored(old, {static_cast<std::size_t>(crypto::vault::page_offset(set, 0)),
                                static_cast<std::size_t>(crypto::vault::page_offset(set, 1))}));
}

// Two commits start from one state, as one cut off and its successor do, and use the same pages.
TEST(VaultImage, T6_a_page_of_a_commit_that_was_cut_off_does_not_open_in_the_next) {
  FakeStorage start;
  make_vault(start, real_values, decoy_values);
  const auto commit = [&start](std::uint8_t content) {
    FakeStorage storage = start;
    SeededRandom random(content);
    auto vault = open_vault(storage, real_pin, 5);
    Vault::Changes put;
    put["account"] = crypto::SecretBytes(ByteView(Bytes(64, content)));
    EXPECT_TRUE(vault->commit(std::move(put), random).ok());
    return storage.seen;
  };
  const Bytes cut_off = commit(0xaa);
  const Bytes next = commit(0xbb);
  int refused = 0;
  for (std::size_t at = 4096; at < next.size(); at += 4096) {
    FakeStorage mixed(next);
    std::copy_n(cut_off.begin() + static_cast<std::ptrdiff_t>(at), 4096,
                mixed.seen.begin() + static_cast<std::ptrdiff_t>(at));
    const auto vault = open_vault(mixed, real_pin);
    EXPECT_TRUE(!vault.ok() || vault->values().at("account").expose()[0] == 0xbb);
    refused += vault.ok() ? 0 : 1;
  }
  EXPECT_GE(refused, 2);  // the data page and the index page
}

}  // namespace
}  // namespace livlina::testing
