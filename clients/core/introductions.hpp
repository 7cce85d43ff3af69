// Who is who, end to end: names and wordings (kind 8) and which device of a participant is the
// shadow (kind 12), told to everybody whom a manifest newly covers.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "clients/core/detail.hpp"
#include "clients/core/messenger.hpp"
#include "clients/core/part.hpp"

namespace livlina::client {

// Between two sendings of a mark that its receiver has not receipted; after the first of them the
// participant is told.
inline constexpr Duration mark_repeat = 1 * day;

class Introductions final : public Part {
 public:
  Introductions(Context& context, Trust& trust, Messenger& messenger);

  [[nodiscard]] crypto::Status load(const Identity& identity) override;
  // A participant introduces itself whenever somebody new is covered, and gives the mark to each
  // device that is newly listed.
  void settle() override;
  // And repeats the mark of its shadow to everybody who has not receipted it: without it they
  // cannot tell duress.
  void tick() override;
  [[nodiscard]] std::optional<Instant> wake_at() const override;

 private:
  struct Mark {
    MessageId id;
    Instant sent = 0;              // for the last time
    std::uint32_t list = 0;        // version of the device list that it was written for
    std::set<DeviceId> came = {};  // the devices that receipted it
  };
  void introduce(const Circle& circle, const Trust::Reach& member);
  [[nodiscard]] bool introduces() const { return self_->participant && self_->account_key; }
  [[nodiscard]] MessageId post_mark(const CircleId& circle, const SignPublic& to);
  // The listed devices that have no receipt of their own.
  [[nodiscard]] std::vector<DeviceId> missing(const SignPublic& account, const Mark& mark) const;
  void look_after(const SignPublic& account, Mark& mark);
  void write_again(const Circle& circle, const SignPublic& account, Mark& mark);
  void receipted(const SignPublic& account, const DeviceId& device);
  void save(const SignPublic& account, const Mark& mark);
  void received_detail(const Incoming& incoming);
  void received_mark(const Incoming& incoming);

  Context& context_;
  Trust& trust_;
  Messenger& messenger_;
  const Identity* self_ = nullptr;
  std::uint64_t seen_revision_ = 0;
  std::map<SignPublic, Mark> marks_;  // of everybody to whom ours goes
};

// Plaintexts of kind 8: u8 version | u8 what (1 details, 2 the sender's own name) | content. What a
// detail belongs to is said by the commitment in the signed record, not by the sender.
[[nodiscard]] Bytes encode_details(const std::vector<Detail>& details);
[[nodiscard]] Bytes encode_own_name(const std::string& name, const std::string& organisation);

// Set by the participant's own pairing: its inviter knows the shadow from J.
void remember_inviter(Store& store, const SignPublic& inviter);

}  // namespace livlina::client
