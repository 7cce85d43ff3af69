// The server's key file: made for one user, refused when others may read it.
#include "server/app/private_file.hpp"

#include <gtest/gtest.h>

#include "tests/server/temp_dir.hpp"

namespace livlina::server {
namespace {

std::string refusal(const std::string& file) {
  try {
    (void)read_identity(file);
  } catch (const FileRefused& e) {
    return e.what();
  }
  return "accepted";
}

TEST(PrivateFile, a_key_is_written_once_for_its_owner_and_read_back) {
  const testing::TempDir dir;
  const auto key = crypto::SignKeyPair::generate(crypto::system_random());
  const std::string file = dir.file("key");
  write_private(file, key.seed().expose());
  struct stat s{};
  ASSERT_EQ(::stat(file.c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777U, 0600U);
  EXPECT_EQ(read_identity(file).public_key(), key.public_key());
  EXPECT_THROW(write_private(file, key.seed().expose()), FileRefused);
}

TEST(PrivateFile, open_to_others_is_refused_and_says_so) {
  const testing::TempDir dir;
  const std::string file = dir.write("key", std::string(32, 'k'));
  EXPECT_EQ(refusal(file), "accepted");
  for (const mode_t mode : {0640U, 0604U, 0620U, 0601U}) {
    (void)::chmod(file.c_str(), mode);
    EXPECT_NE(refusal(file).find("chmod 0600"), std::string::npos) << mode;
  }
}

TEST(PrivateFile, rubbish_is_refused_by_name) {
  const testing::TempDir dir;
  EXPECT_NE(refusal(dir.file("none")).find("livlina-server init"), std::string::npos);
  for (const std::size_t size : {0U, 31U, 33U, 64U})
    EXPECT_NE(refusal(dir.write("key", std::string(size, 'k'))).find("32 bytes"),
              std::string::npos);
  EXPECT_NE(refusal(dir.path()).find("no regular file"), std::string::npos);
}

TEST(PrivateFile, a_directory_open_to_everybody_is_refused) {
  const testing::TempDir dir;
  EXPECT_NO_THROW(check_directory(dir.path()));
  (void)::chmod(dir.path().c_str(), 0777);
  EXPECT_THROW(check_directory(dir.path()), FileRefused);
  EXPECT_THROW(check_directory(dir.file("none")), FileRefused);
  EXPECT_THROW(check_directory(dir.write("file", "")), FileRefused);
}

}  // namespace
}  // namespace livlina::server
