#include "clients/cli/pin_tries.hpp"

#include <algorithm>
#include <ctime>

#include "clients/cli/failure.hpp"
#include "clients/cli/small_file.hpp"
#include "crypto/core/bytes.hpp"
#include "crypto/e2ee/vault.hpp"

namespace livlina::cli {

namespace {

constexpr std::uint32_t tries_when_unknown = 64;  // waits as long as any number of them
constexpr Duration forgotten_after = hour;        // no wait is longer

}  // namespace

Boot boot_now() {
  Boot out;
  timespec uptime{};
  (void)::clock_gettime(CLOCK_BOOTTIME, &uptime);
  out.uptime = Duration{uptime.tv_sec} * second + uptime.tv_nsec / 1'000'000;
  out.id = livlina::to_string(read_file("/proc/sys/kernel/random/boot_id").value_or(Bytes{}));
  out.id.resize(36, ' ');
  return out;
}

void PinTries::begin() { write_file(file_, {}); }

// Empty: none. Else tries u32 | boot id 36 | uptime at the newest i64.
PinTries::Wrong PinTries::read(const Boot& now) const {
  const auto stored = read_file(file_);
  if (stored && stored->empty()) return {0, now.uptime};
  ByteReader reader{stored ? ByteView(*stored) : ByteView()};
  Wrong wrong;
  wrong.tries = reader.u32();
  const bool same_boot = livlina::to_string(reader.view(now.id.size())) == now.id;
  wrong.last = reader.i64();
  if (!reader.done()) return {tries_when_unknown, now.uptime};
  if (!same_boot) wrong.last = now.uptime;
  return wrong;
}

void PinTries::write(const Wrong& wrong, const Boot& now) const {
  write_file(file_, ByteWriter().u32(wrong.tries).str(now.id).i64(wrong.last).take());
}

void PinTries::count(const Boot& now) {
  const Wrong wrong = read(now);
  const Duration left = wrong.last + crypto::pin_wait(wrong.tries) - now.uptime;
  if (left > 0) {
    write(wrong, now);  // after a restart, or when it was damaged, the wait begins now
    throw Failure(
        Exit::locked,
        "Too many wrong PINs. Try again in " + std::to_string((left + 999) / 1000) + " s.", "wait");
  }
  before_ = wrong;
  write({wrong.tries + 1, now.uptime}, now);
}

void PinTries::right(const Boot& now) {
  if (before_.tries == 0 || now.uptime - before_.last >= forgotten_after) return begin();
  write(before_, now);
}

}  // namespace livlina::cli
