// What this client has verified: device lists, desks, circles, plans. Nothing enters unchecked, and
// a lower version or a fork is refused and shown (T1, T16, T17).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "clients/core/circle_state.hpp"
#include "clients/core/context.hpp"
#include "clients/core/fetch_queue.hpp"
#include "crypto/core/roles.hpp"
#include "protocol/records/desk.hpp"
#include "protocol/records/device_list.hpp"
#include "protocol/records/manifest.hpp"
#include "protocol/records/plan.hpp"
#include "protocol/records/staff_act.hpp"

namespace livlina::client {

using protocol::Verified;

struct Desk {
  SignPublic key;
  std::string name;
  std::shared_ptr<const Verified<protocol::DeskRoster>> roster;         // may be null
  std::shared_ptr<const Verified<protocol::StaffDirectory>> directory;  // may be null
  // A fork was seen and not ended: new content stops, contentless incidents go on.
  bool frozen = false;
};

struct Circle {
  CircleId id;
  SignPublic participant;
  // The newest 16 manifests by seq; the last is in force.
  std::map<std::uint32_t, std::shared_ptr<const Verified<protocol::Manifest>>> manifests;
  // In force; may be null. Once the manifest is armed no plan replaces it without an approval that
  // counts (H32), whoever shows one.
  std::shared_ptr<const Verified<protocol::Plan>> plan;
  bool plan_approved = false;  // false for one from the time of the set-up
  CircleState server_state = CircleState::unknown;
  std::uint32_t category = 0;
  std::optional<DeviceId> shadow;  // by ShadowMark
  bool frozen = false;  // a fork of the manifest was seen and not ended: new content stops
  // When the manifest was signed by which the circle became armed. It is always known, also long
  // after that one is dropped from the sixteen: every chain is read from its first. 0: not armed.
  Instant armed_at = 0;

  [[nodiscard]] const Verified<protocol::Manifest>* newest() const {
    return manifests.empty() ? nullptr : manifests.rbegin()->second.get();
  }
  // By the newest signed manifest; whatever the server says.
  [[nodiscard]] bool armed() const { return newest() != nullptr && (*newest())->armed; }
};

// The server asks for no check-in that had opened before: the circle was armed then, or the plan
// signed (it takes over with the first slot that opens afterwards). 0: it is not armed.
[[nodiscard]] Instant watched_from(const Circle& circle);

// The line under which an account acts in a circle, with the scope that remains now.
struct Standing {
  Role role = Role::mentor;
  std::uint16_t scope = 0;
  protocol::LineType type = protocol::LineType::account;
  Instant not_before = 0;  // of the line, whatever remains of its scope
  Instant not_after = 0;
};

class Trust {
 public:
  explicit Trust(Context& context);
  [[nodiscard]] crypto::Status load();  // from the store: bad_format when unreadable
  // Rises whenever something new was accepted.
  [[nodiscard]] std::uint64_t revision() const;

