// Records that are missing: `record_gap` is told at once, but for the day after a restore, when a
// phone gives its alarms again before what was said before them; and it is taken back when what was
// missing has come.
#include "clients/core/given.hpp"
#include "clients/core/guard.hpp"

namespace livlina::client {

// `ending`: a connection that had brought all that there is.
void Guard::settle_gaps(bool ending) {
  const bool hold = restored_of_late(context_);
  std::map<crypto::Hash, Instant> waiting;
  for (auto& [id, watched] : watched_)
    for (auto& [device, chain] : watched.chains) {
      chain.hold(hold);
      const auto filled = chain.take_filled();
      for (const crypto::Hash& hash : filled)
        context_.forget_warning("record_gap", id.view(), hash);
      bool changed = !filled.empty();
      for (const crypto::Hash& hash : chain.held()) {
        const auto known = gaps_.find(hash);
        const Instant since = known == gaps_.end() ? context_.awake : known->second;
        if (hold && !ending && context_.awake - since < gap_patience) {
          waiting[hash] = since;
          continue;
        }
        context_.warn("record_gap", id.view(), hash);
        chain.tell(hash);
        changed = true;
      }
      if (changed) save_chain(id, device, chain);
    }
  gaps_ = std::move(waiting);
}

}  // namespace livlina::client
