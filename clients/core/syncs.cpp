#include "clients/core/syncs.hpp"

#include <utility>

#include "livlina/frames.pb.h"

namespace livlina::client {

void Syncs::add(std::uint64_t command, const Context& context) {
  waiting_.push_back({command});
  if (context.requests.logged_in()) ask(context);
}

void Syncs::ask(const Context& context) {
  for (Waiting& w : waiting_) {
    if (std::exchange(w.asked, true)) continue;
    v1::Request request;  // the cheapest question that every device may ask
    (void)request.mutable_list_circles();
    context.requests.send(std::move(request), [this, command = w.command](const v1::ServerFrame*) {
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
