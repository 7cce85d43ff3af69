// Files that hold secrets: made for this user alone, refused when others may read them.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "crypto/core/secret.hpp"
#include "crypto/core/sign.hpp"

namespace livlina::server {

// One line: which file, what is wrong, what to do.
class FileRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The server's signing key: a file of exactly 32 bytes (the Ed25519 seed), readable by its owner
// alone, who is this user or root.
[[nodiscard]] crypto::SignKeyPair read_identity(const std::string& file);
// The content of a file that is readable by its owner alone, who is this user or root, of at most
// `most` bytes. `what` names it in a refusal: "the secret".
[[nodiscard]] crypto::SecretBytes read_private(const std::string& file, const std::string& what,
                                               std::size_t most);
// Creates the file with mode 0600 and forces it to the disk. Never overwrites; leaves nothing on
// failure.
void write_private(const std::string& file, ByteView content);

// The directory of a database: exists, is writable, and not open to every user.
void check_directory(const std::string& directory);
// Creates the directory (mode 0700) and what is missing above it; true if it was not there.
bool make_directory(const std::string& directory);
// Makes created or renamed names in the directory durable.
void sync_directory(const std::string& directory);

}  // namespace livlina::server
