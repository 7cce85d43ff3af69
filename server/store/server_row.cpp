#include "server/store/server_row.hpp"

namespace livlina::server::store {

std::optional<ServerRow> Server::find() const {
  Query q = db_.query("SELECT pk, epoch, last_round FROM server");
  if (!q.step()) return std::nullopt;
  return ServerRow{q.array<32>(0), static_cast<std::uint64_t>(q.integer(1)), q.integer(2)};
}

void Server::create(const ServerRow& row) {
  db_.run("INSERT INTO server (id, pk, epoch, last_round) VALUES (1, ?, ?, ?)", row.pk, row.epoch,
          row.last_round);
}

void Server::set_epoch(std::uint64_t epoch) { db_.run("UPDATE server SET epoch = ?", epoch); }

void Server::set_last_round(Instant at) { db_.run("UPDATE server SET last_round = ?", at); }

}  // namespace livlina::server::store
