#include "server/session/operations.hpp"

#include "livlina/frames.pb.h"

namespace livlina::server {

Access access_of(int field) {
  // No default: a new operation without a line here does not compile.
  switch (static_cast<v1::Request::OpCase>(field)) {
    case v1::Request::kLogin:
    case v1::Request::kClaimInvite:
    case v1::Request::kJoinInvite:
      return Access::stranger;
    case v1::Request::kPostRecord:
    case v1::Request::kPostAct:
      return Access::urgent;
    case v1::Request::kPutDeviceList:
    case v1::Request::kGetDeviceLists:
    case v1::Request::kPutPrekeys:
    case v1::Request::kGetPrekeys:
    case v1::Request::kPutDeskRoster:
    case v1::Request::kPutStaffDirectory:
    case v1::Request::kGetDesk:
    case v1::Request::kCreateInvite:
    case v1::Request::kGetInvite:
    case v1::Request::kPutConfirm:
    case v1::Request::kRefuseInvite:
    case v1::Request::kPutManifest:
    case v1::Request::kPutPlan:
    case v1::Request::kGetCircle:
    case v1::Request::kListCircles:
    case v1::Request::kPostMessage:
    case v1::Request::kAckDeliveries:
    case v1::Request::kGetOccurrences:
    case v1::Request::kListIncidents:
    case v1::Request::kGetIncident:
    case v1::Request::kReceiptNotices:
      return Access::device;
    case v1::Request::OP_NOT_SET:
      return Access::unknown;
  }
  return Access::unknown;
}

}  // namespace livlina::server
