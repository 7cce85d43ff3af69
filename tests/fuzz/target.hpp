// The fuzz targets: each eats any bytes, and ends the process when a promise about them is broken.
// libFuzzer drives them one by one; the ordinary tests replay seeds and corpus through them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/core/bytes.hpp"

namespace livlina::testing::fuzz {

struct Target {
  std::string_view name;          // of the executable, fuzz_NAME, and of the folder corpus/NAME
  std::size_t most;               // longer inputs say nothing new
  void (*run)(ByteView input);    // any bytes
  std::vector<Bytes> (*seeds)();  // inputs that reach far
};

extern const Target codec;
extern const Target records;
extern const Target pickle;
extern const Target frame;
extern const Target vault;
extern const Target session_machine;
extern const Target routes;
extern const Target config;
extern const Target conversation;

[[nodiscard]] const std::vector<const Target*>& targets();

// An encoded Request or ServerFrame with nothing inside but this operation or answer, by its
// number.
[[nodiscard]] std::string request_of(std::uint64_t id, unsigned operation);
[[nodiscard]] std::string answer_of(std::uint64_t id, unsigned answer);
inline constexpr unsigned most_number = 120;  // above every operation and answer there is

// Ends the process with this sentence unless `holds`.
void must(bool holds, const char* sentence);

}  // namespace livlina::testing::fuzz
