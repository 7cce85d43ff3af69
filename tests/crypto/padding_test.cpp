// Padding to size classes.
#include "crypto/core/padding.hpp"

#include <gtest/gtest.h>

namespace livlina::testing {
namespace {

using crypto::Error;
using crypto::SecretBytes;

TEST(Padding, fills_the_smallest_class_above_the_length) {
  const std::pair<std::size_t, std::size_t> cases[] = {
      {0, 256},     {1, 256},      {255, 256},     {256, 1024},    {1023, 1024},  {1024, 4096},
      {4095, 4096}, {4096, 16384}, {16383, 16384}, {16384, 65536}, {65535, 65536}};
  for (const auto& [length, size] : cases) {
    const Bytes plain(length, 0x80);  // the padding's own first byte
    auto padded = crypto::pad(plain);
    ASSERT_TRUE(padded.ok());
    EXPECT_EQ(padded->size(), size) << length;
    const auto back = crypto::unpad(std::move(padded).value());
    ASSERT_TRUE(back.ok());
    EXPECT_TRUE(equal(back->expose(), plain)) << length;
  }
  EXPECT_EQ(crypto::pad(Bytes(65536)).error(), Error::too_large);
  EXPECT_EQ(crypto::pad(Bytes(100000)).error(), Error::too_large);
}

TEST(Padding, layout_vector) {
  const auto padded = crypto::pad_to(unhex("616263"), 8);
  ASSERT_TRUE(padded.ok());
  EXPECT_EQ(hex(padded->expose()), "6162638000000000");
}

TEST(Padding, pads_to_any_size) {
  for (const std::size_t size : {1u, 2u, 7u, 184u, 1024u, 1000u}) {
    const Bytes plain(size - 1, 0);
    auto padded = crypto::pad_to(plain, size);
    ASSERT_TRUE(padded.ok());
    EXPECT_EQ(padded->size(), size);
    EXPECT_EQ(crypto::unpad(std::move(padded).value())->size(), size - 1);
    EXPECT_EQ(crypto::pad_to(Bytes(size), size).error(), Error::too_large);
    EXPECT_EQ(crypto::pad_to(Bytes(size + 1), size).error(), Error::too_large);
  }
  EXPECT_EQ(crypto::pad_to({}, 0).error(), Error::too_large);
}

TEST(Padding, T4_texts_without_padding_are_refused) {
  EXPECT_EQ(crypto::unpad(SecretBytes()).error(), Error::bad_padding);
  EXPECT_EQ(crypto::unpad(SecretBytes(256)).error(), Error::bad_padding);  // all zeros
  EXPECT_EQ(crypto::unpad(SecretBytes(ByteView(Bytes(256, 1)))).error(), Error::bad_padding);
  Bytes tail(256, 0);
  tail[100] = 0x80;
  tail[255] = 1;
  EXPECT_EQ(crypto::unpad(SecretBytes(ByteView(tail))).error(), Error::bad_padding);
  tail[255] = 0;
  EXPECT_EQ(crypto::unpad(SecretBytes(ByteView(tail)))->size(), 100u);
}

}  // namespace
}  // namespace livlina::testing
