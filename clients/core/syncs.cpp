#include "clients/core/syncs.hpp"

#include <utility>

namespace livlina::client {

void Syncs::add(std::uint64_t command, const Context& context, Trust& trust) {
  waiting_.push_back({command});
  if (context.requests.logged_in()) ask(trust);
}

void Syncs::ask(Trust& trust) {
  for (Waiting& w : waiting_) {
    if (std::exchange(w.asked, true)) continue;
    trust.fetch_circles([this, command = w.command](Status) {
      for (Waiting& each : waiting_)
        if (each.command == command) each.answered = true;
    });
  }
}

void Syncs::offline(const Context& context) {
  drained_ = false;
  for (const Waiting& w : std::exchange(waiting_, {})) context.finish(w.command, Error::offline);
}

void Syncs::finish(const Context& context) {
  if (!drained_) return;
  std::vector<Waiting> still;
  for (const Waiting& w : std::exchange(waiting_, {})) {
    if (w.answered)
      context.finish(w.command, Unit{});
    else
      still.push_back(w);
  }
  waiting_ = std::move(still);
}

}  // namespace livlina::client
