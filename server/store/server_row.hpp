// The one row about this server itself.
#pragma once

#include <optional>

#include "crypto/core/time.hpp"
#include "server/store/db.hpp"
#include "server/store/link.hpp"

namespace livlina::server::store {

struct ServerRow {
  Key pk{};
  std::uint64_t epoch = 0;
  Instant last_round = 0;
};

class Server {
 public:
  explicit Server(Db& db) : db_(db) {}
  // Nothing before init.
  [[nodiscard]] std::optional<ServerRow> find() const;
  void create(const ServerRow& row);
  void set_epoch(std::uint64_t epoch);
  void set_last_round(Instant at);

 private:
  Db& db_;
};

}  // namespace livlina::server::store
