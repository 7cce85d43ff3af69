// What Trust remembers and how its subjects share it; internal to clients/core/trust_*.cpp.
#pragma once

#include <set>
#include <string>

#include "clients/core/trust.hpp"

namespace livlina::v1 {
class Circle;
class CircleHeads;
class Desk;
}  // namespace livlina::v1

namespace livlina::client {

template <class T>
using Shared = std::shared_ptr<const Verified<T>>;

struct Trust::State {
  explicit State(Context& c) : context(c) {}

  // An account's newest list, and the hashes of those before it: an old one that comes late is told
  // from a fork.
  struct KnownList {
    Shared<protocol::DeviceList> newest;
    std::map<std::uint32_t, crypto::Hash> past;
    // Devices of the first list that was seen, and those that were accepted by a person since.
    std::set<DeviceId> accepted;
    bool frozen = false;

    [[nodiscard]] bool has_new_device() const;
  };
  struct PersonText {
    std::string name;
    std::string organisation;
  };
  struct KnownCircle {
    explicit KnownCircle(const CircleId& id, const SignPublic& participant)
        : circle{id, participant,  {},   nullptr, false, CircleState::unknown,
                 0,  std::nullopt, false} {}
    Circle circle;
    bool paired = false;  // we hold the transcript of our own pairing
    crypto::Hash tx{};
    std::uint32_t shadow_serial = 0;
    // The other manifest of the newest number, when a fork was seen; the circle is frozen
    // meanwhile, until one comes that names both.
    std::optional<crypto::Hash> fork;
    // Another plan of the version in force: watched is the stricter of the two, until a higher one
    // comes.
    std::optional<crypto::Hash> plan_fork;
    std::optional<Instant> incident_since;  // not stored: the incidents say it again
  };

  Context& context;
  std::map<SignPublic, KnownList> lists;
  std::map<DeviceId, SignPublic> owners;
  std::optional<Desk> desk;
  // The other record of the newest serial, when a fork was seen; the desk is frozen meanwhile.
  std::optional<crypto::Hash> roster_fork;
  std::optional<crypto::Hash> directory_fork;
  std::set<SignPublic> ever_staff;         // everybody whom the directory ever listed
  std::set<SignPublic> ever_coordinators;  // and whom the roster ever named
  std::map<CircleId, KnownCircle> circles;
  std::map<SignPublic, PersonText> people;
  bool mirror = false;  // a participant's real realm keeps the decoy realm current
  std::optional<SignPublic> self;
  std::uint64_t revision = 0;
  std::map<SignPublic, FetchQueue> list_fetches;
  std::map<CircleId, FetchQueue> circle_fetches;
  FetchQueue desk_fetches;
  FetchQueue head_fetches;

  [[nodiscard]] Instant trusted(Instant now) const { return context.clock.trusted(now); }
  [[nodiscard]] PersonText person(const SignPublic& account) const;
  void put(const std::string& key, ByteView value, bool decoy_too = true);
  // Warns: not_trusted. `list`: it is of somebody's device list, which nobody gives again.
  Status refuse(std::string_view code, ByteView circle, ByteView subject, bool list = false);
  [[nodiscard]] bool is_our_chain(ByteView circle) const;

  // trust_lists.cpp
  [[nodiscard]] crypto::Status load_lists();
  Status accept_list(ByteView record);
  // An answer to what was asked from version `from` on.
  Status accept_lists(const SignPublic& account, std::uint32_t from,
                      const std::vector<ByteView>& records);
  Status freeze_list(const SignPublic& account, KnownList& known);
  void save_list(const SignPublic& account, const KnownList& known);
  void adopt_list(KnownList& known, Shared<protocol::DeviceList> next);
  [[nodiscard]] bool claims_foreign_device(const protocol::DeviceList& list) const;

  // trust_desk.cpp
  [[nodiscard]] crypto::Status load_desk();
  void save_desk_head();
  Status accept_roster(ByteView record);
  Status accept_directory(ByteView record);
  template <class T>
  Status link(const Shared<T>& known, const Verified<T>& next, std::optional<crypto::Hash>& fork);
  void check_directory_lists();
  [[nodiscard]] bool listed(const SignPublic& account) const;
  // Accounts of the desk whose lists are unknown, or older than the directory says.
  [[nodiscard]] std::vector<SignPublic> lists_to_fetch() const;

