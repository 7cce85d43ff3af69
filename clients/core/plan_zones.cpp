#include "clients/core/plan_zones.hpp"

namespace livlina::client {

void check_zones(const Context& context, const Circle& circle) {
  if (!circle.plan) return;
  for (const protocol::Schedule& schedule : (*circle.plan)->schedules) {
    if (context.zones.known(schedule.zone))
      context.forget_warning("zone_unknown", circle.id.view(), schedule.id.view());
    else
      context.warn("zone_unknown", circle.id.view(), schedule.id.view(), schedule.zone);
  }
}

}  // namespace livlina::client
