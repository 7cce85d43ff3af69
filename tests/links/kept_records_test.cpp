// T2: the way to a signed record without its signature is the server's own, and stands in one
// place.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace livlina {
namespace {

// What the door is made of: its header, its functions, the class that may open it.
constexpr std::array<std::string_view, 5> door = {"records/kept.hpp", "records/reread.hpp",
                                                  "reread_", "KeptRecords", "RecordReader("};

std::vector<std::string> who_names_the_door() {
  std::vector<std::string> out;
  const std::filesystem::path root(LIVLINA_SOURCES);
  for (const char* folder : {"crypto", "protocol", "clients", "server"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const std::string ending = entry.path().extension().string();
      if (ending != ".cpp" && ending != ".hpp") continue;
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string text((std::istreambuf_iterator<char>(in)), {});
      if (std::any_of(door.begin(), door.end(),
                      [&](std::string_view part) { return text.find(part) != std::string::npos; }))
        out.push_back(entry.path().lexically_relative(root).string());
    }
  std::sort(out.begin(), out.end());
  return out;
}

TEST(KeptRecords, T2_only_the_reader_of_the_database_names_the_door) {
  EXPECT_EQ(
      who_names_the_door(),
      (std::vector<std::string>{"crypto/core/keys.hpp", "protocol/records/desk.cpp",
                                "protocol/records/device_list.cpp", "protocol/records/kept.hpp",
                                "protocol/records/manifest.cpp", "protocol/records/plan.cpp",
                                "protocol/records/reread.hpp", "protocol/records/verified.hpp",
                                "protocol/records/verifier.hpp", "server/services/records.cpp"}));
}

}  // namespace
}  // namespace livlina
