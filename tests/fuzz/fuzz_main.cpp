// libFuzzer's entry for one target. With --write-seeds FOLDER it only writes the target's seeds.
#include <cstring>
#include <filesystem>
#include <fstream>

#include "crypto/core/random.hpp"
#include "tests/fuzz/target.hpp"

using livlina::Bytes;
using livlina::ByteView;

namespace {

const livlina::testing::fuzz::Target& target() {
  return livlina::testing::fuzz::LIVLINA_FUZZ_TARGET;
}

void write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  int number = 0;
  for (const Bytes& seed : target().seeds()) {
    std::ofstream out(folder / ("seed-" + std::to_string(number++)), std::ios::binary);
    out.write(reinterpret_cast<const char*>(seed.data()),
              static_cast<std::streamsize>(seed.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  (void)livlina::crypto::init();
  if (*argc == 3 && std::strcmp((*argv)[1], "--write-seeds") == 0) {
    write_seeds((*argv)[2]);
    std::exit(0);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > target().most) return -1;
  target().run(ByteView(data, size));
  return 0;
}
