#include "clients/cli/qr.hpp"

#include <qrencode.h>

namespace livlina::cli {

std::string qr_lines(ByteView bytes, bool colours) {
  QRcode* code = QRcode_encodeData(static_cast<int>(bytes.size()), bytes.data(), 0, QR_ECLEVEL_M);
  if (code == nullptr) return {};
  constexpr int quiet = 2;
  const auto dark = [&](int x, int y) {
    if (x < 0 || y < 0 || x >= code->width || y >= code->width) return false;
    return (code->data[y * code->width + x] & 1) != 0;
  };
  std::string out;
  for (int y = -quiet; y < code->width + quiet; y += 2) {
    if (colours) out += "\033[30;47m";  // black on white: scanners want dark on light
    for (int x = -quiet; x < code->width + quiet; ++x) {
      const bool top = dark(x, y);
      const bool bottom = dark(x, y + 1);
      out += top && bottom ? "\u2588" : top ? "\u2580" : bottom ? "\u2584" : " ";
    }
    out += colours ? "\033[0m\n" : "\n";
  }
  QRcode_free(code);
  return out;
}

}  // namespace livlina::cli
