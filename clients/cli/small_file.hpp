// Small files of the state folder: read whole, replaced in one step.
#pragma once

#include <optional>
#include <string>

#include "crypto/core/bytes.hpp"

namespace livlina::cli {

// What the last call to the system failed of, in words.
[[nodiscard]] std::string why();

// The file's first 4096 bytes; nothing when it cannot be read.
[[nodiscard]] std::optional<Bytes> read_file(const std::string& path);

// Replaces the file: written beside it with mode 0600, synced, renamed. Throws Failure ("storage")
// when it cannot; the old file is then still there.
void write_file(const std::string& path, ByteView content);

// Makes a rename in the folder durable; without it a power cut brings the old file back, which is
// whole.
void sync_folder(const std::string& path);

}  // namespace livlina::cli
