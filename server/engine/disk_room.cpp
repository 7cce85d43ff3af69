#include "server/engine/disk_room.hpp"

#include <algorithm>
#include <utility>

#include "livlina/frames.pb.h"
#include "server/services/envelopes.hpp"

namespace livlina::server {

namespace {

bool urgent(const v1::Envelope& envelope) {
  return envelope.frame().size() >= min_frame && rank_of(envelope.frame()) == store::Rank::urgent;
}

}  // namespace

void DiskRoom::keep(store::Ballast& ballast) {
  ballast_ = &ballast;
  tight_ = !ballast.take();
}

void DiskRoom::ran_out() {
  if (ballast_ == nullptr) return;
  if (ballast_->held()) ballast_->give_up();
  tight_ = true;
}

DiskRoom::Change DiskRoom::look(Instant now) {
  if (tight_ && look_at_ && (now >= *look_at_ || *look_at_ - now > look_every)) {
    tight_ = !ballast_->take();
    look_at_.reset();
  }
  if (!tight_) look_at_.reset();
  if (tight_ && !look_at_) look_at_ = now + look_every;
  if (tight_ == std::exchange(told_, tight_)) return Change::none;
  return tight_ ? Change::ran_out : Change::has_room;
}

std::optional<Instant> DiskRoom::next() const { return look_at_; }

bool can_wait(const v1::Request& request) {
  switch (request.op_case()) {
    case v1::Request::kPostMessage: {
      const auto& to = request.post_message().envelopes();
      return !std::all_of(to.begin(), to.end(), urgent);
    }
    case v1::Request::kClaimInvite:
    case v1::Request::kJoinInvite:
    case v1::Request::kCreateInvite:
    case v1::Request::kPutPrekeys:
      return true;
    default:
      return false;
  }
}

}  // namespace livlina::server
