#include "clients/core/parts.hpp"

#include "clients/core/checkins.hpp"
#include "clients/core/circles.hpp"
#include "clients/core/desk_keeper.hpp"
#include "clients/core/give_again.hpp"
#include "clients/core/guard.hpp"
#include "clients/core/incidents.hpp"
#include "clients/core/introductions.hpp"
#include "clients/core/invites.hpp"
#include "clients/core/people.hpp"
#include "clients/core/plans.hpp"
#include "clients/core/texts.hpp"

namespace livlina::client {

Parts make_parts(Context& context, Trust& trust, Messenger& messenger,
                 std::optional<Identity>& self) {
  Parts out;
  auto incidents = std::make_unique<Incidents>(context, trust, messenger);
  auto guard = std::make_unique<Guard>(context, trust, messenger, *incidents);
  auto keeper = std::make_unique<DeskKeeper>(context, trust, messenger, self);
  out.push_back(std::make_unique<GiveAgain>(context, trust));  // before what stands on it goes
  out.push_back(std::make_unique<Invites>(context, trust, *keeper));
  out.push_back(std::move(keeper));
  out.push_back(std::make_unique<Circles>(context, trust));
  out.push_back(std::make_unique<Introductions>(context, trust, messenger));
  out.push_back(std::make_unique<Plans>(context, trust, messenger));
  out.push_back(std::make_unique<People>(context, trust));
  out.push_back(std::make_unique<Checkins>(context, trust, messenger));
  out.push_back(std::move(guard));  // sees what the incidents then take
  out.push_back(std::move(incidents));
  out.push_back(std::make_unique<Texts>(context, trust, messenger));
  return out;
}

}  // namespace livlina::client