  // ---- what is known (pointers live until the next input) ----
  [[nodiscard]] const Verified<protocol::DeviceList>* device_list(const SignPublic& account) const;
  // The hash of the newest list when it has a device that nobody accepted here (T20): neither in
  // the first list that was seen, nor named to accept_devices since. Zeros otherwise.
  [[nodiscard]] crypto::Hash new_devices(const SignPublic& account) const;
  // A person has looked at the list with this hash; false when it is nobody's newest.
  bool accept_devices(const crypto::Hash& list);
  // Owner of a device in the newest known list.
  [[nodiscard]] std::optional<SignPublic> owner(const DeviceId& device) const;
  [[nodiscard]] const Desk* desk() const;  // ours, if any
  // The other record of the newest serial, while the roster or the directory is forked: the next
  // one that a keeper signs must name it. Zeros otherwise.
  [[nodiscard]] crypto::Hash roster_fork() const;
  [[nodiscard]] crypto::Hash directory_fork() const;
  // The other manifest of the newest number, while the circle is frozen: the next one that the
  // participant signs must name it. Zeros otherwise.
  [[nodiscard]] crypto::Hash manifest_fork(const CircleId& circle) const;
  [[nodiscard]] const Circle* circle(const CircleId& id) const;
  [[nodiscard]] std::vector<const Circle*> circles() const;
  [[nodiscard]] const Circle* circle_of(const SignPublic& participant) const;
  // `now` is the phone's clock everywhere here: dates are judged by Context::clock.
  // False when the desk's roster (directory) is missing or has run out: no new content then goes to
  // the desk (the pool). Contentless alarms never ask.
  [[nodiscard]] bool roster_fresh(Instant now) const;
  [[nodiscard]] bool directory_fresh(Instant now) const;
  // The newest roster, whatever its age, names the account as a coordinator with this device.
  [[nodiscard]] bool on_roster(const SignPublic& account, const DeviceId& device) const;
  // A fork of this account's DeviceList was seen: no new content for its devices.
  [[nodiscard]] bool frozen(const SignPublic& account) const;
  // Role and scope of an account in a circle now (participant: role participant, all scopes), or by
  // the given manifest version; nothing when no line covers it.
  [[nodiscard]] std::optional<Standing> standing(const Circle& circle, const SignPublic& account,
                                                 Instant now) const;
  [[nodiscard]] std::optional<Standing> standing_at(const Circle& circle, std::uint32_t seq,
                                                    const SignPublic& account) const;
  // Every account (with its devices) that has a line with this scope now: members, coordinators of
  // the roster, pool mentors. Only those whose DeviceList is known.
  struct Reach {
    SignPublic account;
    Standing standing;
    std::vector<protocol::Device> devices;
  };
  [[nodiscard]] std::vector<Reach> reach(const Circle& circle, std::uint16_t scope,
                                         Instant now) const;
  // Among staff of our desk: roster or directory role of an account; nothing when not listed.
  [[nodiscard]] std::optional<Role> desk_role(const SignPublic& account) const;
  [[nodiscard]] std::string person_name(const SignPublic& account) const;  // "" when never told
  [[nodiscard]] std::string person_organisation(const SignPublic& account) const;
  void set_person(const SignPublic& account, std::string_view name, std::string_view organisation);

  // Of a participant's real realm: first names into the decoy realm, of those who have none there.
  void mirror_labels();

  // ---- what comes in: verified, chained, stored, or refused and shown ----
  Status accept_device_list(ByteView record);  // pinned account chain
  Status accept_roster(ByteView record);
  Status accept_directory(ByteView record);
  // First manifest: from our own pairing (we hold its transcript) or with a Confirm whose signer
  // the StaffDirectory lists.
  Status accept_manifest(ByteView record, ByteView confirm);
  Status accept_plan(ByteView record, ByteView approval);
  Status accept_shadow_mark(ByteView record);
  // While an incident of the circle is unresolved, the lines that ended after it opened keep the
  // alarm scope for their grace. `since`: when the first of the unresolved ones opened, by the
  // server's word; none: nothing is open.
  void note_incident(const CircleId& circle, std::optional<Instant> since);
  void note_server_state(const CircleId& circle, CircleState state, std::uint32_t category);
  void pin_participant(const SignPublic& account, const CircleId& circle, const crypto::Hash& tx);
  // The other side has refused the pairing by which this one was pinned. A circle in which its
  // participant has signed something stays: a refusal bears no signature, and ends no watch.
  void forget_participant(const CircleId& circle);
  void pin_desk(const SignPublic& desk);
  void name_desk(std::string_view name);  // as told by who showed us the desk

  // ---- fetching: asks the server, after the call, and accepts what it has by then ----
  // `then` gets ok; offline when there was no answer (the connection ended, or the server cannot
  // tell now); anything else when the server answered and it led to nothing, or not to all.
  using Then = FetchQueue::Then;
  void fetch_device_list(const SignPublic& account, Then then);
  void fetch_desk(Then then);
  void fetch_circle(const CircleId& id, Then then);
  void fetch_circles(Then then);  // all that the server says are ours, each verified

  // Verifies a staff act: actor's device in a known list, the account a member or on the roster.
  [[nodiscard]] std::optional<Verified<protocol::StaffAct>> verify_act(ByteView record) const;
  // One by somebody who can sign it, or could: by a line with the alarm scope in one of the
  // manifests that are known, or by a roster of the desk. When it was signed nobody can tell.
  [[nodiscard]] std::optional<Verified<protocol::StaffAct>> verify_former_act(
      ByteView record) const;
  // A signed approve over exactly this plan by a supporter whose line has the plan scope in the
  // newest manifest; a coordinator only by the desk's line. The server asks for this and for more.
  [[nodiscard]] bool approves(ByteView approval, const Circle& circle,
                              const crypto::Hash& plan) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace livlina::client
