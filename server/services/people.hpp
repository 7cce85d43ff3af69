// What the other services need to know of people: circles, their members today, desks, devices.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "crypto/core/roles.hpp"
#include "protocol/records/desk.hpp"
#include "protocol/records/device_list.hpp"
#include "protocol/records/manifest.hpp"
#include "server/services/turn.hpp"

namespace livlina::server {

enum class CircleState : std::uint8_t { setup = 1, armed = 2, degraded = 3, closed = 4 };

struct CircleFacts {
  CircleId id;
  SignPublic participant;
  DeviceId primary;  // the participant's device that is not the shadow
  DeviceId shadow;
  CircleState state = CircleState::setup;
  std::uint8_t category = 2;
  std::shared_ptr<const protocol::Verified<protocol::Manifest>> manifest;  // the newest
};

// Which unresolved incidents keep a line past its date, for its incident_grace (records.md).
enum class Grace : std::uint8_t {
  none,  // only lines in force
  told,  // those of which the participant's devices may hear: not the silent lane (I5)
  all,
};

// One human (or desk device set) who today has a line of the circle. Only who joined by a staff
// invite is one: a participant supports nobody, whatever a line or a desk's list says (H32).
struct Member {
  SignPublic account;
  Role role = Role::mentor;
  std::uint16_t scope = 0;        // what remains at `now`
  bool by_desk = false;           // covered by a desk line
  std::vector<DeviceId> devices;  // with which they act: of a desk's line, those of the roster
};

// Nothing for an unknown circle.
[[nodiscard]] std::optional<CircleFacts> circle_facts(Turn& turn, const CircleId& id);
// The circle of a row of `table`. There is always one: throws store::Failure else.
[[nodiscard]] CircleFacts its_circle(Turn& turn, const CircleId& id, const char* table);
// The same for many rows of a transaction that changes no circle: each is looked up once.
class CirclesOfRows {
 public:
  CirclesOfRows(Turn& turn, const char* table) : turn_(turn), table_(table) {}
  [[nodiscard]] const CircleFacts& get(const CircleId& id);

 private:
  Turn& turn_;
  const char* table_;
  std::map<CircleId, CircleFacts> known_;
};
// The circle of a participant's account, if any.
[[nodiscard]] std::optional<CircleId> circle_of(Turn& turn, const SignPublic& participant);
// Everybody whose line is in force at turn.now with at least one bit of `scope` (0: any), each
// account once, under its account line, else desk, else pool.
[[nodiscard]] std::vector<Member> members(Turn& turn, const CircleFacts& circle,
                                          std::uint16_t scope, Grace grace);
// The one member entry of an account, if it is a member now.
[[nodiscard]] std::optional<Member> member(Turn& turn, const CircleFacts& circle,
                                           const SignPublic& account, Grace grace);
[[nodiscard]] bool acts_with(const Member& member, const DeviceId& device);
// Coordinators of the desk that the manifest names (recovery.desk), from its newest roster whatever
// its age; empty when there is none. Their scope is none: what they may do comes from the desk.
[[nodiscard]] std::vector<Member> coordinators(Turn& turn, const SignPublic& desk);
[[nodiscard]] bool is_coordinator(Turn& turn, const SignPublic& desk, const SignPublic& account,
                                  const DeviceId& device);
// Circles that an account may see now, as member, coordinator or participant.
[[nodiscard]] std::vector<CircleId> circles_for(Turn& turn, const SignPublic& account);
// By a coordinator's signed act; the caller has checked it, and says circle_changed.
void set_category(Turn& turn, const CircleId& id, int category);

// A device's keys and owner as the newest list states them; nothing for one no longer listed.
struct KnownDevice {
  protocol::Device device;
  SignPublic account;
  bool shadow = false;
  Instant last_seen = 0;  // end of its last session, or now when online
};
[[nodiscard]] std::optional<KnownDevice> known_device(Turn& turn, const DeviceId& id);

// Rows for devices. The content of a frame is the frame, of a record an encoded v1.ForwardedRecord,
// of a word an encoded v1.OccurrenceWord.
enum class MailKind : std::uint8_t { frame = 1, record = 2, word = 3 };
// Appends a mailbox row with the device's next sequence; urgent rows (alarms, check-ins, records,
// words) use the reserved places. False, and nothing is stored, when no place is left. A row for a
// device that is not known or is a shadow is dropped silently (true).
[[nodiscard]] bool post_mail(Turn& turn, const DeviceId& to, MailKind kind, ByteView content,
                             bool urgent);
// How many rows the device's mailbox may have, with those that are as good as deleted: urgent ones
// use the reserved places.
[[nodiscard]] std::uint32_t places(const Turn& turn, const DeviceId& device, bool urgent);
// When a row of now is dropped unread: the time to live, up to the next full hour.
[[nodiscard]] Instant mail_end(const Turn& turn);

}  // namespace livlina::server
