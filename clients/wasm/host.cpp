#include "clients/wasm/host.hpp"

#include <emscripten.h>

#include <cstdlib>

// The host's side, in its language. Memory may grow between two calls, never within one, so each
// makes its view anew. -1 or false: the host threw.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpedantic"
// clang-format off
EM_JS(double, livlina_host_size, (), {
  try { return Module['host'].storage.size(); } catch (e) { return -1; }
})
EM_JS(bool, livlina_host_read, (double offset, std::uint8_t* out, std::size_t size), {
  try {
    return Module['host'].storage.read(offset, HEAPU8.subarray(out, out + size)) === size;
  } catch (e) { return false; }
})
EM_JS(bool, livlina_host_write, (double offset, const std::uint8_t* data, std::size_t size), {
  try {
    return Module['host'].storage.write(offset, HEAPU8.subarray(data, data + size)) === size;
  } catch (e) { return false; }
})
EM_JS(bool, livlina_host_sync, (), {
  try { Module['host'].storage.sync(); return true; } catch (e) { return false; }
})
EM_JS(bool, livlina_host_random, (std::uint8_t* out, std::size_t size), {
  try {
    const most = 65536; // of Web Crypto, in one call
    for (let at = 0; at < size; at += most)
      Module['host'].random(HEAPU8.subarray(out + at, out + Math.min(size, at + most)));
    return true;
  } catch (e) { return false; }
})
// clang-format on
#pragma clang diagnostic pop

namespace livlina::wasm {

namespace {
crypto::Status status(bool good) {
  if (!good) return crypto::Error::storage;
  return crypto::done();
}
}  // namespace

crypto::Result<std::uint64_t> HostStorage::size() {
  const double size = livlina_host_size();
  if (!(size >= 0)) return crypto::Error::storage;
  return static_cast<std::uint64_t>(size);
}

crypto::Status HostStorage::read(std::uint64_t offset, std::span<std::uint8_t> out) {
  return status(livlina_host_read(static_cast<double>(offset), out.data(), out.size()));
}

crypto::Status HostStorage::write(std::uint64_t offset, ByteView data) {
  return status(livlina_host_write(static_cast<double>(offset), data.data(), data.size()));
}

crypto::Status HostStorage::sync() { return status(livlina_host_sync()); }

void HostRandom::fill(std::span<std::uint8_t> out) {
  if (!livlina_host_random(out.data(), out.size())) std::abort();
}

}  // namespace livlina::wasm
