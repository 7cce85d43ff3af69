// What a vault keeps and whom it opens for.
#include "crypto/e2ee/vault.hpp"

#include "crypto/core/hash.hpp"
#include "crypto/e2ee/seal.hpp"
#include "tests/crypto/vault_fixture.hpp"

namespace livlina::testing {
namespace {

using crypto::Error;
using crypto::Vault;

const Model sample{{"account", Bytes{1, 2, 3}}, {"empty", {}}, {"plan", Bytes(5000, 7)}};

TEST(Vault, keeps_values_of_every_size) {
  Model real;
  const std::size_t sizes[] = {0,    1,    100,  3990, 3996,  3997,   3998,  3999,
                               4000, 4014, 4016, 8000, 12000, 100000, 300000};
  for (const std::size_t size : sizes)
    real["size " + std::to_string(size)] = to_bytes(noise(size, size).expose());
  FakeStorage storage;
  make_vault(storage, real, sample);
  const auto vault = open_vault(storage, real_pin);
  ASSERT_TRUE(vault.ok());
  EXPECT_EQ(model(vault->values()), real);
  const auto decoy = open_vault(storage, duress_pin);
  ASSERT_TRUE(decoy.ok());
  EXPECT_EQ(model(decoy->values()), sample);
}

TEST(Vault, random_commits_give_what_a_map_gives) {
  FakeStorage storage;
  Model expected = sample;
  make_vault(storage, expected, {});
  auto vault = open_vault(storage, real_pin);
  ASSERT_TRUE(vault.ok());
  SeededRandom random(7);
  for (int step = 0; step < 150; ++step) {
    Vault::Changes batch;
    const int count = random.array<1>()[0] % 4;
    for (int i = 0; i < count; ++i) {
      const auto dice = random.array<3>();
      const std::string key = "key" + std::to_string(dice[0] % 40);
      const std::size_t size = dice[1] % 8 == 0 ? dice[2] * 200u : dice[2] * 8u;
      if (dice[1] % 5 == 0) {
        batch[key] = std::nullopt;
        expected.erase(key);
      } else {
        batch[key] = noise(size, random.array<1>()[0]);
        expected[key] = to_bytes(batch[key]->expose());
      }
    }
    ASSERT_TRUE(vault->commit(std::move(batch), random).ok());
    ASSERT_EQ(model(vault->values()), expected);
    if (step % 10 != 9) continue;
    vault = open_vault(storage, real_pin);
    ASSERT_TRUE(vault.ok()) << name(vault.error());
    ASSERT_EQ(model(vault->values()), expected);
  }
}

TEST(Vault, holds_more_than_one_index_page_reaches) {
  FakeStorage storage;
  make_vault(storage, sample, sample);
  auto vault = open_vault(storage, real_pin);
  ASSERT_TRUE(vault.ok());
  SeededRandom random(3);
  Model expected = sample;
  for (int i = 0; i < 12; ++i) {
    const std::string key = "attachment" + std::to_string(i);
    Vault::Changes put;
    put[key] = noise(300'000, static_cast<std::uint64_t>(i));
    expected[key] = to_bytes(put[key]->expose());
    ASSERT_TRUE(vault->commit(std::move(put), random).ok());
  }
  EXPECT_EQ(storage.seen.size(), crypto::vault::file_size(1024));  // doubled four times
  vault = open_vault(storage, real_pin);
  ASSERT_TRUE(vault.ok());
  EXPECT_EQ(model(vault->values()), expected);

  Vault::Changes all_but_one;
  for (const auto& [key, value] : expected)
    if (key != "account") all_but_one[key] = std::nullopt;
  ASSERT_TRUE(vault->commit(std::move(all_but_one), random).ok());
  vault = open_vault(storage, real_pin);
  ASSERT_TRUE(vault.ok());
  EXPECT_EQ(model(vault->values()), (Model{{"account", Bytes{1, 2, 3}}}));
}

TEST(Vault, a_small_commit_writes_few_pages) {
  Model real;
  for (int i = 0; i < 100; ++i) real["session" + std::to_string(i)] = Bytes(1500, 1);
  FakeStorage storage;
  make_vault(storage, real, {});
  auto vault = open_vault(storage, real_pin);
  ASSERT_TRUE(vault.ok());
  storage.log.clear();
  SeededRandom random(3);
  Vault::Changes put;
  put["session50"] = noise(1600, 1);
  ASSERT_TRUE(vault->commit(std::move(put), random).ok());
  std::size_t writes = 0;
  for (const Access& a : storage.log) writes += a.kind == Access::Kind::write ? 1 : 0;
  EXPECT_LE(writes, 8u);  // two pages, an index page, the root twice, three old locations
}

TEST(Vault, refuses_wrong_pin_and_wrong_device) {
  FakeStorage storage;
  make_vault(storage, sample, {});
  const Bytes before = storage.seen;
  SeededRandom random(2);
  EXPECT_EQ(open_vault(storage, view(std::string_view("271829"))).error(), Error::wrong_pin);
  EXPECT_EQ(open_vault(storage, {}).error(), Error::wrong_pin);
  const crypto::Secret<32> other_device(Bytes(32, 0x5e));
  EXPECT_EQ(Vault::open(storage, real_pin, other_device, random).error(), Error::wrong_pin);
  EXPECT_EQ(storage.seen, before);
}

TEST(Vault, H34_create_refuses_bad_pins) {
  const auto create = [](std::string_view pin, std::string_view duress) {
    FakeStorage storage;
    SeededRandom random(1);
    const auto made =
        Vault::create(storage, view(pin), view(duress), device_secret(), {}, {}, random, cheap);
    EXPECT_TRUE(made.ok() || storage.seen.empty());
    return made.ok();
  };
  EXPECT_TRUE(create("123456", ""));
  EXPECT_TRUE(create("123456", "123465"));
  EXPECT_FALSE(create("12345", ""));
  EXPECT_FALSE(create("123456", "1234567"));
  EXPECT_FALSE(create("123456", "123457"));
  EXPECT_FALSE(create("123456", "123456"));
}

TEST(Vault, keys_are_checked_before_anything_is_written) {
  FakeStorage storage;
  SeededRandom random(1);
  const auto create = [&](const std::string& key) {
    return Vault::create(storage, real_pin, duress_pin, device_secret(), values({{key, {}}}), {},
                         random, cheap);
  };
  EXPECT_EQ(create("").error(), Error::bad_format);
  EXPECT_EQ(create(std::string(256, 'k')).error(), Error::bad_format);
  EXPECT_EQ(create(std::string("\0realm", 6)).error(), Error::bad_format);
  EXPECT_TRUE(storage.seen.empty());
  ASSERT_TRUE(create(std::string(255, 'k')).ok());
  auto vault = open_vault(storage, real_pin);
  ASSERT_TRUE(vault.ok());
  const Bytes before = storage.seen;
  EXPECT_EQ(vault->commit(erase(std::string("\0realm", 6)), random).error(), Error::bad_format);
  EXPECT_TRUE(vault->commit(erase("not there"), random).ok());
  EXPECT_EQ(storage.seen, before);
  EXPECT_EQ(create("again").error(), Error::bad_format);  // not over a vault
}

TEST(Vault, the_real_realm_keeps_the_decoy_current) {
  FakeStorage storage;
  make_vault(storage, sample, {{"plan", Bytes{1}}});
  SeededRandom random(5);
  {
    auto vault = open_vault(storage, real_pin);
    ASSERT_TRUE(vault.ok());
    Vault* decoy = vault->decoy();
    ASSERT_NE(decoy, nullptr);
    EXPECT_EQ(model(decoy->values()), (Model{{"plan", Bytes{1}}}));
    EXPECT_EQ(decoy->decoy(), nullptr);
    ASSERT_TRUE(decoy->commit(changes({{"plan", "two"}, {"list", "x"}}), random).ok());
    // Growing for one realm while the other is loaded.
    Vault::Changes big;
    big["big"] = noise(400'000, 1);
    ASSERT_TRUE(vault->commit(std::move(big), random).ok());
    big["big"] = noise(900'000, 2);
    ASSERT_TRUE(decoy->commit(std::move(big), random).ok());
    ASSERT_TRUE(vault->commit(changes({{"after", "growth"}}), random).ok());
    EXPECT_EQ(vault->decoy(), decoy);
  }
  auto decoy = open_vault(storage, duress_pin);
  ASSERT_TRUE(decoy.ok());
  EXPECT_EQ(decoy->decoy(), nullptr);
  EXPECT_EQ(model(decoy->values()), (Model{{"plan", to_bytes(view(std::string_view("two")))},
                                           {"list", to_bytes(view(std::string_view("x")))},
                                           {"big", to_bytes(noise(900'000, 2).expose())}}));
  auto vault = open_vault(storage, real_pin);
  ASSERT_TRUE(vault.ok());
  EXPECT_EQ(vault->values().count("after"), 1u);
  EXPECT_EQ(vault->values().size(), sample.size() + 2);
}

TEST(Vault, the_decoy_is_there_without_a_duress_pin) {
  FakeStorage storage;
  make_vault(storage, sample, {{"plan", Bytes{1}}}, 1, {});
  EXPECT_EQ(open_vault(storage, duress_pin).error(), Error::wrong_pin);
  auto vault = open_vault(storage, real_pin);
  ASSERT_TRUE(vault.ok());
  ASSERT_NE(vault->decoy(), nullptr);
  EXPECT_EQ(vault->decoy()->values().size(), 1u);
}

TEST(Vault, a_broken_decoy_does_not_lock_the_real_realm) {
  FakeStorage storage;
  make_vault(storage, sample, sample);
  const auto decoy = open_slots(storage.seen, duress_pin);
  ASSERT_TRUE(decoy.has_value());
  for (const std::uint32_t root : {0u, 1u})
    storage.seen[crypto::vault::page_offset(decoy->slot.set, root) + 100] ^= 1;
  auto vault = open_vault(storage, real_pin);
  ASSERT_TRUE(vault.ok());
  EXPECT_EQ(vault->decoy(), nullptr);
  EXPECT_EQ(open_vault(storage, duress_pin).error(), Error::bad_format);
}

TEST(Vault, erased_content_is_overwritten) {
  FakeStorage storage;
  make_vault(storage, {{"note", to_bytes(view(std::string_view("at the old harbour")))}}, {});
  const auto opened = open_slots(storage.seen, real_pin);
  ASSERT_TRUE(opened.has_value());
  // How many pages of the set open under the realm key and hold the text.
  const auto found = [&] {
    int n = 0;
    const std::uint32_t pages = crypto::vault::pages_in(storage.seen.size());
    for (std::uint32_t page = 0; page < pages; ++page) {
      const ByteView sealed =
          ByteView(storage.seen).subspan(crypto::vault::page_offset(opened->slot.set, page), 4096);
      ByteWriter ad;
      ad.u8(opened->slot.set).u32(page);
      const auto plain =
          open(opened->slot.realm_key, crypto::SealPurpose::vault_page, ad.get(), sealed);
      if (plain.ok() && text(plain->expose()).find("harbour") != std::string_view::npos) ++n;
    }
    return n;
  };
  EXPECT_EQ(found(), 1);
  auto vault = open_vault(storage, real_pin);
  ASSERT_TRUE(vault.ok());
  SeededRandom random(4);
  ASSERT_TRUE(vault->commit(changes({{"other", "by the harbour"}}), random).ok());
  EXPECT_EQ(found(), 1);  // one page with both
  ASSERT_TRUE(vault->commit(changes({{"other", "x"}, {"note", "y"}}), random).ok());
  EXPECT_EQ(found(), 0);
}

// Values of the format, computed apart from this code; see protocol/spec/e2ee.md.
TEST(Vault, header_and_slot_key_vector) {
  crypto::vault::Header header{{3, std::size_t{64} << 20}, {}};
  for (std::size_t i = 0; i < 16; ++i) header.salt[i] = static_cast<std::uint8_t>(i);
  const Bytes bytes = encode(header);
  EXPECT_EQ(hex(bytes), "5641554c540d0a1a010000000300000000000100000102030405060708090a0b0c0d0e0f" +
                            std::string(56, '0'));
  const auto key = crypto::vault::slot_key(header, real_pin, device_secret());
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(hex(key->expose()), "72346f1af3975d86a236aa73511ba7aa86dd4fcd8b52b1cde61c59f6aeca81e8");
  header.cost = cheap;
  const auto cheap_key = crypto::vault::slot_key(header, real_pin, device_secret());
  EXPECT_EQ(hex(cheap_key->expose()),
            "b0ec68b1bf52fee19655c0a93f75332df9139d38317f15367748e01ba4d07577");
}

// An image that a reader sharing no code with this one opened, and found these values in.
TEST(Vault, image_vector) {
  FakeStorage storage;
  make_vault(storage, sample, {{"plan", Bytes{1}}}, 42);
  EXPECT_EQ(hex(crypto::sha256(storage.seen)),
            "ec74230ee4686495fa795d60cd6af6a52a7394b3f80f01895a17f739ceda9c15");
}

TEST(Vault, opens_at_the_real_cost) {
  FakeStorage storage;
  SeededRandom random(1);
  ASSERT_TRUE(
      Vault::create(storage, real_pin, duress_pin, device_secret(), values(sample), {}, random)
          .ok());
  const auto header = crypto::vault::parse_header(ByteView(storage.seen).first(64));
  EXPECT_EQ(header->cost.passes, 3u);
  EXPECT_EQ(header->cost.memory, std::size_t{64} << 20);
  const auto vault = open_vault(storage, real_pin);
  ASSERT_TRUE(vault.ok());
  EXPECT_EQ(model(vault->values()), sample);
}

TEST(Vault, T24_refuses_headers_it_must_not_follow) {
  FakeStorage storage;
  make_vault(storage, sample, {});
  const auto with = [&](std::size_t at, std::uint32_t value) {
    FakeStorage altered(storage.seen);
    for (std::size_t i = 0; i < 4; ++i)
      altered.seen[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
    return open_vault(altered, real_pin).error();
  };
  EXPECT_EQ(with(0, 0), Error::bad_format);        // magic
  EXPECT_EQ(with(8, 2), Error::bad_version);       // version
  EXPECT_EQ(with(8, 0x0101), Error::bad_version);  // share_mode
  EXPECT_EQ(with(12, 0), Error::bad_format);       // passes
  EXPECT_EQ(with(12, 17), Error::bad_format);
  EXPECT_EQ(with(12, 0xffffffff), Error::bad_format);
  EXPECT_EQ(with(16, 7), Error::bad_format);  // KiB of memory
  EXPECT_EQ(with(16, (256u << 10) + 1), Error::bad_format);
  EXPECT_EQ(with(16, 0xffffffff), Error::bad_format);
  EXPECT_EQ(with(60, 1), Error::bad_format);  // the zeros
  EXPECT_EQ(with(12, 2), Error::wrong_pin);   // sane, but the slots are bound to it
  for (const std::size_t size : {0u, 63u, 65u}) {
    Bytes header = to_bytes(ByteView(storage.seen).first(64));
    header.resize(size);
    EXPECT_EQ(crypto::vault::parse_header(header).error(), Error::bad_format) << size;
  }
  FakeStorage nothing;
  EXPECT_EQ(open_vault(nothing, real_pin).error(), Error::bad_format);
  FakeStorage cut(Bytes(storage.seen.begin(), storage.seen.end() - 1));
  EXPECT_EQ(open_vault(cut, real_pin).error(), Error::bad_format);
  EXPECT_TRUE(open_vault(storage, real_pin).ok());
}

}  // namespace
}  // namespace livlina::testing
