// Hands mailbox rows to a live session: urgent before normal before bulk, each in order, few at a
// time.
#pragma once

#include <vector>

#include "server/delivery/sessions.hpp"

namespace livlina::v1 {
class ServerFrame;
}

namespace livlina::server {

// What the session may be sent now, Deliveries and then perhaps Drained; rows in `acknowledged` are
// as good as deleted. Reads committed rows only: call it outside a transaction. A row stays until
// its device acknowledges it, so a session that ends too early is handed the same rows again when
// it comes back. Throws store::Failure.
[[nodiscard]] std::vector<v1::ServerFrame> next_deliveries(store::Db& db, Live& live,
                                                           const Acknowledged& acknowledged);

}  // namespace livlina::server
