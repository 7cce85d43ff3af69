#include "server/engine/backlog.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "livlina/frames.pb.h"

namespace livlina::server {

std::size_t rows_of(const Inbound& item) {
  if (item.what != Inbound::What::request) return 0;
  if (item.request->op_case() != v1::Request::kPostMessage) return 1;
  return std::max<std::size_t>(
      1, static_cast<std::size_t>(item.request->post_message().envelopes_size()));
}

void Backlog::add(Inbound item) {
  if (item.what == Inbound::What::closed)
    queue(RequestClass::normal).push_back(std::move(item));
  else if (item.request)
    queue(Engine::class_of(*item.request)).push_back(std::move(item));
}

std::vector<Inbound> Backlog::take(RequestClass of, std::size_t most) {
  std::vector<Inbound> out;
  Queue& from = queue(of);
  for (std::size_t rows = 0; !from.empty(); from.pop_front()) {
    const std::size_t more = rows_of(from.front());
    if (rows > 0 && more > 0 && rows + more > most) break;
    rows += more;
    out.push_back(std::move(from.front()));
  }
  return out;
}

std::vector<Inbound> Backlog::take_bulk(std::size_t most, Sessions& sessions) {
  std::vector<Inbound> out;
  std::unordered_set<SessionId> taken;
  Queue& from = queue(RequestClass::bulk);
  for (auto it = from.begin(); it != from.end() && out.size() < most;) {
    const bool gone = sessions.find(it->session) == nullptr;
    if (!gone && !taken.insert(it->session).second) {
      ++it;
      continue;
    }
    if (!gone) out.push_back(std::move(*it));
    it = from.erase(it);
  }
  return out;
}

std::size_t Backlog::size() const {
  std::size_t all = 0;
  for (const Queue& q : queues_) all += q.size();
  return all;
}

}  // namespace livlina::server
