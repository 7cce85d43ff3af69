// What the binaries can do at all: read from the names that they import from libsodium.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace livlina {
namespace {

// Names of libsodium's functions that the binary imports.
std::vector<std::string> imports(const std::string& binary) {
  const std::string command = LIVLINA_NM " -D --undefined-only '" + binary + "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::vector<std::string> names;
  std::array<char, 1024> line{};
  while (pipe && std::fgets(line.data(), line.size(), pipe.get()) != nullptr) {
    std::string name = line.data();
    name.erase(name.find_last_not_of('\n') + 1);
    name.erase(0, name.rfind(' ') + 1);
    if (name.starts_with("crypto_") || name.starts_with("sodium_")) names.push_back(name);
  }
  return names;
}

bool opens_or_agrees(const std::string& name) {
  if (name.starts_with("crypto_scalarmult") || name.starts_with("crypto_box") ||
      name.starts_with("crypto_secretbox") || name.starts_with("crypto_aead") ||
      name.starts_with("crypto_secretstream") || name.starts_with("crypto_kx") ||
      name.starts_with("crypto_stream") || name.starts_with("crypto_pwhash"))
    return true;
  return name.find("_open") != std::string::npos || name.find("_decrypt") != std::string::npos;
}

TEST(Links, M3_server_cannot_decrypt) {
  const auto names = imports(LIVLINA_SERVER_BINARY);
  // The server does use libsodium dynamically: an empty list would prove nothing.
  ASSERT_NE(std::find(names.begin(), names.end(), "crypto_sign_verify_detached"), names.end());
  for (const std::string& name : names) EXPECT_FALSE(opens_or_agrees(name)) << name;
}

TEST(Links, M3_the_clients_binary_is_the_counter_check) {
  const auto names = imports(LIVLINA_CLIENT_BINARY);
  const auto has = [&](const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  EXPECT_TRUE(has("crypto_scalarmult"));
  EXPECT_TRUE(has("crypto_aead_xchacha20poly1305_ietf_decrypt"));
}

}  // namespace
}  // namespace livlina
