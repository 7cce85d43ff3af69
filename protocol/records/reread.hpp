// Signed records read again from the server's own database: the one way to a Verified<T> beside the
// verify_* functions. Who got bytes from anybody else has no Kept to give.
#pragma once

#include "protocol/records/desk.hpp"
#include "protocol/records/device_list.hpp"
#include "protocol/records/kept.hpp"
#include "protocol/records/manifest.hpp"
#include "protocol/records/plan.hpp"

namespace livlina::protocol {

// The same value as verify_*() of these bytes. The layout is checked as there, but neither the
// signature nor that the keys are points of the curve: bad_signature when the bytes are not those
// of the hash, whose signature was checked.
[[nodiscard]] Result<Verified<DeviceList>> reread_device_list(const Kept& kept);
[[nodiscard]] Result<Verified<DeskRoster>> reread_roster(const Kept& kept);
[[nodiscard]] Result<Verified<StaffDirectory>> reread_directory(const Kept& kept);
[[nodiscard]] Result<Verified<Manifest>> reread_manifest(const Kept& kept);
[[nodiscard]] Result<Verified<Plan>> reread_plan(const Kept& kept);

}  // namespace livlina::protocol