  // trust_circle.cpp
  [[nodiscard]] crypto::Status load_circles();
  [[nodiscard]] crypto::Status load_circle(const CircleId& id);
  void save_head(const KnownCircle& known);
  void forget_unsigned(const CircleId& id);
  Status accept_manifest(ByteView record, ByteView confirm);
  Status first_manifest(Verified<protocol::Manifest> manifest, ByteView confirm);
  void adopt_manifest(KnownCircle& known, Verified<protocol::Manifest> manifest);
  void end_fork(KnownCircle& known);
  Status freeze_circle(KnownCircle& known, const crypto::Hash& other);
  Status plan_forked(KnownCircle& known, Verified<protocol::Plan> other, bool approved);
  [[nodiscard]] bool stricter(const protocol::Plan& plan, const protocol::Plan& than) const;
  Status accept_plan(ByteView record, ByteView approval);
  Status another_plan(KnownCircle& known, Verified<protocol::Plan> next, bool approved);
  void note_approval(KnownCircle& known, bool approved);
  void check_approval(const Circle& circle);
  Status accept_shadow_mark(ByteView record);
  [[nodiscard]] KnownCircle* find(const CircleId& id);
  [[nodiscard]] KnownCircle* find_by(const SignPublic& participant);

  // trust_standing.cpp
  [[nodiscard]] std::optional<Standing> standing(const protocol::Manifest* manifest,
                                                 const Circle& circle, const SignPublic& account,
                                                 std::optional<Instant> now) const;
  [[nodiscard]] std::optional<Role> desk_role(const SignPublic& account) const;
  [[nodiscard]] std::optional<Verified<protocol::StaffAct>> signed_act(ByteView record) const;
  [[nodiscard]] std::optional<Verified<protocol::StaffAct>> verify_act(ByteView record) const;
  [[nodiscard]] std::optional<Verified<protocol::StaffAct>> verify_former_act(
      ByteView record) const;
  [[nodiscard]] bool approves(ByteView approval, const Circle& circle,
                              const crypto::Hash& plan) const;
  [[nodiscard]] bool was_approved(const Verified<protocol::Plan>& plan, ByteView approval,
                                  const Circle& circle) const;
  [[nodiscard]] bool approves_under(const Verified<protocol::Manifest>& manifest, ByteView approval,
                                    const Circle& circle, const crypto::Hash& plan) const;
  [[nodiscard]] std::vector<Reach> reach(const KnownCircle& known, std::uint16_t scope,
                                         Instant now) const;
  [[nodiscard]] std::vector<protocol::Device> usable_devices(const SignPublic& account,
                                                             bool as_coordinator) const;

  // trust_fetch.cpp
  void ask_list(const SignPublic& account);
  void fetch_list(const SignPublic& account, Then then);
  void fetch_lists(const std::vector<SignPublic>& accounts, Then then);
  void ask_desk();
  void fetch_desk(Then then);
  Status take_desk(const v1::Desk& told, std::uint32_t roster, std::uint32_t directory);
  void fetch_circle(const CircleId& id, Then then);
  void ask_circle(const CircleId& id, bool desk_asked);
  void circle_answered(const CircleId& id, const Status& status);
  Status take_circle(const CircleId& id, const v1::Circle& told, std::uint32_t from);
  Status take_plan(const CircleId& id, const v1::Circle& told, std::uint32_t from);
  [[nodiscard]] std::vector<SignPublic> lists_of(const CircleId& id) const;
  void fetch_circles(Then then);
  void ask_heads();
  void take_heads(const v1::CircleHeads& heads, const std::map<CircleId, std::uint32_t>& asked,
                  Then then);
};

// A stored value: u8 version, then the layout of its subject. 2: a circle's head says since when it
// is armed.
inline constexpr std::uint8_t trust_version = 2;

}  // namespace livlina::client
